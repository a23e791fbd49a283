//! What a subscriber has been shown of texts that are being written, so that each piece comes once.

use std::collections::HashMap;

use crate::error::Result;
use crate::event::live::Board;
use crate::model::{
    ContentBlock, Event, EventData, Partial, Settled, StoredEvent, StreamKey, Voiding,
};

/// Types that come often and say nothing of a text or of an end: what they hold is not looked at.
const PLAIN: [&str; 8] = [
    "agent.frame",
    "agent.stderr",
    "context.updated",
    "file.changed",
    "tool.ended",
    "tool.started",
    "tool.updated",
    "usage.recorded",
];

/// What a subscriber has been shown, by session.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    sessions: HashMap<StreamKey, Session>,
}

#[derive(Debug, Default)]
struct Session {
    /// The last durable event, if one was shown.
    seq: Option<u64>,
    settled: Settled,
    /// The texts that are being written, as far as they were shown; their `text` is left out.
    texts: Vec<(Partial, u64)>,
}

impl Shown {
    /// How many sessions are remembered: a feed without an end sees more and more of them.
    const MAX_SESSIONS: usize = 10_000;

    /// A durable event is about to be shown. Gives what is to be shown before it: the rest of a text
    /// that has come in pieces so far and is whole now.
    pub(crate) fn event(&mut self, stored: &StoredEvent) -> Result<Vec<Event>> {
        let StoredEvent { stream, seq, event, .. } = stored;
        let is_session = stream.name.starts_with("session/");
        if is_session {
            if self.sessions.len() > Self::MAX_SESSIONS {
                // Texts of the sessions that are forgotten are shown again from their beginning.
                self.sessions.clear();
            }
            let session = self.sessions.entry(stream.clone()).or_default();
            session.seq = session.seq.max(Some(*seq));
        }
        if !is_session || PLAIN.contains(&event.event_type.as_str()) {
            return Ok(Vec::new());
        }
        if event.event_type == "session.closed" {
            self.sessions.remove(stream);
            return Ok(Vec::new());
        }
        let voiding = Voiding::of_stored(&event.event_type, &event.data)?;
        let (Some(voiding), Some(session)) = (voiding, self.sessions.get_mut(stream)) else {
            return Ok(Vec::new());
        };
        let over: Vec<_> = session.texts.extract_if(.., |(text, _)| voiding.covers(text)).collect();
        session.settled.note(voiding);
        if over.is_empty() {
            return Ok(Vec::new());
        }
        let data = EventData::of_stored(event.event_type.clone(), &event.data)?;
        Ok(rest(&data, over).into_iter().map(|piece| piece_of(stored, piece)).collect())
    }

    /// Whether the durable event that a board comes after was shown; none when nothing of the
    /// session was shown yet.
    pub(crate) fn reached(&self, stream: &StreamKey, after: u64) -> Option<bool> {
        self.sessions.get(stream)?.seq.map(|seq| seq >= after)
    }

    /// The pieces of a board that were not shown yet; they count as shown from now on.
    pub(crate) fn pieces(&mut self, stream: &StreamKey, board: &Board) -> Vec<Event> {
        let session = self.sessions.entry(stream.clone()).or_default();
        // What is not on the board any more was replaced, or is about to be.
        session.texts.retain(|(text, _)| board.partials.0.iter().any(|at| is_same(text, at)));
        let mut pieces = Vec::new();
        for partial in &board.partials.0 {
            if session.settled.covers(partial) {
                continue;
            }
            let known = session.texts.iter_mut().find(|(text, _)| is_same(text, partial));
            let end = known.as_ref().map_or(0, |(_, end)| *end);
            let Some(data) = partial.delta_after(end) else { continue };
            if let Some((_, end)) = known {
                *end = partial.end();
            } else {
                let text = Partial { text: String::new(), ..partial.clone() };
                session.texts.push((text, partial.end()));
            }
            pieces.push(board.event_of(partial, data));
        }
        pieces
    }
}

/// The rest of texts that end with this event.
fn rest(data: &EventData, mut over: Vec<(Partial, u64)>) -> Vec<EventData> {
    let (first, whole): (_, Vec<&str>) = match data {
        EventData::Message(message) => {
            let texts = message.blocks.iter().map(|block| match block {
                ContentBlock::Text { text } => text.as_str(),
                _ => "",
            });
            (message.block, texts.collect())
        }
        EventData::Thought(thought) => (thought.block, vec![thought.text.as_str()]),
        _ => return Vec::new(),
    };
    over.sort_by_key(|(text, _)| text.block);
    let mut pieces = Vec::new();
    for (index, (text, end)) in over.into_iter().enumerate() {
        // Without a number, the blocks of a whole message are those that were written, in order.
        let at = match first {
            Some(first) => text.block.checked_sub(first).and_then(|at| usize::try_from(at).ok()),
            None => Some(index),
        };
        let Some(whole) = at.and_then(|at| whole.get(at)) else { continue };
        let text = Partial { offset: 0, text: (*whole).to_owned(), ..text };
        pieces.extend(text.delta_after(end));
    }
    pieces
}

/// A piece of a text, as an event that comes right before the durable one that ends it.
fn piece_of(stored: &StoredEvent, data: EventData) -> Event {
    let StoredEvent { stream, event, .. } = stored;
    Event {
        cursor: None,
        stream: stream.name.clone(),
        seq: None,
        at: event.at,
        tenant_id: stream.tenant_id.clone(),
        actor: event.actor.clone(),
        refs: event.refs.clone(),
        schema: event.schema,
        data,
        raw: None,
    }
}

fn is_same(one: &Partial, other: &Partial) -> bool {
    one.message_id == other.message_id
        && one.block == other.block
        && one.thought == other.thought
        && one.generation == other.generation
}
