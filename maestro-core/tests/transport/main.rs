//! The transports against the table of demands, and what only bytes and real processes show.

#[cfg(all(target_os = "linux", feature = "process", feature = "sqlite"))]
mod beside;
#[cfg(all(target_os = "linux", feature = "process"))]
mod cgroups;
mod conformance;
mod framing;
#[cfg(all(target_os = "linux", feature = "process"))]
mod leftovers;
#[cfg(all(target_os = "linux", feature = "process"))]
mod process;
#[cfg(all(target_os = "linux", feature = "process"))]
mod scene;
mod unseen;
