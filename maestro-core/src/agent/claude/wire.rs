//! The messages of the CLI, as far as this driver acts on them.
//!
//! The CLI changes nearly daily, so reading is tolerant field by field: an unknown type, subtype or
//! field is no error, and a known field of an unexpected type counts as absent. The verbatim line
//! travels beside the typed one, so nothing is lost.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::lenient;
use super::spoken_line::{self, Kind};
use super::stream_line::StreamLine;

/// A message of the CLI.
#[derive(Debug)]
pub(super) enum Frame {
    Assistant(Spoken),
    User(Spoken),
    Stream(Stream),
    System(Box<System>),
    Result(Box<TurnResult>),
    Lifecycle(Lifecycle),
    RateLimit(RateLimit),
    Request(Request),
    Response(Response),
    CancelRequest(String),
    Other,
}

/// Types a message, and names its type for people and records.
///
/// An error is the text of what is no JSON object, also when it is read as leniently as can be.
pub(super) fn parse(line: &str) -> Result<(Frame, String), serde_json::Error> {
    if lenient::is_deep(line) {
        return parse_any(&lenient::readable(line));
    }
    if let Some(stream) = StreamLine::read(line) {
        return Ok((Frame::Stream(stream.into()), "stream_event".to_owned()));
    }
    match spoken_line::read(line) {
        Some((Kind::Assistant, spoken)) => Ok((Frame::Assistant(spoken), "assistant".to_owned())),
        Some((Kind::User, spoken)) => Ok((Frame::User(spoken), "user".to_owned())),
        None => parse_any(line).or_else(|_| parse_any(&lenient::readable(line))),
    }
}

/// Whether what is read of a line is not quite what it says.
pub(super) fn is_changed(line: &str) -> bool {
    lenient::is_deep(line) || serde_json::from_str::<Value>(line).is_err()
}

/// The same, for messages of whatever shape.
pub(super) fn parse_any(line: &str) -> Result<(Frame, String), serde_json::Error> {
    let object: Map<String, Value> = serde_json::from_str(line)?;
    let word = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    // Requests and their answers name what they are about one level further in.
    let inner = || {
        let of = |key: &str| object.get(key)?.get("subtype")?.as_str();
        of("request").or_else(|| of("response")).unwrap_or_default()
    };
    let subtype = if word("subtype").is_empty() { inner() } else { word("subtype") };
    let name = match (word("type"), subtype) {
        (kind, "") => kind.to_owned(),
        (kind, subtype) => format!("{kind}/{subtype}"),
    };
    let kind = word("type").to_owned();
    let whole = Value::Object(object);
    let frame = match kind.as_str() {
        "assistant" => Frame::Assistant(typed(whole)),
        "user" => Frame::User(typed(whole)),
        "stream_event" => Frame::Stream(typed(whole)),
        "system" => Frame::System(Box::new(typed(whole))),
        "result" => Frame::Result(Box::new(typed(whole))),
        "command_lifecycle" => Frame::Lifecycle(typed(whole)),
        "rate_limit_event" => Frame::RateLimit(typed::<RateLimitEvent>(whole).rate_limit_info),
        "control_request" => Frame::Request(typed(whole)),
        "control_response" => Frame::Response(typed::<ResponseEvent>(whole).response),
        "control_cancel_request" => Frame::CancelRequest(typed::<Request>(whole).request_id),
        _ => Frame::Other,
    };
    Ok((frame, name))
}

fn typed<T: DeserializeOwned + Default>(value: Value) -> T {
    T::deserialize(value).unwrap_or_default()
}

/// Reads a field that may be of another type than we know.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(typed(Value::deserialize(deserializer)?))
}

macro_rules! wire {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        pub(super) struct $name {
            $($(#[$attr])* #[serde(deserialize_with = "lenient")] pub(super) $field: $type,)*
        }
    )*};
}

