//! The typed content of events.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

#[cfg_attr(
    not(test),
    expect(
        clippy::wildcard_imports,
        reason = "every payload is named once more in the table below"
    )
)]
use super::*;

macro_rules! event_data {
    ($($name:literal => $variant:ident,)*) => {
        /// What an event says, by its type. On the wire it is the two fields `type` and `data`.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum EventData {
            $(
                #[doc = concat!("`", $name, "`")]
                $variant($variant),
            )*
            /// A type that this version does not know, kept as it is; also a product's own `x.…`.
            Other {
                /// The type on the wire.
                original_type: String,
                /// The content.
                data: Value,
            },
        }

        impl EventData {
            /// Every type that this version knows.
            pub const TYPES: &'static [&'static str] = &[$($name),*];

            /// The type on the wire.
            pub fn event_type(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::Other { original_type, .. } => original_type,
                }
            }

            /// Types a content. Whatever does not fit is kept as [`EventData::Other`].
            pub fn from_parts(event_type: String, data: Value) -> Self {
                match event_type.as_str() {
                    $($name => match $variant::deserialize(&data) {
                        Ok(typed) => Self::$variant(typed),
                        Err(_) => Self::Other { original_type: event_type, data },
                    },)*
                    _ => Self::Other { original_type: event_type, data },
                }
            }

            /// The same of JSON as it is kept.
            ///
            /// # Errors
            /// What is wrong with text that is no JSON.
            pub(crate) fn from_json(event_type: String, json: &[u8]) -> serde_json::Result<Self> {
                match event_type.as_str() {
                    // Straight from the text: a tree between costs more than all the rest.
                    $($name => if let Ok(typed) = serde_json::from_slice::<$variant>(json) {
                        return Ok(Self::$variant(typed));
                    },)*
                    _ => {}
                }
                Ok(Self::from_parts(event_type, serde_json::from_slice(json)?))
            }

            /// The content as a store keeps it.
            pub(crate) fn to_envelope(&self) -> crate::error::Result<Envelope> {
                match self {
                    $(Self::$variant(typed) => Envelope::json(typed),)*
                    Self::Other { data, .. } => Envelope::json(data),
                }
            }

            /// The content as JSON.
            pub fn to_value(&self) -> Value {
                match self {
                    $(Self::$variant(typed) => {
                        serde_json::to_value(typed).unwrap_or(Value::Null)
                    })*
                    Self::Other { data, .. } => data.clone(),
                }
            }
        }

        impl Serialize for EventData {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(data) => Parts { r#type: $name, data }.serialize(serializer),)*
                    Self::Other { original_type, data } => {
                        Parts { r#type: original_type, data }.serialize(serializer)
                    }
                }
            }
        }

        $(impl From<$variant> for EventData {
            fn from(data: $variant) -> Self {
                Self::$variant(data)
            }
        })*
    };
}

event_data! {
    "session.opened" => SessionOpened,
    "session.resumed" => SessionResumed,
    "session.forked" => SessionForked,
    "session.running" => SessionRunning,
    "session.requires_action" => SessionRequiresAction,
    "session.idle" => SessionIdle,
    "session.updated" => SessionUpdated,
    "session.failed" => SessionFailed,
    "session.closed" => SessionClosed,
    "context.updated" => ContextUpdated,
    "context.compacted" => ContextCompacted,
    "prompt.queued" => PromptQueued,
    "prompt.folded" => PromptFolded,
    "prompt.cancelled" => PromptCancelled,
    "turn.started" => TurnStarted,
    "turn.ended" => TurnEnded,
    "message.delta" => MessageDelta,
    "thought.delta" => ThoughtDelta,
    "message" => Message,
    "thought" => Thought,
    "message.superseded" => MessageSuperseded,
    "tool.started" => ToolStarted,
    "tool.updated" => ToolUpdated,
    "tool.ended" => ToolEnded,
    "file.changed" => FileChanged,
    "plan.updated" => PlanUpdated,
    "subagent.started" => SubagentStarted,
    "subagent.progress" => SubagentProgress,
    "subagent.ended" => SubagentEnded,
    "approval.requested" => ApprovalRequested,
    "approval.resolved" => ApprovalResolved,
    "approval.updated" => ApprovalUpdated,
    "approval.granted" => ApprovalGranted,
    "approval.withdrawn" => ApprovalWithdrawn,
    "approval.expired" => ApprovalExpired,
    "policy.updated" => PolicyUpdated,
    "policy.removed" => PolicyRemoved,
    "usage.recorded" => UsageRecorded,
    "limit.reached" => LimitReached,
    "agent.retrying" => AgentRetrying,
    "agent.rate_limited" => AgentRateLimited,
    "agent.warning" => AgentWarning,
    "agent.stderr" => AgentStderr,
    "agent.output" => AgentOutput,
    "agent.frame" => AgentFrame,
    "task.submitted" => TaskSubmitted,
    "task.queued" => TaskQueued,
    "task.waiting" => TaskWaiting,
    "task.started" => TaskStarted,
    "task.progress" => TaskProgress,
    "task.input_required" => TaskInputRequired,
    "task.updated" => TaskUpdated,
    "task.retried" => TaskRetried,
    "task.ended" => TaskEnded,
    "attempt.lost" => AttemptLost,
    "attempt.recovered" => AttemptRecovered,
    "project.created" => ProjectCreated,
    "project.updated" => ProjectUpdated,
    "workspace.prepared" => WorkspacePrepared,
    "workspace.conflicted" => WorkspaceConflicted,
    "workspace.committed" => WorkspaceCommitted,
    "workspace.elsewhere" => WorkspaceElsewhere,
    "workspace.kept" => WorkspaceKept,
    "workspace.merged" => WorkspaceMerged,
    "workspace.removed" => WorkspaceRemoved,
    "node.joined" => NodeJoined,
    "node.lost" => NodeLost,
    "gap" => Gap,
}

impl EventData {
    /// Decodes the content of a stored event.
    pub(crate) fn of_stored(event_type: String, content: &Envelope) -> crate::error::Result<Self> {
        Self::from_json(event_type, content.as_json()?).map_err(Envelope::unreadable)
    }

    /// Whether the type is a text delta, which no store keeps.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self, Self::MessageDelta(_) | Self::ThoughtDelta(_))
    }
}

#[derive(Serialize)]
struct Parts<'a, T> {
    r#type: &'a str,
    data: &'a T,
}

#[derive(Deserialize)]
struct OwnedParts {
    r#type: String,
    #[serde(default)]
    data: Value,
}

impl<'de> Deserialize<'de> for EventData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = OwnedParts::deserialize(deserializer)?;
        Ok(Self::from_parts(parts.r#type, parts.data))
    }
}
