//! Waiting: for a lease to be lost, for a record to be touched.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};

use crate::error::{Error, ErrorKind, Result};
use crate::node::{Core, HeldLease};
use crate::runtime::RuntimeExt as _;
use crate::storage::{Hint, RecordKey, Watch};

/// How long a waiter trusts that a hint will come: hints may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The result of `work`, or `LeaseLost` as soon as the lease is lost.
pub(super) async fn while_held<T>(
    lease: &HeldLease,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    match select(pin!(lease.lost()), pin!(work)).await {
        Either::Left(((), _)) => {
            Err(Error::new(ErrorKind::LeaseLost, "this node has lost the lease")
                .with("record", &lease.fence.key))
        }
        Either::Right((result, _)) => result,
    }
}

/// Waits until a record may have changed.
///
/// # Errors
/// `Closed` when the node is closed.
pub(super) async fn until_touched(core: &Core, watch: &Watch, key: &RecordKey) -> Result<()> {
    let touched = async {
        while let Some(hint) = watch.next().await {
            match &*hint {
                Hint::Touched { records, .. } if !records.contains(key) => {}
                _ => return,
            }
        }
        // The store is closed; whoever looks next is told.
    };
    let (touched, stopped) = (pin!(touched), pin!(core.stopped()));
    let waiting = select(touched, stopped);
    match core.runtime().timeout(LOOK_EVERY, waiting).await {
        Some(Either::Right(_)) => Err(Error::new(ErrorKind::Closed, "this node is closed")),
        _ => Ok(()),
    }
}
