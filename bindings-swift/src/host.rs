//! The node, as Swift holds it.

use std::future::Future;
use std::sync::Arc;

use maestro_core::{Error, ErrorKind, Result, ffi};
use tokio::runtime::{Builder, Runtime};

use crate::failure::Failure;
use crate::foreign::{Foreign, Port};
use crate::stream::{Cancel, EventStream};

/// The threads of one node.
#[derive(Debug)]
pub(crate) struct Threads(Option<Runtime>);

impl Threads {
    fn start() -> Result<Self> {
        let built = Builder::new_multi_thread().enable_all().thread_name("maestro").build();
        built.map(|runtime| Self(Some(runtime))).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "no threads for Maestro").caused_by(error)
        })
    }

    /// Runs what the core does on these threads; who waits may be on any.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T, Failure> {
        let closed = || Error::new(ErrorKind::Closed, "the node's threads have ended");
        let Some(runtime) = &self.0 else { return Err(closed().into()) };
        let done = runtime.spawn(work).await;
        Ok(done.unwrap_or_else(|error| Err(closed().caused_by(error)))?)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Not waited for: the last one to let go may be one of these threads.
            runtime.shutdown_background();
        }
    }
}

/// A node.
#[derive(Debug, uniffi::Object)]
pub struct Host {
    host: ffi::Host,
    // After the node, which lives on them.
    threads: Arc<Threads>,
}

#[uniffi::export]
impl Host {
    /// Starts a node.
    #[uniffi::constructor]
    pub async fn open(config: String, foreign: Arc<dyn Foreign>) -> Result<Self, Failure> {
        let threads = Arc::new(Threads::start()?);
        let opening = async move { ffi::Host::open(&config, Arc::new(Port(foreign))).await };
        let host = threads.run(opening).await?;
        Ok(Self { host, threads })
    }

    /// Carries out a command.
    pub async fn command(&self, command: String, cancel: Arc<Cancel>) -> Result<String, Failure> {
        let host = self.host.clone();
        self.threads.run(async move { host.command(&command, &cancel.0).await }).await
    }

    /// Answers a query.
    pub async fn query(&self, query: String, cancel: Arc<Cancel>) -> Result<String, Failure> {
        let host = self.host.clone();
        self.threads.run(async move { host.query(&query, &cancel.0).await }).await
    }

    /// Follows a feed.
    pub async fn events(&self, feed: String) -> Result<EventStream, Failure> {
        let (host, threads) = (self.host.clone(), Arc::clone(&self.threads));
        let stream = self.threads.run(async move { host.events(&feed).await }).await?;
        Ok(EventStream { stream: Arc::new(stream), threads })
    }

    /// The same node for a tenant and an actor.
    #[expect(clippy::needless_pass_by_value, reason = "UniFFI hands over what it made")]
    pub fn scoped(&self, tenant: Option<String>, actor: Option<String>) -> Result<Self, Failure> {
        let host = self.host.scoped(tenant.as_deref(), actor.as_deref())?;
        Ok(Self { host, threads: Arc::clone(&self.threads) })
    }

    /// Closes the node.
    pub async fn close(&self, running: String) -> Result<(), Failure> {
        let host = self.host.clone();
        self.threads.run(async move { host.close(&running).await }).await
    }
}
