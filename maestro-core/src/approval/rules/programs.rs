//! What is known of programs: which of them only look at files, and which look through directories.

use super::words::Words;

/// Programs that give what is in the files that they are given.
const GIVING: &[&str] = &[
    "awk", "base64", "bat", "cat", "cut", "egrep", "fgrep", "grep", "head", "less", "more", "nl",
    "od", "rg", "sed", "sort", "source", "strings", "tac", "tail", "uniq", "xxd",
];
/// Programs that only look at the files that they are given, without [`ACTING`] options.
const LOOKING: &[&str] = &[
    "basename",
    "cat",
    "cksum",
    "cmp",
    "comm",
    "cut",
    "diff",
    "dirname",
    "du",
    "echo",
    "egrep",
    "false",
    "fgrep",
    "file",
    "find",
    "grep",
    "head",
    "jq",
    "ls",
    "md5sum",
    "nl",
    "od",
    "printf",
    "pwd",
    "readlink",
    "realpath",
    "rg",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "sleep",
    "stat",
    "tac",
    "tail",
    "test",
    "tr",
    "true",
    "wc",
    "which",
];
/// Commands of git that only look at the files that they are given.
const GIT_LOOKING: &[&str] = &["add", "blame", "diff", "log", "show", "status"];
/// Options with which those programs write or run what they are given. Git takes beginnings of them.
const ACTING: &[(&str, &[&str])] = &[
    ("file", &["--compile"]),
    (
        "find",
        &[
            "-delete", "-exec", "-execdir", "-fls", "-fprint", "-fprint0", "-fprintf", "-ok",
            "-okdir",
        ],
    ),
    ("git", &["--ext-diff", "--output", "--textconv"]),
    ("rg", &["--hostname-bin", "--pre"]),
];
/// Programs that read a word as a program, or as text in which files may be named.
const SCRIPTED: &[&str] = &[
    "ash",
    "awk",
    "bash",
    "bun",
    "dash",
    "deno",
    "ed",
    "emacs",
    "eval",
    "ex",
    "fish",
    "gawk",
    "jq",
    "ksh",
    "lua",
    "mawk",
    "nawk",
    "node",
    "perl",
    "php",
    "powershell",
    "pwsh",
    "python",
    "python2",
    "python3",
    "ruby",
    "sed",
    "sh",
    "sqlite3",
    "ssh",
    "su",
    "vi",
    "vim",
    "watch",
    "zsh",
];
/// Programs to which a `*` in quotes is a star.
const WITHOUT_PATTERNS: &[&str] = &[
    "awk", "base64", "bat", "bun", "cat", "chmod", "chown", "cmp", "cp", "cut", "deno", "diff",
    "du", "echo", "egrep", "fgrep", "file", "gawk", "grep", "head", "jq", "less", "ls", "lua",
    "mkdir", "more", "mv", "nl", "node", "od", "perl", "php", "printf", "python", "python2",
    "python3", "rm", "ruby", "sed", "sort", "source", "stat", "strings", "tac", "tail", "tee",
    "test", "touch", "tr", "uniq", "wc", "xxd",
];

/// Whether a program gives what is in the files that it is given.
pub(super) fn gives(program: &str) -> bool {
    GIVING.contains(&program)
}

/// Whether a program reads its words as programs.
pub(super) fn is_scripted(program: &str) -> bool {
    SCRIPTED.contains(&program)
}

/// Whether a program itself takes `*` for the names of files.
pub(super) fn has_patterns(program: &str) -> bool {
    !WITHOUT_PATTERNS.contains(&program)
}

/// Whether a program is given the names of files by something else than its words.
pub(super) fn takes_names(program: &str) -> bool {
    matches!(program, "parallel" | "xargs")
}

/// Whether a command only looks at the files that it is given.
pub(super) fn looks(command: Words<'_>) -> bool {
    let program = command.program();
    let known = match program {
        "git" => command.rest().next().is_some_and(|(verb, _)| GIT_LOOKING.contains(&verb)),
        program => LOOKING.contains(&program),
    };
    let acting =
        ACTING.iter().find(|(name, _)| *name == program).map_or(&[][..], |(_, acting)| acting);
    let acts = |word: &str| {
        let name = word.split('=').next().unwrap_or_default();
        let short = program == "file" && !name.starts_with("--") && name.contains('C');
        let begun =
            |option: &&str| name.len() > 2 && name.starts_with("--") && option.starts_with(name);
        name.starts_with('-')
            && (short || acting.iter().any(|option| *option == name || begun(option)))
    };
    known && !command.rest().any(|(word, _)| acts(word))
}

