//! What tool calls report.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::BlobRef;
use crate::model::{UnknownValue, UnknownVariant};
use crate::unknown::open_union;

/// The agent calls a tool.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolStarted {
    /// The call.
    pub tool_call_id: String,
    /// The call that it is part of, for a subagent's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_tool_call_id: Option<String>,
    /// The subagent that calls, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The tool.
    pub name: String,
    /// ACP's kind: `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch` or `other`.
    pub kind: String,
    /// One line for people.
    pub title: String,
    /// The files that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// The input that the agent shows.
    pub input: Value,
    /// Whether the agent does not wait for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
}

/// Something about a running call changed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolUpdated {
    /// The call.
    pub tool_call_id: String,
    /// The input that runs, where an approval changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_input: Option<Value>,
    /// Its status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ToolStatus>,
    /// What it has given so far, whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<ToolContent>,
    /// Whether the agent stopped waiting for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<bool>,
}

/// A tool call ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolEnded {
    /// The call.
    pub tool_call_id: String,
    /// How.
    pub status: ToolStatus,
    /// What it gave.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<ToolContent>,
    /// The agent's structured result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Whether `content` was cut.
    pub truncated: bool,
    /// Where the whole of what was cut is, when this store has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<BlobRef>,
    /// Whether it goes on in the background.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
}

/// A tool call changed a file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FileChanged {
    /// The call.
    pub tool_call_id: String,
    /// The file, relative to the workspace where it lies inside.
    pub path: String,
    /// Lines added, where the agent tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<u32>,
    /// Lines removed, where the agent tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<u32>,
}

/// The state of a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolStatus {
    /// Asked for, not started.
    #[default]
    Pending,
    /// Running.
    InProgress,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Not allowed to run.
    Denied,
    /// Stopped before its end; whether it had an effect is not known.
    Interrupted,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

/// One piece of what a tool gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolContent {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// A change of a file.
    Diff {
        /// The file.
        path: String,
        /// Its content before; none when it is new.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<String>,
        /// Its content after.
        new: String,
    },
    /// What a command wrote.
    Terminal {
        /// Its output; the errors follow the rest where the agent keeps them apart.
        output: String,
        /// Its exit code, where the agent tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
    },
    /// An image.
    Image {
        /// Its media type, for example `image/png`.
        media_type: String,
        /// The bytes in base64.
        data: String,
    },
    /// Something large that is kept beside the event.
    Blob {
        /// Where it is.
        blob: BlobRef,
    },
    /// Anything else, verbatim.
    Other {
        /// The content.
        content: Value,
    },
    /// One that this version does not know, kept as it is.
    #[serde(skip)]
    Unknown(UnknownVariant),
}

open_union!(ToolContent, "type");
