//! What Claude Code itself remembers: the transcript of a conversation.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::agent::Evidence;
use crate::model::AgentPointer;

/// Looks whether the transcript holds the last prompt and the last message that we have seen. The
/// file is written in batches, so after a kill the end may be missing or cut.
pub(super) fn evidence(projects: &Path, cwd: &Path, pointer: &AgentPointer) -> Evidence {
    let Some(id) = &pointer.agent_session_id else { return Evidence::Missing };
    let Ok(bytes) = std::fs::read(path(projects, cwd, id)) else { return Evidence::Missing };
    let text = String::from_utf8_lossy(&bytes);
    let (mut prompt, mut message) = (false, false);
    for line in text.lines() {
        // A cut last line is no row.
        let Ok(row) = serde_json::from_str::<Value>(line) else { continue };
        let uuid = row.get("uuid").and_then(Value::as_str);
        prompt |= uuid.is_some() && uuid == pointer.last_prompt.as_deref();
        message |= uuid.is_some() && uuid == pointer.last_message.as_deref();
    }
    if pointer.last_prompt.is_some() && !prompt {
        return Evidence::Missing;
    }
    if pointer.last_message.is_some() && !message {
        return Evidence::Behind;
    }
    Evidence::Holds
}

/// Where a conversation's transcript lies: the directory's name is the working directory with
/// everything that is neither letter nor digit as `-`.
fn path(projects: &Path, cwd: &Path, id: &str) -> PathBuf {
    let cwd = std::fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_owned());
    let name: String = cwd
        .to_string_lossy()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    projects.join(name).join(format!("{id}.jsonl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_transcript_decides() {
        let home = tempfile::tempdir().unwrap();
        let file = path(home.path(), home.path(), "s");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let pointer = |prompt: &str, message: Option<&str>| AgentPointer {
            agent_session_id: Some("s".to_owned()),
            last_prompt: Some(prompt.to_owned()),
            last_message: message.map(str::to_owned),
        };
        let look = |pointer: &AgentPointer| evidence(home.path(), home.path(), pointer);
        assert_eq!(look(&pointer("p", None)), Evidence::Missing);
        std::fs::write(&file, "{\"uuid\":\"p\"}\n{\"uuid\":\"m1\"}\n{\"uuid\":\"m2").unwrap();
        assert_eq!(look(&pointer("p", Some("m1"))), Evidence::Holds);
        assert_eq!(look(&pointer("p", Some("m2"))), Evidence::Behind);
        assert_eq!(look(&pointer("q", Some("m1"))), Evidence::Missing);
    }
}
