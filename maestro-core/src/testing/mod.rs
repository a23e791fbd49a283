//! What adapters are checked with, for those inside the library and those outside: for each port a
//! table of cases that every implementation has to pass.

pub mod runtime;
pub mod workspace;
