//! Recordings of what passes over connections, to be read again in tests.

mod neutral;
mod transport;

pub use neutral::Neutral;
pub use transport::{Recorder, Recording};
