//! What was heard from the CLI and waits to be read.

use std::sync::Arc;

use async_channel::{Receiver, Sender};

use crate::agent::{AgentEvent, AgentReport};
use crate::model::EventData;
use crate::runtime::Bell;

/// How many reports wait for the session before the driver stops reading. The CLI feels no
/// back-pressure, but the transport bounds what waits behind them.
///
/// They take memory only while they wait: a bounded channel would hold room for all of them, in
/// each of many sessions.
const MOST: usize = 4096;

/// A text is not made longer than that before anybody sees it: 64 KiB.
const MOST_TEXT: usize = 64 * 1024;

/// Whether a report is a piece of a text and nothing else.
pub(super) fn is_text(report: &AgentReport) -> bool {
    use EventData::{MessageDelta, ThoughtDelta};
    matches!(&report.events[..], [AgentEvent::Fact(MessageDelta(_) | ThoughtDelta(_))])
}

/// One report of a piece of a text and of what comes right after it, if that is the next piece or says
/// nothing: a fast agent writes more pieces than anybody reads. Otherwise both are given back.
pub(super) fn joined(
    mut before: AgentReport,
    next: AgentReport,
) -> Result<AgentReport, (AgentReport, AgentReport)> {
    use EventData::{MessageDelta, ThoughtDelta};
    macro_rules! grow {
        ($before:ident, $next:ident) => {{
            let goes_on = $before.text.len() < MOST_TEXT
                && $before.block == $next.block
                && $before.generation == $next.generation
                && $before.offset + $before.text.len() as u64 == $next.offset
                && $before.message_id == $next.message_id
                && $before.agent_id == $next.agent_id;
            if goes_on {
                $before.text.push_str(&$next.text);
            }
            goes_on
        }};
    }
    let goes_on = match (&mut before.events[..], &next.events[..]) {
        (_, []) => true,
        ([AgentEvent::Fact(MessageDelta(a))], [AgentEvent::Fact(MessageDelta(b))]) => grow!(a, b),
        ([AgentEvent::Fact(ThoughtDelta(a))], [AgentEvent::Fact(ThoughtDelta(b))]) => grow!(a, b),
        _ => false,
    };
    if goes_on { Ok(before) } else { Err((before, next)) }
}

/// The two ends.
pub(super) fn reports() -> (Heard, Reports, Told) {
    let (sender, receiver) = async_channel::unbounded();
    let room = Arc::<Bell>::default();
    let heard = Heard { sender: sender.clone(), room: Arc::clone(&room) };
    (heard, Reports { receiver, room }, Told { sender })
}

/// Where the task that reads puts reports.
pub(super) struct Heard {
    sender: Sender<AgentReport>,
    room: Arc<Bell>,
}

impl Heard {
    /// Adds one, then waits until there is room for the next. False when nobody will read it.
    pub(super) async fn send(&self, report: AgentReport) -> bool {
        let mut read = self.sender.try_send(report).is_ok();
        while read && self.sender.len() >= MOST {
            self.room.rung().await;
            read = !self.sender.is_closed();
        }
        read
    }

    /// Ends the reports; those that were sent can still be read.
    pub(super) fn close(&self) {
        self.sender.close();
    }
}

/// Where the session reads them.
#[derive(Debug)]
pub(super) struct Reports {
    receiver: Receiver<AgentReport>,
    room: Arc<Bell>,
}

/// Where the session puts reports of its own.
#[derive(Debug)]
pub(super) struct Told {
    sender: Sender<AgentReport>,
}

impl Told {
    /// Adds one, which never waits. After the end there is nobody to tell.
    pub(super) fn add(&self, report: AgentReport) {
        let _ = self.sender.try_send(report);
    }
}

impl Reports {
    /// The next, or none after the end. Dropping the future loses none.
    pub(super) async fn next(&self) -> Option<AgentReport> {
        let report = self.receiver.recv().await.ok()?;
        self.room.ring();
        Some(report)
    }
}

impl Drop for Reports {
    fn drop(&mut self) {
        self.receiver.close();
        self.room.ring();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::model::{AgentStderr, MessageDelta, ThoughtDelta};

    fn report() -> AgentReport {
        AgentReport::of(AgentEvent::Fact(AgentStderr { text: "a".into() }.into()))
    }

    fn piece(offset: u64, text: &str) -> MessageDelta {
        MessageDelta { message_id: "m".into(), offset, text: text.into(), ..Default::default() }
    }

    fn said(data: impl Into<EventData>) -> AgentReport {
        AgentReport::of(AgentEvent::Fact(data.into()))
    }

    #[test]
    fn a_text_grows_by_its_next_piece_alone() {
        let first = said(piece(0, "ab"));
        assert!(is_text(&first) && !is_text(&report()));
        assert_eq!(joined(first.clone(), said(piece(2, "c"))), Ok(said(piece(0, "abc"))));
        let silent = AgentReport { events: Vec::new(), raw: None };
        assert_eq!(joined(first.clone(), silent), Ok(first.clone()));
        let thought = ThoughtDelta { message_id: "m".into(), offset: 2, ..Default::default() };
        for other in [
            said(piece(3, "c")),
            said(MessageDelta { block: 1, ..piece(2, "c") }),
            said(MessageDelta { generation: 1, ..piece(2, "c") }),
            said(MessageDelta { message_id: "n".into(), ..piece(2, "c") }),
            said(MessageDelta { agent_id: Some("a".into()), ..piece(2, "c") }),
            said(thought),
            report(),
        ] {
            assert_eq!(joined(first.clone(), other.clone()), Err((first.clone(), other)));
        }
    }

    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    /// With room for one more.
    fn almost_full() -> (Heard, Reports, Told) {
        let (heard, reports, told) = reports();
        for _ in 1..MOST {
            assert_eq!(now(heard.send(report())), Some(true));
        }
        (heard, reports, told)
    }

    #[test]
    fn reading_stops_when_many_wait_and_goes_on_when_one_is_taken() {
        let (heard, reports, told) = almost_full();
        let mut waits = pin!(heard.send(report()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        told.add(report());
        for _ in 0..2 {
            assert!(now(reports.next()).flatten().is_some());
        }
        assert_eq!(waits.as_mut().poll(&mut context), Poll::Ready(true));
    }

    #[test]
    fn what_was_sent_can_be_read_after_the_end() {
        let (heard, reports, _told) = reports();
        assert_eq!(now(heard.send(report())), Some(true));
        heard.close();
        assert!(now(reports.next()).flatten().is_some());
        assert!(matches!(now(reports.next()), Some(None)));
    }

    #[test]
    fn a_reader_that_is_gone_ends_the_wait() {
        let (heard, reports, _told) = almost_full();
        let mut waits = pin!(heard.send(report()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        drop(reports);
        assert_eq!(waits.as_mut().poll(&mut context), Poll::Ready(false));
    }
}
