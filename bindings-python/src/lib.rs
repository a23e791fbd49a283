//! The native half of the Python package `maestro`; it converts, and behaves in no way of its own.
//!
//! No thread of this library ever calls Python. What the core has to say lies in an inbox, and a byte
//! in a socket tells Python's event loop to look there. So nothing can crash when the interpreter ends
//! with work in flight, and many answers cost one wake-up.

mod host;
mod runtime;

#[cfg(all(target_os = "linux", feature = "mimalloc"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(not(unix))]
compile_error!("the Python package needs a Unix system: its event loop watches a socket");

/// The native half of `maestro`.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::host::Host;
    #[pymodule_export]
    use super::runtime::shutdown;
}
