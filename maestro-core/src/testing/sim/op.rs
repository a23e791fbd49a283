//! What a simulation does.

use crate::model::EventFilter;
use crate::storage::{Claim, Commit, ListQuery, Renew};

/// One operation. It holds everything that it needs, so that a list of them can be done again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Op {
    /// Commits; perhaps what was committed before.
    Commit(Box<Commit>),
    /// Claims.
    Claim(Claim),
    /// Renews.
    Renew(Renew),
    /// Lets time pass.
    Advance {
        /// How much.
        ms: u64,
    },
    /// Lists all pages.
    List(Box<ListQuery>),
    /// Starts to read a feed in a slot, and forgets what was read in it before.
    Subscribe {
        /// The slot.
        slot: usize,
        /// The filter.
        filter: EventFilter,
        /// Where it starts.
        start: Start,
    },
    /// Reads all that is there.
    Drain {
        /// The slot.
        slot: usize,
        /// In pages of this many.
        limit: u32,
    },
    /// Opens the store again, and goes on with the new handle.
    Reopen {
        /// Whether the old handle is closed before.
        close: bool,
    },
}

/// Where a feed starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// At its beginning.
    Beginning,
    /// Now.
    Now,
    /// At the `as_of` of a list.
    AsOf,
}
