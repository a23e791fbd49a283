//! Sleeping and the clocks.

use std::future::pending;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use futures::executor::block_on;
use futures::future::{BoxFuture, FutureExt as _, join, ready};
use futures::stream::{FuturesUnordered, StreamExt as _};

use crate::runtime::{Runtime, RuntimeExt as _, spawn};

const SHORT: Duration = Duration::from_millis(5);
/// Longer than any stall of a busy machine.
const LONG: Duration = Duration::from_hours(1);

pub(super) fn sleeps_in_order(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let begin = runtime.monotonic();
        let mut sleeps: FuturesUnordered<_> = [LONG, SHORT, LONG * 2]
            .map(|duration| runtime.sleep(duration).map(move |()| duration))
            .into_iter()
            .collect();
        assert_eq!(sleeps.next().await, Some(SHORT), "the shortest ends first");
        let elapsed = runtime.monotonic().saturating_sub(begin);
        assert!(elapsed >= SHORT, "ended early, after {elapsed:?}");
    })
}

pub(super) fn sleeps_no_time(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        runtime.sleep(Duration::ZERO).await;
        // The longest that there is neither overflows nor ends.
        let longest = runtime.sleep(Duration::MAX);
        assert!(runtime.timeout(SHORT, longest).await.is_none());
    })
}

pub(super) fn sleeps_elsewhere(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let sleep = runtime.sleep(SHORT);
        let (done, wait) = oneshot::channel();
        let clock = Arc::clone(&runtime);
        let thread = on_a_thread(move || {
            // One made inside, one made outside; this thread belongs to no executor.
            block_on(join(sleep, clock.sleep(SHORT)));
            let _ = done.send(());
        });
        assert_eq!(wait.await, Ok(()));
        assert!(thread.join().is_ok());
    })
}

pub(super) fn sleep_moves(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        // Begun on a dedicated thread that is gone when the sleep ends.
        let (give, take) = oneshot::channel();
        let clock = Arc::clone(&runtime);
        runtime.spawn_dedicated(
            "begins",
            Box::pin(async move {
                let mut sleep = clock.sleep(SHORT * 4);
                let _ = clock.timeout(Duration::ZERO, &mut sleep).await;
                let _ = give.send(sleep);
            }),
        );
        let Ok(mut sleep) = take.await else {
            panic!("the dedicated future ended without its sleep");
        };
        let _ = runtime.timeout(Duration::ZERO, &mut sleep).await;
        spawn(&*runtime, "ends", sleep).await;
    })
}

pub(super) fn monotonic(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let mut last = runtime.monotonic();
        let begin = last;
        for round in 0..10_000 {
            if round % 2_500 == 0 {
                runtime.sleep(SHORT).await;
            }
            let now = runtime.monotonic();
            assert!(now >= last, "went back from {last:?} to {now:?}");
            last = now;
        }
        assert!(last > begin, "it moves");
    })
}

pub(super) fn timeout_in_time(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        assert_eq!(runtime.timeout(LONG, ready(1)).await, Some(1));
        let slow = runtime.sleep(SHORT).map(|()| 2);
        assert_eq!(runtime.timeout(LONG, slow).await, Some(2));
        // What is ready wins also over no time at all.
        assert_eq!(runtime.timeout(Duration::ZERO, ready(3)).await, Some(3));
    })
}

pub(super) fn timeout_gives_up(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let begin = runtime.monotonic();
        assert_eq!(runtime.timeout(SHORT, pending::<()>()).await, None);
        assert!(runtime.monotonic().saturating_sub(begin) >= SHORT);
    })
}

fn on_a_thread(call: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    match thread::Builder::new().name("elsewhere".to_owned()).spawn(call) {
        Ok(thread) => thread,
        Err(error) => panic!("no thread for the check: {error}"),
    }
}
