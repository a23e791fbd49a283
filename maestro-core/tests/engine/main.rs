//! The engine through its public API, on a virtual clock.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agents;
mod answers;
mod asking;
mod gates;
mod grants;
mod merge;
mod policies;
mod puppet;
mod quill;
mod recovery;
mod sessions;
mod support;
mod tasks;
mod texts;
