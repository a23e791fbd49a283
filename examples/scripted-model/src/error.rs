use std::fmt;
use std::path::PathBuf;

/// What is wrong with a scenario or why the endpoint could not start.
///
/// Its text names the file (or says `inline scenario`), the scenario and the field.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A scenario does not say what it should.
    Scenario {
        /// The file that it came from; none for a scenario given as text or as a value.
        file: Option<PathBuf>,
        /// The scenario's name, where it could be read.
        scenario: Option<String>,
        /// The field and what is wrong with it.
        message: String,
    },
    /// A file or directory could not be read.
    Read {
        /// What was to be read.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The loopback port could not be bound.
    Bind {
        /// The port that was asked for; 0 is any.
        port: u16,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl Error {
    /// Names the file of a scenario error that has none yet.
    pub(crate) fn in_file(self, path: PathBuf) -> Self {
        match self {
            Self::Scenario { file: None, scenario, message } => {
                Self::Scenario { file: Some(path), scenario, message }
            }
            other => other,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario { file, scenario, message } => {
                match file {
                    Some(path) => write!(f, "{}: ", path.display())?,
                    None => f.write_str("inline scenario: ")?,
                }
                if let Some(name) = scenario {
                    write!(f, "scenario `{name}`: ")?;
                }
                f.write_str(message)
            }
            Self::Read { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Self::Bind { port, source } => write!(f, "cannot listen on 127.0.0.1:{port}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Scenario { .. } => None,
            Self::Read { source, .. } | Self::Bind { source, .. } => Some(source),
        }
    }
}
