//! The agents and commands that work beside the session's own agent.

use std::collections::HashMap;

use serde_json::Value;

use super::tool;
use crate::agent::claude::wire::{BackgroundTask, System, TaskUsage};
use crate::model::{
    EventData, SubagentEnded, SubagentProgress, SubagentStarted, SubagentUsage, ToolStatus,
    ToolUpdated,
};

/// The agents and commands under way.
#[derive(Debug, Default)]
pub(super) struct Agents {
    open: HashMap<String, Agent>,
    /// Agents by the call that started them, also after their end.
    by_call: HashMap<String, String>,
    /// Calls that start an agent and have no result yet.
    calls: HashMap<String, StartCall>,
    started: u64,
}

#[derive(Debug)]
struct Agent {
    /// What is told when it starts, or when it moves to the background.
    start: SubagentStarted,
    /// Whether it was told. A command that is waited for is its tool call, and nothing beside.
    told: bool,
    /// How it ended, when that is known before the word of its end.
    over: Option<String>,
    order: u64,
}

#[derive(Debug)]
struct StartCall {
    by: Option<String>,
    input: Value,
}

/// The type of a task that is a command of the shell.
const SHELL: &str = "local_bash";

impl Agents {
    /// The subagent that says something: by its id, or by the call that started it.
    pub(super) fn of(&self, agent_id: Option<String>, parent: Option<&str>) -> Option<String> {
        let parent = parent.filter(|parent| !parent.is_empty());
        agent_id.or_else(|| {
            let parent = parent?;
            Some(self.by_call.get(parent).map_or(parent, String::as_str).to_owned())
        })
    }

    /// A tool is called. Those that start agents are remembered until their result.
    pub(super) fn called(&mut self, id: &str, name: &str, input: &Value, by: Option<&String>) {
        if matches!(name, "Agent" | "Task") {
            let call = StartCall { by: by.cloned(), input: input.clone() };
            self.calls.insert(id.to_owned(), call);
        }
    }

    /// Somebody speaks for the first time below a call whose start no word was said of: an older
    /// CLI runs agents within the turn and does not announce them.
    pub(super) fn spoke(
        &mut self,
        agent_id: Option<&String>,
        parent: Option<&str>,
    ) -> Option<EventData> {
        let (id, parent) = (agent_id?, parent?);
        if self.by_call.contains_key(parent) || !self.calls.contains_key(parent) {
            return None;
        }
        let system = System {
            task_id: Some(id.clone()),
            tool_use_id: Some(parent.to_owned()),
            is_backgrounded: Some(false),
            ..System::default()
        };
        self.started(system)
    }

    pub(super) fn started(&mut self, system: System) -> Option<EventData> {
        let id = system.task_id?;
        let call = system.tool_use_id;
        let asked = call.as_ref().and_then(|call| self.calls.get(call));
        let input = |key: &str| Some(asked?.input.get(key)?.as_str()?.to_owned());
        let parent = system.parent_task_id.or_else(|| asked?.by.clone());
        let above = parent.as_ref().map_or(0, |id| self.open.get(id).map_or(1, |a| a.start.depth));
        let kind = system.subagent_type.or_else(|| input("subagent_type")).or(system.task_type);
        let start = SubagentStarted {
            agent_id: id.clone(),
            parent_agent_id: parent,
            tool_call_id: call.clone(),
            kind: kind.unwrap_or_else(|| "general-purpose".to_owned()),
            title: system.description.or_else(|| input("description")).unwrap_or_default(),
            prompt: system.prompt.or_else(|| input("prompt")),
            depth: system.spawn_depth.unwrap_or(above.saturating_add(1)),
            background: system.is_backgrounded.unwrap_or(false),
        };
        let told = start.background || start.kind != SHELL;
        if let Some(call) = &call {
            self.by_call.insert(call.clone(), id.clone());
        }
        self.started += 1;
        let agent = Agent { start: start.clone(), told, over: None, order: self.started };
        // A subagent that is taken up again keeps its id.
        self.open.insert(id, agent);
        if told {
            return Some(start.into());
        }
        let status = Some(ToolStatus::InProgress);
        call.map(|id| ToolUpdated { tool_call_id: id, status, ..ToolUpdated::default() }.into())
    }

    pub(super) fn progress(system: System) -> Option<EventData> {
        let progress = SubagentProgress {
            agent_id: system.task_id?,
            message: system.summary.or(system.description).unwrap_or_default(),
            last_tool: system.last_tool_name,
            usage: system.usage.as_ref().map(used),
            background: None,
        };
        Some(progress.into())
    }

