//! A sleep that the thread's own timer drives wherever there is one.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

thread_local! {
    /// The runtime of a dedicated thread.
    static HOME: RefCell<Option<Handle>> = const { RefCell::new(None) };
}

/// Lets sleeps that are polled on this thread use the timer of `handle`, until the guard is dropped.
pub(super) fn home(handle: Handle) -> impl Drop {
    struct Reset;

    impl Drop for Reset {
        fn drop(&mut self) {
            HOME.set(None);
        }
    }

    HOME.set(Some(handle));
    Reset
}

/// Ends at a deadline; the timer behind it follows the thread that polls.
pub(super) struct Sleep {
    main: Handle,
    deadline: Instant,
    timer: Option<(Id, Pin<Box<tokio::time::Sleep>>)>,
}

impl Sleep {
    /// Longer sleeps end after this; tokio itself cannot count much further.
    const LONGEST: Duration = Duration::from_hours(24 * 365 * 30);

    pub(super) fn new(main: Handle, duration: Duration) -> Self {
        let deadline = {
            // Under tokio's paused test clock, "now" belongs to the runtime.
            let _context = main.enter();
            Instant::now() + duration.min(Self::LONGEST)
        };
        Self { main, deadline, timer: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let handle = HOME.with_borrow(Clone::clone).unwrap_or_else(|| self.main.clone());
        let deadline = self.deadline;
        // A timer that was made on another thread's runtime may be late there, or its runtime gone.
        let timer = match &mut self.timer {
            Some((id, timer)) if *id == handle.id() => timer,
            timer => {
                let _context = handle.enter();
                let fresh = Box::pin(tokio::time::sleep_until(deadline));
                &mut timer.insert((handle.id(), fresh)).1
            }
        };
        timer.as_mut().poll(cx)
    }
}
