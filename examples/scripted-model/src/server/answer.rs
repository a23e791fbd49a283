use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::listener::Line;
use super::model::stopped;
use crate::play::Frame;

/// A JSON answer.
pub(super) fn whole(status: u16, headers: &BTreeMap<String, String>, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    add_headers(&mut response, headers);
    response
}

/// An error as the API writes it.
pub(super) fn error(
    status: u16,
    kind: &str,
    message: &str,
    headers: &BTreeMap<String, String>,
    request: &str,
) -> Response {
    let error = json!({"type": kind, "message": message});
    whole(status, headers, &json!({"type": "error", "error": error, "request_id": request}))
}

/// A stream of server-sent events that plays the frames; a stop of the endpoint cuts it.
pub(super) fn streamed(
    frames: Vec<Frame>,
    headers: &BTreeMap<String, String>,
    line: Line,
    stopping: watch::Receiver<bool>,
) -> Response {
    let body = stream::iter(frames)
        .then(play)
        .take_until(stopped(stopping.clone()))
        .chain(stream::once(async move { end(&line, &stopping) }).filter_map(|end| async { end }));
    let mut response = Response::new(Body::from_stream(body));
    let headers_mut = response.headers_mut();
    headers_mut
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers_mut.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    add_headers(&mut response, headers);
    response
}

/// How long a cut waits, so that a client on a busy machine has read the events before it: what it has not
/// read by then is lost with the connection.
const FLUSH: Duration = Duration::from_millis(250);

async fn play(frame: Frame) -> io::Result<Bytes> {
    match frame {
        Frame::Send { after, event } => {
            if !after.is_zero() {
                tokio::time::sleep(after).await;
            }
            Ok(event)
        }
        Frame::Hang => Ok(never().await),
        Frame::Cut => {
            tokio::time::sleep(FLUSH).await;
            Err(io::Error::new(io::ErrorKind::ConnectionAborted, "cut by the scenario"))
        }
    }
}

/// The end of a stream: an error when the endpoint is stopping, so that a client never takes it for whole.
fn end(line: &Line, stopping: &watch::Receiver<bool>) -> Option<io::Result<Bytes>> {
    if !*stopping.borrow() {
        return None;
    }
    line.cut();
    Some(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the endpoint is stopping")))
}

async fn never<T>() -> T {
    match std::future::pending::<Infallible>().await {}
}

fn add_headers(response: &mut Response, headers: &BTreeMap<String, String>) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
}
