//! When turns begin, which prompts they take in, and when the agent has nothing to do.

use crate::agent::AgentEvent;
use crate::model::Origin;

/// Prompts on their way, and whether a turn is under way.
#[derive(Debug, Default)]
pub(super) struct Turns {
    open: bool,
    waiting: Vec<Waiting>,
    /// The prompts of the turn under way.
    taken: Vec<String>,
    /// Whether the turn under way was begun by a prompt that nobody named.
    unnamed: bool,
    /// Prompts that were added to a turn which is over, and of which an older CLI does not say
    /// whether they were part of it or are about to begin one.
    unclear: Vec<String>,
    /// Whether the CLI says what becomes of prompts.
    tells_prompts: bool,
    /// Whether the CLI says when it has nothing to do.
    tells_idle: bool,
    /// How many background tasks run.
    background: usize,
    /// How many of them are agents, which come back with a turn.
    agents: usize,
    /// The CLI said that it has nothing to do, and was not believed.
    doubted: bool,
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

/// What was known of a prompt that is not on its way any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Was {
    /// It would have begun a turn.
    Prompt,
    /// It added to one.
    Steer,
}

impl Turns {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn sent(&mut self, id: String, steer: bool) {
        self.waiting.push(Waiting { id, steer });
    }

    /// A prompt is not on its way any more.
    pub(super) fn take(&mut self, id: &str) -> Option<Was> {
        let index = self.waiting.iter().position(|waiting| waiting.id == id)?;
        Some(if self.waiting.remove(index).steer { Was::Steer } else { Was::Prompt })
    }

    /// Whether a prompt is on its way.
    pub(super) fn awaits(&self, id: &str) -> bool {
        self.waiting.iter().any(|waiting| waiting.id == id)
    }

    /// The CLI says what becomes of prompts, so nothing else needs to be guessed from.
    pub(super) fn tells_prompts(&mut self) {
        self.tells_prompts = true;
    }

    /// The CLI has taken up a prompt. It begins a turn unless one is under way, which it then adds
    /// to.
    pub(super) fn taken_up(&mut self, id: &str) -> Option<AgentEvent> {
        self.take(id);
        if self.open { self.fold(id) } else { self.open(Origin::Prompt, Some(id.to_owned())) }
    }

    /// The turn under way takes in a prompt.
    fn fold(&mut self, id: &str) -> Option<AgentEvent> {
        if self.taken.iter().any(|taken| taken == id) {
            return None;
        }
        self.taken.push(id.to_owned());
        // The first that is named began it.
        if std::mem::take(&mut self.unnamed) {
            return None;
        }
        Some(AgentEvent::PromptFolded { prompt_id: id.to_owned() })
    }

    /// A turn is being set up: a prompt's, if one waits. An older CLI says it in no other way.
    pub(super) fn set_up(&mut self) -> Vec<AgentEvent> {
        if self.open || self.tells_prompts {
            return Vec::new();
        }
        if let Some(next) = self.waiting.iter().position(|waiting| !waiting.steer) {
            let id = self.waiting.remove(next).id;
            return self.open(Origin::Prompt, Some(id)).into_iter().collect();
        }
        let mut unclear = std::mem::take(&mut self.unclear).into_iter();
        let Some(first) = unclear.next() else {
            return Vec::new();
        };
        let started = self.open(Origin::Prompt, Some(first));
        let rest = unclear.filter_map(|id| self.fold(&id)).collect::<Vec<_>>();
        started.into_iter().chain(rest).collect()
    }

    /// The main agent works. When no prompt began it, the agent did.
    pub(super) fn works(&mut self) -> Vec<AgentEvent> {
        let started = self.set_up();
        if !started.is_empty() {
            return started;
        }
        let reason = self.woken_by.clone();
        let origin = Origin::Agent { reason: reason.unwrap_or_else(|| "unprompted".to_owned()) };
        self.open(origin, None).into_iter().collect()
    }

    fn open(&mut self, origin: Origin, prompt_id: Option<String>) -> Option<AgentEvent> {
        if self.open {
            return None;
        }
        self.open = true;
        self.active = true;
        self.woken_by = None;
        self.taken = prompt_id.iter().cloned().collect();
        self.unnamed = prompt_id.is_none() && origin == Origin::Prompt;
        Some(AgentEvent::TurnStarted { origin, prompt_id })
    }

    /// The turn under way ends. Gives the prompts that it answers beside the one that began it.
    pub(super) fn ended(&mut self, prompts: &[String]) -> Vec<AgentEvent> {
        let mut folded = Vec::new();
        for id in prompts {
            self.take(id);
            folded.extend(self.fold(id));
        }
        self.open = false;
        if !self.tells_prompts {
            let steers = self.waiting.extract_if(.., |waiting| waiting.steer);
            self.unclear.extend(steers.map(|waiting| waiting.id));
        }
        folded
    }

    /// How many tasks run in the background, and how many of them are agents.
    pub(super) fn background(&mut self, tasks: usize, agents: usize) {
        self.background = tasks;
        self.agents = agents;
        self.active = true;
    }

    /// Something came back from the background, which begins a turn.
    pub(super) fn woken(&mut self, by: &str) {
        self.woken_by = Some(by.to_owned());
    }

    /// The CLI says whether it has anything to do. It is not believed while a prompt is on its
    /// way: it said so before it saw the prompt. Nor while an agent is in the background: some
    /// releases, as 2.1.250, say so after its tool calls.
    pub(super) fn told(&mut self, idle: bool) -> Vec<AgentEvent> {
        self.tells_idle = true;
        let awaited = |waiting: &Waiting| self.tells_prompts || !waiting.steer;
        self.doubted = idle && self.agents > 0;
        if !idle || self.doubted || self.waiting.iter().any(awaited) {
            self.active = true;
            return Vec::new();
        }
        self.idle()
    }

    /// Whether only silence can tell that the agent has nothing to do.
    pub(super) fn listens(&self) -> bool {
        (!self.tells_idle || self.doubted)
            && self.active
            && !self.open
            && self.background == 0
            && self.waiting.is_empty()
    }

    /// It was silent for long enough.
    pub(super) fn silent(&mut self) -> Vec<AgentEvent> {
        if self.listens() { self.idle() } else { Vec::new() }
    }

    /// Nothing begins any more, so what is unclear was part of the last turn.
    fn idle(&mut self) -> Vec<AgentEvent> {
        self.active = false;
        self.doubted = false;
        let left = self.waiting.drain(..).map(|waiting| waiting.id);
        let folded = std::mem::take(&mut self.unclear).into_iter().chain(left);
        let folded = folded.map(|prompt_id| AgentEvent::PromptFolded { prompt_id });
        folded.chain([AgentEvent::Idle]).collect()
    }
}
