//! The last events that this process has committed. Who follows what happens gets them from here: they
//! were in memory a moment ago.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::{NewEvent, StreamKey};
use crate::runtime::Runtime;

/// How long an event stays: a follower is told at once, and may be this much behind.
const KEEP: Duration = Duration::from_secs(1);
/// How much content stays at most: 8 MiB.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Nothing is kept when nobody has read to the end for so long. A follower looks at least once a second.
const WANTED: Duration = Duration::from_secs(3);

/// Events without a hole between their positions.
#[derive(Debug)]
pub(super) struct Tail {
    runtime: Arc<dyn Runtime>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The position before the first of them.
    before: i64,
    events: VecDeque<Kept>,
    bytes: usize,
    wanted: Option<Duration>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) stream: StreamKey,
    pub(super) seq: u64,
    pub(super) event: Arc<NewEvent>,
    since: Duration,
}

impl Kept {
    pub(super) fn bytes(&self) -> usize {
        let raw = self.event.raw.as_ref().map_or(0, |raw| raw.bytes.len());
        self.event.data.bytes.len() + raw
    }
}

/// Events of one stream that were committed together.
#[derive(Debug)]
pub(super) struct Committed<'a> {
    pub(super) position: i64,
    pub(super) stream: &'a StreamKey,
    pub(super) seq: u64,
    pub(super) events: &'a [Arc<NewEvent>],
}

impl Tail {
    pub(super) fn new(runtime: Arc<dyn Runtime>) -> Self {
        Self { runtime, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody has read to the end, and will want what comes.
    pub(super) fn want(&self) {
        let now = self.runtime.monotonic();
        let mut state = self.lock();
        state.wanted = Some(now);
        state.forget(now);
    }

    /// Keeps events that are on disk.
    pub(super) fn push(&self, committed: &Committed<'_>) {
        let now = self.runtime.monotonic();
        let mut state = self.lock();
        if state.wanted.is_none_or(|at| now.saturating_sub(at) > WANTED) {
            *state = State::default();
            return;
        }
        if state.end() != committed.position - 1 {
            // Another process has written in between, or nobody wanted what did.
            state.events.clear();
            state.bytes = 0;
            state.before = committed.position - 1;
        }
        for (seq, event) in (committed.seq..).zip(committed.events) {
            let (stream, event) = (committed.stream.clone(), Arc::clone(event));
            let kept = Kept { stream, seq, event, since: now };
            state.bytes += kept.bytes();
            state.events.push_back(kept);
        }
        state.forget(now);
    }

    /// Shows the events after a position, each with its own, until `see` has seen enough. Gives the
    /// position of the last that was seen; none when the next one is not here.
    pub(super) fn read(&self, after: i64, mut see: impl FnMut(i64, &Kept) -> bool) -> Option<i64> {
        let state = self.lock();
        let skip = usize::try_from(after.checked_sub(state.before)?).ok()?;
        let mut last = None;
        for (position, kept) in (after + 1..).zip(state.events.iter().skip(skip)) {
            if !see(position, kept) {
                break;
            }
            last = Some(position);
        }
        last
    }
}

impl State {
    /// The position of the last event.
    fn end(&self) -> i64 {
        self.before + i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }

    fn forget(&mut self, now: Duration) {
        while let Some(oldest) = self.events.front()
            && (self.bytes > MOST_BYTES || now.saturating_sub(oldest.since) > KEEP)
        {
            self.bytes -= oldest.bytes();
            self.events.pop_front();
            self.before += 1;
        }
        if self.events.is_empty() {
            self.events = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TenantId;
    use crate::model::{Actor, Envelope, EventRefs, Timestamp};
    use crate::runtime::manual::ManualRuntime;

    fn events(count: usize, bytes: usize) -> Vec<Arc<NewEvent>> {
        let event = NewEvent {
            at: Timestamp::from_micros(1),
            event_type: "x".into(),
            actor: Actor::default(),
            refs: EventRefs::default(),
            schema: 1,
            data: Envelope::text("x".repeat(bytes)),
            raw: None,
        };
        (0..count).map(|_| Arc::new(event.clone())).collect()
    }

    fn push(tail: &Tail, position: i64, events: &[Arc<NewEvent>]) {
        let stream = StreamKey::of(TenantId::default(), "task", "t");
        tail.push(&Committed { position, stream: &stream, seq: 1, events });
    }

    fn seen(tail: &Tail, after: i64) -> Vec<i64> {
        let mut seen = Vec::new();
        let last = tail.read(after, |position, _| {
            seen.push(position);
            true
        });
        assert_eq!(last, seen.last().copied());
        seen
    }

    #[test]
    fn it_keeps_what_follows_without_a_hole() {
        let tail = Tail::new(Arc::new(ManualRuntime::new(1)));
        push(&tail, 1, &events(2, 1));
        assert_eq!(seen(&tail, 0), [0; 0], "nobody wants it");
        tail.want();
        push(&tail, 3, &events(2, 1));
        push(&tail, 5, &events(1, 1));
        assert_eq!((seen(&tail, 2), seen(&tail, 4)), (vec![3, 4, 5], vec![5]));
        assert_eq!((seen(&tail, 1), seen(&tail, 5), seen(&tail, 9)), (vec![], vec![], vec![]));
        push(&tail, 7, &events(1, 1));
        assert_eq!((seen(&tail, 4), seen(&tail, 6)), (vec![], vec![7]), "6 is of another process");
    }

    #[test]
    fn it_keeps_it_for_a_while_and_not_too_much() {
        let runtime = Arc::new(ManualRuntime::new(1));
        let tail = Tail::new(Arc::<ManualRuntime>::clone(&runtime));
        tail.want();
        push(&tail, 1, &events(1, 1));
        runtime.advance(KEEP);
        push(&tail, 2, &events(1, 1));
        assert_eq!(seen(&tail, 0), [1, 2]);
        runtime.advance(Duration::from_millis(1));
        tail.want();
        assert_eq!((seen(&tail, 0), seen(&tail, 1)), (vec![], vec![2]));
        push(&tail, 3, &events(3, MOST_BYTES / 2));
        assert_eq!(seen(&tail, 3), [4, 5]);
        runtime.advance(WANTED + Duration::from_millis(1));
        push(&tail, 6, &events(1, 1));
        assert_eq!(seen(&tail, 5), [0; 0], "nobody follows any more");
    }
}
