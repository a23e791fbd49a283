//! What can go wrong, in kinds that say what a caller can do about it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::unknown::UnknownValue;

/// The result of every fallible call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can do about an [`Error`]. The strings are the same in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is wrong; the message names the field. Correct it.
    InvalidArgument,
    /// The process-wide configuration is wrong. Correct it and start again.
    InvalidConfig,
    /// The thing named does not exist.
    NotFound,
    /// A thing with this name or key exists already.
    AlreadyExists,
    /// Somebody changed the thing in between, or its state does not allow the call. Read it again.
    Conflict,
    /// This node no longer holds the lease that the call needs. Stop the work.
    LeaseLost,
    /// The work was cancelled.
    Cancelled,
    /// The time allowed for the call has passed.
    Timeout,
    /// Something outside does not answer now. Retrying may help.
    Unavailable,
    /// The caller may not do this.
    PermissionDenied,
    /// A limit is reached; [`Error::limit`] says which.
    ResourceExhausted,
    /// This adapter, agent or version cannot do it.
    Unsupported,
    /// The other side broke its protocol.
    Protocol,
    /// The object was closed.
    Closed,
    /// A defect in Maestro or an adapter.
    Internal,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl ErrorKind {
    /// The wire string, for example `lease_lost`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::InvalidConfig => "invalid_config",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::Conflict => "conflict",
            Self::LeaseLost => "lease_lost",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::PermissionDenied => "permission_denied",
            Self::ResourceExhausted => "resource_exhausted",
            Self::Unsupported => "unsupported",
            Self::Protocol => "protocol",
            Self::Closed => "closed",
            Self::Internal => "internal",
            Self::Other(name) => name.as_str(),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which limit an [`ErrorKind::ResourceExhausted`] error ran into.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LimitHit {
    /// The limit's name, for example `concurrency`.
    pub limit: String,
    /// What it is counted over, for example `project:shop`.
    pub scope: String,
    /// How much is in use.
    pub used: u64,
    /// How much is allowed.
    pub max: u64,
    /// When it resets, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<Timestamp>,
}

/// The one error type: a kind, what was being done, to what, and why it failed.
///
/// An agent's bad result is not an `Error`; it is data ([`Outcome`](crate::model::Outcome)).
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    operation: Cow<'static, str>,
    context: Vec<(Cow<'static, str>, String)>,
    limit: Option<LimitHit>,
    retryable: bool,
    unknown_outcome: bool,
    exception_id: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The key of the context that names a bad argument.
const FIELD: &str = "field";

impl Error {
    /// An error of `kind`. Only [`ErrorKind::Unavailable`] starts out retryable.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: Cow::Borrowed(""),
            context: Vec::new(),
            limit: None,
            retryable: kind == ErrorKind::Unavailable,
            unknown_outcome: false,
            exception_id: None,
            source: None,
        }))
    }

    /// A bad argument. `field` is named first in the message, and is the context's `field`.
    pub fn invalid(field: &str, why: impl fmt::Display) -> Self {
        Self::new(ErrorKind::InvalidArgument, format!("`{field}` {why}")).with(FIELD, field)
    }

    /// Says what was being done, for example `task.submit`. The outermost call wins.
    pub fn during(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation = operation.into();
        self
    }

    /// Adds a fact about what the call was about.
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl fmt::Display) -> Self {
        self.0.context.push((key.into(), value.to_string()));
        self
    }

    /// Names the limit that was reached.
    pub fn with_limit(mut self, limit: LimitHit) -> Self {
        self.0.limit = Some(limit);
        self
    }

    /// Keeps the underlying error.
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says whether the same call may succeed later.
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Marks that the effect may or may not have happened. Retry with the same commit id to learn.
    pub fn unknown_outcome(mut self) -> Self {
        self.0.unknown_outcome = true;
        self.0.retryable = true;
        self
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Why it failed, without operation and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What was being done, or an empty string.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// Facts about what the call was about, in the order in which they were added.
    pub fn context(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.context.iter().map(|(key, value)| (key.as_ref(), value.as_str()))
    }

    /// The limit that was reached, for [`ErrorKind::ResourceExhausted`].
    pub fn limit(&self) -> Option<&LimitHit> {
        self.0.limit.as_ref()
    }

    /// Whether the same call may succeed later without any change by the caller.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the effect may have happened in spite of the error.
    pub fn is_unknown_outcome(&self) -> bool {
        self.0.unknown_outcome
    }

    /// The wire form. The source is folded into the message, since it cannot travel.
    pub fn info(&self) -> ErrorInfo {
        let message = match &self.0.source {
            Some(source) => format!("{}: {source}", self.0.message),
            None => self.0.message.to_string(),
        };
        ErrorInfo {
            kind: self.0.kind,
            message,
            operation: self.0.operation.to_string(),
            context: self.0.context.iter().map(|(k, v)| (k.to_string(), v.clone())).collect(),
            limit: self.0.limit.clone(),
            retryable: self.0.retryable,
            unknown_outcome: self.0.unknown_outcome,
            exception_id: self.0.exception_id.clone(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.operation.is_empty() {
            write!(f, "{}: ", self.0.operation)?;
        }
        write!(f, "{}", self.0.message)?;
        if let Some(source) = &self.0.source {
            write!(f, ": {source}")?;
        }
        // The message of a bad argument names the field already.
        let facts = self.0.context.iter().filter(|(key, _)| key != FIELD);
        let mut before = " (";
        for (key, value) in facts {
            write!(f, "{before}{key}: {value}")?;
            before = ", ";
        }
        if before == ", " {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {self}", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// An [`Error`] as data: on the wire, in records and in events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorInfo {
    /// What a reader can do about it.
    pub kind: ErrorKind,
    /// Why it failed.
    pub message: String,
    /// What was being done.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// Facts about what the call was about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<(String, String)>,
    /// The limit that was reached, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitHit>,
    /// Whether the same call may succeed later.
    #[serde(default)]
    pub retryable: bool,
    /// Whether the effect may have happened in spite of the error.
    #[serde(default)]
    pub unknown_outcome: bool,
    /// Names the exception of another language that this is, for the process that threw it, which may
    /// still have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception_id: Option<String>,
}

impl From<ErrorInfo> for Error {
    fn from(info: ErrorInfo) -> Self {
        Self(Box::new(Inner {
            kind: info.kind,
            message: info.message.into(),
            operation: info.operation.into(),
            context: info.context.into_iter().map(|(k, v)| (Cow::Owned(k), v)).collect(),
            limit: info.limit,
            retryable: info.retryable,
            unknown_outcome: info.unknown_outcome,
            exception_id: info.exception_id,
            source: None,
        }))
    }
}

impl fmt::Display for ErrorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Error::from(self.clone()).fmt(f)
    }
}
