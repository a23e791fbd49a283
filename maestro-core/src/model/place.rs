//! Where things are: no path, pid or workspace means anything without its place.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// A host, as the transport that reaches it names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(String);

impl Place {
    /// Names a place, for example `host:9f2c…`.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path at a place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlacePath {
    /// Where the path is.
    pub place: Place,
    /// The absolute path there.
    pub path: PathBuf,
}

impl PlacePath {
    /// A path at a place.
    pub fn new(place: Place, path: impl Into<PathBuf>) -> Self {
        Self { place, path: path.into() }
    }

    /// The path, to be used only by an adapter that serves the place.
    pub fn as_path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for PlacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())
    }
}

/// A process that can be recognised later, also after its pid was given to another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProcessRef {
    /// Where it runs.
    pub place: Place,
    /// Its process id there.
    pub pid: u32,
    /// When it started, in the unit of the place (clock ticks since boot on Linux).
    pub start: u64,
    /// Which boot of the place, if it tells. A process of another boot is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// Which pid namespace, if the place has them. Another one's pids mean nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// When we started it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
}

impl ProcessRef {
    /// A process of a place that tells of no boots and has no pid namespaces.
    pub fn new(place: Place, pid: u32, start: u64) -> Self {
        Self { place, pid, start, boot: None, namespace: None, started_at: None }
    }
}
