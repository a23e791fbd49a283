//! What the host language implements, behind one port.

mod agent;
mod conversation;
mod desk;
mod hook;
mod permission;
mod task;
mod tool;

use std::fmt;

use async_trait::async_trait;

pub(super) use agent::{Can, ForeignAgent};
pub(super) use conversation::Ask;
pub(super) use desk::Desk;
pub(super) use hook::ForeignHook;
pub(super) use permission::ForeignPermission;
pub(super) use task::ForeignTask;
pub(super) use tool::tools;

use crate::error::{Error, ErrorKind, Result};

/// The host language, as the core calls it.
///
/// | name | is asked with | answers |
/// |---|---|---|
/// | `task.run` | `{run, kind, task, attempt, token, env}` | `{"outcome": Outcome}` or `{"returned": any}` |
/// | `permission.decide` | `{approval}` | a `Decision`, or `null` to wait for a person |
/// | `tool.call` | `{server, tool, input}` | anything; a text is shown as it is |
/// | `hook.call` | `{handler, event, tool?, tool_call_id?, input}` | `{"reply": "continue"}`, `{"reply": "allow" or "deny", "reason"}` or `{"reply": "raw", "value"}` |
/// | `agent.open` | `{agent, conversation, session_id, spec, cwd, resume?, fork, env, account?}` | `{agent_session_id?}` |
/// | `agent.prompt` | `{conversation, turn, prompt, text}` | how the turn ended: `{stop_reason?, result?, structured_output?, usage?, cost_micro_usd?, duration_ms?}` |
/// | `agent.steer` | `{conversation, prompt, text}` | anything |
/// | `agent.set_mode`, `agent.set_model` | `{conversation, mode or model}` | anything |
/// | `agent.control` | `{conversation, request}` | the agent's answer |
/// | `agent.evidence` | `{agent, cwd, pointer}` | `holds`, `behind`, `missing` or `unknown` |
/// | `agent.close` | `{conversation}` | anything |
/// | `fault` | `{message, error}` | anything, once it has logged that code of its user failed |
///
/// # Contract
/// - Calls come from several threads at once.
/// - An error is the host language's exception: its text, and a kind and `retryable` where it says so.
/// - After [`cancel`](Self::cancel) a `task.run` or `agent.prompt` that heeds it fails with the kind
///   `cancelled`, or gives what it got done; every other call is not waited for any more.
#[async_trait]
pub trait Foreign: fmt::Debug + Send + Sync + 'static {
    /// Asks for something. `id` is no other call's, and is its `run` or `conversation`.
    async fn call(&self, id: u64, name: String, request: String) -> Result<String>;

    /// Whatever has this id is to stop: a call under way, or else a conversation, which is over. Comes
    /// at any time, also for what is over already, and must not wait.
    fn cancel(&self, id: u64);
}

/// A host that implements nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unhosted;

#[async_trait]
impl Foreign for Unhosted {
    async fn call(&self, _: u64, name: String, _: String) -> Result<String> {
        let why = format!("this host implements nothing, so it has no `{name}`");
        Err(Error::new(ErrorKind::Unsupported, why))
    }

    fn cancel(&self, _: u64) {}
}
