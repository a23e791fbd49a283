//! Random commands, with a real shell as the judge, and random paths.

use std::process::Command;

use serde_json::json;

use crate::verdict;

/// What commands are made of: pieces that a shell reads in a way of its own.
const PIECES: &[&str] = &[
    "ok",
    "ok",
    "ok ",
    "evil",
    "evil ",
    " ",
    "\n",
    ";",
    "&",
    "&&",
    "|",
    "||",
    "'",
    "\"",
    "\\",
    "`",
    "$(",
    ")",
    "(",
    "{",
    "}",
    "#",
    " #",
    "$",
    "<",
    ">",
    "2>&1",
    ">/dev/null",
    "=",
    "!",
    "*",
    "$'",
    "<<x\n",
    "x\n",
    "$x",
    "\t",
    "[[",
    "if ",
    "then ",
    "fi",
    "\\\n",
    "x",
    "-",
];

/// A shell in which `evil` leaves a trace, and nothing else can do anything.
struct Shell {
    directory: tempfile::TempDir,
}

impl Shell {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = tempfile::tempdir().unwrap();
        let programs = directory.path().join("bin");
        std::fs::create_dir(&programs).unwrap();
        for (name, text) in [("ok", "#!/bin/sh\n"), ("evil", "#!/bin/sh\n: > \"$TRACE\"\n")] {
            let file = programs.join(name);
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { directory }
    }

    fn runs_evil(&self, command: &str) -> bool {
        let place = self.directory.path();
        let trace = place.join("trace");
        let _ = std::fs::remove_file(&trace);
        let empty = place.join("empty");
        std::fs::create_dir_all(&empty).unwrap();
        Command::new("/bin/bash")
            .args(["--norc", "--noprofile", "-c", command])
            .env_clear()
            .env("PATH", place.join("bin"))
            .env("TRACE", &trace)
            .current_dir(&empty)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        // What it ran in the background ends soon after; a trace that comes later is not missed often.
        trace.exists()
    }
}

#[test]
fn what_a_prefix_allows_never_runs_anything_else_in_a_real_shell() {
    let shell = Shell::new();
    assert!(shell.runs_evil("ok; evil"), "the trap works");
    let rules = ["allow Bash(ok:*)"];
    let mut allowed = 0;
    for seed in 0..40_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut command = "ok ".to_owned();
        for _ in 0..random.usize(1..9) {
            command.push_str(PIECES[random.usize(..PIECES.len())]);
        }
        let input = json!({ "command": command });
        if verdict(&rules, "Bash", &input, None).is_none() || !command.contains("evil") {
            continue;
        }
        allowed += 1;
        assert!(!shell.runs_evil(&command), "seed {seed}: {command:?} was allowed");
    }
    assert!(allowed > 200, "only {allowed} commands were put to the shell");
}

#[test]
fn joining_a_command_that_is_not_allowed_to_one_that_is_is_never_allowed() {
    let rules = ["allow Bash(ok:*)", "allow Bash(fine)"];
    let joints = ["&&", "||", ";", "|", "\n", "|&", " && ", " ; ", ";\n"];
    let good = ["ok", "ok 'a b'", "fine", "ok \"x;y\"", "ok 2>&1"];
    let bad = ["evil", "okay", "fine x", "ok $(evil)", "evil 'ok'", "( ok )", "ok > f", "x=1 ok"];
    for seed in 0..5_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut parts: Vec<&str> =
            (0..random.usize(0..4)).map(|_| good[random.usize(..good.len())]).collect();
        let mut join = |parts: &[&str]| {
            let mut text = String::new();
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    text.push_str(joints[random.usize(..joints.len())]);
                }
                text.push_str(part);
            }
            text
        };
        let command = join(&parts);
        let said = verdict(&rules, "Bash", &json!({ "command": command }), None);
        assert_eq!(said.is_some(), !parts.is_empty(), "seed {seed}: {command:?}");
        let at = fastrand::Rng::with_seed(seed).usize(..=parts.len());
        parts.insert(at, bad[usize::try_from(seed).unwrap() % bad.len()]);
        let command = join(&parts);
        let said = verdict(&rules, "Bash", &json!({ "command": command }), None);
        assert_eq!(said, None, "seed {seed}: {command:?}");
    }
}

#[test]
fn no_spelling_of_a_path_escapes_what_a_rule_allows() {
    let pieces = ["src", "..", ".", "", "etc", "a.rs", "...", "src2", "%2e%2e"];
    let rules = ["allow Edit(src/**)"];
    let mut allowed = 0;
    for seed in 0..20_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let names: Vec<&str> =
            (0..random.usize(1..7)).map(|_| pieces[random.usize(..pieces.len())]).collect();
        let path = names.join("/");
        // Where the path leads, found out in another way than the matcher's.
        let mut place =
            std::path::PathBuf::from(if path.starts_with('/') { "/" } else { crate::ROOT });
        for name in &names {
            match *name {
                "" | "." => {}
                ".." => drop(place.pop()),
                name => place.push(name),
            }
        }
        let real = place.to_str().unwrap();
        let said = verdict(&rules, "Edit", &json!({ "file_path": path }), Some(real));
        let inside = place.starts_with("/work/shop/src") && !path.is_empty();
        assert_eq!(said.is_some(), inside, "seed {seed}: {path:?} leads to {real}");
        allowed += u32::from(inside);
    }
    assert!(allowed > 500, "only {allowed} paths were allowed");
}
