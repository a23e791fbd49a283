//! Rules about shell commands.

use super::shell::{Part, Script, take_apart};
use super::wildcard::{Piece, Wildcard};

/// Which commands: `npm run build`, `npm run *`, `git status:*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandPattern {
    pattern: Wildcard,
    /// It ends with `:*` or ` *`: the words that it has, and any more.
    open: bool,
}

/// Programs that run what follows them.
const WRAPPERS: &[&str] = &[
    "sudo", "doas", "env", "command", "exec", "builtin", "nohup", "time", "nice", "ionice",
    "timeout", "stdbuf", "setsid", "xargs", "eval", "then", "do", "else", "if", "elif", "while",
    "until", "!", "{",
];
/// Programs that run a text.
const SHELLS: &[&str] = &["bash", "sh", "zsh", "dash", "ksh", "eval"];
/// How deep texts that run texts are looked into.
const DEEPEST: usize = 4;

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
        Ok(Self { pattern: Wildcard::parse(pattern), open: before.is_some() })
    }

    fn fits(&self, command: &str) -> bool {
        let more = || self.pattern.followed_by([Piece::Char(' '), Piece::Any]);
        self.pattern.fits(command) || (self.open && more().fits(command))
    }

    /// Whether the command is word for word what the rule says.
    pub(super) fn is(&self, command: &str) -> bool {
        !self.open && self.pattern.literal().is_some_and(|literal| literal == command)
    }

    /// Whether the rule covers one simple command.
    pub(super) fn covers(&self, part: &Part) -> bool {
        self.fits(&part.text)
    }

    /// Whether any part of the command may be one that the rule means.
    pub(super) fn touches(&self, command: &str) -> bool {
        self.fits(command.trim()) || candidates(command, 0).iter().any(|text| self.fits(text))
    }
}

/// The simple commands of a command of which nothing else runs.
pub(super) fn transparent_parts(command: &str) -> Option<Vec<Part>> {
    let Script { parts, opaque } = take_apart(command);
    (!opaque && !parts.is_empty()).then_some(parts)
}

/// All commands that may run, in every way in which they might be written.
fn candidates(command: &str, depth: usize) -> Vec<String> {
    let mut found = Vec::new();
    for part in take_apart(command).parts {
        let mut words = part.words.as_slice();
        found.push(part.text);
        while let Some((first, rest)) = words.split_first() {
            let name = first.rsplit('/').next().unwrap_or(first);
            found.push(words.join(" "));
            if name != first {
                let named = std::iter::once(name).chain(rest.iter().map(String::as_str));
                found.push(named.collect::<Vec<_>>().join(" "));
            }
            if SHELLS.contains(&name) && depth < DEEPEST {
                found.extend(rest.iter().flat_map(|text| candidates(text, depth + 1)));
                found.extend(candidates(&rest.join(" "), depth + 1));
            }
            let wraps = WRAPPERS.contains(&name);
            if !wraps && !is_assignment(first) {
                break;
            }
            words = rest;
            // The wrapper's own options and numbers, and what they may take.
            while wraps
                && let Some((first, rest)) = words.split_first()
                && (first.starts_with('-') || first.starts_with(|c: char| c.is_ascii_digit()))
            {
                words = rest;
                found.extend(words.get(1..).map(|words| words.join(" ")));
            }
        }
    }
    found
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}
