//! The one object that a binding holds.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::foreign::{Desk, Foreign};
use super::{Cancel, Command, Config, EventStream, Feed, Query, read};
use crate::error::{Error, ErrorKind, Result};
use crate::id::TenantId;
use crate::maestro::{Maestro, Running};
use crate::model::Actor;

/// A node for another language. Cheap to clone; dropping every clone is as dropping a [`Maestro`].
#[derive(Debug, Clone)]
pub struct Host {
    maestro: Maestro,
    desk: Arc<Desk>,
}

impl Host {
    /// Starts a node as a [`Config`] says, in the tokio runtime that this is called in. `foreign` is
    /// asked for what the config says that the host language implements.
    ///
    /// # Errors
    /// `InvalidConfig` naming the field, and what the store gives.
    pub async fn open(config: &str, foreign: Arc<dyn Foreign>) -> Result<Self> {
        guarded(async {
            let config: Config = read(config, ErrorKind::InvalidConfig, "the configuration")?;
            let desk = Arc::new(Desk::new(foreign));
            let maestro = config.builder(&desk)?.build().await?;
            Ok(Self { maestro, desk })
        })
        .await
    }

    /// The same node, confined to a tenant and acting as somebody (an [`Actor`] as JSON); what is not
    /// given stays as it is.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field, and those of [`Maestro::scoped`].
    pub fn scoped(&self, tenant: Option<&str>, actor: Option<&str>) -> Result<Self> {
        let scoped = || {
            let tenant = tenant.map(TenantId::new).transpose()?;
            let kind = ErrorKind::InvalidArgument;
            let actor = actor.map(|actor| read::<Actor>(actor, kind, "actor")).transpose()?;
            let maestro = self.maestro.narrowed(tenant, actor)?;
            Ok(Self { maestro, desk: Arc::clone(&self.desk) })
        };
        scoped().map_err(|error: Error| error.during("maestro.scoped"))
    }

    /// Carries out a [`Command`] and gives its answer as JSON.
    ///
    /// # Cancel safety
    /// That of the verb in Rust; giving up by `cancel` is as dropping the future.
    pub async fn command(&self, command: &str, cancel: &Cancel) -> Result<String> {
        guarded(cancel.guard(async {
            let command: Command = read(command, ErrorKind::InvalidArgument, "the call")?;
            command.run(&self.maestro, &self.desk).await
        }))
        .await
    }

    /// Answers a [`Query`] as JSON.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing; giving up by `cancel` is the same.
    pub async fn query(&self, query: &str, cancel: &Cancel) -> Result<String> {
        guarded(cancel.guard(async {
            let query: Query = read(query, ErrorKind::InvalidArgument, "the call")?;
            query.run(&self.maestro, &self.desk).await
        }))
        .await
    }

    /// Follows a [`Feed`].
    ///
    /// # Errors
    /// Those of the feed in Rust.
    pub async fn events(&self, feed: &str) -> Result<EventStream> {
        guarded(async {
            let feed: Feed = read(feed, ErrorKind::InvalidArgument, "the feed")?;
            EventStream::open(&self.maestro, feed).await
        })
        .await
    }

    /// How many attempts and conversations the host language has under way; for tests.
    pub fn known(&self) -> (usize, usize) {
        self.desk.known()
    }

    /// The node below; for tests.
    pub fn maestro(&self) -> &Maestro {
        &self.maestro
    }

    /// Closes the node; `running` is `park` or `wait`. Calling it again does nothing.
    ///
    /// # Errors
    /// As [`Maestro::close`].
    pub async fn close(&self, running: &str) -> Result<()> {
        guarded(async {
            let running = match running {
                "park" => Running::Park,
                "wait" => Running::Wait,
                other => {
                    let why = format!("must be `park` or `wait` and is {other:?}");
                    return Err(Error::invalid("running", why));
                }
            };
            self.maestro.close(running).await
        })
        .await
    }
}

/// Lets no panic cross the facade, and puts what may be large on the heap.
fn guarded<'a, T>(future: impl Future<Output = Result<T>> + Send + 'a) -> BoxFuture<'a, Result<T>> {
    let caught = AssertUnwindSafe(Box::pin(future)).catch_unwind();
    let told = caught.map(|result| match result {
        Ok(result) => result,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let why = format!("a defect in Maestro: {}", text.unwrap_or("a panic"));
            Err(Error::new(ErrorKind::Internal, why))
        }
    });
    told.boxed()
}
