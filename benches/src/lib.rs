//! What the benchmarks share: the lines of a made-up session, what a process takes, and what it was
//! given.

mod draft;
mod meter;
mod tally;
mod words;

pub use draft::{Draft, Kind};
pub use meter::{Meter, Spent};
pub use tally::Tally;
