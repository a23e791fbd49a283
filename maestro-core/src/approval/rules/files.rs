//! Which files a call is about.

use serde_json::Value;

use super::grammar::{EDITING, READING};
use super::meter::MAX_JUDGED_BYTES;
use super::words::{Piece, most_parts, pieces};

/// A path that a call is about.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: String,
    /// All that is below it as well.
    pub(super) tree: bool,
}

/// Fields of tools that hold a path.
const PATH_FIELDS: &[&str] = &["file_path", "notebook_path", "path"];
/// What the name of a field of any tool has in it when it holds a path.
const PATH_WORDS: &[&str] =
    &["path", "file", "dir", "folder", "uri", "notebook", "source", "target", "dest"];
/// Tools that are about no file by themselves.
const WITHOUT_FILES: &[&str] = &[
    "Agent",
    "AskUserQuestion",
    "BashOutput",
    "EnterPlanMode",
    "ExitPlanMode",
    "KillBash",
    "KillShell",
    "Skill",
    "Task",
    "TaskOutput",
    "TaskStop",
    "TodoWrite",
    "WebFetch",
    "WebSearch",
];
/// Tools that run a command of a shell.
const RUNNING: &[&str] = &["Bash", "Monitor", "PowerShell"];

/// The path that a call is about, where its tool is about one.
pub fn path_of<'a>(tool: &str, input: &'a Value) -> Option<&'a str> {
    let field = match tool {
        "NotebookEdit" | "NotebookRead" => "notebook_path",
        "Grep" | "Glob" | "LS" => "path",
        _ if EDITING.contains(&tool) || READING.contains(&tool) => "file_path",
        _ => return None,
    };
    match input.get(field).and_then(Value::as_str) {
        Some(path) if !path.is_empty() => Some(path),
        // Without a path these look through the whole directory.
        _ if field == "path" => Some("."),
        _ => None,
    }
}

/// Whether a tool is one of those that change or read files, by the names that are known.
pub(super) fn is_of_files(tool: &str) -> bool {
    EDITING.contains(&tool) || READING.contains(&tool)
}

/// Whether nobody knows what a tool does with what it is given: one of a server, or of another release.
pub(super) fn is_unknown(tool: &str) -> bool {
    !is_of_files(tool) && !WITHOUT_FILES.contains(&tool) && !RUNNING.contains(&tool)
}

/// The command that a call runs, and whether its tool is known to run one.
pub(super) fn command_of<'a>(tool: &str, input: &'a Value) -> Option<(&'a str, bool)> {
    let known = RUNNING.contains(&tool);
    let command = input.get("command").and_then(Value::as_str);
    command.filter(|_| known || is_unknown(tool)).map(|command| (command, known))
}

/// The pattern of names that a tool looks for.
pub(super) fn pattern_of<'a>(tool: &str, input: &'a Value) -> Option<&'a str> {
    let field = match tool {
        "Grep" => "glob",
        "Glob" => "pattern",
        _ => return None,
    };
    input.get(field).and_then(Value::as_str)
}

/// All paths that a call of a tool about files names.
pub(super) fn places(tool: &str, input: &Value) -> Vec<Place> {
    let tree = matches!(tool, "Grep" | "Glob" | "LS");
    let base = path_of(tool, input);
    let mut places: Vec<Place> =
        base.map(|path| Place { path: path.to_owned(), tree }).into_iter().collect();
    for field in PATH_FIELDS {
        let other = input.get(field).and_then(Value::as_str).filter(|path| Some(*path) != base);
        places.extend(other.map(|path| Place { path: path.to_owned(), tree }));
    }
    // Where a pattern of names begins: `secret` of `secret/**/*.key`.
    if let Some(pattern) = pattern_of(tool, input) {
        let plain = |name: &&str| !name.contains(['*', '?', '[', '{', '!']);
        let names: Vec<&str> = pattern.split('/').take_while(plain).collect();
        let begins = names.join("/");
        if !begins.is_empty() {
            let base = base.unwrap_or(".");
            let path = if begins.starts_with('/') { begins } else { format!("{base}/{begins}") };
            places.push(Place { path, tree });
        }
    }
    places
}

