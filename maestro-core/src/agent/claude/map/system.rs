//! What the CLI says about itself, its account and its calls to the model.

use serde_json::Value;

use super::Mapper;
use super::result::{Rejected, millis};
use crate::agent::AgentEvent;
use crate::agent::claude::wire::{Hello, RateLimit, System};
use crate::error::{Error, ErrorKind};
use crate::model::{AgentRateLimited, AgentRetrying, SessionUpdated, StopReason, Timestamp};

impl Mapper {
    pub(super) fn system(&mut self, system: System, events: &mut Vec<AgentEvent>) {
        match system.subtype.as_str() {
            "init" => {
                events.extend(self.turns.set_up());
                self.identity(system, events);
            }
            "status" => self.identity(system, events),
            "session_state_changed" => self.state(system.state == "idle", events),
            "background_tasks_changed" => self.turns.background(system.tasks.len()),
            "task_started" => {
                if let (Some(call), Some(agent)) = (system.tool_use_id, system.task_id) {
                    self.agents.insert(call, agent);
                }
            }
            "task_notification" => self.turns.woken("task-notification"),
            "permission_denied" => {
                if let Some(call) = system.tool_use_id {
                    self.calls.denied(&call);
                }
            }
            "api_retry" => {
                let retrying = AgentRetrying {
                    attempt: system.attempt,
                    max_attempts: system.max_retries,
                    delay_ms: system.retry_delay_ms.map(millis),
                    status: system.error_status,
                    reason: system.error,
                };
                events.push(AgentEvent::Fact(retrying.into()));
            }
            _ => {}
        }
    }

    fn state(&mut self, idle: bool, events: &mut Vec<AgentEvent>) {
        let idle = self.turns.told(idle);
        if idle.is_some() && self.turns.is_open() {
            let why = "the agent has nothing to do, but gave no result of its turn";
            let error = Error::new(ErrorKind::Protocol, why);
            let stop = StopReason::Other("no_result".to_owned());
            let cut = self.calls.cut(true);
            events.extend(cut.into_iter().map(AgentEvent::Fact));
            events.push(self.end_without_result(stop, Some(error)));
        }
        events.extend(idle);
    }

    /// Reports what changed about the session, and nothing otherwise.
    fn identity(&mut self, system: System, events: &mut Vec<AgentEvent>) {
        let updated = SessionUpdated {
            model: news(&mut self.known.model, system.model),
            mode: news(&mut self.known.mode, system.permission_mode),
            agent_version: news(&mut self.known.version, system.claude_code_version),
            agent_session_id: news(&mut self.known.session_id, system.session_id),
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
    }

    /// The reply to `initialize`.
    pub(in crate::agent::claude) fn hello(&mut self, reply: &Value) -> Vec<AgentEvent> {
        let hello = Hello::of(reply);
        let updated = SessionUpdated {
            mode: news(&mut self.known.mode, hello.current_permission_mode),
            agent_version: news(&mut self.known.version, hello.claude_code_version),
            commands: hello.commands,
            ..SessionUpdated::default()
        };
        vec![AgentEvent::Fact(updated.into())]
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
            ..AgentRateLimited::default()
        };
        events.push(AgentEvent::Fact(limited.into()));
    }
}

fn news(known: &mut Option<String>, told: Option<String>) -> Option<String> {
    if told.is_none() || *known == told {
        return None;
    }
    known.clone_from(&told);
    told
}
