//! The guardian with real processes: nothing of an agent outlives its host, however either of them
//! ends.

#![cfg(all(target_os = "linux", feature = "process"))]
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "these tests wait for processes of the operating system, in real time, and may fail"
)]

mod faithful;
mod program;
mod recovery;
mod scene;
mod tree;
