use std::path::Path;

use crate::scenario::Library;
use crate::{Error, Scenario};

/// How many requests the log keeps when nothing else is said; a request of the CLI is about 50 KB.
const KEEP_REQUESTS: usize = 1_000;

/// What an endpoint plays and where it listens.
///
/// The scenarios that come with the crate are there from the start; one that is added later takes the place
/// of one with the same name.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    pub(crate) library: Library,
    pub(crate) added: Vec<Scenario>,
    pub(crate) port: u16,
    pub(crate) fallback: Option<String>,
    pub(crate) keep_requests: usize,
    pub(crate) api_key: Option<String>,
}

impl ModelConfig {
    /// The built-in scenarios on any free port.
    pub fn new() -> Self {
        Self {
            library: Library::builtin(),
            added: Vec::new(),
            port: 0,
            fallback: None,
            keep_requests: KEEP_REQUESTS,
            api_key: None,
        }
    }

    /// Adds a scenario; it is checked by [`ScriptedModel::start`](crate::ScriptedModel::start).
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.library.insert(scenario.clone());
        self.added.push(scenario);
        self
    }

    /// Adds the scenario of a TOML text.
    ///
    /// # Errors
    /// [`Error::Scenario`] with the line and the field.
    pub fn toml(self, text: &str) -> Result<Self, Error> {
        Ok(self.scenario(Scenario::from_toml(text)?))
    }

    /// Adds the scenario of a file, or of every `*.toml` directly in a directory.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Scenario`] with the file, the line and the field; also when two files of
    /// the directory have one name.
    pub fn path(mut self, path: impl AsRef<Path>) -> Result<Self, Error> {
        self.library.read(path.as_ref())?;
        Ok(self)
    }

    /// Listens on this port of 127.0.0.1. Default 0: any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Answers a conversation without a marker with this scenario, from its first step. Default: a text that
    /// says how to write a marker.
    pub fn fallback(mut self, name: impl Into<String>) -> Self {
        self.fallback = Some(name.into());
        self
    }

    /// Keeps the last so many requests in the log. Default 1000.
    pub fn keep_requests(mut self, count: usize) -> Self {
        self.keep_requests = count;
        self
    }

    /// Answers only those who send this key, as `x-api-key` or as a bearer token; others get a 401.
    /// Default: everybody.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// The scenarios, by name.
    pub fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.library.iter()
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self::new()
    }
}
