//! The seeded runtime: its schedule repeats, and its clock is its own.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::join_all;
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::runtime::{Runtime as _, RuntimeExt as _, spawn};

const SECOND: Duration = Duration::from_secs(1);

/// Twenty tasks that meet at the same moments, and the order in which they acted.
fn trace(seed: u64) -> Vec<(u64, Duration, u64)> {
    let runtime = ManualRuntime::new(seed);
    let trace = Arc::new(Mutex::new(Vec::new()));
    for task in 0..20 {
        let (clock, trace) = (runtime.clone(), Arc::clone(&trace));
        let act = async move {
            for round in 1..4 {
                let entry = (task, clock.monotonic(), clock.random_below(1_000));
                trace.lock().expect("no test panics under it").push(entry);
                clock.sleep(SECOND * round).await;
            }
        };
        match task % 3 {
            0 => runtime.spawn("task", Box::pin(act)),
            1 => runtime.spawn_dedicated("dedicated", Box::pin(act)),
            _ => {
                let inner = runtime.clone();
                let call = move || inner.spawn("called", Box::pin(act));
                runtime.spawn_blocking("call", Box::new(call));
            }
        }
    }
    runtime.block_on(runtime.sleep(SECOND * 10));
    let trace = trace.lock().expect("no test panics under it").clone();
    assert_eq!(trace.len(), 60, "seed {seed}");
    trace
}

fn panic_of(call: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).expect_err("it panics");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a text")).to_owned(),
    }
}

#[test]
fn the_same_seed_gives_the_same_schedule() {
    let mut schedules = Vec::new();
    for seed in 0..20 {
        let first = trace(seed);
        assert_eq!(first, trace(seed), "seed {seed}");
        schedules.push(first.iter().map(|(task, ..)| *task).collect::<Vec<_>>());
    }
    schedules.sort();
    schedules.dedup();
    assert_eq!(schedules.len(), 20, "other seeds give other orders");
}

#[test]
fn the_clock_goes_from_sleep_to_sleep() {
    let runtime = ManualRuntime::new(1);
    assert_eq!(runtime.now(), ManualRuntime::START);
    assert_eq!(runtime.now().to_string(), "2026-01-01T00:00:00.000000Z");
    let year = SECOND * 86_400 * 365;
    runtime.block_on(join_all([year, SECOND, year / 2].map(|time| runtime.sleep(time))));
    assert_eq!(runtime.monotonic(), year);
    assert_eq!(runtime.now(), ManualRuntime::START + year);
}

#[test]
fn sleeps_end_at_their_moment_in_order() {
    for seed in 0..50 {
        let runtime = ManualRuntime::new(seed);
        let ended = Arc::new(Mutex::new(Vec::new()));
        for seconds in [5, 1, 4, 2, 3] {
            let (clock, ended) = (runtime.clone(), Arc::clone(&ended));
            let task = async move {
                clock.sleep(SECOND * seconds).await;
                ended.lock().unwrap().push((seconds, clock.monotonic()));
            };
            runtime.spawn("sleeper", Box::pin(task));
        }
        runtime.block_on(runtime.sleep(SECOND * 6));
        let expected = [1, 2, 3, 4, 5].map(|seconds| (seconds, SECOND * seconds));
        assert_eq!(*ended.lock().unwrap(), expected, "seed {seed}");
    }
}

#[test]
fn the_clock_stands_while_something_is_outside() {
    for seed in 0..20 {
        let runtime = ManualRuntime::new(seed);
        let external = runtime.external();
        let (answer, wait) = oneshot::channel();
        let (asked, ask) = std::sync::mpsc::channel::<()>();
        let outside = thread::Builder::new()
            .spawn(move || {
                ask.recv().expect("the runtime asks");
                answer.send(42).expect("the runtime waits");
                // Wakes first, drops afterwards.
                drop(external);
            })
            .expect("a thread");
        let output = runtime.block_on(async {
            asked.send(()).expect("the thread listens");
            runtime.timeout(SECOND, wait).await
        });
        assert_eq!(output, Some(Ok(42)), "seed {seed}");
        assert_eq!(runtime.monotonic(), Duration::ZERO, "seed {seed}");
        outside.join().expect("the thread ends");
        runtime.block_on(runtime.sleep(SECOND));
    }
}

#[test]
fn a_thread_outside_may_spawn_while_the_runtime_waits() {
    let runtime = ManualRuntime::new(3);
    let (done, wait) = oneshot::channel();
    let external = runtime.external();
    let outside = runtime.clone();
    let thread = thread::Builder::new()
        .spawn(move || {
            let task = async move { done.send(1).expect("somebody waits") };
            outside.spawn("from outside", Box::pin(task));
            drop(external);
        })
        .expect("a thread");
    assert_eq!(runtime.block_on(wait), Ok(1));
    thread.join().expect("the thread ends");
}

#[test]
fn being_stuck_names_seed_and_tasks() {
    let runtime = ManualRuntime::new(77);
    runtime.spawn("waits for ever", Box::pin(pending()));
    runtime.spawn("done", Box::pin(async {}));
    // A sleep that nobody holds keeps nothing going.
    let mut dropped = runtime.sleep(SECOND);
    let text = panic_of(|| {
        runtime.block_on(async {
            assert!(futures::poll!(&mut dropped).is_pending());
            drop(dropped);
            pending::<()>().await;
        });
    });
    assert!(text.contains("seed 77"), "{text}");
    assert!(text.contains("waiting: waits for ever, block_on"), "{text}");
    assert_eq!(runtime.monotonic(), Duration::ZERO);
    // And it can be driven again.
    assert_eq!(runtime.block_on(async { 1 }), 1);
}

