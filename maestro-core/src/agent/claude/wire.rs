//! The messages of the CLI, as far as this driver acts on them.
//!
//! The CLI changes nearly daily, so reading is tolerant field by field: an unknown type, subtype or
//! field is no error, and a known field of an unexpected type counts as absent. The verbatim line
//! travels beside the typed one, so nothing is lost.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A message of the CLI.
#[derive(Debug)]
pub(super) enum Frame {
    Assistant(Spoken),
    User(Spoken),
    Stream(Stream),
    System(System),
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
/// An error is the text of what is no JSON object.
pub(super) fn parse(line: &str) -> Result<(Frame, String), serde_json::Error> {
    let object: Map<String, Value> = serde_json::from_str(line)?;
    let word = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = match (word("type"), word("subtype")) {
        (kind, "") => kind.to_owned(),
        (kind, subtype) => format!("{kind}/{subtype}"),
    };
    let kind = word("type").to_owned();
    let whole = Value::Object(object);
    let frame = match kind.as_str() {
        "assistant" => Frame::Assistant(typed(whole)),
        "user" => Frame::User(typed(whole)),
        "stream_event" => Frame::Stream(typed(whole)),
        "system" => Frame::System(typed(whole)),
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
    SpokenMessage { id: Option<String>, content: Value, }
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
    }
    StreamEvent {
        r#type: String,
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
        session_id: Option<String>,
        // session_state_changed
        state: String,
        // init
        model: Option<String>,
        claude_code_version: Option<String>,
        // init and status
        #[serde(rename = "permissionMode")]
        permission_mode: Option<String>,
        // background_tasks_changed
        tasks: Vec<Value>,
        // task_started, permission_denied
        task_id: Option<String>,
        tool_use_id: Option<String>,
        // api_retry
        attempt: u32,
        max_retries: Option<u32>,
        retry_delay_ms: Option<f64>,
        error_status: Option<u16>,
        error: Option<String>,
    }

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
        // elicitation
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
        claude_code_version: Option<String>,
        current_permission_mode: Option<String>,
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
