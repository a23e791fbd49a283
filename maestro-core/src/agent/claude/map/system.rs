//! What the CLI says about itself, its account and its calls to the model.

use serde_json::Value;

use super::Mapper;
use super::result::{Rejected, millis};
use crate::agent::AgentEvent;
use crate::agent::claude::version;
use crate::agent::claude::wire::{Hello, RateLimit, System};
use crate::error::{Error, ErrorKind};
use crate::model::{
    AgentRateLimited, AgentRetrying, AgentWarning, ContentBlock, EventData, McpServerStatus,
    Message, SessionUpdated, StopReason, Timestamp,
};

impl Mapper {
    pub(super) fn system(&mut self, system: System, events: &mut Vec<AgentEvent>) {
        let mut facts = Vec::new();
        match system.subtype.as_str() {
            "init" => {
                events.extend(self.turns.set_up());
                self.identity(system, events);
            }
            "status" => {
                facts.extend(system.compact_error.as_ref().map(|error| {
                    warning("compaction_failed", format!("the context was not compacted: {error}"))
                }));
                self.identity(system, events);
            }
            "session_state_changed" => self.state(system.state == "idle", events),
            "commands_changed" => {
                let commands = system.commands;
                facts.push(SessionUpdated { commands, ..SessionUpdated::default() }.into());
            }
            "background_tasks_changed" => {
                // Watchers that never end are no work.
                let busy = system.tasks.iter().filter(|task| !task.ambient);
                let agents = busy.clone().filter(|task| task.task_type == "local_agent").count();
                self.turns.background(busy.count(), agents);
                facts = self.agents.background(&system.tasks);
            }
            "task_started" => facts.extend(self.agents.started(system)),
            "task_progress" => facts.extend(super::Agents::progress(system)),
            "task_updated" => facts = self.agents.updated(system),
            "task_notification" => {
                let (ended, background) = self.agents.notified(system);
                facts.extend(ended);
                if background {
                    self.turns.woken("task-notification");
                }
            }
            "permission_denied" => {
                if let Some(call) = system.tool_use_id {
                    facts.push(self.calls.refused(&call, system.message));
                }
            }
            "compact_boundary" => facts.push(self.context.compacted(system.compact_metadata)),
            "api_retry" => {
                let retrying = AgentRetrying {
                    attempt: system.attempt,
                    max_attempts: system.max_retries,
                    delay_ms: system.retry_delay_ms.map(millis),
                    status: system.error_status,
                    reason: system.error,
                };
                facts.push(retrying.into());
            }
            "local_command_output" => {
                let said = system.content.map(ContentBlock::text);
                facts.push(
                    Message {
                        message_id: system.uuid.unwrap_or_default(),
                        role: "assistant".to_owned(),
                        blocks: said.into_iter().collect(),
                        ..Message::default()
                    }
                    .into(),
                );
            }
            _ => facts.extend(warned(system)),
        }
        events.extend(facts.into_iter().map(AgentEvent::Fact));
    }

    fn state(&mut self, idle: bool, events: &mut Vec<AgentEvent>) {
        let told = self.turns.told(idle);
        if told.last() == Some(&AgentEvent::Idle) && self.turns.is_open() {
            let why = "the agent has nothing to do, but gave no result of its turn";
            let error = Error::new(ErrorKind::Protocol, why);
            let stop = StopReason::Other("no_result".to_owned());
            events.extend(self.end_without_result(stop, Some(error)));
        }
        events.extend(told);
    }

    /// Reports what changed about the session, and nothing otherwise.
    fn identity(&mut self, system: System, events: &mut Vec<AgentEvent>) {
        let first = system.claude_code_version.is_some() && self.known.version.is_none();
        if !system.capabilities.is_empty() {
            self.known.capabilities = system.capabilities;
        }
        let servers = system.mcp_servers.into_iter();
        let servers =
            servers.map(|server| McpServerStatus { name: server.name, status: server.status });
        let updated = SessionUpdated {
            model: news(&mut self.known.model, system.model),
            mode: news(&mut self.known.mode, system.permission_mode),
            agent_version: news(&mut self.known.version, system.claude_code_version),
            agent_session_id: news(&mut self.known.session_id, system.session_id),
            mcp_servers: self.servers(servers.collect()),
            ..SessionUpdated::default()
        };
        if let Some(id) = &updated.agent_session_id {
            events.push(AgentEvent::Pointer {
                agent_session_id: Some(id.clone()),
                last_message: None,
            });
        }
        if updated != SessionUpdated::default() {
            events.push(AgentEvent::Fact(updated.into()));
        }
        if first {
            events.extend(self.check_version());
        }
    }

