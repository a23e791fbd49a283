//! Nodes: what the parts of the engine share, heartbeats, sweeps and recovery.

mod core;
mod heart;
mod leases;
mod presence;
mod record;
mod store;
mod sweeper;

pub(crate) use self::core::{Claimed, Core, Parts, Scope};
pub(crate) use heart::beat;
pub(crate) use leases::HeldLease;
pub use leases::LeaseTimes;
pub(crate) use presence::{join, leave};
pub(crate) use store::Store;
pub(crate) use store::{Draft, Fence, Stored, Versioned};
pub(crate) use sweeper::{LostNode, recover, sweep_for_ever};
