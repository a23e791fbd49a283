//! Text that is being written: pieces put together, and what makes them void.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::id::TurnId;
use crate::model::{Envelope, EventData, MessageDelta, ThoughtDelta, Timestamp};

/// One block of a message or thought that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Partial {
    /// The message it belongs to.
    pub message_id: String,
    /// The block of the message, from 0.
    pub block: u32,
    /// Whether it is a thought.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub thought: bool,
    /// Which try of the agent to write it.
    pub generation: u32,
    /// Where in the block `text` starts, in UTF-8 bytes. More than 0 means that what came before
    /// did not get here.
    #[serde(skip_serializing_if = "is_zero")]
    pub offset: u64,
    /// The text so far.
    pub text: String,
    /// The subagent that writes, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The turn that it is written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// When the last piece came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(offset: &u64) -> bool {
    *offset == 0
}

impl Partial {
    /// The longest text that is kept of a block, in bytes. Of a longer one the end is kept.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// The piece that an event brings, if it brings one.
    pub fn of(data: &EventData) -> Option<Self> {
        let (delta, thought) = match data {
            EventData::MessageDelta(delta) => (delta.clone(), false),
            EventData::ThoughtDelta(delta) => {
                let ThoughtDelta { message_id, block, generation, offset, text, agent_id } =
                    delta.clone();
                (MessageDelta { message_id, block, generation, offset, text, agent_id }, true)
            }
            _ => return None,
        };
        let MessageDelta { message_id, block, generation, offset, text, agent_id } = delta;
        let (turn_id, at) = (None, None);
        Some(Self { message_id, block, thought, generation, offset, text, agent_id, turn_id, at })
    }

    /// Where in the block the text ends, in UTF-8 bytes.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.text.len() as u64)
    }

    /// What follows `end`, as an event; none when there is nothing.
    pub fn delta_after(&self, end: u64) -> Option<EventData> {
        if end >= self.end() {
            return None;
        }
        let known = usize::try_from(end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        // An end within a letter is no end of ours: then all of it is given again.
        let (offset, text) = match self.text.get(known..) {
            Some(rest) => (self.offset + known as u64, rest),
            None => (self.offset, self.text.as_str()),
        };
        let (message_id, agent_id) = (self.message_id.clone(), self.agent_id.clone());
        let (block, generation, text) = (self.block, self.generation, text.to_owned());
        Some(if self.thought {
            ThoughtDelta { message_id, block, generation, offset, text, agent_id }.into()
        } else {
            MessageDelta { message_id, block, generation, offset, text, agent_id }.into()
        })
    }

    /// Drops the front until at most `max` bytes are left.
    pub fn keep_end(&mut self, max: usize) {
        if self.text.len() <= max {
            return;
        }
        let cut = self.text.ceil_char_boundary(self.text.len() - max);
        self.text.drain(..cut);
        self.offset = self.offset.saturating_add(cut as u64);
    }

    fn is_same_block(&self, other: &Self) -> bool {
        self.message_id == other.message_id
            && self.block == other.block
            && self.thought == other.thought
    }

    /// Takes in a piece of the same block and generation.
    fn extend(&mut self, piece: Self) {
        let known = self.end().saturating_sub(piece.offset);
        let new = usize::try_from(known).ok().and_then(|known| piece.text.get(known..));
        match new {
            Some(new) if piece.offset <= self.end() => {
                self.text.push_str(new);
                self.turn_id = piece.turn_id.or(self.turn_id);
                self.at = piece.at.or(self.at);
            }
            _ if piece.end() <= self.end() => {}
            // A piece in between did not get here.
            _ => *self = piece,
        }
        self.keep_end(Self::MAX_BYTES);
    }
}

/// All text of one session that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Partials(pub(crate) Vec<Partial>);

impl Partials {
    /// How many blocks are kept. Each agent of a session writes one at a time.
    const MAX: usize = 64;

    /// Takes in a piece. What a higher generation of the same agent makes void is dropped.
    pub(crate) fn take(&mut self, piece: Partial) {
        let of_agent = |partial: &&Partial| partial.agent_id == piece.agent_id;
        let same = |partial: &Partial| partial.message_id == piece.message_id;
        let newer = |partial: &Partial| same(partial) && partial.generation > piece.generation;
        if self.0.iter().filter(of_agent).any(newer) {
            return;
        }
        self.0.retain(|partial| {
            partial.agent_id != piece.agent_id || partial.generation >= piece.generation
        });
        if let Some(partial) = self.0.iter_mut().find(|partial| partial.is_same_block(&piece)) {
            partial.extend(piece);
            return;
        }
        if self.0.len() >= Self::MAX {
            self.0.remove(0);
        }
        let mut partial = piece;
        partial.keep_end(Partial::MAX_BYTES);
        self.0.push(partial);
    }

