//! The real types.

use maestro_core::agent::scripted::{Step, ToolStep};
use maestro_core::approval::{ApprovalFilter, ApprovalPage, RuleFilter, RulePage};
use maestro_core::error::{ErrorInfo, ErrorKind, LimitHit};
#[allow(clippy::wildcard_imports, reason = "each is named once more below")]
use maestro_core::model::*;
use maestro_core::session::{SessionFilter, SessionPage};
use maestro_core::task::{TaskFilter, TaskPage};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Lets a type read and write an example.
fn pass<T: Serialize + DeserializeOwned>(name: &str, example: &Value) -> Value {
    match T::deserialize(example) {
        Ok(read) => serde_json::to_value(read).unwrap(),
        Err(error) => panic!("{name} does not read {example}: {error}"),
    }
}

macro_rules! types {
    ($($name:ident)*) => {
        /// What the real type makes of an example.
        pub(crate) fn again(name: &str, example: &Value) -> Value {
            match name {
                $(stringify!($name) => pass::<$name>(name, example),)*
                _ => panic!("{name} is not in the table of real types"),
            }
        }
    };
}

/// What the fields of a record are by default, where that is not what is empty.
pub(crate) fn default(name: &str) -> Option<Value> {
    (name == "RetryPolicy").then(|| again(name, &json!({})))
}

types! {
    AccountInfo AccountLimit AccountSpec AccountState AccountStatus Actor ActorKind AgentCommand
    AgentFrame AgentInfo AgentModel AgentOutput AgentPointer AgentRateLimited AgentRetrying
    AgentStatus AgentStderr AgentWarning ApprovalExpired ApprovalFilter ApprovalGranted
    ApprovalInfo ApprovalKind ApprovalOption ApprovalPage ApprovalRequested ApprovalResolved
    ApprovalState ApprovalUpdated ApprovalWithdrawn AttemptInfo AttemptLost AttemptRecovered
    AttemptState BlobRef CancelRequest Changes Choice ContentBlock ContextCompacted
    ContextUpdated Decision Effect ErrorInfo ErrorKind Event EventFilter FileChange FileChanged
    FileStatus FileView Gap Grant GrantState ItemBody LimitHit LimitReached LoginState
    McpServerStatus Message MessageDelta MessageItem MessageSuperseded NodeJoined NodeLost
    NoticeItem OpenTurn Origin Outcome Partial PendingApproval PlacePath PlanEntry PlanStatus
    PlanUpdated PolicyRemoved PolicyUpdated ProcessRef ProjectCreated ProjectInfo ProjectSpec
    ProjectState ProjectUpdated PromptCancelled PromptFolded PromptItem PromptQueued Question
    QueuedPrompt QueuedView Remember ReplyInfo ReplySpec RetryPolicy RuleFilter RuleInfo
    RuleLevel RulePage RuleSpec Ruling SessionClosed SessionFailed SessionFilter SessionForked
    SessionIdle SessionInfo SessionOpened SessionPage SessionRequiresAction SessionResumed
    SessionRunning SessionSpec SessionState SessionUpdated SessionView Step SubagentEnded
    SubagentProgress SubagentStarted SubagentUsage SubagentView TaskEnded TaskFilter TaskInfo
    TaskInputRequired TaskPage TaskProgress TaskQueued TaskRetried TaskSpec TaskStarted
    TaskState TaskSubmitted TaskUpdated TaskWaiting Thought ThoughtDelta ThoughtItem
    ToolApproval ToolContent ToolEnded ToolItem ToolRules ToolStarted ToolStatus ToolStep
    ToolUpdated ToolUse Totals TurnEnded TurnInfo TurnStarted Usage UsageRecorded ViewItem
    WaitingReason When WorkElsewhere WorkspaceCommitted WorkspaceConflicted WorkspaceElsewhere
    WorkspaceInfo WorkspaceKept WorkspaceKind WorkspaceMerged WorkspacePrepared WorkspaceRemoved
    WorkspaceState
}
