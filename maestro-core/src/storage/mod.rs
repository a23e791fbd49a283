//! The storage port: records, leases, events.
//!
//! A backend holds no business rule. It keeps versions, leases and sequences exactly, and nothing
//! else; every state change is computed by the pure machines and arrives as a [`Commit`].

mod claim;
mod commit;
mod failure;
pub mod memory;
mod page;
mod query;
mod record;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod validate;
mod watch;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

pub use claim::{Claim, ClaimOutcome, Permit, Renew, Renewed, Want};
pub use commit::{Append, Commit, Expect, Guard, LeaseChange, Put, Receipt};
pub use query::{LeaseFilter, ListOrder, ListPage, ListQuery};
pub use record::{Columns, Lease, Link, Record, RecordKey, RecordKind};
pub use watch::{Hint, Hints, Watch};

use crate::error::Result;
use crate::model::{EventPage, EventQuery};
use crate::runtime::Runtime;

/// Where a backend is; opened once by the builder, with the runtime whose clock leases go by.
#[async_trait]
pub trait StorageConfig: fmt::Debug + Send + Sync + 'static {
    /// Opens the store, creating or migrating it if need be.
    ///
    /// # Errors
    /// `InvalidConfig` when it cannot be what is asked for, `Unavailable` when it does not answer,
    /// `Unsupported` when a newer version of Maestro has written it in a way that this one must
    /// not touch.
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>>;

    /// The directory on this host for what belongs to the store and is no record: every node that
    /// opens the store here names the same one. It need not exist. None for a store that is nowhere
    /// on this host.
    fn state_directory(&self) -> Option<PathBuf>;
}

/// Durable records, leases and events.
///
/// # Contract
/// - All methods are linearizable within one store, whatever the number of nodes and processes.
/// - Nothing of a failed call happened, except when [`Error::is_unknown_outcome`] says that it may
///   have: then the caller repeats the commit with the same id.
/// - Dropping a future does not undo what it asked for; it may happen or not, whole.
/// - Calls of several tasks at once are welcome; a store serves them fairly and batches them.
///
/// [`Error::is_unknown_outcome`]: crate::error::Error::is_unknown_outcome
#[async_trait]
pub trait Storage: fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Applies a commit.
    ///
    /// # Contract
    /// - The guards are checked in order against the state before the commit; the first that fails
    ///   decides the error. Then puts, deletes, lease changes and appends happen together.
    /// - Unique keys hold for the state after all puts and deletes, so two records can exchange theirs.
    ///   Lease changes happen in order, on that state.
    /// - A delete ends the lease with its permits. A record made anew starts at version 1 and free; its
    ///   tokens still grow.
    /// - A `commit.id` that was applied before gives its first receipt and does nothing. Receipts
    ///   are kept for at least 24 hours.
    /// - Every put and delete has a version or absence guard for its key; every key is put or
    ///   deleted at most once.
    /// - Each stream's `seq` starts at 1 and has no gap and no repetition.
    ///
    /// # Errors
    /// `Conflict`, `AlreadyExists` (absence guard, or a unique key in use: `context` names it),
    /// `LeaseLost`, `InvalidArgument` (a commit that breaks the rules above), `Unavailable`.
    async fn commit(&self, commit: Commit) -> Result<Receipt>;

    /// Reads records as of one moment, in the order asked for; none where there is none.
    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Record>>>;

    /// Lists records.
    ///
    /// # Errors
    /// `InvalidArgument` for a limit out of range or a page token of another query.
    async fn list(&self, query: &ListQuery) -> Result<ListPage>;

    /// Takes the named records for a node.
    ///
    /// # Contract
    /// - One outcome for each want, in order; each is decided alone, all or nothing with its permits.
    /// - A record is free to take when nobody holds it, its time has lapsed, the holder is
    ///   `seize_from`, or the same node holds it already. Each success gives a token that is greater
    ///   than every earlier one of that record, and ends the permits of the lease it replaces.
    /// - A want sees what the wants before it took.
    /// - A claim changes neither version nor events.
    ///
    /// # Errors
    /// `InvalidArgument` for a want that names a scope twice.
    async fn claim(&self, claim: &Claim) -> Result<Vec<ClaimOutcome>>;

    /// Extends leases that the node holds with these tokens; lapsed ones too, if nobody took them.
    ///
    /// # Contract
    /// It makes progress while other calls wait: heartbeats must not queue behind work.
    async fn renew(&self, renew: &Renew) -> Result<Renewed>;

    /// Reads a feed: events that match a filter, after a position.
    ///
    /// # Contract
    /// - Reading on from `next` gives every matching event exactly once, and those of one stream in
    ///   the order of `seq`. Events of different streams may come in another order than they were
    ///   committed in, and another feed may show another order.
    /// - An empty page means "nothing more now"; its `next` is as good as the one before.
    ///
    /// # Errors
    /// `InvalidArgument` for a cursor of another store or another filter.
    async fn read_events(&self, query: &EventQuery) -> Result<EventPage>;

    /// Hints that something may have changed, also by other processes.
    ///
    /// # Contract
    /// Hints may be late, merged, repeated or lost; losing all of them costs latency only, since
    /// every reader also looks by itself now and then.
    fn watch(&self) -> Watch;

    /// Ends this handle: stops its own threads after the calls under way. Later calls give `Closed`,
    /// and watchers hear the end. Other handles of the same store go on.
    async fn close(&self) -> Result<()>;
}
