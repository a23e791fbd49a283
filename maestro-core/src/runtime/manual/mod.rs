//! A seeded runtime for tests: one thread, a virtual clock, and a schedule that repeats.

mod driver;
mod executor;
mod runtime;
mod timer;

pub use driver::Panicked;
pub use runtime::ManualRuntime;
