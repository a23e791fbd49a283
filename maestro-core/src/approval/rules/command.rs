//! Rules about shell commands.

use super::Touch;
use super::meter::{MAX_JUDGED_BYTES, Meter};
use super::plain::{SimpleCommand, simple_commands};
use super::shell::{take_apart, whole};
use super::wildcard::{Name, Wildcard};
use super::words::{Shape, Words};

/// Which commands: `npm run build`, `npm run *`, `git status:*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandPattern {
    pattern: Wildcard,
    /// The same with any more words, where it ends with `:*` or ` *`.
    open: Option<Wildcard>,
}

/// Programs and words that run what follows them.
const WRAPPERS: &[&str] = &[
    "!",
    "-",
    "{",
    "builtin",
    "busybox",
    "chroot",
    "chrt",
    "command",
    "coproc",
    "do",
    "doas",
    "elif",
    "else",
    "env",
    "eval",
    "exec",
    "flock",
    "if",
    "ionice",
    "nice",
    "nocorrect",
    "noglob",
    "nohup",
    "nsenter",
    "parallel",
    "pkexec",
    "prlimit",
    "runuser",
    "setarch",
    "setsid",
    "stdbuf",
    "strace",
    "sudo",
    "systemd-run",
    "taskset",
    "then",
    "time",
    "timeout",
    "toybox",
    "unshare",
    "until",
    "watch",
    "while",
    "xargs",
];
/// Programs that run a text.
const SHELLS: &[&str] = &[
    "ash",
    "bash",
    "dash",
    "eval",
    "fish",
    "ksh",
    "powershell",
    "pwsh",
    "rbash",
    "sh",
    "ssh",
    "su",
    "trap",
    "watch",
    "zsh",
];
/// Options of other programs that run what follows them.
const RUNNING_OPTIONS: &[&str] = &["-exec", "-execdir", "-ok", "-okdir", "--exec", "-x"];
/// How deep texts that run texts are looked into.
const DEEPEST: usize = 4;

/// What is known of a command, whatever the rules are.
#[derive(Debug)]
pub(super) struct Command<'a> {
    pub(super) text: &'a str,
    /// Its simple commands, if all of it was understood.
    pub(super) plain: Option<Vec<SimpleCommand>>,
    /// All that may run, in every way in which it might be written.
    candidates: Vec<Candidate>,
    /// Its simple commands, as far as they can be told apart.
    pub(super) calls: Vec<Invocation>,
}

/// A simple command, which may be one of a text that another one runs.
#[derive(Debug)]
pub(super) struct Invocation {
    words: Vec<String>,
    shapes: Vec<Shape>,
    /// The files that its redirections name plainly.
    pub(super) files: Vec<String>,
}

impl Invocation {
    pub(super) fn words(&self) -> Words<'_> {
        Words { texts: &self.words, shapes: &self.shapes }
    }
}

/// A text of which each place may be where a command begins.
#[derive(Debug)]
struct Candidate {
    text: Vec<char>,
    starts: Vec<usize>,
}

impl<'a> Command<'a> {
    pub(super) fn read(text: &'a str, meter: &Meter) -> Self {
        if text.len() > MAX_JUDGED_BYTES {
            return Self { text, plain: None, candidates: Vec::new(), calls: Vec::new() };
        }
        meter.add(text.len());
        let (candidates, calls) = candidates(text, meter);
        Self { text, plain: simple_commands(text), candidates, calls }
    }
}

