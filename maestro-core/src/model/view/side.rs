//! The fold of what stands beside the conversation.

use super::SessionView;
use super::parts::{QueuedView, SubagentView};
use crate::id::TurnId;
use crate::model::{
    Event, MicroUsd, PlanUpdated, PromptQueued, SubagentEnded, SubagentProgress, SubagentStarted,
    UsageRecorded,
};

impl SessionView {
    pub(super) fn prompt_queued(&mut self, event: &Event, queued: &PromptQueued) {
        self.unqueue(event.refs.turn_id);
        let place = usize::try_from(queued.position).unwrap_or(usize::MAX).saturating_sub(1);
        let prompt = QueuedView {
            turn_id: event.refs.turn_id,
            blocks: queued.prompt.clone(),
            by: event.actor.clone(),
            at: event.at,
        };
        self.queue.insert(place.min(self.queue.len()), prompt);
    }

    /// A prompt does not wait any more.
    pub(super) fn unqueue(&mut self, turn_id: Option<TurnId>) {
        if turn_id.is_some() {
            self.queue.retain(|queued| queued.turn_id != turn_id);
        }
    }

    pub(super) fn plan_updated(&mut self, updated: &PlanUpdated) {
        let plan = match &updated.agent_id {
            None => &mut self.plan,
            Some(agent_id) => &mut self.subagent(agent_id).plan,
        };
        plan.clone_from(&updated.entries);
    }

    pub(super) fn subagent_started(&mut self, event: &Event, started: &SubagentStarted) {
        let started = started.clone();
        let agent = self.subagent(&started.agent_id);
        agent.parent_agent_id = started.parent_agent_id;
        agent.tool_call_id = started.tool_call_id;
        agent.kind = started.kind;
        agent.title = started.title;
        agent.prompt = started.prompt;
        agent.depth = started.depth;
        agent.background = started.background;
        agent.started_at = Some(event.at);
        // One that was stopped can be woken again.
        agent.ended = None;
        agent.ended_at = None;
    }

    pub(super) fn subagent_progress(&mut self, progress: &SubagentProgress) {
        let progress = progress.clone();
        let agent = self.subagent(&progress.agent_id);
        if !progress.message.is_empty() {
            agent.message = Some(progress.message);
        }
        agent.last_tool = progress.last_tool.or(agent.last_tool.take());
        agent.usage = progress.usage.or(agent.usage);
        agent.background = progress.background.unwrap_or(agent.background);
    }

    pub(super) fn subagent_ended(&mut self, event: &Event, ended: &SubagentEnded) {
        let ended = ended.clone();
        let agent = self.subagent(&ended.agent_id);
        agent.ended = Some(ended.status);
        agent.ended_at = Some(event.at);
        agent.summary = ended.summary.or(agent.summary.take());
        agent.usage = ended.usage.or(agent.usage);
    }

    /// A subagent by its id; one whose beginning is not known is added.
    fn subagent(&mut self, agent_id: &str) -> &mut SubagentView {
        let index = self.subagents.iter().position(|agent| agent.agent_id == agent_id);
        let index = index.unwrap_or_else(|| {
            let agent_id = agent_id.to_owned();
            self.subagents.push(SubagentView { agent_id, ..SubagentView::default() });
            self.subagents.len() - 1
        });
        &mut self.subagents[index]
    }

    pub(super) fn count(&mut self, recorded: &UsageRecorded) {
        let totals = &mut self.totals;
        totals.usage.add(&recorded.usage);
        match recorded.cost_micro_usd {
            Some(MicroUsd(cost)) => {
                let sum = totals.cost_micro_usd.unwrap_or_default();
                totals.cost_micro_usd = Some(MicroUsd(sum.0.saturating_add(cost)));
            }
            None => totals.unpriced = totals.unpriced.saturating_add(1),
        }
    }
}