wire! {
    /// `assistant`, one for each block of content, or `user`, also with the results of tools.
    Spoken {
        message: SpokenMessage,
        parent_tool_use_id: Option<String>,
        agent_id: Option<String>,
        uuid: Option<String>,
        #[serde(rename = "isReplay")]
        is_replay: bool,
        tool_use_result: Value,
        tool_result_meta: Vec<ToolResultMeta>,
    }
    SpokenMessage {
        id: Option<String>,
        model: Option<String>,
        content: Value,
        usage: MessageUsage,
    }
    /// What one call of the model used, as far as it is known by then; in a result, what those of the
    /// session's own agent used in the turn.
    MessageUsage {
        input_tokens: u64,
        output_tokens: u64,
        cache_creation_input_tokens: u64,
        cache_read_input_tokens: u64,
    }
    ToolResultMeta {
        id: String,
        non_execution_kind: Option<String>,
        permission_decision: PermissionDecision,
    }
    PermissionDecision { decision: String, }

    /// A piece of the model's answer.
    Stream {
        event: StreamEvent,
        parent_tool_use_id: Option<String>,
        agent_id: Option<String>,
        /// Blocks of the message that was being written are void.
        abandoned_blocks: Option<Value>,
    }
    StreamEvent {
        r#type: String,
        usage: MessageUsage,
        index: u32,
        message: StreamMessage,
        content_block: StreamText,
        delta: StreamText,
    }
    StreamMessage { id: String, }
    StreamText { r#type: String, text: String, thinking: String, }

    /// `system`, with the fields of all the subtypes that matter here.
    System {
        subtype: String,
        uuid: Option<String>,
        session_id: Option<String>,
        // session_state_changed
        state: String,
        // init
        model: Option<String>,
        claude_code_version: Option<String>,
        mcp_servers: Vec<McpServer>,
        capabilities: Vec<String>,
        // init and status
        #[serde(rename = "permissionMode")]
        permission_mode: Option<String>,
        // commands_changed
        commands: Vec<Value>,
        // background_tasks_changed
        tasks: Vec<BackgroundTask>,
        // task_started, task_progress, task_updated, task_notification
        task_id: Option<String>,
        tool_use_id: Option<String>,
        parent_task_id: Option<String>,
        task_type: Option<String>,
        subagent_type: Option<String>,
        description: Option<String>,
        prompt: Option<String>,
        spawn_depth: Option<u32>,
        is_backgrounded: Option<bool>,
        summary: Option<String>,
        last_tool_name: Option<String>,
        status: Option<String>,
        usage: Option<TaskUsage>,
        patch: TaskPatch,
        // permission_denied
        message: Option<String>,
        agent_id: Option<String>,
        // compact_boundary, and status when compacting has failed
        compact_metadata: CompactMetadata,
        compact_error: Option<String>,
        // hook_response
        hook_name: Option<String>,
        outcome: Option<String>,
        output: Option<String>,
        // local_command_output, informational, model_refusal_fallback
        content: Option<String>,
        level: Option<String>,
        // session_writes_lost
        error_code: Option<String>,
        // api_retry
        attempt: u32,
        max_retries: Option<u32>,
        retry_delay_ms: Option<f64>,
        error_status: Option<u16>,
        error: Option<String>,
    }
    McpServer { name: String, status: String, }
    BackgroundTask { task_id: String, task_type: String, ambient: bool, }
    TaskUsage { total_tokens: u64, tool_uses: u32, duration_ms: u64, }
    TaskPatch {
        status: Option<String>,
        description: Option<String>,
        error: Option<String>,
        is_backgrounded: Option<bool>,
    }
    CompactMetadata { trigger: String, pre_tokens: Option<u64>, post_tokens: Option<u64>, }

    /// `result`: a turn ended. Costs and model usage are totals of the process.
    TurnResult {
        subtype: String,
        is_error: bool,
        result: Option<String>,
        structured_output: Option<Value>,
        errors: Vec<String>,
        stop_reason: Option<String>,
        terminal_reason: Option<String>,
        api_error_status: Option<u16>,
        duration_ms: Option<f64>,
        total_cost_usd: Option<f64>,
        #[serde(rename = "modelUsage")]
        model_usage: Option<Map<String, Value>>,
        model_usage_since_last_result: Option<Map<String, Value>>,
        usage: MessageUsage,
        origin: ResultOrigin,
        user_message_uuids: Vec<String>,
    }
    ResultOrigin { kind: Option<String>, }
    ModelUsage {
        #[serde(rename = "inputTokens")]
        input: u64,
        #[serde(rename = "outputTokens")]
        output: u64,
        #[serde(rename = "cacheReadInputTokens")]
        cache_read: u64,
        #[serde(rename = "cacheCreationInputTokens")]
        cache_write: u64,
        #[serde(rename = "costUSD")]
        cost_usd: f64,
        #[serde(rename = "contextWindow")]
        context_window: Option<u64>,
    }

    /// What has become of a prompt: `queued`, `started`, `completed` or `cancelled`.
    Lifecycle { command_uuid: String, state: String, }

    RateLimitEvent { rate_limit_info: RateLimit, }
    /// How the account stands.
    RateLimit {
        status: String,
        #[serde(rename = "resetsAt")]
        resets_at: Option<i64>,
        #[serde(rename = "rateLimitType")]
        window: Option<String>,
        utilization: Option<f64>,
        #[serde(rename = "unifiedWindows")]
        windows: Value,
    }

    /// The CLI asks us.
    Request { request_id: String, request: Asked, }
    Asked {
        subtype: String,
        // can_use_tool
        tool_name: String,
        display_name: Option<String>,
        input: Value,
        description: Option<String>,
        permission_suggestions: Vec<Value>,
        blocked_path: Option<String>,
        tool_use_id: Option<String>,
        agent_id: Option<String>,
        // hook_callback
        callback_id: String,
        // mcp_message
        server_name: String,
        // elicitation; `message` is also that of mcp_message
        mcp_server_name: Option<String>,
        message: Value,
        requested_schema: Value,
    }

    ResponseEvent { response: Response, }
    /// The CLI answers us.
    Response {
        subtype: String,
        request_id: String,
        response: Value,
        error: Option<String>,
        error_code: Option<String>,
    }

    /// What the CLI says about itself in reply to `initialize`.
    Hello {
        commands: Vec<Value>,
        capabilities: Vec<String>,
        claude_code_version: Option<String>,
        current_permission_mode: Option<String>,
    }
}

impl TurnResult {
    /// Reads what is there of a result.
    pub(super) fn of(fields: Map<String, Value>) -> Self {
        typed(Value::Object(fields))
    }
}

impl ModelUsage {
    /// Reads the numbers of one model.
    pub(super) fn of(value: &Value) -> Self {
        Self::deserialize(value).unwrap_or_default()
    }
}

impl Hello {
    /// Reads the reply.
    pub(super) fn of(value: &Value) -> Self {
        Self::deserialize(value).unwrap_or_default()
    }
}
