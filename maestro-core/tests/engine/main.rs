//! The engine through its public API, on a virtual clock.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agents;
mod answers;
mod asking;
mod closures;
mod exceptions;
mod gates;
mod grants;
mod held;
mod idle;
mod late;
mod leases;
mod merge;
mod observers;
mod policies;
mod puppet;
mod quill;
mod recovery;
mod reply;
mod restart;
mod ruled;
mod sessions;
mod slow;
mod starts;
mod steering;
mod store;
mod support;
mod tasks;
mod texts;
mod waiting;
mod wake;
mod warm;