    /// The tool servers, when anything about them is new.
    fn servers(&mut self, told: Vec<McpServerStatus>) -> Vec<McpServerStatus> {
        if told.is_empty() || told == self.known.mcp_servers {
            return Vec::new();
        }
        self.known.mcp_servers.clone_from(&told);
        told
    }

    fn check_version(&self) -> Option<AgentEvent> {
        let version = self.known.version.as_deref()?;
        if version::is_tested(version) {
            return None;
        }
        let (oldest, newest) = (version::OLDEST_TESTED, version::NEWEST_TESTED);
        let message = format!(
            "Claude Code {version} was not tested with this driver, which was tested with {oldest} to {newest}"
        );
        Some(AgentEvent::Fact(warning("version_untested", message)))
    }

    /// The reply to `initialize`.
    pub(in crate::agent::claude) fn hello(&mut self, reply: &Value) -> Vec<AgentEvent> {
        let hello = Hello::of(reply);
        if !hello.capabilities.is_empty() {
            self.known.capabilities = hello.capabilities;
        }
        let first = hello.claude_code_version.is_some() && self.known.version.is_none();
        let updated = SessionUpdated {
            mode: news(&mut self.known.mode, hello.current_permission_mode),
            agent_version: news(&mut self.known.version, hello.claude_code_version),
            commands: hello.commands,
            ..SessionUpdated::default()
        };
        let warning = if first { self.check_version() } else { None };
        [AgentEvent::Fact(updated.into())].into_iter().chain(warning).collect()
    }

    /// Whether the CLI said that it can do something, by its name of it.
    pub(in crate::agent::claude) fn can(&self, capability: &str) -> bool {
        self.known.capabilities.iter().any(|known| known == capability)
    }

    /// The conversation's id, known since we chose it.
    pub(in crate::agent::claude) fn conversation(&mut self, id: String) -> AgentEvent {
        self.known.session_id = Some(id.clone());
        AgentEvent::Pointer { agent_session_id: Some(id), last_message: None }
    }

    pub(super) fn rate_limit(&mut self, limit: RateLimit, events: &mut Vec<AgentEvent>) {
        let resets_at = limit
            .resets_at
            .and_then(|seconds| Some(Timestamp::from_micros(seconds.checked_mul(1_000_000)?)));
        if limit.status == "rejected" {
            self.rejected = Some(Rejected { resets_at });
        }
        let window = limit.window.as_deref().unwrap_or_default();
        let of_window = || limit.windows.get(window)?.get("utilization")?.as_f64();
        let limited = AgentRateLimited {
            utilization: limit.utilization.or_else(of_window),
            status: limit.status,
            resets_at,
            window: limit.window,
            account: self.account.clone(),
        };
        events.push(AgentEvent::Fact(limited.into()));
    }
}

/// What the CLI says for people, where it means that something is not as it should be.
fn warned(system: System) -> Option<EventData> {
    let content = system.content.unwrap_or_default();
    match system.subtype.as_str() {
        "hook_response" if system.outcome.as_deref() == Some("error") => {
            let hook = system.hook_name.unwrap_or_default();
            let said = system.output.unwrap_or_default();
            Some(warning("hook_failed", format!("the hook {hook} failed: {}", said.trim())))
        }
        "informational" if system.level.as_deref() == Some("warning") => {
            Some(warning("informational", content))
        }
        "model_refusal_fallback" => Some(warning("model_fallback", content)),
        "model_refusal_no_fallback" => Some(warning("model_refusal", content)),
        "session_writes_lost" => {
            let why = system.error_code.unwrap_or_default();
            let message = format!("the agent could not save its side of the conversation: {why}");
            Some(warning("transcript_lost", message))
        }
        _ => None,
    }
}

pub(super) fn warning(code: &str, message: impl Into<String>) -> EventData {
    AgentWarning { code: code.to_owned(), message: message.into() }.into()
}

fn news(known: &mut Option<String>, told: Option<String>) -> Option<String> {
    if told.is_none() || *known == told {
        return None;
    }
    known.clone_from(&told);
    told
}
