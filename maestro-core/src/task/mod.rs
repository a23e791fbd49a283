//! Tasks: durable requests for work, and the trait of those who do it.

mod agent;
mod context;
mod dispatch;
mod explain;
mod function;
mod gate;
mod group;
mod handle;
mod machine;
mod promotion;
mod record;
mod recovery;
mod worker;

use std::fmt;

use async_trait::async_trait;

pub(crate) use agent::AgentTask;
pub use context::TaskContext;
pub(crate) use dispatch::dispatch_for_ever;
pub use function::task_fn;
pub use gate::Gate;
pub use group::{TaskFilter, TaskPage, Tasks};
pub use handle::TaskHandle;
pub(crate) use machine::Chance;
pub(crate) use recovery::{rescue, sweep};

use crate::model::Outcome;

/// Work of one kind, registered under a name with the builder.
///
/// # Contract
/// - `run` may be called again for the same task, with a higher attempt, after a crash or failure:
///   at least once. What it does outside should be safe to repeat, or use
///   [`TaskContext::token`] as a fence.
/// - The future is dropped when the node loses its authority over the task, and some time after a
///   cancel that it does not heed. It must not leave work running behind.
/// - A panic ends the attempt as failed.
#[async_trait]
pub trait Task: fmt::Debug + Send + Sync + 'static {
    /// Does the work. A bad result is [`Outcome::Failed`], not a panic.
    async fn run(&self, context: TaskContext) -> Outcome;
}
