//! Random commands: whatever the reader understands, real shells run just that.
//!
//! The shells get functions in place of programs, which write down what they are called with; there is
//! no other program. Each command runs twice, once where every program succeeds and once where
//! each fails, so that what is behind `&&` and `||` runs as well.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use maestro_core::approval::rules::{SimpleCommand, simple_commands};
use serde_json::json;

use crate::verdict;

/// What commands are made of. More of it is plain than not, so that many are understood.
const PIECES: &[&str] = &[
    "ok",
    "ok ",
    " ok",
    "evil",
    "evil ",
    " evil",
    "printf ",
    "test ",
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    "\\\n",
    ";",
    "; ",
    "&&",
    " && ",
    "||",
    " || ",
    "|",
    " | ",
    "|&",
    "&",
    "&|",
    "&!",
    "'",
    "'",
    "\"",
    "\"",
    "\\",
    "`",
    "$(",
    "$((",
    "${",
    ")",
    "(",
    "((",
    "{",
    "}",
    "[",
    "]",
    "[[",
    "]]",
    "#",
    " #",
    "$",
    "$x",
    "$x/",
    "$'",
    "$\"",
    "<",
    ">",
    ">>",
    "<<x\n",
    "<<<",
    "2>&1",
    " 2>&1",
    " >/dev/null",
    ">/dev/null ",
    "&>/dev/null",
    "< /dev/null",
    "2>",
    "3>&1",
    "=",
    "==",
    "a=b",
    "!",
    "!!",
    "*",
    "?",
    "~",
    "^",
    "@",
    "%",
    "+",
    ",",
    ":",
    "/",
    ".",
    "-",
    "--x=",
    "x",
    "x\n",
    "if ",
    "then ",
    "fi",
    "for ",
    "in ",
    "do ",
    "done",
    "case ",
    "esac",
    "time ",
    "coproc ",
    "function ",
    "repeat 2 ",
    "select ",
    "-v ",
    "a[",
    "$[",
    "\r",
    "\u{a0}",
    "\u{e9}",
    "\u{2028}",
    "\u{202e}",
    "\u{1}",
    "\u{7f}",
    "{a,b}",
    "a b",
    "1",
    "'a b'",
    "\"a b\"",
    "\\;",
    "\\ ",
    "\\$",
    "\\'",
    "\\\"",
    "\\\\",
    "$ok",
    "$1",
    "$?",
    "=ok",
    "~ok",
    "(evil)",
    "$(evil)",
    "`evil`",
];

/// Writes down calls on descriptor 9, reads commands from 8. A variable is what its name is, so that
/// it stands in what is written down as it is written in the command. A line break is written down as
/// another character: bash writes after each one, and what two sides of a pipe write would mix.
const DRIVER: &str = r#"
exec 8<&0 9>&1 </dev/null >/dev/null 2>/dev/null
x='$x' line_break=$'\n' in_its_place=$'\2'
log() { builtin printf '%s\0' "$#" "${@//$line_break/$in_its_place}" >&9; return $S; }
ok() { log ok "$@"; }
evil() { log evil "$@"; }
printf() { log printf "$@"; builtin printf "$@"; return $S; }
test() { log test "$@"; builtin test "$@"; return $S; }
command_not_found_handle() { log "$@"; }
command_not_found_handler() { log "$@"; }
while IFS= read -r -d '' -u 8 line; do
  builtin printf '%s\0' C >&9
  S=0; eval "$line"
  S=1; eval "$line"
done
builtin printf '%s\0' E >&9
"#;

/// Shells, with options that change how they read.
fn shells() -> Vec<(&'static str, Vec<String>)> {
    let bash = |options: &str| {
        let script = format!("{options}\n{DRIVER}");
        ("/bin/bash", vec!["--norc".to_owned(), "--noprofile".to_owned(), "-c".to_owned(), script])
    };
    let zsh = |options: &str| {
        let script = format!("setopt nonomatch nobadpattern {options}\n{DRIVER}");
        ("/usr/bin/zsh", vec!["-f".to_owned(), "-c".to_owned(), script])
    };
    let mut shells = vec![
        bash(""),
        bash("shopt -s extglob globstar"),
        bash("set -o posix; shopt -s nullglob; shopt -u nullglob"),
    ];
    if std::path::Path::new("/usr/bin/zsh").exists() {
        shells.extend([zsh(""), zsh("extendedglob interactivecomments kshglob promptsubst")]);
    }
    shells
}

type Calls = BTreeMap<Vec<String>, usize>;

