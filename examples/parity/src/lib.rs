//! What the packages for four languages do, case by case, compared by machine; `docs/parity/README.md`
//! says what a case is.
//!
//! Each language has a driver that takes the steps of every case through its own public API and writes
//! down what came of them. `drive` is that of Rust, a feature of its own. All else is here, once: [`normal`] makes what was
//! written comparable, and [`compare`] compares it with what the case expects.

pub mod case;
pub mod compare;
#[cfg(feature = "drive")]
pub mod drive;
pub mod normal;
