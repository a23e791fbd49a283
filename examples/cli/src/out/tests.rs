//! Nothing else prints, and what is printed is harmless.

use std::path::Path;

use super::*;

/// What writes to a standard stream, or to the terminal itself.
const PRINTS: [&str; 11] = [
    "print!(",
    "println!(",
    "dbg!(",
    "stdout()",
    "stderr()",
    "Stdout::",
    "Stderr::",
    "/dev/tty",
    "/dev/std",
    "Print(",
    "PrintStyledContent(",
];

fn sources(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn no_other_module_prints() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 20);
    let (own, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(path, _)| path.contains("/src/out/"));
    assert!(own.iter().any(|(_, text)| text.contains("stdout()")), "the words are the right ones");
    for (path, text) in others {
        for (number, line) in (1..).zip(text.lines()) {
            let prints = PRINTS.iter().find(|word| line.contains(*word));
            assert_eq!(prints, None, "{path}:{number}: print by `crate::out`");
        }
    }
}

#[test]
fn lines_are_harmless() {
    let mut written = Vec::new();
    write_line(&mut written, "a\u{1b}]52;c;aGk=\u{7}b\u{202e}\u{9b}2J\r\n\tc").unwrap();
    let written = String::from_utf8(written).unwrap();
    assert_eq!(written, "a\\u{1b}]52;c;aGk=\\u{7}b\\u{202e}\\u{9b}2J\\u{d}\n\tc\n");
}

#[test]
fn lines_of_the_log_are_harmless() {
    let mut written = Vec::new();
    let line = "WARN a\u{1b}]52;c;aGk=\u{7}b\u{202e}\u{9b}2J\n";
    Shown(&mut written).write_all(line.as_bytes()).unwrap();
    Shown(&mut written).write_all(b"\x9b2J\n").unwrap();
    let written = String::from_utf8(written).unwrap();
    assert_eq!(written, "WARN a\\u{1b}]52;c;aGk=\\u{7}b\\u{202e}\\u{9b}2J\n\\x9b2J\n");
}
