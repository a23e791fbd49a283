//! Nodes: what the parts of the engine share, heartbeats, sweeps and recovery.

mod activity;
mod core;
mod gate;
mod heart;
mod leases;
mod news;
mod presence;
mod record;
mod recovery;
mod starts;
mod store;
mod suspects;
mod sweeper;

pub(crate) use self::core::{Claimed, Core, Parts, Scope};
pub(crate) use gate::Pass;
pub(crate) use heart::beat;
pub(crate) use leases::HeldLease;
pub use leases::LeaseTimes;
pub(crate) use news::{until_news, until_over, until_touched};
pub(crate) use presence::{join, leave};
pub(crate) use recovery::{LostNode, recover};
pub(crate) use starts::StartPlace;
pub(crate) use store::Store;
pub(crate) use store::{Draft, Fence, Stored, Versioned};
pub(crate) use sweeper::sweep_for_ever;
