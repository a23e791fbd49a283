//! Work that ends with a lease.

use std::future::Future;
use std::pin::pin;

use futures::future::{Either, select};

use crate::error::{Error, ErrorKind, Result};
use crate::node::HeldLease;

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
