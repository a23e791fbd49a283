//! What a stretch of a process took.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Counts from its creation.
#[derive(Debug)]
pub struct Meter {
    wall: Duration,
    cpu: Duration,
}

/// What was taken since a meter was made.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// Real time.
    pub wall: Duration,
    /// Processor time of all threads of this process; its children are not counted.
    pub cpu: Duration,
}

impl Meter {
    /// Starts to count.
    pub fn start() -> Self {
        Self { wall: now(ClockId::Monotonic), cpu: now(ClockId::ProcessCPUTime) }
    }

    /// What was taken so far.
    pub fn spent(&self) -> Spent {
        Spent {
            wall: now(ClockId::Monotonic).saturating_sub(self.wall),
            cpu: now(ClockId::ProcessCPUTime).saturating_sub(self.cpu),
        }
    }
}

fn now(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    let seconds = u64::try_from(tv_sec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(tv_nsec).unwrap_or_default())
}
