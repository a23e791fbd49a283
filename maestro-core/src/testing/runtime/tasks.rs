//! Spawning.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt as _, pending};

use crate::runtime::{Runtime, spawn};

const SHORT: Duration = Duration::from_millis(2);

pub(super) fn runs_unpolled(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (done, wait) = oneshot::channel();
        let handle = spawn(&*runtime, "unpolled", async move { done.send(5) });
        assert_eq!(wait.await, Ok(5), "it ran although its handle was not polled");
        assert_eq!(handle.await, Ok(()));
    })
}

pub(super) fn outlives_its_parent(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (done, wait) = oneshot::channel();
        let inner = Arc::clone(&runtime);
        runtime.spawn(
            "parent",
            Box::pin(async move {
                let clock = Arc::clone(&inner);
                inner.spawn(
                    "child",
                    Box::pin(async move {
                        clock.sleep(SHORT).await;
                        let _ = done.send("child");
                    }),
                );
            }),
        );
        assert_eq!(wait.await, Ok("child"));
    })
}

pub(super) fn panics_are_contained(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let panics: [fn(&dyn Runtime, oneshot::Sender<()>); 3] = [
            |runtime, held| {
                runtime.spawn(
                    "panicking",
                    Box::pin(async move {
                        let _held = held;
                        panic!("on purpose: a task");
                    }),
                );
            },
            |runtime, held| {
                runtime.spawn_dedicated(
                    "panicking dedicated",
                    Box::pin(async move {
                        let _held = held;
                        panic!("on purpose: a dedicated future");
                    }),
                );
            },
            |runtime, held| {
                runtime.spawn_blocking(
                    "panicking call",
                    Box::new(move || {
                        let _held = held;
                        panic!("on purpose: a call");
                    }),
                );
            },
        ];
        for start in panics {
            let (held, dropped) = oneshot::channel();
            // The guard keeps a virtual clock and its stuck check away from real threads.
            let external = runtime.external();
            start(&*runtime, held);
            assert!(dropped.await.is_err(), "the panic dropped what the work held");
            drop(external);
        }
        // More tasks than any pool has threads: none was lost to a panic.
        for number in 0..64 {
            let after = spawn(&*runtime, "after", async move { number });
            assert_eq!(after.await, number);
        }
    })
}

pub(super) fn drop_cancels(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (started, running) = oneshot::channel();
        let (held, dropped) = oneshot::channel::<()>();
        let handle = spawn(&*runtime, "cancelled", async move {
            let _held = held;
            let _ = started.send(());
            pending::<()>().await;
        });
        assert!(running.await.is_ok(), "it started");
        drop(handle);
        assert!(dropped.await.is_err(), "the future was dropped with its handle");
    })
}

pub(super) fn detached_goes_on(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (done, wait) = oneshot::channel();
        let sleep = runtime.sleep(SHORT);
        spawn(&*runtime, "detached", async move {
            sleep.await;
            done.send(7)
        })
        .detach();
        assert_eq!(wait.await, Ok(7));
    })
}

pub(super) fn panic_resurfaces(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let handle = spawn(&*runtime, "panicking", async { panic!("on purpose: resurfaces") });
        let outcome: Result<(), _> = AssertUnwindSafe(handle).catch_unwind().await;
        let message = outcome.err().and_then(|payload| {
            let text: Option<&&str> = payload.downcast_ref();
            text.copied()
        });
        assert_eq!(message, Some("on purpose: resurfaces"));
    })
}

pub(super) fn dedicated_runs(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (done, wait) = oneshot::channel();
        let clock = Arc::clone(&runtime);
        runtime.spawn_dedicated(
            "dedicated",
            Box::pin(async move {
                clock.sleep(SHORT).await;
                // From there the shared workers are still in reach.
                let _ = done.send(spawn(&*clock, "from dedicated", async { 3 }).await);
            }),
        );
        assert_eq!(wait.await, Ok(3));
    })
}

pub(super) fn dedicated_keeps_time(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (beat, beats) = mpsc::channel();
        let clock = Arc::clone(&runtime);
        runtime.spawn_dedicated(
            "heartbeat",
            Box::pin(async move {
                for number in 0..3 {
                    clock.sleep(SHORT).await;
                    if beat.send(number).is_err() {
                        return;
                    }
                }
            }),
        );
        // Blocks the executor on purpose: the heart must beat on.
        let seen: Vec<i32> = beats.iter().collect();
        assert_eq!(seen, [0, 1, 2]);
    })
}

pub(super) fn blocking_runs(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (done, wait) = oneshot::channel();
        runtime.spawn_blocking(
            "call",
            Box::new(move || {
                let _ = done.send(11);
            }),
        );
        assert_eq!(wait.await, Ok(11));
    })
}

pub(super) fn blocking_blocks_nobody(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (release, released) = mpsc::channel::<()>();
        let (done, wait) = oneshot::channel();
        runtime.spawn_blocking(
            "blocked",
            Box::new(move || {
                let _ = done.send(released.recv().is_ok());
            }),
        );
        runtime.sleep(SHORT).await;
        let other = spawn(&*runtime, "other", async move { release.send(()).is_ok() });
        assert!(other.await, "the call still waits while others run");
        assert_eq!(wait.await, Ok(true));
    })
}

pub(super) fn external_is_sendable(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let guard = runtime.external();
        let moved = spawn(&*runtime, "guard", async move { drop(guard) });
        moved.await;
        // A virtual clock that still thinks that something is in flight would wait here for ever.
        runtime.sleep(SHORT).await;
    })
}
