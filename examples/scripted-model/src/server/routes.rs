use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::answer::{error, streamed, whole};
use super::faults::Faults;
use super::listener::Line;
use super::log::{Answer, Log, Request};
use super::model::stopped;
use crate::play::{Found, Place, Reply, find, frames, fresh_id, read_messages};
use crate::scenario::{FaultKind, Library, Point, error_status, error_type};

/// The largest request body, as the API's own limit.
const MAX_BODY: usize = 32 * 1024 * 1024;
/// Characters of a request's messages per token that `count_tokens` counts.
const CHARS_PER_TOKEN: usize = 4;
const HELP: &str = "No scenario: a prompt for this endpoint has a line `scenario: NAME key=value`.";

/// What every handler shares.
#[derive(Clone, Debug)]
pub(super) struct App {
    pub(super) library: Arc<Library>,
    pub(super) fallback: Option<String>,
    pub(super) api_key: Option<String>,
    pub(super) faults: Arc<Faults>,
    pub(super) log: Arc<Log>,
    pub(super) stopping: watch::Receiver<bool>,
}

pub(super) fn router(app: App) -> Router {
    Router::new()
        .route("/", get(alive))
        .route("/v1/messages", post(messages))
        .route("/v1/messages/count_tokens", post(count_tokens))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(app)
}

/// One request while it is being answered.
struct Call {
    app: App,
    id: String,
    request: Request,
}

impl Call {
    fn new(app: App, method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let secret = ["x-api-key", "authorization"];
        let kept = headers.iter().filter(|(name, _)| !secret.contains(&name.as_str()));
        let kept = kept.map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let request = Request {
            number: 0,
            method: method.to_string(),
            path: uri.to_string(),
            headers: kept.collect(),
            body: Arc::new(Value::Null),
            answer: Answer::Alive,
        };
        Self { app, id: fresh_id("req"), request }
    }

    /// Whether the key is right, where one is asked for.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let Some(key) = &self.app.api_key else {
            return true;
        };
        let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = sent("authorization").and_then(|value| value.strip_prefix("Bearer "));
        [sent("x-api-key"), bearer].contains(&Some(key.as_str()))
    }

    /// Reads the body as JSON.
    fn read(&mut self, body: Result<Bytes, BytesRejection>) -> Result<(), (u16, String)> {
        let body = body.map_err(|rejected| (rejected.status().as_u16(), rejected.body_text()))?;
        let value = serde_json::from_slice(&body).map_err(|why| (400, format!("body: {why}")))?;
        self.request.body = Arc::new(value);
        Ok(())
    }

    /// Writes the decision into the log, before anything is sent.
    fn log(&self, answer: Answer) {
        self.app.log.push(Request { answer, ..self.request.clone() });
    }

    fn refuse(&self, status: u16, message: String) -> Response {
        let response = error(status, error_type(status), &message, &self.headers(), &self.id);
        self.log(Answer::Refused { status, message });
        response
    }

    fn headers(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("request-id".to_owned(), self.id.clone())])
    }
}

async fn alive(State(app): State<App>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let call = Call::new(app, &method, &uri, &headers);
    call.log(Answer::Alive);
    let names: Vec<&str> = call.app.library.names().collect();
    whole(200, &call.headers(), &json!({"service": "scripted-model", "scenarios": names}))
}

async fn unknown(State(app): State<App>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let call = Call::new(app, &method, &uri, &headers);
    call.refuse(404, format!("no such path: {}", uri.path()))
}

async fn wrong_method(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let call = Call::new(app, &method, &uri, &headers);
    call.refuse(405, format!("{} does not take {method}", uri.path()))
}

async fn count_tokens(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let mut call = Call::new(app, &method, &uri, &headers);
    if let Err((status, message)) = call.read(body) {
        return call.refuse(status, message);
    }
    if let Err(message) = read_messages(&call.request.body) {
        return call.refuse(400, message);
    }
    let chars = call.request.body["messages"].to_string().chars().count();
    let tokens = u64::try_from(chars / CHARS_PER_TOKEN).unwrap_or(u64::MAX).max(1);
    call.log(Answer::Tokens(tokens));
    whole(200, &call.headers(), &json!({"input_tokens": tokens}))
}

