//! A recording as a file holds it.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dir {
    In,
    Out,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) dir: Dir,
    pub(crate) line: String,
}

/// What passed between a host and one process of the CLI, or several one after another.
pub(crate) struct Recording {
    pub(crate) name: String,
    pub(crate) lines: Vec<Line>,
}

impl Recording {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a readable file");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let line = |(index, line): (usize, &str)| -> Line {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{name}:{}: {error}", index + 1))
        };
        let lines = text.lines().enumerate().map(line).collect();
        Self { name, lines }
    }

    /// Whether it is in the protocol of this driver, whose messages have a type without a dot.
    pub(crate) fn is_of_claude(&self) -> bool {
        let mut kinds = self.lines.iter().filter_map(|line| {
            let message = serde_json::from_str::<Value>(&line.line).ok()?;
            let typed = message.get("type").and_then(Value::as_str);
            Some(typed.is_some_and(|kind| !kind.contains('.')))
        });
        kinds.next().unwrap_or(false)
    }

    /// Whether the process was ended in the middle, or the recording stops while it works.
    pub(crate) fn is_cut(&self) -> bool {
        let last = self.lines.iter().rev().filter(|line| line.dir == Dir::Out);
        let mut types = last.filter_map(|line| serde_json::from_str::<Value>(&line.line).ok());
        // After the last turn come only words about the session, and answers to requests.
        let ended = types.find_map(|value| {
            let kind = value.get("type")?.as_str()?.to_owned();
            let subtype =
                value.get("subtype").and_then(Value::as_str).unwrap_or_default().to_owned();
            match (kind.as_str(), subtype.as_str()) {
                ("result", _) => Some(true),
                ("system", "session_state_changed" | "background_tasks_changed" | "status")
                | ("command_lifecycle" | "control_response" | "control_cancel_request", _) => None,
                _ => Some(false),
            }
        });
        ended != Some(true)
    }
}
