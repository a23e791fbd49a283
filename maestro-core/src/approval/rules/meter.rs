//! How much is judged, and what it costs.

use std::cell::Cell;

/// The longest command, path, address or name that rules read, in bytes. What is longer is too long
/// to judge: no rule about commands, paths, hosts or names allows it, and one that would deny or ask
/// makes a person be asked.
pub const MAX_JUDGED_BYTES: usize = 64 * 1024;

/// The most parts of the words of a call that are looked at one by one, each once for every directory
/// that a command may run in. With more, a rule about commands covers only what looks at files, and one
/// about files that denies or asks makes a person be asked.
pub const MAX_JUDGED_PARTS: usize = 2048;

/// Counts what judging a call costs, so that tests can compare sizes without a clock. One step is a
/// character that is read, written or compared.
#[derive(Debug, Default)]
pub(super) struct Meter {
    steps: Cell<u64>,
}

impl Meter {
    pub(super) fn add(&self, steps: usize) {
        self.steps.set(self.steps.get() + u64::try_from(steps).unwrap_or(u64::MAX));
    }

    #[cfg(test)]
    pub(super) fn steps(&self) -> u64 {
        self.steps.get()
    }
}
