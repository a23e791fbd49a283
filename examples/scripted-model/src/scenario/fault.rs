use std::collections::BTreeMap;

use serde::Deserialize;

use super::Amount;

/// Something that goes wrong before a step succeeds; each is played once, or `times` times, in order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "RawFault")]
pub struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) times: Amount,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FaultKind {
    /// An error instead of an answer.
    Status { status: u16, error: String, message: String, headers: BTreeMap<String, String> },
    /// Nothing more, until the client goes away or the endpoint stops.
    Hang(Point),
    /// The connection ends.
    Drop(Point),
    /// Half of the answer, then an `error` event; a whole answer fails with the status of the error.
    StreamError { error: String, message: String },
}

/// Where in the answer it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Point {
    /// Before the response's status line.
    BeforeHeaders,
    /// After half of the deltas.
    MidStream,
}

impl Fault {
    /// An error with this HTTP status and the error type that the API gives with it.
    pub fn status(status: u16) -> Self {
        Self::once(FaultKind::Status {
            status,
            error: error_type(status).to_owned(),
            message: format!("scripted failure with status {status}"),
            headers: BTreeMap::new(),
        })
    }

    /// Never answers.
    pub fn hang() -> Self {
        Self::once(FaultKind::Hang(Point::BeforeHeaders))
    }

    /// Stops half way through the stream and keeps the connection open.
    pub fn hang_mid_stream() -> Self {
        Self::once(FaultKind::Hang(Point::MidStream))
    }

    /// Ends the connection before any answer.
    pub fn drop_before_headers() -> Self {
        Self::once(FaultKind::Drop(Point::BeforeHeaders))
    }

    /// Ends the connection half way through the stream.
    pub fn drop_mid_stream() -> Self {
        Self::once(FaultKind::Drop(Point::MidStream))
    }

    /// Sends an `error` event of this type half way through the stream.
    pub fn stream_error(error: impl Into<String>) -> Self {
        let message = "scripted error inside the stream".to_owned();
        Self::once(FaultKind::StreamError { error: error.into(), message })
    }

    /// Adds a header to an error with a status, such as `retry-after`; other faults have no headers.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let FaultKind::Status { headers, .. } = &mut self.kind {
            headers.insert(name.into(), value.into());
        }
        self
    }

    /// Plays it this many times.
    pub fn times(mut self, times: impl Into<Amount>) -> Self {
        self.times = times.into();
        self
    }

    fn once(kind: FaultKind) -> Self {
        Self { kind, times: Amount::Fixed(1) }
    }
}

/// The error type that the API sends with a status.
pub(crate) fn error_type(status: u16) -> &'static str {
    match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        _ => "api_error",
    }
}

/// The status that the API sends with an error type.
pub(crate) fn error_status(error: &str) -> u16 {
    [400, 401, 402, 403, 404, 413, 429, 504, 529]
        .into_iter()
        .find(|status| error_type(*status) == error)
        .unwrap_or(500)
}

/// The shape in a file: the key that is present says which kind of fault it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    status: Option<u16>,
    hang: Option<Point>,
    drop: Option<Point>,
    stream_error: Option<String>,
    error: Option<String>,
    message: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    times: Option<Amount>,
}

impl TryFrom<RawFault> for Fault {
    type Error = String;

    fn try_from(raw: RawFault) -> Result<Self, String> {
        if raw.status.is_none() && (raw.error.is_some() || raw.headers.is_some()) {
            return Err("`error` and `headers` belong to a failure with `status`".to_owned());
        }
        if raw.message.is_some() && (raw.hang.is_some() || raw.drop.is_some()) {
            return Err("`message` belongs to a failure with `status` or `stream_error`".to_owned());
        }
        let mut fault = match (raw.status, raw.hang, raw.drop, raw.stream_error) {
            (Some(status), None, None, None) if (400..600).contains(&status) => {
                Self::status(status)
            }
            (Some(status), None, None, None) => {
                return Err(format!("`status` is {status}; a failure has 400 to 599"));
            }
            (None, Some(point), None, None) => Self::once(FaultKind::Hang(point)),
            (None, None, Some(point), None) => Self::once(FaultKind::Drop(point)),
            (None, None, None, Some(error)) => Self::stream_error(error),
            _ => {
                return Err(
                    "a failure has exactly one of `status`, `hang`, `drop` and `stream_error`"
                        .to_owned(),
                );
            }
        };
        match &mut fault.kind {
            FaultKind::Status { error, message, headers, .. } => {
                if let Some(given) = raw.error {
                    *error = given;
                }
                if let Some(given) = raw.message {
                    *message = given;
                }
                *headers = raw.headers.unwrap_or_default();
            }
            FaultKind::StreamError { message, .. } => {
                if let Some(given) = raw.message {
                    *message = given;
                }
            }
            FaultKind::Hang(_) | FaultKind::Drop(_) => {}
        }
        if let Some(times) = raw.times {
            fault.times = times;
        }
        Ok(fault)
    }
}
