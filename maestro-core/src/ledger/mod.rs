//! The ledger: usage and cost, each report counted once.

mod record;

pub(crate) use record::{entry, record};
