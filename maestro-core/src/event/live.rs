//! Ephemeral events, handed to the subscribers of this process only.

use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{Event, StreamKey};

/// An ephemeral event, and the durable event of its stream that it comes after.
#[derive(Debug)]
pub(crate) struct Ephemeral {
    pub(crate) event: Event,
    pub(crate) after: (StreamKey, u64),
}

/// Hands ephemeral events to subscribers.
#[derive(Debug, Default)]
pub(crate) struct Live {
    subscribers: Mutex<Vec<async_channel::Sender<Arc<Ephemeral>>>>,
}

impl Live {
    /// How many ephemeral events a subscriber may be behind; older ones are dropped, since the
    /// durable `message` replaces them anyway.
    const CAPACITY: usize = 1024;

    pub(crate) fn subscribe(&self) -> async_channel::Receiver<Arc<Ephemeral>> {
        let (sender, receiver) = async_channel::bounded(Self::CAPACITY);
        let mut subscribers = self.lock();
        // A node that publishes nothing would keep those that are gone for ever.
        subscribers.retain(|subscriber| !subscriber.is_closed());
        subscribers.push(sender);
        receiver
    }

    pub(crate) fn publish(&self, event: Event, after: (StreamKey, u64)) {
        let ephemeral = Arc::new(Ephemeral { event, after });
        self.lock().retain(|subscriber| subscriber.force_send(Arc::clone(&ephemeral)).is_ok());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<async_channel::Sender<Arc<Ephemeral>>>> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
