//! The releases that are tested.

use std::path::Path;

use crate::claude_program::{NEWEST, program};

/// A release of the CLI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    Newest,
    Oldest,
}

impl Release {
    pub(crate) const ALL: [Self; 2] = [Self::Newest, Self::Oldest];

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Newest => NEWEST,
            Self::Oldest => "2.1.197",
        }
    }

    pub(crate) fn is_newest(self) -> bool {
        self == Self::Newest
    }

    /// The program; none when it cannot be had here.
    pub(crate) fn program(self) -> Option<&'static Path> {
        program(self.version())
    }
}