async fn messages(
    State(app): State<App>,
    ConnectInfo(line): ConnectInfo<Line>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let mut call = Call::new(app, &method, &uri, &headers);
    if let Err((status, message)) = call.read(body) {
        return call.refuse(status, message);
    }
    if !call.is_known(&headers) {
        return call.refuse(401, "invalid x-api-key".to_owned());
    }
    match decide(&call) {
        Ok(play) => perform(&call, play, line).await,
        Err(message) => call.refuse(400, message),
    }
}

/// What a request is answered with.
struct Play {
    reply: Reply,
    stream: bool,
    fault: Option<FaultKind>,
    answer: Answer,
}

/// Chooses the step, and the failure before it.
fn decide(call: &Call) -> Result<Play, String> {
    let body = &*call.request.body;
    let model = body.get("model").and_then(Value::as_str).ok_or("model: a string is required")?;
    if body.get("max_tokens").and_then(Value::as_u64).is_none() {
        return Err("max_tokens: a whole number is required".to_owned());
    }
    let stream = body.get("stream").and_then(Value::as_bool).unwrap_or(false);
    let library = &call.app.library;
    let place = match find(&read_messages(body)?, library, call.app.fallback.as_deref()) {
        Found::At(place) => place,
        Found::NoMarker => {
            let reply = Reply::text(HELP, model);
            return Ok(Play { reply, stream, fault: None, answer: Answer::NoScenario });
        }
        Found::Unknown(name) => {
            let names: Vec<&str> = library.names().collect();
            return Err(format!("no scenario is called `{name}`; there are {}", names.join(", ")));
        }
    };
    let reply = Reply::at(&place, model)?;
    let fault = call.app.faults.next(call.request.session().unwrap_or_default(), &place)?;
    let Place { scenario, step, .. } = &place;
    let scenario = scenario.name().to_owned();
    let answer = match (&fault, place.current()) {
        (Some((failure, _)), _) => Answer::Fault { scenario, step: *step, failure: *failure },
        (None, Some(_)) => Answer::Step { scenario, step: *step },
        (None, None) => Answer::Done { scenario },
    };
    Ok(Play { reply, stream, fault: fault.map(|(_, kind)| kind), answer })
}

/// Sends it. A stop of the endpoint while it waits cuts the connection.
async fn perform(call: &Call, play: Play, line: Line) -> Response {
    call.log(play.answer);
    let stopping = call.app.stopping.clone();
    let mut headers = call.headers();
    match &play.fault {
        Some(FaultKind::Status { status, error: kind, message, headers: more }) => {
            headers.extend(more.clone());
            return error(*status, kind, message, &headers, &call.id);
        }
        Some(FaultKind::StreamError { error: kind, message }) if !play.stream => {
            return error(error_status(kind), kind, message, &headers, &call.id);
        }
        Some(FaultKind::Hang(Point::BeforeHeaders)) => {
            stopped(stopping).await;
            return cut(&line);
        }
        Some(FaultKind::Drop(Point::BeforeHeaders)) => return cut(&line),
        Some(FaultKind::Hang(_)) if !play.stream => {
            stopped(stopping).await;
            return cut(&line);
        }
        Some(FaultKind::Drop(_)) if !play.stream => return cut(&line),
        _ => {}
    }
    if !play.reply.delay.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(play.reply.delay) => {}
            () = stopped(stopping.clone()) => return cut(&line),
        }
    }
    headers.extend(play.reply.headers.clone());
    if play.stream {
        streamed(frames(&play.reply, play.fault.as_ref()), &headers, line, stopping)
    } else {
        whole(200, &headers, &play.reply.body())
    }
}

/// Cuts the connection; the response that axum wants to have is never sent.
fn cut(line: &Line) -> Response {
    line.cut();
    Response::default()
}
