//! The fold of a session's events into what a person sees.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "view/cases.rs"]
mod cases;
#[path = "view/golden.rs"]
mod golden;
#[path = "view/laws.rs"]
mod laws;
#[path = "view/shared.rs"]
mod shared;
#[path = "view/support.rs"]
mod support;