impl CommandPattern {
    /// # Errors
    /// Where in the text it is wrong, counted in characters from 0, and why.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let before = text.strip_suffix(":*").or_else(|| text.strip_suffix(" *"));
        let pattern = before.unwrap_or(text);
        if let Some(at) = pattern.find(":*") {
            return Err((pattern[..at].chars().count(), "`:*` stands at the end only"));
        }
        if pattern.trim().is_empty() {
            return Err((0, "a command is missing; write the tool alone to mean every command"));
        }
        let pattern = Wildcard::parse(pattern);
        let open = before.map(|_| pattern.with_more_words());
        Ok(Self { pattern, open })
    }

    /// Whether the command is word for word what the rule says.
    pub(super) fn is(&self, command: &str) -> bool {
        self.open.is_none() && self.pattern.literal().is_some_and(|literal| literal == command)
    }

    /// The words of the rule before any others, where it has no other star: `git push` of
    /// `git push:*`.
    pub(super) fn prefix(&self) -> Option<String> {
        self.open.as_ref().and_then(|_| self.pattern.literal())
    }

    /// Whether the rule covers one simple command.
    pub(super) fn covers(&self, text: &str, meter: &Meter) -> bool {
        self.pattern.fits(text, meter)
            || self.open.as_ref().is_some_and(|open| open.fits(text, meter))
    }

    /// Whether any part of the command is one that the rule means. What was not understood may be.
    pub(super) fn touches(&self, command: &Command<'_>, meter: &Meter) -> Touch {
        let patterns = || std::iter::once(&self.pattern).chain(&self.open);
        let found = command.candidates.iter().any(|Candidate { text, starts }| {
            patterns().any(|pattern| pattern.fits_any(text, starts, Name::AnyCase, meter))
        });
        match (found, &command.plain) {
            (true, _) => Touch::Yes,
            (false, None) => Touch::Perhaps,
            (false, Some(_)) => Touch::No,
        }
    }
}

/// The program of a word, without the directory and in lower case.
pub(super) fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Whether a program runs a text, which is read as commands of its own.
pub(super) fn runs_text(program: &str) -> bool {
    SHELLS.contains(&program)
}

/// All commands that may run. What texts run is read to a depth, so all of it takes time in the length
/// of the command.
fn candidates(command: &str, meter: &Meter) -> (Vec<Candidate>, Vec<Invocation>) {
    let (mut found, mut calls) = (Vec::new(), Vec::new());
    let mut texts = vec![(command.to_owned(), 0)];
    while let Some((text, depth)) = texts.pop() {
        let parts = take_apart(&text, meter);
        found.push(at_once(text.trim()));
        found.push(at_once(&whole(&parts)));
        for part in parts {
            found.push(at_once(&part.text));
            let (candidate, shell) = starts(&part.words);
            meter.add(candidate.text.len());
            found.push(candidate);
            if let Some(arguments) = shell.filter(|_| depth < DEEPEST) {
                texts.push((arguments.join(" "), depth + 1));
                texts.extend(arguments.iter().map(|text| (text.clone(), depth + 1)));
            }
            calls.push(Invocation { words: part.words, shapes: part.shapes, files: part.files });
        }
    }
    (found, calls)
}

fn at_once(text: &str) -> Candidate {
    Candidate { text: text.chars().collect(), starts: vec![0] }
}

/// Where in the words, one space apart, a command may begin, and what the first shell among them is
/// given.
fn starts(words: &[String]) -> (Candidate, Option<&[String]>) {
    let mut text: Vec<char> = Vec::new();
    let mut starts = Vec::new();
    let mut shell = None;
    // Whether the next word may be a command, and whether every later one may.
    let (mut next, mut all) = (true, false);
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        let began = text.len();
        text.extend(word.chars());
        if !next && !all {
            next = RUNNING_OPTIONS.contains(&word.as_str());
            continue;
        }
        let name = base_name(word);
        starts.push(began);
        if name.len() != word.len() {
            starts.push(text.len() - name.chars().count());
        }
        let name = name.to_ascii_lowercase();
        if shell.is_none() && SHELLS.contains(&name.as_str()) {
            shell = words.get(index + 1..);
        }
        all |= WRAPPERS.contains(&name.as_str());
        next = is_assignment(word) || RUNNING_OPTIONS.contains(&word.as_str());
    }
    (Candidate { text, starts }, shell)
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// Programs that run what they are given, in whichever language.
const INTERPRETERS: &[&str] = &[
    "awk", "bun", "bunx", "deno", "docker", "find", "gawk", "kubectl", "lua", "node", "npx",
    "perl", "php", "podman", "pipx", "python", "python2", "python3", "ruby", "ruby3", "tsx", "uv",
    "uvx",
];

/// Whether a program runs others, or any text, so that its first words say little of what it does.
pub(super) fn runs_others(program: &str) -> bool {
    let program = program.to_ascii_lowercase();
    [WRAPPERS, SHELLS, INTERPRETERS].iter().any(|list| list.contains(&program.as_str()))
}
