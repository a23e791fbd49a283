//! Sleeping on the virtual clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::executor::{Executor, TimerKey};

/// Ends when the virtual clock reaches its deadline.
pub(super) struct Sleep {
    executor: Arc<Executor>,
    key: TimerKey,
    polled: bool,
}

impl Sleep {
    pub(super) fn new(executor: Arc<Executor>, duration: Duration) -> Self {
        let key = {
            let mut state = executor.lock();
            let deadline = state.elapsed.saturating_add(duration);
            (deadline, state.fresh_id())
        };
        Self { executor, key, polled: false }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let due = {
            let mut state = self.executor.lock();
            let due = state.elapsed >= self.key.0;
            // The displaced waker is dropped after the lock.
            let displaced = if due {
                state.timers.remove(&self.key)
            } else {
                state.timers.insert(self.key, cx.waker().clone())
            };
            drop(state);
            drop(displaced);
            due
        };
        let first = !std::mem::replace(&mut self.polled, true);
        if due && first {
            // Also a sleep of no time lets the others run, or a loop around it would starve them.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if due { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let waker = self.executor.lock().timers.remove(&self.key);
        drop(waker);
    }
}