/// What a command looks through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    /// No directory that it is given.
    Nothing,
    /// Those that it is given.
    Given,
    /// The directory that it runs in as well.
    Here,
}

/// Letters of options of `grep` that take no value, and those that take none in other programs.
const GREP_FLAGS: &str = "EFGHILPRUVZabchilnoqrsvwxyz";
const FLAGS: &str = "FHILPUailnsvw";

/// What a command reads of directories. The programs that are not known read nothing of them, as far
/// as anybody can say.
pub(super) fn reads_through(command: Words<'_>) -> Through {
    let program = base(command);
    let has = |letters: &[char], long: &[&str]| has_option(command, letters, long);
    match program {
        "grep" | "egrep" | "fgrep" if has(&['r', 'R', 'd'], &["--r", "--d"]) => searches(command),
        "rgrep" | "zgrep" | "rg" | "ag" | "ack" | "fd" | "fdfind" => searches(command),
        "find" => match command.rest().next() {
            Some((word, _)) if !word.starts_with(['-', '(', '!']) => Through::Given,
            _ => Through::Here,
        },
        "ls" if has(&['R'], &["--recursive"]) => given_or_here(command),
        "tree" => given_or_here(command),
        "diff" if has(&['r'], &["--r"]) => Through::Given,
        "git" => {
            let after = command.rest().skip_while(|(word, _)| *word != "--").nth(1);
            match command.rest().find(|(word, _)| !word.starts_with('-')) {
                Some(("grep", _)) if after.is_some() => Through::Given,
                Some(("grep" | "archive" | "bundle", _)) => Through::Here,
                _ => Through::Nothing,
            }
        }
        _ => moves_through(command),
    }
}

/// What a command moves, copies, packs or changes of directories.
pub(super) fn moves_through(command: Words<'_>) -> Through {
    let has = |letters: &[char], long: &[&str]| has_option(command, letters, long);
    let moves = match base(command) {
        "cp" => has(&['r', 'R', 'a'], &["--r", "--a"]),
        "rm" | "chmod" | "chown" | "chgrp" | "scp" => has(&['r', 'R'], &["--r"]),
        "7z" | "borg" | "bsdtar" | "cpio" | "mv" | "rclone" | "restic" | "rsync" | "tar"
        | "zip" => true,
        _ => false,
    };
    if moves { Through::Given } else { Through::Nothing }
}

fn base(command: Words<'_>) -> &str {
    super::command::base_name(command.program())
}

/// Whether an option is there by its letter or by the beginning of its long name.
fn has_option(command: Words<'_>, letters: &[char], long: &[&str]) -> bool {
    command.rest().any(|(word, _)| match word.strip_prefix('-') {
        Some(rest) if rest.starts_with('-') => {
            rest.len() > 1 && long.iter().any(|long| word.starts_with(long))
        }
        Some(rest) => rest.contains(letters),
        None => false,
    })
}

/// Without a path behind the text that is searched for, the directory is searched. A word behind an
/// option may be its value.
fn searches(command: Words<'_>) -> Through {
    let flags = if base(command).ends_with("grep") { GREP_FLAGS } else { FLAGS };
    let mut words = 0;
    let mut valued = false;
    for (word, _) in command.rest() {
        if let Some(option) = word.strip_prefix('-') {
            valued = !option.chars().all(|letter| flags.contains(letter))
                && !word.contains('=')
                && !option.ends_with(|char: char| char.is_ascii_digit());
            continue;
        }
        words += u32::from(!valued);
        valued = false;
    }
    if words >= 2 { Through::Given } else { Through::Here }
}

fn given_or_here(command: Words<'_>) -> Through {
    let given = command.rest().any(|(word, _)| !word.starts_with('-'));
    if given { Through::Given } else { Through::Here }
}

/// Whether a word is a message of git, which is the value of the option before it.
pub(super) fn is_message(command: Words<'_>, before: &str) -> bool {
    let verb = command.rest().next().map_or("", |(verb, _)| verb);
    let short = before.starts_with('-') && !before.starts_with("--") && before.ends_with('m');
    command.program() == "git"
        && matches!(verb, "commit" | "merge" | "notes" | "stash" | "tag")
        && (short || before == "--message")
}
