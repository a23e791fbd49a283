//! How many agent processes start at once on a node.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::channel::oneshot;

/// Places for starts, given in the order in which they were asked for.
#[derive(Debug)]
pub(crate) struct Starts(Arc<Mutex<Places>>);

#[derive(Debug)]
struct Places {
    free: usize,
    waiting: VecDeque<oneshot::Sender<StartPlace>>,
}

/// The right to start a process, until this is dropped.
#[derive(Debug)]
pub(crate) struct StartPlace(Option<Arc<Mutex<Places>>>);

impl Starts {
    /// At most `most` at once; at least one.
    pub(crate) fn new(most: usize) -> Self {
        let places = Places { free: most.max(1), waiting: VecDeque::new() };
        Self(Arc::new(Mutex::new(places)))
    }

    /// Waits for a place.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue, or the one that was just given.
    pub(crate) async fn place(&self) -> StartPlace {
        let turn = {
            let mut places = lock(&self.0);
            if places.free > 0 {
                places.free -= 1;
                return StartPlace(Some(Arc::clone(&self.0)));
            }
            places.waiting.retain(|waiting| !waiting.is_canceled());
            let (give, turn) = oneshot::channel();
            places.waiting.push_back(give);
            turn
        };
        // The queue lives as long as the node, and whoever is in it is served.
        turn.await.unwrap_or(StartPlace(None))
    }
}

impl Drop for StartPlace {
    fn drop(&mut self) {
        let Some(all) = self.0.take() else { return };
        loop {
            let next = {
                let mut places = lock(&all);
                let Some(next) = places.waiting.pop_front() else {
                    places.free += 1;
                    return;
                };
                next
            };
            // Outside of the lock, since it wakes whoever waits.
            match next.send(Self(Some(Arc::clone(&all)))) {
                Ok(()) => return,
                // Nobody waits there any more: it goes to the one behind.
                Err(mut place) => place.0 = None,
            }
        }
    }
}

fn lock(places: &Mutex<Places>) -> MutexGuard<'_, Places> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}
