//! Which releases of the CLI this driver was tested with.

/// The oldest release that the tests run with.
pub(super) const OLDEST_TESTED: &str = "2.1.197";

/// The newest release that the tests run with.
pub(super) const NEWEST_TESTED: &str = "2.1.331";

/// Whether a release lies between the two. Those between were not all tried, but are not expected to
/// know less than the oldest or more than the newest.
pub(super) fn is_tested(version: &str) -> bool {
    let bounds = parts(OLDEST_TESTED).zip(parts(NEWEST_TESTED));
    let Some((version, (oldest, newest))) = parts(version).zip(bounds) else {
        return false;
    };
    (oldest..=newest).contains(&version)
}

/// Whether a process that resumes a conversation may begin its totals with those of earlier ones: a
/// release that is not known may.
pub(super) fn carries_totals(version: Option<&str>) -> bool {
    /// The newest that was seen to begin at 0; 2.1.280 was seen not to.
    const BEGINS_AT_0: [u32; 3] = [2, 1, 275];
    version.and_then(parts).is_none_or(|version| version > BEGINS_AT_0)
}

/// The three numbers of a release; what follows them, as in `2.2.0-beta.1`, is not looked at.
fn parts(version: &str) -> Option<[u32; 3]> {
    let mut numbers = version.split(['.', '-', '+', ' ']).map(|part| part.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}