    /// Something about an agent changed. Its end is told by the word that comes with its usage.
    pub(super) fn updated(&mut self, system: System) -> Vec<EventData> {
        let Some((id, agent)) =
            system.task_id.and_then(|id| self.open.get_mut(&id).map(|agent| (id, agent)))
        else {
            return Vec::new();
        };
        let patch = system.patch;
        agent.over = match patch.status.as_deref() {
            Some(status @ ("completed" | "failed")) => Some(status.to_owned()),
            Some("killed") => Some("stopped".to_owned()),
            _ => agent.over.take(),
        };
        let moved = patch.is_backgrounded.filter(|moved| *moved != agent.start.background);
        let said = patch.error.or(patch.description);
        let mut events = Vec::new();
        if let Some(background) = moved {
            agent.start.background = background;
            if !agent.told {
                agent.told = true;
                events.push(agent.start.clone().into());
            }
        }
        if agent.told && events.is_empty() && (moved.is_some() || said.is_some()) {
            let message = said.unwrap_or_else(|| agent.start.title.clone());
            let progress =
                SubagentProgress { agent_id: id, message, background: moved, ..Default::default() };
            events.push(progress.into());
        }
        if let (Some(_), Some(call)) = (moved, &agent.start.tool_call_id) {
            let tool_call_id = call.clone();
            events
                .push(ToolUpdated { tool_call_id, background: moved, ..Default::default() }.into());
        }
        events
    }

    /// An agent ended. Whether the session's own agent did not wait for it is said beside.
    pub(super) fn notified(&mut self, system: System) -> (Option<EventData>, bool) {
        let Some(id) = system.task_id else {
            return (None, false);
        };
        let agent = self.open.remove(&id);
        let background = agent.as_ref().is_none_or(|agent| agent.start.background);
        if agent.is_some_and(|agent| !agent.told) {
            return (None, background);
        }
        let ended = SubagentEnded {
            agent_id: id,
            status: system.status.unwrap_or_else(|| "completed".to_owned()),
            summary: system.summary.filter(|summary| !summary.is_empty()),
            usage: system.usage.as_ref().map(used),
        };
        (Some(ended.into()), background)
    }

    /// Which tasks run in the background. One that is over and not among them gets no further word.
    pub(super) fn background(&mut self, tasks: &[BackgroundTask]) -> Vec<EventData> {
        let runs = |id: &str| tasks.iter().any(|task| task.task_id == id);
        let over = self.open.extract_if(|id, agent| agent.over.is_some() && !runs(id));
        let mut over: Vec<_> = over.filter(|(_, agent)| agent.told).collect();
        over.sort_by_key(|(_, agent)| agent.order);
        let ended = over.into_iter().map(|(agent_id, agent)| {
            let status = agent.over.unwrap_or_default();
            SubagentEnded { agent_id, status, ..SubagentEnded::default() }.into()
        });
        ended.collect()
    }

    /// A call has its result. An agent that it waited for has ended by then.
    pub(super) fn call_ended(&mut self, call: &str, ok: bool, result: &Value) -> Option<EventData> {
        let started = self.calls.remove(call).is_some();
        let id = self.by_call.get(call)?;
        if !started {
            return self.command_went(&id.clone(), result);
        }
        if self.open.get(id).is_none_or(|agent| agent.start.background) {
            return None;
        }
        if tool::goes_on(result) {
            // It was not said at its start that the call does not wait for it.
            let agent = self.open.get_mut(id)?;
            agent.start.background = true;
            let progress = SubagentProgress {
                agent_id: id.clone(),
                message: agent.start.title.clone(),
                background: Some(true),
                ..SubagentProgress::default()
            };
            return Some(progress.into());
        }
        let agent = self.open.remove(id)?;
        let number = |key: &str| result.get(key).and_then(Value::as_u64);
        let usage = number("totalTokens").map(|tokens| SubagentUsage {
            tokens,
            tool_calls: number("totalToolUseCount").and_then(|n| n.try_into().ok()).unwrap_or(0),
            duration_ms: number("totalDurationMs").unwrap_or(0),
        });
        let status = if ok { "completed" } else { "failed" };
        let ended = SubagentEnded {
            agent_id: agent.start.agent_id,
            status: agent.over.unwrap_or_else(|| status.to_owned()),
            summary: None,
            usage,
        };
        Some(ended.into())
    }

    /// A command's call has its result. An older CLI says only there that the command goes on.
    fn command_went(&mut self, id: &str, result: &Value) -> Option<EventData> {
        let command = self.open.get_mut(id).filter(|agent| !agent.told)?;
        if !tool::goes_on(result) {
            return None;
        }
        command.start.background = true;
        command.told = true;
        Some(command.start.clone().into())
    }

    /// The process is gone, and they with it.
    pub(super) fn exited(&mut self) -> Vec<EventData> {
        let mut cut: Vec<Agent> = self.open.drain().map(|(_, agent)| agent).collect();
        cut.retain(|agent| agent.told);
        cut.sort_by_key(|agent| agent.order);
        let ended = cut.into_iter().map(|agent| {
            let status = "interrupted".to_owned();
            let agent_id = agent.start.agent_id;
            SubagentEnded { agent_id, status, ..SubagentEnded::default() }.into()
        });
        ended.collect()
    }
}

fn used(usage: &TaskUsage) -> SubagentUsage {
    SubagentUsage {
        tokens: usage.total_tokens,
        tool_calls: usage.tool_uses,
        duration_ms: usage.duration_ms,
    }
}
