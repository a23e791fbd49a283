//! When turns begin, and when the agent has nothing to do.

use crate::agent::AgentEvent;
use crate::model::Origin;

/// Prompts on their way, and whether a turn is under way.
#[derive(Debug, Default)]
pub(super) struct Turns {
    open: bool,
    waiting: Vec<Waiting>,
    /// Whether the CLI says what becomes of prompts.
    tells_prompts: bool,
    /// Whether the CLI says when it has nothing to do.
    tells_idle: bool,
    /// How many background tasks run.
    background: usize,
    /// Whether something happened since the agent was last said to be idle.
    active: bool,
    /// What came back from the background.
    woken_by: Option<String>,
}

/// A prompt that was sent and not taken up yet.
#[derive(Debug)]
struct Waiting {
    id: String,
    /// Whether it adds to a turn rather than beginning one.
    steer: bool,
}

impl Turns {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn sent(&mut self, id: String, steer: bool) {
        self.waiting.push(Waiting { id, steer });
    }

    /// A prompt is not on its way any more; whether it was, and would have begun a turn.
    pub(super) fn take(&mut self, id: &str) -> bool {
        match self.waiting.iter().position(|waiting| waiting.id == id) {
            Some(index) => !self.waiting.remove(index).steer,
            None => false,
        }
    }

    /// The CLI says what becomes of prompts, so nothing else needs to be guessed from.
    pub(super) fn tells_prompts(&mut self) {
        self.tells_prompts = true;
    }

    /// The CLI has taken up a prompt. It begins a turn unless one is under way, which it then adds
    /// to.
    pub(super) fn taken_up(&mut self, id: &str) -> Option<AgentEvent> {
        self.take(id);
        self.open(Origin::Prompt)
    }

    /// A turn is being set up: a prompt's, if one waits. An older CLI says it in no other way.
    pub(super) fn set_up(&mut self) -> Option<AgentEvent> {
        if self.open || self.tells_prompts {
            return None;
        }
        let next = self.waiting.iter().position(|waiting| !waiting.steer)?;
        self.waiting.remove(next);
        self.open(Origin::Prompt)
    }

    /// The main agent works. When no prompt began it, the agent did.
    pub(super) fn works(&mut self) -> Option<AgentEvent> {
        if let Some(started) = self.set_up() {
            return Some(started);
        }
        let reason = self.woken_by.clone();
        self.open(Origin::Agent { reason: reason.unwrap_or_else(|| "unprompted".to_owned()) })
    }

    fn open(&mut self, origin: Origin) -> Option<AgentEvent> {
        if self.open {
            return None;
        }
        self.open = true;
        self.active = true;
        self.woken_by = None;
        Some(AgentEvent::TurnStarted { origin })
    }

    /// The turn under way ended, and with it the prompts that were folded into it.
    pub(super) fn ended(&mut self, prompts: &[String]) {
        self.open = false;
        let tells = self.tells_prompts;
        self.waiting.retain(|waiting| !prompts.contains(&waiting.id) && (tells || !waiting.steer));
    }

    /// Which tasks run in the background.
    pub(super) fn background(&mut self, tasks: usize) {
        self.background = tasks;
        self.active = true;
    }

    /// Something came back from the background, which begins a turn.
    pub(super) fn woken(&mut self, by: &str) {
        self.woken_by = Some(by.to_owned());
    }

    /// The CLI says whether it has anything to do. It is not believed while a prompt is on its
    /// way: it said so before it saw the prompt.
    pub(super) fn told(&mut self, idle: bool) -> Option<AgentEvent> {
        self.tells_idle = true;
        if !idle || self.waiting.iter().any(|waiting| !waiting.steer) {
            self.active = true;
            return None;
        }
        self.waiting.clear();
        self.active = false;
        Some(AgentEvent::Idle)
    }

    /// Whether only silence can tell that the agent has nothing to do.
    pub(super) fn listens(&self) -> bool {
        !self.tells_idle
            && self.active
            && !self.open
            && self.background == 0
            && self.waiting.is_empty()
    }

    /// It was silent for long enough.
    pub(super) fn silent(&mut self) -> Option<AgentEvent> {
        if !self.listens() {
            return None;
        }
        self.active = false;
        Some(AgentEvent::Idle)
    }
}
