//! Several processes on one SQLite file. The other processes are this test program, run again.

#![cfg(all(feature = "sqlite", feature = "tokio"))]

mod child;
mod contention;
mod hints;
mod kills;
