//! Hooks: code of the host that the CLI asks at points of its work.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::runtime::{Runtime, RuntimeExt as _, caught};

/// Where in its work the CLI asks, and how long it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookPoint {
    /// The CLI's name of the point, for example `PreToolUse`, `PostToolUse`, `UserPromptSubmit` or
    /// `Stop`.
    pub event: String,
    /// The tools that it is about, in the CLI's language of matchers. Default: all.
    pub matcher: Option<String>,
    /// How long the handler may take before the hook counts as failed. Default
    /// [`HookPoint::DEFAULT_TIMEOUT`].
    pub timeout: Duration,
}

impl HookPoint {
    /// How long a handler may take by default.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

    /// A point by the CLI's name of it, for all tools.
    pub fn new(event: impl Into<String>) -> Self {
        Self { event: event.into(), matcher: None, timeout: Self::DEFAULT_TIMEOUT }
    }

    /// Narrows to tools, for example `Bash` or `Write|Edit`.
    pub fn matcher(mut self, matcher: impl Into<String>) -> Self {
        self.matcher = Some(matcher.into());
        self
    }

    /// Sets how long the handler may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// What a hook is asked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Hook {
    /// The point, in the CLI's word.
    pub event: String,
    /// The tool that it is about.
    pub tool: Option<String>,
    /// The call that it is about.
    pub tool_call_id: Option<String>,
    /// Everything that the CLI says about it, verbatim.
    pub input: Value,
}

/// What a hook answers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum HookReply {
    /// Nothing: the CLI goes on as without the hook.
    Continue,
    /// The tool may run, and nobody is asked.
    Allow {
        /// Why, for the record.
        reason: String,
    },
    /// It may not go on; the agent is told why.
    Deny {
        /// Why, for the agent.
        reason: String,
    },
    /// An answer in the CLI's own language.
    Raw(Value),
}

/// Code of the host that answers hooks.
///
/// # Contract
/// - A handler that fails, panics or takes longer than [`HookPoint::timeout`] has denied: of
///   `PreToolUse` the tool does not run, of `UserPromptSubmit` the prompt is not taken. Of other
///   points, where nothing can be denied, the CLI is told that the hook failed.
/// - Several calls may come at once. A call is dropped when the CLI does not wait for it any more.
#[async_trait]
pub trait HookHandler: fmt::Debug + Send + Sync + 'static {
    /// Answers a hook.
    async fn call(&self, hook: Hook) -> Result<HookReply>;
}

/// A point with who answers there.
#[derive(Debug, Clone)]
pub(super) struct Hooked {
    pub(super) point: HookPoint,
    pub(super) handler: Arc<dyn HookHandler>,
}

/// How much longer than us the CLI waits, so that it hears what we make of a late handler. It lets
/// through what it hears nothing about in time, so this is a day: a host may be stopped for hours.
const MARGIN: Duration = Duration::from_hours(24);

/// What `initialize` says about hooks: their ids are their indices.
pub(super) fn registration(hooks: &[Hooked]) -> Value {
    if hooks.is_empty() {
        return Value::Null;
    }
    let mut by_event = Map::new();
    for (index, Hooked { point, .. }) in hooks.iter().enumerate() {
        let matcher = point.matcher.as_deref();
        let registered = registered(matcher, &index.to_string(), point.timeout);
        let of_event = by_event.entry(point.event.clone()).or_insert_with(|| json!([]));
        if let Some(list) = of_event.as_array_mut() {
            list.push(registered);
        }
    }
    Value::Object(by_event)
}

/// What `initialize` says about one.
pub(super) fn registered(matcher: Option<&str>, id: &str, timeout: Duration) -> Value {
    // More than this the CLI's clock cannot count, and it would wait for no time at all.
    const MOST: Duration = Duration::from_hours(24 * 20);
    let timeout = timeout.saturating_add(MARGIN).min(MOST);
    json!({ "matcher": matcher, "hookCallbackIds": [id], "timeout": timeout.as_secs() })
}

/// What the CLI is told: an answer, or an error.
pub(super) async fn answer(
    runtime: &dyn Runtime,
    hooks: &[Hooked],
    callback_id: &str,
    input: Value,
    tool_call_id: Option<String>,
) -> std::result::Result<Value, String> {
    let word = |key: &str| input.get(key).and_then(Value::as_str).map(str::to_owned);
    let event = word("hook_event_name").unwrap_or_default();
    let hooked = callback_id.parse::<usize>().ok().and_then(|index| hooks.get(index));
    let Some(Hooked { point, handler }) = hooked else {
        return failed(&event, "the host has no such hook");
    };
    let tool = word("tool_name");
    let hook = Hook {
        event: event.clone(),
        tool_call_id: tool_call_id.filter(|_| tool.is_some()),
        tool,
        input,
    };
    let calling = caught("it", async { handler.call(hook).await });
    match runtime.timeout(point.timeout, calling).await {
        Some(Ok(Ok(reply))) => Ok(told(&event, reply)),
        Some(Ok(Err(error)) | Err(error)) => {
            tracing::error!(%error, event, "a hook failed");
            failed(&event, &format!("the host's hook failed: {error}"))
        }
        None => {
            tracing::error!(event, timeout = ?point.timeout, "a hook took too long");
            failed(&event, "the host's hook took too long")
        }
    }
}

/// What becomes of a call, in the CLI's language.
pub(super) fn decision(event: &str, word: &str, reason: &str) -> Value {
    json!({ "hookSpecificOutput": {
        "hookEventName": event,
        "permissionDecision": word,
        "permissionDecisionReason": reason,
    } })
}

pub(super) fn told(event: &str, reply: HookReply) -> Value {
    match reply {
        HookReply::Raw(value) => value,
        HookReply::Allow { reason } if event == "PreToolUse" => decision(event, "allow", &reason),
        HookReply::Deny { reason } if event == "PreToolUse" => decision(event, "deny", &reason),
        HookReply::Deny { reason } => json!({ "decision": "block", "reason": reason }),
        HookReply::Continue | HookReply::Allow { .. } => json!({}),
    }
}

/// The answer that lets nothing through, where there is one.
fn failed(event: &str, why: &str) -> std::result::Result<Value, String> {
    match event {
        "PreToolUse" | "UserPromptSubmit" => {
            Ok(told(event, HookReply::Deny { reason: why.to_owned() }))
        }
        _ => Err(why.to_owned()),
    }
}