    /// Drops what is void. Whether there was any.
    pub(crate) fn drop_void(&mut self, voiding: &Voiding) -> bool {
        let before = self.0.len();
        self.0.retain(|partial| !voiding.covers(partial));
        self.0.len() < before
    }
}

/// What makes text void that was being written: the whole of it, or the end of whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Voiding {
    /// The blocks of a message below this one are whole.
    Below { message_id: String, block: u32 },
    /// A message, or the thoughts of one, are whole.
    Whole { message_id: String, thought: bool },
    /// These generations of a message will never be whole.
    Generations { message_id: String, up_to: u32 },
    /// An agent stopped writing: a subagent, or the session's own.
    Agent(Option<String>),
    /// Nobody writes any more.
    All,
}

impl Voiding {
    /// What a durable event makes void.
    pub(crate) fn of(data: &EventData) -> Option<Self> {
        Some(match data {
            EventData::Message(message) => {
                let message_id = message.message_id.clone();
                Self::whole(message_id, message.block, message.blocks.len(), false)
            }
            EventData::Thought(thought) => {
                Self::whole(thought.message_id.clone(), thought.block, 1, true)
            }
            EventData::MessageSuperseded(superseded) => {
                let message_id = superseded.message_id.clone();
                Self::Generations { message_id, up_to: superseded.generation }
            }
            EventData::TurnEnded(_) => Self::Agent(None),
            EventData::SubagentEnded(ended) => Self::Agent(Some(ended.agent_id.clone())),
            EventData::SessionIdle(_)
            | EventData::SessionResumed(_)
            | EventData::SessionFailed(_)
            | EventData::SessionClosed(_) => Self::All,
            _ => return None,
        })
    }

    /// The same, of an event as it is kept. A text is long, and is not read for that.
    pub(crate) fn of_stored(event_type: &str, content: &Envelope) -> Result<Option<Self>> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Place {
            message_id: String,
            block: Option<u32>,
            blocks: Vec<IgnoredAny>,
        }
        let is_message = event_type == "message";
        if !is_message && event_type != "thought" {
            let data = EventData::of_stored(event_type.to_owned(), content)?;
            return Ok(Self::of(&data));
        }
        let Place { message_id, block, blocks } = content.decode()?;
        Ok(Some(Self::whole(message_id, block, blocks.len(), !is_message)))
    }

    /// So many blocks of a message have come whole: from `first` on, or all that there are.
    fn whole(message_id: String, first: Option<u32>, count: usize, thought: bool) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        match first {
            Some(first) => Self::Below { message_id, block: first.saturating_add(count) },
            None => Self::Whole { message_id, thought },
        }
    }

    /// Whether it makes this void.
    pub(crate) fn covers(&self, partial: &Partial) -> bool {
        match self {
            Self::Below { message_id, block } => {
                *message_id == partial.message_id && partial.block < *block
            }
            Self::Whole { message_id, thought } => {
                *message_id == partial.message_id && *thought == partial.thought
            }
            Self::Generations { message_id, up_to } => {
                *message_id == partial.message_id && partial.generation <= *up_to
            }
            Self::Agent(agent_id) => *agent_id == partial.agent_id,
            Self::All => true,
        }
    }
}

/// The last messages that became whole or void, so that a late piece of them is known as such.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Settled(Vec<Voiding>);

impl Settled {
    /// How many are remembered. A late piece is a fraction of a second late.
    const MAX: usize = 16;

    pub(crate) fn note(&mut self, voiding: Voiding) {
        if matches!(voiding, Voiding::Agent(_) | Voiding::All) {
            // They say nothing about what is written later.
            return;
        }
        if self.0.len() >= Self::MAX {
            self.0.remove(0);
        }
        self.0.push(voiding);
    }

    pub(crate) fn covers(&self, partial: &Partial) -> bool {
        self.0.iter().any(|voiding| voiding.covers(partial))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ContentBlock, Message, MessageSuperseded, Thought};

    #[test]
    fn what_is_kept_makes_void_what_it_does_when_it_is_read() {
        let text = || ContentBlock::Text { text: "a".to_owned() };
        let message = |block, blocks| {
            Message { message_id: "m".to_owned(), block, blocks, ..Message::default() }.into()
        };
        let thought =
            |block| Thought { message_id: "m".to_owned(), block, ..Thought::default() }.into();
        let superseded = MessageSuperseded { message_id: "m".to_owned(), ..Default::default() };
        let all: [EventData; 7] = [
            message(None, vec![text(), text()]),
            message(Some(2), vec![text(), text()]),
            message(Some(2), Vec::new()),
            thought(None),
            thought(Some(3)),
            superseded.into(),
            Message::default().into(),
        ];
        for data in all {
            let kept = data.to_envelope().expect("it has a JSON form");
            let read = Voiding::of_stored(data.event_type(), &kept).expect("it can be read");
            assert_eq!(read, Voiding::of(&data), "{data:?}");
        }
    }
}
