//! What a session and the turn that it plays share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_channel::{Receiver, Sender};
use futures::channel::oneshot;
use serde_json::Value;

use super::agent::Shared;
use super::permission::Permissions;
use crate::agent::{AgentApproval, AgentEvent, AgentReport, AgentTurnEnd, ToolPolicy, ToolVerdict};
use crate::error::{Error, ErrorInfo, ErrorKind, Result};
use crate::model::{
    ApprovalKind, Decision, EventData, MicroUsd, Remember, StopReason, ToolEnded, ToolStatus, Usage,
};
use crate::runtime::Runtime;

/// What a session and the turn that it plays share.
#[derive(Debug)]
pub(super) struct Stage {
    /// The conversation.
    pub(super) id: String,
    pub(super) cwd: PathBuf,
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) shared: Arc<Shared>,
    pub(super) reports: Sender<AgentReport>,
    pub(super) policy: Option<Arc<dyn ToolPolicy>>,
    pub(super) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) permissions: Permissions,
    /// The turn under way.
    pub(super) turn: Option<Turn>,
    pub(super) ended: bool,
    questions: BTreeMap<String, Question>,
    /// The call under way, and whether it may run.
    call: Option<(String, bool)>,
    ends: u64,
}

/// The turn under way, from outside.
#[derive(Debug)]
pub(super) struct Turn {
    /// Stops it, once; dropped unused, it stops without a word.
    pub(super) stop: Option<oneshot::Sender<()>>,
    /// Closed when it has ended.
    pub(super) done: Receiver<()>,
}

#[derive(Debug)]
struct Question {
    kind: ApprovalKind,
    tool: String,
    answer: oneshot::Sender<Decision>,
}

/// What a turn has come to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) usage: Usage,
    pub(super) cost: Option<MicroUsd>,
    pub(super) last_text: Option<String>,
}

impl Stage {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn report(&self, events: Vec<AgentEvent>) {
        // Unbounded, so it fails only when the session is gone.
        let _ = self.reports.try_send(AgentReport { events, raw: None });
    }

    pub(super) fn fact(&self, fact: impl Into<EventData>) {
        self.report(vec![AgentEvent::Fact(fact.into())]);
    }

    /// Whether the host's rules want to be asked about a call.
    pub(super) async fn is_ruled(&self, tool: &str, input: &Value) -> Result<bool> {
        match &self.policy {
            Some(policy) => Ok(policy.judge(tool, input).await? != ToolVerdict::Unruled),
            None => Ok(false),
        }
    }

    /// A call begins; it may not run yet.
    pub(super) fn call_starts(&self, id: &str) {
        self.state().call = Some((id.to_owned(), false));
    }

    /// The call may run.
    pub(super) fn call_runs(&self) {
        if let Some((_, runs)) = &mut self.state().call {
            *runs = true;
        }
    }

    /// The call ended.
    pub(super) fn call_ends(&self, ended: ToolEnded) {
        self.state().call = None;
        self.fact(ended);
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(
        &self,
        kind: ApprovalKind,
        tool: &str,
        asks: AgentApproval,
    ) -> Decision {
        let (answer, answered) = oneshot::channel();
        let question = Question { kind, tool: tool.to_owned(), answer };
        self.state().questions.insert(asks.request_id.clone(), question);
        self.report(vec![AgentEvent::Approval(asks)]);
        // Nobody can answer any more only when the session is gone, and the turn with it.
        answered.await.unwrap_or_default()
    }

    pub(super) fn answer(&self, request_id: &str, decision: &Decision) -> Result<()> {
        let mut state = self.state();
        state.alive()?;
        let question = state.questions.get(request_id).ok_or_else(|| {
            let message = "the agent does not wait for this answer any more";
            Error::new(ErrorKind::Conflict, message).with("request_id", request_id)
        })?;
        let answers = matches!(decision, Decision::Answer { .. });
        let allows = matches!(decision, Decision::Allow { .. });
        let asks = question.kind == ApprovalKind::Question;
        if (asks && allows) || (!asks && answers) {
            return Err(Error::invalid("decision", "does not answer this kind of question"));
        }
        if let Some(question) = state.questions.remove(request_id) {
            let remember = Remember::Session;
            if matches!(decision, Decision::Allow { remember: r, .. } if *r == remember) {
                state.permissions.remember(&question.tool);
            }
            // The turn may just have been stopped.
            let _ = question.answer.send(decision.clone());
        }
        Ok(())
    }

    /// Ends the turn under way: what is open in it, then itself.
    pub(super) fn end_turn(&self, stop: StopReason, error: Option<ErrorInfo>, tally: Tally) {
        let mut events = Vec::new();
        let counter = {
            let mut state = self.state();
            state.turn = None;
            let open = std::mem::take(&mut state.questions);
            let withdrawn =
                open.into_keys().map(|request_id| AgentEvent::ApprovalWithdrawn { request_id });
            events.extend(withdrawn);
            if let Some((id, ran)) = state.call.take() {
                let status = if ran { ToolStatus::Interrupted } else { ToolStatus::Denied };
                let ended = ToolEnded { tool_call_id: id, status, ..ToolEnded::default() };
                events.push(AgentEvent::Fact(ended.into()));
            }
            state.ends += 1;
            state.ends
        };
        let cost = tally.cost;
        let usage = Usage { turns: 1, cost_micro_usd: cost.unwrap_or_default().0, ..tally.usage };
        events.push(AgentEvent::TurnEnded(AgentTurnEnd {
            stop_reason: stop,
            error,
            result: tally.last_text,
            usage,
            cost_micro_usd: cost,
            counter,
            ..AgentTurnEnd::default()
        }));
        events.push(AgentEvent::Idle);
        self.report(events);
    }

    /// The agent is gone. Says so once.
    pub(super) fn end(&self, error: Option<ErrorInfo>, exit: &str) {
        {
            let mut state = self.state();
            if state.ended {
                return;
            }
            state.ended = true;
            state.turn = None;
            state.questions.clear();
        }
        let exit = exit.to_owned();
        self.report(vec![AgentEvent::Ended { error, exit }]);
        self.reports.close();
    }
}

impl State {
    pub(super) fn new(permissions: Permissions) -> Self {
        Self { permissions, ..Self::default() }
    }

    /// # Errors
    /// `Closed` after the end.
    pub(super) fn alive(&self) -> Result<()> {
        if self.ended {
            return Err(Error::new(ErrorKind::Closed, "the scripted agent has ended"));
        }
        Ok(())
    }
}
