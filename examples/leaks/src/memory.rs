//! How much memory is in use, as the allocator of this process counts it.

use std::fs;

/// `struct mallinfo2` of glibc.
#[repr(C)]
struct Mallinfo {
    arena: usize,
    ordblks: usize,
    smblks: usize,
    hblks: usize,
    hblkhd: usize,
    usmblks: usize,
    fsmblks: usize,
    uordblks: usize,
    fordblks: usize,
    keepcost: usize,
}

#[expect(unsafe_code, reason = "there is no other way to ask the allocator")]
mod c {
    unsafe extern "C" {
        /// Since glibc 2.33.
        pub(super) safe fn mallinfo2() -> super::Mallinfo;
    }
}

/// The bytes that are allocated: what Rust and SQLite have asked for and not given back, in all arenas
/// and in maps of their own. Unlike the resident set it does not depend on when the allocator gives
/// pages back.
pub(crate) fn in_use() -> usize {
    let info = c::mallinfo2();
    info.uordblks + info.hblkhd
}

/// The resident set in KiB, for comparison.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}
