//! The conformance table of the storage port: every sentence of its contract as a case.
//!
//! A backend passes when [`check`] reports no failure, or when each test that
//! [`storage_conformance!`](crate::storage_conformance) makes passes.
//!
//! # Examples
//! ```
//! use std::sync::Arc;
//! use maestro_core::runtime::Runtime;
//! use maestro_core::storage::memory::Memory;
//! use maestro_core::testing::storage::{Bench, Fresh, check};
//!
//! async fn conforms(runtime: Arc<dyn Runtime>) -> bool {
//!     let bench = Bench::new(runtime, || async { Fresh::new(Memory::new()) });
//!     let report = check(&bench).await;
//!     println!("{report}");
//!     report.passed()
//! }
//! ```

mod bench;
mod cases;
mod change;
mod ctx;
mod feed;
mod report;

use futures::future::BoxFuture;

pub use bench::{Bench, Fresh};
pub use cases::CASES;
pub use ctx::Ctx;
#[doc(hidden)]
pub use report::block_on_case;
pub use report::{Report, check, run};

/// One case of the table. It ends when the backend kept its promise, and panics otherwise.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct StorageCase {
    /// Its name, for example `guards_first_failure_decides`.
    pub name: &'static str,
    /// Runs it on a fresh store.
    pub run: fn(Ctx) -> BoxFuture<'static, ()>,
}

impl StorageCase {
    /// Whether it waits for a hint. Hints may be lost, so a store that loses many is not run on it.
    pub fn needs_hints(&self) -> bool {
        self.name.starts_with("hints_")
    }
}
