//! The native half of the Node package `@maestro/core`; it converts, and behaves in no way of its own.
//!
//! No thread of this library ever calls JavaScript with anything. What the core has to say lies in an
//! inbox, and Node's event loop is only woken to look there. So nothing is lost or touched too late
//! when a process or a worker ends with work in flight, and many answers cost one wake-up.

mod host;
mod runtime;

#[cfg(all(target_os = "linux", feature = "mimalloc"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
