//! Which releases of the CLI this driver was tested with.

/// The oldest release that the tests run with.
pub(super) const OLDEST_TESTED: &str = "2.1.197";

/// The newest release that the tests run with.
pub(super) const NEWEST_TESTED: &str = "2.1.330";

/// Whether a release lies between the two. Those between were not all tried, but are not expected to
/// know less than the oldest or more than the newest.
pub(super) fn is_tested(version: &str) -> bool {
    let bounds = parts(OLDEST_TESTED).zip(parts(NEWEST_TESTED));
    let Some((version, (oldest, newest))) = parts(version).zip(bounds) else {
        return false;
    };
    (oldest..=newest).contains(&version)
}

/// The three numbers of a release; what follows them, as in `2.2.0-beta.1`, is not looked at.
fn parts(version: &str) -> Option<[u32; 3]> {
    let mut numbers = version.split(['.', '-', '+', ' ']).map(|part| part.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}
