use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::ModelConfig;
use super::faults::Faults;
use super::listener::{Line, Listener};
use super::log::{Log, Request};
use super::routes::{App, router};
use crate::Error;

/// How long a stop waits for clients that hold a connection and send nothing.
const GRACE: Duration = Duration::from_millis(500);

/// A running endpoint.
///
/// Dropping it ends it as [`stop`](Self::stop) does, without waiting. Several can run in one process.
#[derive(Debug)]
pub struct ScriptedModel {
    base_url: String,
    log: Arc<Log>,
    stop: watch::Sender<bool>,
    serving: Option<JoinHandle<()>>,
}

impl ScriptedModel {
    /// Binds the port and serves it on the current tokio runtime.
    ///
    /// # Errors
    /// [`Error::Bind`] when the port is taken; [`Error::Scenario`] when a scenario that was given as a value
    /// is wrong, or the fallback is not known.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time enabled.
    pub async fn start(config: ModelConfig) -> Result<Self, Error> {
        for scenario in &config.added {
            let wrong = |message| Error::Scenario {
                file: None,
                scenario: Some(scenario.name().to_owned()),
                message,
            };
            scenario.check().map_err(wrong)?;
        }
        if let Some(name) =
            config.fallback.as_ref().filter(|name| config.library.get(name).is_none())
        {
            return Err(Error::Scenario {
                file: None,
                scenario: Some(name.clone()),
                message: "fallback: no scenario has this name".to_owned(),
            });
        }
        let failed = |source| Error::Bind { port: config.port, source };
        let listener = TcpListener::bind(("127.0.0.1", config.port)).await.map_err(failed)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let log = Arc::new(Log::new(config.keep_requests));
        let (stop, stopping) = watch::channel(false);
        let app = App {
            library: Arc::new(config.library),
            fallback: config.fallback,
            api_key: config.api_key,
            faults: Arc::new(Faults::default()),
            log: Arc::clone(&log),
            stopping: stopping.clone(),
        };
        let service = router(app).into_make_service_with_connect_info::<Line>();
        let serving = tokio::spawn(async move {
            let serve = axum::serve(Listener(listener), service)
                .with_graceful_shutdown(async move { stopped(stopping).await });
            // axum's accept loop retries by itself; its result is always Ok.
            let _always_ok = serve.await;
        });
        Ok(Self { base_url, log, stop, serving: Some(serving) })
    }

    /// Where it listens, for `ANTHROPIC_BASE_URL`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What was asked so far, oldest first, as far as the log reaches back.
    pub fn requests(&self) -> Vec<Request> {
        self.log.all()
    }

    /// Waits until the log holds a request for which `wanted` is true, and gives the first such one. It is in
    /// the log before its answer begins.
    ///
    /// # Cancel safety
    /// Safe: the log is not changed.
    pub async fn wait_for(&self, wanted: impl Fn(&Request) -> bool) -> Request {
        let mut bell = self.log.subscribe();
        loop {
            bell.borrow_and_update();
            if let Some(request) = self.log.all().into_iter().find(&wanted) {
                return request;
            }
            if bell.changed().await.is_err() {
                // The log, which owns the bell, lives as long as this endpoint.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Ends it: answers that are under way are cut, and the port is free on return.
    ///
    /// # Cancel safety
    /// Safe: dropping the future ends the endpoint without waiting.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let Some(serving) = &mut self.serving else {
            return;
        };
        if tokio::time::timeout(GRACE, &mut *serving).await.is_err() {
            serving.abort();
            // The error of an aborted task says that it was aborted.
            let _aborted = serving.await;
        }
        self.serving = None;
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }
}

/// Ends when the endpoint is stopped or gone.
pub(super) async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _stopped_or_gone = stopping.wait_for(|stop| *stop).await.map(|_| ());
}
