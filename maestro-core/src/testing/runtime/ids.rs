//! Ids and chance.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::id::TaskId;
use crate::runtime::{Runtime, RuntimeExt as _};

pub(super) fn version_7(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let ids: Vec<TaskId> = (0..1_000).map(|_| runtime.id()).collect();
        for id in &ids {
            assert_eq!(id.as_uuid().get_version_num(), 7, "{id}");
        }
        let unique: HashSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
    })
}

pub(super) fn sorted(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let mut last = runtime.uuid();
        for _ in 0..5 {
            // Within one millisecond the order is by chance.
            runtime.sleep(Duration::from_millis(2)).await;
            let next = runtime.uuid();
            assert!(last < next, "{last} sorts before {next}");
            last = next;
        }
    })
}

pub(super) fn random_bytes(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        runtime.fill_random(&mut []);
        for length in [1, 7, 8, 9, 33] {
            // Each place changes within 64 draws but for a chance of 2^-512.
            let mut changed = vec![0; length];
            for _ in 0..64 {
                let mut bytes = vec![0; length];
                runtime.fill_random(&mut bytes);
                for (sum, byte) in changed.iter_mut().zip(bytes) {
                    *sum |= byte;
                }
            }
            assert!(changed.iter().all(|byte| *byte != 0), "of {length}: {changed:?}");
        }
    })
}

pub(super) fn random_below(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        for bound in [1, 2, 3, 10] {
            // 1 000 draws miss one of 10 values with a chance below 2^-145.
            let seen: BTreeSet<_> = (0..1_000).map(|_| runtime.random_below(bound)).collect();
            assert!(seen.into_iter().eq(0..bound), "all below {bound} and no other");
        }
        assert!(runtime.random_below(u64::MAX) < u64::MAX);
    })
}

pub(super) fn jitter(runtime: Arc<dyn Runtime>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let base = Duration::from_secs(10);
        let drawn: Vec<_> = (0..1_000).map(|_| runtime.jitter(base)).collect();
        let (low, high) = (base * 4 / 5, base * 6 / 5);
        for duration in &drawn {
            assert!((low..=high).contains(duration), "{duration:?}");
        }
        assert!(drawn.iter().any(|duration| *duration < base));
        assert!(drawn.iter().any(|duration| *duration > base));
        assert_eq!(runtime.jitter(Duration::ZERO), Duration::ZERO);
        // The longest does not overflow.
        assert!(runtime.jitter(Duration::MAX) > Duration::from_hours(1));
    })
}
