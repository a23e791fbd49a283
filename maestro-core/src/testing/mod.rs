//! What adapters are checked with, for those inside the library and those outside.

pub mod agent;
pub mod runtime;