/// What a shell runs for each command, over both runs of it.
fn run(
    shell: &(&'static str, Vec<String>),
    commands: &[(u64, String, Vec<SimpleCommand>)],
) -> Vec<Calls> {
    let (place, inputs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut text = Vec::new();
    for (_, command, _) in commands {
        text.extend(command.as_bytes());
        text.push(0);
    }
    let input = inputs.path().join("commands");
    std::fs::write(&input, text).unwrap();
    let output = Command::new(shell.0)
        .args(&shell.1)
        .env_clear()
        .env("PATH", "/nonexistent")
        .env("LC_ALL", "C.UTF-8")
        .current_dir(place.path())
        .stdin(std::fs::File::open(&input).unwrap())
        .stderr(Stdio::null())
        .output()
        .unwrap()
        .stdout;
    let output = String::from_utf8_lossy(&output);
    let mut fields = output.split('\0');
    let mut all: Vec<Calls> = Vec::new();
    while let Some(field) = fields.next() {
        match field {
            "C" => all.push(Calls::new()),
            "E" => return all,
            count => {
                let count: usize = count.parse().unwrap_or_default();
                let words = fields.by_ref().take(count).map(|word| word.replace('\u{2}', "\n"));
                let words = words.collect();
                *all.last_mut().unwrap().entry(words).or_default() += 1;
            }
        }
    }
    panic!("{} ended in the middle, after {:?}", shell.0, commands[all.len() - 1]);
}

fn command(seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut command = if random.u8(..8) > 0 { "ok ".to_owned() } else { String::new() };
    for _ in 0..random.usize(1..10) {
        let plain = random.bool();
        let most = if plain { 22 } else { PIECES.len() };
        command.push_str(PIECES[random.usize(..most)]);
    }
    command
}

/// Variables that no shell here knows, programs that are looked for as files, and patterns that files
/// of this machine may fit.
fn is_elsewhere(read: &[SimpleCommand]) -> bool {
    let by_path = |part: &SimpleCommand| part.words[0].contains('/') || part.words[0] == ".";
    let fits = |word: &String| word.contains('/') && word.contains(['*', '?']);
    if read.iter().any(|part| by_path(part) || part.words.iter().any(fits)) {
        return true;
    }
    read.iter().flat_map(|part| &part.words).any(|word| {
        word.split('$').skip(1).any(|rest| {
            let name: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            !name.is_empty() && name != "x"
        })
    })
}

#[expect(clippy::print_stdout, reason = "the seeds and counts of a run")]
fn fuzz(seeds: std::ops::Range<u64>) {
    let total = seeds.end - seeds.start;
    println!("seeds {seeds:?}");
    let (mut understood, mut allowed) = (0, 0);
    let mut batch = Vec::new();
    for seed in seeds.clone() {
        let text = command(seed);
        let read = simple_commands(&text);
        let said = verdict(&["allow Bash(ok:*)"], "Bash", &json!({ "command": text }), None);
        allowed += usize::from(said.is_some());
        let covered = read.as_ref().is_some_and(|read| {
            read.iter().all(|part| part.text == "ok" || part.text.starts_with("ok "))
        });
        // Some of it names configuration, which is not covered all the same.
        assert!(covered || said.is_none(), "seed {seed}: {text:?}");
        if let Some(read) = read.filter(|read| !is_elsewhere(read)) {
            batch.push((seed, text, read));
        }
        if batch.len() == 10_000 || seed + 1 == seeds.end {
            understood += batch.len();
            for shell in shells() {
                for ((seed, text, read), ran) in batch.iter().zip(run(&shell, &batch)) {
                    let mut expected = Calls::new();
                    for part in read {
                        *expected.entry(part.words.clone()).or_default() += 2;
                    }
                    let same = ran.keys().eq(expected.keys());
                    let fits = same && ran.iter().all(|(words, count)| *count <= expected[words]);
                    assert!(
                        fits,
                        "{} {:?}, seed {seed}: {text:?} ran {ran:?}, read as {expected:?}",
                        shell.0, shell.1[0]
                    );
                }
            }
            batch.clear();
        }
    }
    println!(
        "{total} commands, {understood} understood, {allowed} allowed, {} shells",
        shells().len()
    );
    assert!(u64::try_from(understood).unwrap() > total / 40, "only {understood} were understood");
}

#[test]
fn what_is_understood_is_what_shells_run() {
    fuzz(0..20_000);
}

/// Takes minutes: `cargo test --test approval_rules -- --ignored`.
#[test]
#[ignore = "long; a part of `make soak`"]
fn what_is_understood_is_what_shells_run_a_million_times() {
    fuzz(2_000_000..3_000_000);
}