#[test]
fn heartbeats_alone_do_not_keep_it_going() {
    let runtime = ManualRuntime::new(4);
    let clock = runtime.clone();
    let beat = async move {
        loop {
            clock.sleep(SECOND).await;
        }
    };
    runtime.spawn("heartbeat", Box::pin(beat));
    let text = panic_of(|| runtime.block_on(pending()));
    assert!(text.contains("only timers go round"), "{text}");
    assert_eq!(runtime.drop_tasks(), 1);
}

#[test]
fn tasks_that_are_left_go_on_in_the_next_call() {
    let runtime = ManualRuntime::new(5);
    let clock = runtime.clone();
    let mut later = spawn(&runtime, "later", async move {
        clock.sleep(SECOND * 2).await;
        clock.monotonic()
    });
    runtime.block_on(runtime.sleep(SECOND));
    assert!(runtime.block_on(async { futures::poll!(&mut later) }).is_pending());
    assert_eq!(runtime.block_on(later), SECOND * 2);
}

#[test]
fn panics_of_tasks_are_kept_and_those_of_the_future_raised() {
    let runtime = ManualRuntime::new(6);
    runtime.spawn("bad", Box::pin(async { panic!("on purpose: {}", 1) }));
    runtime.run_until_idle();
    let panicked = runtime.panicked();
    assert_eq!(panicked.len(), 1);
    assert_eq!(panicked[0].name, "bad");
    assert_eq!(panicked[0].message, "on purpose: 1");

    let text = panic_of(|| runtime.block_on(async { panic!("on purpose: main") }));
    assert_eq!(text, "on purpose: main");
    assert_eq!(runtime.panicked().len(), 1);
    assert_eq!(runtime.block_on(async { 2 }), 2);
}

#[test]
fn run_until_idle_and_advance_move_only_what_is_due() {
    let runtime = ManualRuntime::new(8);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (clock, log) = (runtime.clone(), Arc::clone(&seen));
    let tick = async move {
        loop {
            log.lock().unwrap().push(clock.monotonic());
            clock.sleep(SECOND).await;
        }
    };
    runtime.spawn("tick", Box::pin(tick));
    runtime.run_until_idle();
    assert_eq!(*seen.lock().unwrap(), [Duration::ZERO]);

    // Also while something is outside: the caller says so.
    let external = runtime.external();
    runtime.advance(SECOND * 5 / 2);
    drop(external);
    assert_eq!(runtime.monotonic(), SECOND * 5 / 2);
    assert_eq!(*seen.lock().unwrap(), [Duration::ZERO, SECOND, SECOND * 2]);
}

#[test]
fn advance_within_a_task_jumps_as_after_a_suspend() {
    let runtime = ManualRuntime::new(9);
    runtime.block_on(async {
        let sleep = runtime.sleep(SECOND * 3);
        runtime.advance(SECOND * 10);
        assert_eq!(runtime.monotonic(), SECOND * 10);
        sleep.await;
        assert_eq!(runtime.monotonic(), SECOND * 10);
    });
}

#[test]
fn every_advance_within_a_task_jumps() {
    let runtime = ManualRuntime::new(1);
    let ticks = Arc::new(AtomicU64::new(0));
    let (clock, count) = (runtime.clone(), Arc::clone(&ticks));
    runtime.spawn(
        "ticks",
        Box::pin(async move {
            loop {
                clock.sleep(SECOND).await;
                count.fetch_add(1, Ordering::SeqCst);
            }
        }),
    );
    runtime.block_on(async {
        for _ in 0..3 {
            runtime.advance(SECOND * 1000);
        }
        assert_eq!(ticks.load(Ordering::SeqCst), 0, "nothing runs within the call");
        assert_eq!(runtime.monotonic(), SECOND * 3000);
    });
}

#[test]
fn dropped_tasks_are_gone_and_the_future_stays() {
    let runtime = ManualRuntime::new(10);
    let held = Arc::new(());
    for _ in 0..3 {
        let (clock, held) = (runtime.clone(), Arc::clone(&held));
        let task = async move {
            clock.sleep(SECOND).await;
            drop(held);
        };
        runtime.spawn("held", Box::pin(task));
    }
    runtime.block_on(async {
        runtime.sleep(SECOND / 2).await;
        assert_eq!(runtime.drop_tasks(), 3);
        assert_eq!(Arc::strong_count(&held), 1);
        runtime.sleep(SECOND).await;
    });
    assert_eq!(runtime.monotonic(), SECOND * 3 / 2);
}

#[test]
fn a_task_that_drops_all_tasks_ends_itself() {
    let runtime = ManualRuntime::new(11);
    let held = Arc::new(());
    let (all, moved) = (runtime.clone(), Arc::clone(&held));
    let task = async move {
        assert_eq!(all.drop_tasks(), 2);
        pending::<()>().await;
        drop(moved);
    };
    runtime.spawn("ends all", Box::pin(task));
    runtime.spawn("neighbour", Box::pin(pending()));
    runtime.run_until_idle();
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(runtime.drop_tasks(), 0);
}

#[test]
fn driving_it_twice_at_once_is_refused() {
    let runtime = ManualRuntime::new(12);
    let text = panic_of(|| runtime.block_on(async { runtime.run_until_idle() }));
    assert!(text.contains("seed 12") && text.contains("driven already"), "{text}");
}