/// Whether what a tool looks for among names stays below the directory that it is given.
pub(super) fn stays_below(tool: &str, input: &Value) -> bool {
    pattern_of(tool, input).is_none_or(|pattern| {
        let climbs = pattern.split(['/', '\\', '{', '}', ',']).any(|name| name.starts_with(".."));
        is_literal(pattern)
            && !pattern.contains("{/")
            && !pattern.starts_with(['/', '\\'])
            && !climbs
    })
}

/// A text in the input of a tool that nobody knows.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    /// It looks like a path, or its field says that it is one.
    pub(super) likely: bool,
    /// It is too long to be a list of paths, so it is looked at as a whole.
    whole: bool,
}

/// The longest text of a tool that nobody knows of which the parts are looked at, unless its field says
/// that it is a path. It is that of a path on Linux.
const LONGEST_LIST: usize = 4096;

impl Text<'_> {
    /// All that may be a path in it.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        if self.whole { vec![Piece::whole(self.text)] } else { pieces(self.text, false) }
    }

    pub(super) fn most_parts(&self) -> usize {
        if self.whole { 1 } else { most_parts(self.text) }
    }
}

/// Texts in the input of a tool that nobody knows which may name a file, names of fields among them.
pub(super) fn texts(input: &Value) -> Vec<Text<'_>> {
    let mut found = Vec::new();
    gather(input, false, &mut found);
    found
}

fn gather<'a>(value: &'a Value, named: bool, found: &mut Vec<Text<'a>>) {
    match value {
        Value::String(text) => found.extend(path_in(text, named)),
        Value::Array(values) => values.iter().for_each(|value| gather(value, named, found)),
        Value::Object(fields) => {
            for (field, value) in fields {
                found.extend(path_in(field, named));
                let field = field.to_ascii_lowercase();
                gather(value, PATH_WORDS.iter().any(|word| field.contains(word)), found);
            }
        }
        _ => {}
    }
}

/// A text of several lines is content, unless its field says that it is a path.
fn path_in(text: &str, named: bool) -> Option<Text<'_>> {
    let line = text.len() <= MAX_JUDGED_BYTES && !text.trim().contains('\n');
    let looks = line && (text.contains(['/', '\\']) || text.starts_with(['.', '~', '$']));
    let whole = !named && text.len() > LONGEST_LIST;
    (named || line).then_some(Text { text, likely: named || looks, whole })
}

/// Whether every program takes the path as it is written: no home directory or variable in front, no
/// spaces around it, no control characters.
pub(super) fn is_literal(path: &str) -> bool {
    path.len() <= MAX_JUDGED_BYTES
        && !path.starts_with(['~', '$'])
        && path.trim() == path
        && !path.chars().any(char::is_control)
}

/// What a program may take a path for.
pub(super) fn readings(path: &str) -> Vec<String> {
    let mut readings = vec![path.to_owned()];
    let mut add = |reading: String| {
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    };
    let trimmed = path.trim().trim_matches('\0');
    add(trimmed.to_owned());
    add(path.split('\0').next().unwrap_or_default().trim().to_owned());
    if let Some(decoded) = decoded(trimmed) {
        add(decoded);
    }
    if trimmed.contains('\\') {
        add(trimmed.replace('\\', "/"));
    }
    // Dots and spaces at the end of a name, and a stream behind it, as Windows cuts them off.
    if trimmed.contains([':', ' ']) || trimmed.ends_with('.') || trimmed.contains("./") {
        let cut = |name: &str| match name {
            "." | ".." => name.to_owned(),
            name => {
                name.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']).to_owned()
            }
        };
        add(trimmed.split('/').map(cut).collect::<Vec<_>>().join("/"));
    }
    readings
}

/// Whether a path begins at a place that is not known here.
pub(super) fn begins_elsewhere(path: &str) -> bool {
    path.trim_start().starts_with(['~', '$'])
}

/// A text as an address writes it, where `%` stands in it.
fn decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        (rest, bytes) = match value.filter(|_| *byte == b'%') {
            Some(value) => (&after[2..], {
                bytes.push(value);
                bytes
            }),
            None => (after, {
                bytes.push(*byte);
                bytes
            }),
        };
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
