//! Waiting for news of the store: hints say when to look, and a timer looks in case they are lost.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};

use crate::error::{Error, ErrorKind, Result};
use crate::node::core::Core;
use crate::runtime::RuntimeExt as _;
use crate::storage::{Hint, RecordKey, RecordKind, Watch};

/// How long a waiter trusts that a hint will come: hints may be lost.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The shortest time between two looks of one loop, so that the cost of a look does not grow with
/// the number of commits.
const BREATH: Duration = Duration::from_millis(20);

/// Waits until a record may have changed, for a second at most.
///
/// # Errors
/// `Closed` when the node is closed.
pub(crate) async fn until_touched(core: &Core, watch: &Watch, key: &RecordKey) -> Result<()> {
    watch.only(key);
    let (touched, stopped) =
        (pin!(hinted(watch, |records| records.contains(key))), pin!(core.stopped()));
    let waiting = select(touched, stopped);
    match core.runtime().timeout(LOOK_EVERY, waiting).await {
        Some(Either::Right(_)) => Err(Error::new(ErrorKind::Closed, "this node is closed")),
        _ => Ok(()),
    }
}

/// Waits until something is over that is under way on this node. No timer looks in between: nothing that
/// this process tells itself is lost.
///
/// # Errors
/// `Closed` when the node is closed.
pub(crate) async fn until_over(core: &Core, over: impl Future<Output = ()> + Send) -> Result<()> {
    match select(pin!(over), pin!(core.stopped())).await {
        Either::Left(_) => Ok(()),
        Either::Right(_) => Err(Error::new(ErrorKind::Closed, "this node is closed")),
    }
}

/// Waits until a record of one of these kinds may have changed or `other` ends, for `patience` at
/// most. However much happens, some time passes.
pub(crate) async fn until_news(
    core: &Core,
    watch: &Watch,
    kinds: &[RecordKind],
    other: impl Future<Output = ()> + Send,
    patience: Duration,
) {
    watch.only_kinds(kinds);
    let concerns = |records: &[RecordKey]| records.iter().any(|key| kinds.contains(&key.kind));
    let begun = core.runtime().monotonic();
    {
        let (hinted, other) = (pin!(hinted(watch, concerns)), pin!(other));
        let stopped = pin!(core.stopped());
        let waiting = select(stopped, select(hinted, other));
        core.runtime().timeout(patience, waiting).await;
    }
    let passed = core.runtime().monotonic().saturating_sub(begun);
    if passed < BREATH && !core.stopping.is_closed() {
        core.runtime().sleep(BREATH.saturating_sub(passed)).await;
    }
    // One look serves every hint that is there.
    while watch.try_next().is_some() {}
}

/// Ends at a hint that concerns the waiter, or when the store is closed: whoever looks next is told.
async fn hinted(watch: &Watch, concerns: impl Fn(&[RecordKey]) -> bool) {
    while let Some(hint) = watch.next().await {
        match &*hint {
            Hint::Touched { records, .. } if !concerns(records) => {}
            Hint::Touched { .. } | Hint::Anything => return,
        }
    }
}
