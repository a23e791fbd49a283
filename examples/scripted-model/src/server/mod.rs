//! The endpoint: HTTP on loopback, the failure counters and the log of requests.

mod answer;
mod config;
mod faults;
mod listener;
mod log;
mod model;
mod routes;

pub use config::ModelConfig;
pub use log::{Answer, Request};
pub use model::ScriptedModel;
