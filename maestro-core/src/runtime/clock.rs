//! The machine's clocks and its source of randomness, shared by the real runtimes.

use std::time::{Duration, SystemTime};

use crate::model::Timestamp;

/// The wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the runtime adapters are where the clock comes from"
)]
pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}

/// The time since the machine started, with the time that it was suspended.
///
/// `CLOCK_BOOTTIME` counts the time suspended and is the same in all processes.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn monotonic() -> Duration {
    elapsed(rustix::time::ClockId::Boottime)
}

/// The time since the machine started.
///
/// `CLOCK_MONOTONIC` counts the time suspended on Apple systems; on the BSDs that is up to the
/// kernel.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(super) fn monotonic() -> Duration {
    elapsed(rustix::time::ClockId::Monotonic)
}

/// The time since the first call in this process.
///
/// Uses `Instant`, whose performance counter goes on while Windows sleeps; elsewhere it may miss
/// the time suspended.
#[cfg(not(unix))]
#[expect(
    clippy::disallowed_methods,
    reason = "the runtime adapters are where the clock comes from"
)]
pub(super) fn monotonic() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

#[cfg(unix)]
fn elapsed(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    // Both parts are never negative for a clock that counts from the start of the machine.
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Fills `bytes` from the operating system.
///
/// Without its help (a sandbox that forbids the call, a kernel that is still starting) the bytes
/// come from a generator seeded by time and thread: enough for ids and jitter, not for secrets. It
/// is logged, since a caller can do nothing about it.
pub(super) fn fill_random(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        tracing::warn!(%error, "no randomness from the system; ids come from a weaker generator");
        fastrand::fill(bytes);
    }
}
