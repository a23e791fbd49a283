//! Pieces of messages that are being written.

use std::collections::HashMap;

use crate::agent::claude::wire::{Stream, StreamText};
use crate::model::{EventData, MessageDelta, MessageSuperseded, ThoughtDelta};

/// The messages that are being written: at most one by each agent of the conversation.
#[derive(Debug, Default)]
pub(super) struct Partials {
    open: HashMap<Option<String>, Partial>,
}

#[derive(Debug, Default)]
struct Partial {
    message_id: String,
    generation: u32,
    /// How many blocks have begun.
    begun: u32,
    /// How many blocks have come whole.
    confirmed: u32,
    /// How many bytes of each block have come.
    offsets: HashMap<u32, u64>,
    /// Whether it was said that the pieces are void.
    void: bool,
}

impl Partial {
    /// Declares void what has come in pieces and not whole; none when that is nothing, or is said.
    fn supersede(&mut self, agent_id: Option<&String>) -> Option<EventData> {
        if self.void || self.confirmed >= self.begun || self.offsets.is_empty() {
            return None;
        }
        self.void = true;
        let superseded = MessageSuperseded {
            message_id: self.message_id.clone(),
            generation: self.generation,
            agent_id: agent_id.cloned(),
        };
        Some(superseded.into())
    }
}

impl Partials {
    /// The fact in a piece of a stream, if there is one.
    ///
    /// A message that starts while a block of another one of the same agent is not whole takes
    /// its place: the connection to the model was lost, and what came of it is void. That is what
    /// `generation` says, which counts such starts.
    pub(super) fn stream(&mut self, stream: Stream, agent_id: Option<String>) -> Option<EventData> {
        let event = stream.event;
        match event.r#type.as_str() {
            "message_start" => {
                let partial = self.open.entry(agent_id.clone()).or_default();
                let superseded = partial.supersede(agent_id.as_ref());
                let again = partial.confirmed < partial.begun;
                *partial = Partial {
                    generation: if again { partial.generation.saturating_add(1) } else { 0 },
                    message_id: event.message.id,
                    ..Partial::default()
                };
                superseded
            }
            "content_block_start" => {
                if let Some(partial) = self.open.get_mut(&agent_id) {
                    partial.begun = partial.begun.saturating_add(1);
                }
                self.piece(event.index, event.content_block, agent_id)
            }
            "content_block_delta" => self.piece(event.index, event.delta, agent_id),
            "message_stop" if stream.abandoned_blocks.is_some() => {
                self.open.get_mut(&agent_id)?.supersede(agent_id.as_ref())
            }
            _ => None,
        }
    }

    fn piece(
        &mut self,
        block: u32,
        piece: StreamText,
        agent_id: Option<String>,
    ) -> Option<EventData> {
        let thought = piece.r#type.starts_with("thinking");
        let text = if thought { piece.thinking } else { piece.text };
        if text.is_empty() {
            return None;
        }
        let partial = self.open.get_mut(&agent_id)?;
        let next = partial.offsets.entry(block).or_default();
        let offset = *next;
        *next += text.len() as u64;
        let message_id = partial.message_id.clone();
        let generation = partial.generation;
        Some(if thought {
            let delta = ThoughtDelta { message_id, block, generation, offset, text, agent_id };
            delta.into()
        } else {
            let delta = MessageDelta { message_id, block, generation, offset, text, agent_id };
            delta.into()
        })
    }

    /// A whole block of a message has come: which one, if the message came in pieces. The blocks come
    /// whole in their order. When it is another message than the one that was being written, it was
    /// asked for again without a stream, and the pieces are void.
    pub(super) fn confirm(
        &mut self,
        agent_id: Option<&String>,
        message_id: &str,
    ) -> (Option<u32>, Option<EventData>) {
        let Some(partial) = self.open.get_mut(&agent_id.cloned()) else {
            return (None, None);
        };
        if partial.message_id != message_id {
            return (None, partial.supersede(agent_id));
        }
        let block = partial.confirmed;
        partial.confirmed = partial.confirmed.saturating_add(1);
        (Some(block), None)
    }

    /// Forgets what the main agent was writing: after a turn nothing of it is taken up again.
    pub(super) fn end_turn(&mut self) -> Option<EventData> {
        self.open.remove(&None)?.supersede(None)
    }

    /// The process is gone: nothing that was being written becomes whole.
    pub(super) fn exited(&mut self) -> Vec<EventData> {
        let mut open: Vec<_> = self.open.drain().collect();
        open.sort_by(|(a, _), (b, _)| a.cmp(b));
        let void = open.iter_mut().filter_map(|(id, partial)| partial.supersede(id.as_ref()));
        void.collect()
    }
}
