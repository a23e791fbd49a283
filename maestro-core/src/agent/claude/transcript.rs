//! Evidence: what the CLI's own transcript holds of a conversation.

use std::fs;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::agent::Evidence;
use crate::model::AgentPointer;
use crate::workspace::file::{self, Links};

/// The most that is read of a transcript. 4 GiB are more than a thousand full contexts with images.
const MAX_TRANSCRIPT: u64 = 4 << 30;
/// The longest row that is looked at. 64 MiB are more than an API takes in one request.
const MAX_ROW: u64 = 64 << 20;

/// Looks whether the transcript below `config_dir` holds our last prompt and the last message.
///
/// Existence proves nothing: the CLI writes in batches, and a killed one has lost its last rows.
pub(super) fn look(config_dir: &Path, cwd: &Path, pointer: &AgentPointer) -> Evidence {
    let Some(session) = pointer.agent_session_id.as_deref().filter(|id| is_name(id)) else {
        return Evidence::Missing;
    };
    match locate(&config_dir.join("projects"), cwd, session) {
        Ok(Some(file)) => read(&file, pointer).unwrap_or(Evidence::Unknown),
        Ok(None) => Evidence::Missing,
        Err(_) => Evidence::Unknown,
    }
}

/// The transcript: in the directory named after where the agent works, or, since the CLI shortens
/// long names and follows links, in another one.
fn locate(projects: &Path, cwd: &Path, session: &str) -> io::Result<Option<PathBuf>> {
    let name = format!("{session}.jsonl");
    let expected = projects.join(directory_name(cwd)).join(&name);
    if expected.is_file() {
        return Ok(Some(expected));
    }
    let entries = match fs::read_dir(projects) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let file = entry?.path().join(&name);
        if file.is_file() {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

fn directory_name(cwd: &Path) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    cwd.to_string_lossy().chars().map(plain).collect()
}

/// An id that is a file's name and no path.
fn is_name(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !id.is_empty() && id.bytes().all(plain)
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    uuid: Option<String>,
}

fn read(file: &Path, pointer: &AgentPointer) -> io::Result<Evidence> {
    let mut wanted = Wanted::new(pointer);
    let mut reader = BufReader::new(file::open(file, Links::Followed)?.take(MAX_TRANSCRIPT));
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(MAX_ROW).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        // The parts of a longer row do not parse.
        wanted.row(&line);
    }
    if reader.get_ref().limit() == 0 {
        return Ok(Evidence::Unknown);
    }
    Ok(wanted.verdict())
}

/// The ids looked for. None was never sent or seen, and so is not missing.
struct Wanted<'a> {
    prompt: Option<&'a str>,
    message: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn new(pointer: &'a AgentPointer) -> Self {
        Self { prompt: pointer.last_prompt.as_deref(), message: pointer.last_message.as_deref() }
    }

    fn row(&mut self, line: &[u8]) {
        // Few rows are worth parsing: those that mention an id. A cut last row does not parse.
        let mentions = |id: Option<&str>| {
            id.is_some_and(|id| line.windows(id.len().max(1)).any(|part| part == id.as_bytes()))
        };
        if !mentions(self.prompt) && !mentions(self.message) {
            return;
        }
        let Ok(row) = serde_json::from_slice::<Row>(line) else {
            return;
        };
        let is = |id: Option<&str>| id.is_some() && id == row.uuid.as_deref();
        if is(self.prompt) {
            self.prompt = None;
        }
        if is(self.message) {
            self.message = None;
        }
    }

    fn verdict(&self) -> Evidence {
        match (self.prompt, self.message) {
            (None, None) => Evidence::Holds,
            (None, Some(_)) => Evidence::Behind,
            (Some(_), _) => Evidence::Missing,
        }
    }
}
