//! The tokio runtime of this process.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::{PyResult, Python, pyfunction};
use tokio::runtime::{Builder, Handle, Runtime};

/// The runtime, and the process that its threads are in.
static RUNTIME: Mutex<Option<(Runtime, u32)>> = Mutex::new(None);

/// How long work in flight may take to end with the interpreter.
const GRACE: Duration = Duration::from_secs(2);

/// This process's runtime, started when it is first needed. A process that was forked gets its own.
pub(crate) fn handle() -> PyResult<Handle> {
    let mut kept = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let here = std::process::id();
    match kept.take() {
        Some((runtime, process)) if process == here => {
            return Ok(kept.insert((runtime, process)).0.handle().clone());
        }
        // Its threads stayed in the other process: nothing here may wait for them.
        Some((runtime, _)) => std::mem::forget(runtime),
        None => {}
    }
    let built = Builder::new_multi_thread().enable_all().thread_name("maestro").build();
    let runtime = built
        .map_err(|error| PyRuntimeError::new_err(format!("no threads for Maestro: {error}")))?;
    Ok(kept.insert((runtime, here)).0.handle().clone())
}

/// Ends the runtime of this process; the interpreter calls it when it exits.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    py.detach(|| {
        let kept = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner).take();
        match kept {
            Some((runtime, process)) if process == std::process::id() => {
                runtime.shutdown_timeout(GRACE);
            }
            Some((runtime, _)) => std::mem::forget(runtime),
            None => {}
        }
    });
}
