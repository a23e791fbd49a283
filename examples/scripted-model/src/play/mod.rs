//! Decides what a request is answered with: pure functions of the request and the scenarios.

mod frames;
mod history;
mod marker;
mod message;
mod reply;

pub(crate) use frames::{Frame, frames};
pub(crate) use history::{Found, Place, find};
pub(crate) use message::read_messages;
pub(crate) use reply::{Reply, fresh_id};
