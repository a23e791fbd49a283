//! Programs as processes of this host, each under a guardian that ends it with its host.
//!
//! # Threads
//! One thread per [`ProcessTransport`] reads and writes all pipes with an event loop of its own, so
//! it works under every [`Runtime`](crate::runtime::Runtime), and a busy one cannot starve it. It
//! starts with the first program and ends with [`close`](crate::transport::Transport::close), or
//! when the transport and its connections are dropped. Looking through `/proc` and at the
//! directories of programs happens on helpers of that event loop, which end with it.
//!
//! # Containment
//! On Linux every program runs under a [`Guardian`](crate::transport::guardian::Guardian), which
//! is what [`Connection::process`](crate::transport::Connection::process) names: it lives for as
//! long as anything of the program's tree, and takes over its exit status. The environment carries
//! two markers, [`OWNER_VARIABLE`](crate::transport::OWNER_VARIABLE) and [`PROGRAM_VARIABLE`]. Linux architectures that have no
//! guardian get repeated scans of the process table by descent and marker instead; there, what a
//! killed host leaves behind ends with the next
//! [`end_all_of`](crate::transport::Transport::end_all_of). Other systems are refused with
//! `Unsupported`.
//!
//! Where control groups may be made ([`Cgroups`]), each program has one of its own.
//!
//! With a state directory, each guardian and program also inherits a lock of its incarnation, so that
//! [`end_all_of`](crate::transport::Transport::end_all_of) knows of those in other pid namespaces, as of
//! another container: it asks their guardians to end them, and does not say that all have ended before
//! the kernel has let the lock go.
//!
//! # Bounds
//! | what | bound |
//! |---|---|
//! | output that nobody read yet | 4 MiB, then reading pauses; a longer line still passes |
//! | small pieces of output, while more come | read once in 50 ms; at once after a silence, and after a line to the program |
//! | standard error that nobody read yet | [`Frame::MAX_STDERR_BYTES`](crate::transport::Frame::MAX_STDERR_BYTES), then the oldest is dropped |
//! | outputs that stay open after the whole tree ended | 2 s and 16 MiB more are read |
//! | a tree that was told to end at once | 15 s, then `Timeout` |
//! | [`end_all_of`](crate::transport::Transport::end_all_of) | 20 s, then `Timeout`; git commands get 5 s to finish; what cannot be seen gets 3 s, then `Unavailable` |

#[cfg(target_os = "linux")]
mod cgroup;
mod config;
#[cfg(target_os = "linux")]
mod connection;
#[cfg(target_os = "linux")]
mod ending;
#[cfg(target_os = "linux")]
mod host;
#[cfg(target_os = "linux")]
mod io_thread;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod outlet;
#[cfg(target_os = "linux")]
mod owner_lock;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod pumps;
#[cfg(target_os = "linux")]
mod registry;
#[cfg(target_os = "linux")]
mod start;
#[cfg(target_os = "linux")]
mod transport;
#[cfg(not(target_os = "linux"))]
#[path = "unsupported.rs"]
mod transport;
#[cfg(target_os = "linux")]
mod tree;

pub use config::{Cgroups, ProcessConfig};
pub use transport::ProcessTransport;

/// Names the one program that a process belongs to, in its environment.
pub const PROGRAM_VARIABLE: &str = "MAESTRO_PROGRAM";
