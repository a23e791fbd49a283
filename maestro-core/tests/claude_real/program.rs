//! The releases that are tested, and what changed between them.

use std::path::Path;

use crate::claude_program::{NEWEST, program};

/// A release of the CLI, by its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Release(&'static str);

impl Release {
    pub(crate) const OLDEST: Self = Self("2.1.197");
    pub(crate) const NEWEST: Self = Self(NEWEST);
    pub(crate) const ALL: [Self; 2] = [Self::NEWEST, Self::OLDEST];

    /// The one that the environment names, for `make matrix`.
    #[expect(clippy::disallowed_methods, reason = "the way in which a test is told")]
    pub(crate) fn chosen() -> Self {
        let version = std::env::var(CHOSEN).expect("MAESTRO_CLAUDE names a release");
        Self(version.leak())
    }

    pub(crate) fn version(self) -> &'static str {
        self.0
    }

    /// The program; none when it cannot be had here.
    pub(crate) fn program(self) -> Option<&'static Path> {
        program(self.version())
    }

    fn is_from(self, release: &str) -> bool {
        let numbers = |version: &str| -> Vec<u32> {
            version.split('.').map(|number| number.parse().expect("a number")).collect()
        };
        numbers(self.0) >= numbers(release)
    }
}

/// What changed, as `make matrix` finds it: each from the first release that was seen to do it.
impl Release {
    /// Older ones take any word for a permission mode.
    pub(crate) fn knows_its_modes(self) -> bool {
        self.is_from("2.1.330")
    }

    /// Older ones make one more call of the model.
    pub(crate) fn stops_at_the_call_over_the_budget(self) -> bool {
        self.is_from("2.1.290")
    }

    /// Older ones run a subagent within the turn.
    pub(crate) fn runs_subagents_in_the_background(self) -> bool {
        self.is_from("2.1.205")
    }

    /// Says so when it starts one; 2.1.220 only in the result of the call.
    pub(crate) fn says_at_once_what_runs_in_the_background(self) -> bool {
        self.is_from("2.1.250")
    }

    /// Older ones ask again for the whole message, without a stream.
    pub(crate) fn streams_again_after_a_drop(self) -> bool {
        self.is_from("2.1.330")
    }

    /// Says when it has read a prompt that was sent into a turn.
    pub(crate) fn says_what_it_read(self) -> bool {
        self.is_from("2.1.330")
    }

    /// Older ones run what was queued after the interrupted turn.
    pub(crate) fn forgets_what_is_queued(self) -> bool {
        self.is_from("2.1.330")
    }
}

/// The variable that names the release of the tests in `chosen` modules.
const CHOSEN: &str = "MAESTRO_CLAUDE";
