//! What a table is run on.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::runtime::Runtime;
use crate::storage::StorageConfig;

/// A backend to test: how to make a new, empty store, and the runtime to open it with.
#[derive(Clone)]
pub struct Bench {
    runtime: Arc<dyn Runtime>,
    fresh: Arc<dyn Fn() -> BoxFuture<'static, Fresh> + Send + Sync>,
    keeps_hints: bool,
}

impl Bench {
    /// Stores that `fresh` makes. Each call gives the place of another, empty store.
    pub fn new<F, Made>(runtime: Arc<dyn Runtime>, fresh: F) -> Self
    where
        F: Fn() -> Made + Send + Sync + 'static,
        Made: Future<Output = Fresh> + Send + 'static,
    {
        Self { runtime, fresh: Arc::new(move || fresh().boxed()), keeps_hints: true }
    }

    /// Leaves out the cases that wait for a hint, since this backend loses too many.
    pub fn losing_hints(mut self) -> Self {
        self.keeps_hints = false;
        self
    }

    /// Puts `wrap` around every store, for example [`JsonLoopback`](super::super::loopback::JsonLoopback).
    pub fn wrapped<W: StorageConfig>(
        mut self,
        wrap: impl Fn(Arc<dyn StorageConfig>) -> W + Send + Sync + 'static,
    ) -> Self {
        let (fresh, wrap) = (self.fresh, Arc::new(wrap));
        self.fresh = Arc::new(move || {
            let (made, wrap) = (fresh(), Arc::clone(&wrap));
            async move {
                let Fresh { config, guard } = made.await;
                Fresh { config: Arc::new(wrap(config)), guard }
            }
            .boxed()
        });
        self
    }

    /// Whether hints arrive.
    pub fn keeps_hints(&self) -> bool {
        self.keeps_hints
    }

    /// The runtime that stores are opened with, beneath a clock that cases move.
    pub fn runtime(&self) -> Arc<dyn Runtime> {
        Arc::clone(&self.runtime)
    }

    /// The place of a new, empty store.
    pub async fn fresh(&self) -> Fresh {
        (self.fresh)().await
    }
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bench").field("keeps_hints", &self.keeps_hints).finish_non_exhaustive()
    }
}

/// The place of a new, empty store.
pub struct Fresh {
    /// Opens it; every time the same store.
    pub config: Arc<dyn StorageConfig>,
    /// Removes it when dropped.
    pub guard: Option<Box<dyn Any + Send + Sync>>,
}

impl Fresh {
    /// A place that leaves nothing behind.
    pub fn new(config: impl StorageConfig) -> Self {
        Self { config: Arc::new(config), guard: None }
    }

    /// A place that `guard` removes when it is dropped, for example a temporary directory.
    pub fn guarded(config: impl StorageConfig, guard: impl Any + Send + Sync) -> Self {
        Self { config: Arc::new(config), guard: Some(Box::new(guard)) }
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh").field("config", &self.config).finish_non_exhaustive()
    }
}
