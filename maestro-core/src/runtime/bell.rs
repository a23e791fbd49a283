//! A word from one to another that there is something to look at.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use event_listener::{Event, listener};

/// Wakes one waiter per ring; a ring that nobody waits for is kept.
///
/// There are several of them in each session, so it is small: a channel takes 768 bytes.
#[derive(Default)]
pub(crate) struct Bell {
    rings: AtomicBool,
    rung: Event,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.rings.store(true, Ordering::SeqCst);
        self.rung.notify(1);
    }

    /// Dropping the future loses no ring.
    pub(crate) async fn rung(&self) {
        while !self.rings.swap(false, Ordering::SeqCst) {
            listener!(self.rung => rung);
            // It may have rung before we listened.
            if self.rings.swap(false, Ordering::SeqCst) {
                return;
            }
            rung.await;
        }
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn a_ring_is_kept_and_wakes_one() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        assert_eq!(bell.rung().now_or_never(), Some(()));
        assert_eq!(bell.rung().now_or_never(), None);
    }

    #[test]
    fn one_who_stops_waiting_takes_no_ring_along() {
        let bell = Bell::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut second = pin!(bell.rung());
        {
            let mut first = pin!(bell.rung());
            assert!(first.as_mut().poll(&mut context).is_pending());
            assert!(second.as_mut().poll(&mut context).is_pending());
            bell.ring();
        }
        assert!(second.as_mut().poll(&mut context).is_ready());
    }
}
