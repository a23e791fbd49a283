//! Prompts that are sent into a turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt as _;

use crate::agent::AgentPrompt;
use crate::command::Delivery;
use crate::error::{Error, ErrorKind, Result};
use crate::id::TurnId;
use crate::model::{ContentBlock, Origin, PromptCancelled, PromptFolded, PromptQueued};
use crate::runtime::RuntimeExt as _;
use crate::session::actor::SessionActor;
use crate::session::deliver::Called;
use crate::session::machine;
use crate::session::work::Work;
use crate::session::writer::Then;

/// A prompt that was sent into a turn, of which the agent has not said what became of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Steer {
    /// The turn that it will be if it comes too late for the one under way.
    turn_id: TurnId,
    blocks: Vec<ContentBlock>,
}

/// Those of one process, by the ids that they went out with.
pub(super) type Steers = BTreeMap<String, Steer>;

impl SessionActor {
    /// Sends a prompt into the turn under way: first in the store, then to the agent.
    pub(super) async fn steer(
        &mut self,
        delivery: Delivery,
        turn_id: TurnId,
        blocks: Vec<ContentBlock>,
    ) -> Result<()> {
        let Some(into) = self.session.value.open_turn().map(|turn| turn.id) else {
            let error = Error::new(ErrorKind::Conflict, "no turn is under way");
            self.reply(delivery, Err(error));
            return Ok(());
        };
        let id = self.core.runtime().uuid();
        let message = id.to_string();
        let steer = Steer { turn_id, blocks: blocks.clone() };
        self.write(Then::Stay, |work| {
            work.steers.insert(message.clone(), steer.clone());
            let queued = PromptQueued { prompt: steer.blocks.clone(), position: 1 };
            let (by, refs) = (work.core.actor(), work.refs_of(turn_id));
            work.tell_of(&by, &refs, &queued.into())
        })
        .await?;
        self.lease.verify()?;
        let agent = Arc::clone(&self.agent);
        let sent = async move {
            let result = agent.steer(&AgentPrompt { id, blocks }).await;
            Called::Steered { delivery, message, into, result }
        };
        self.calls.push(sent.boxed());
        Ok(())
    }
}

impl Work<'_> {
    /// The turn under way, or the last one, took in a prompt that was sent into it.
    pub(super) fn fold(&mut self, prompt_id: &str) -> Result<()> {
        let Some(steer) = self.steers.remove(prompt_id) else {
            return Ok(());
        };
        let into_turn_id = self.session.turn.as_ref().map(|turn| turn.id);
        let folded = PromptFolded { prompt: steer.blocks, into_turn_id };
        let (by, refs) = (self.agent.clone(), self.refs_of(steer.turn_id));
        self.tell_of(&by, &refs, &folded.into())
    }

    /// A prompt came too late for the turn that it was sent into, and begins one.
    pub(super) fn begin_steer(&mut self, prompt_id: &str) -> Result<()> {
        if self.session.open_turn().is_some() {
            return self.fold(prompt_id);
        }
        let Some(steer) = self.steers.remove(prompt_id) else {
            return Ok(());
        };
        let by = self.agent.clone();
        let begun = (Origin::Prompt, steer.blocks);
        let now = self.core.now();
        let told = machine::begin_own(&mut self.session, steer.turn_id, by.clone(), begun, now);
        self.tell_all(&by, told)
    }

    /// The agent will not see a prompt that was sent into a turn.
    pub(super) fn drop_steer(&mut self, prompt_id: &str, reason: &str) -> Result<()> {
        let Some(steer) = self.steers.remove(prompt_id) else {
            return Ok(());
        };
        let cancelled = PromptCancelled { reason: reason.to_owned() };
        let (by, refs) = (self.core.actor(), self.refs_of(steer.turn_id));
        self.tell_of(&by, &refs, &cancelled.into())
    }

    /// The process is gone, and with it what it had not taken in.
    pub(super) fn drop_steers(&mut self) -> Result<()> {
        let ids: Vec<String> = self.steers.keys().cloned().collect();
        ids.iter().try_for_each(|id| self.drop_steer(id, "process_ended"))
    }
}
