//! A closure as a task.

use std::fmt;
use std::future::Future;

use async_trait::async_trait;

use crate::model::Outcome;
use crate::task::{Task, TaskContext};

struct TaskFn<F>(F);

impl<F> fmt::Debug for TaskFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskFn").finish_non_exhaustive()
    }
}

#[async_trait]
impl<F, R> Task for TaskFn<F>
where
    F: Fn(TaskContext) -> R + Send + Sync + 'static,
    R: Future<Output = Outcome> + Send + 'static,
{
    async fn run(&self, context: TaskContext) -> Outcome {
        (self.0)(context).await
    }
}

/// Makes a [`Task`] of an async closure.
pub fn task_fn<F, R>(run: F) -> impl Task
where
    F: Fn(TaskContext) -> R + Send + Sync + 'static,
    R: Future<Output = Outcome> + Send + 'static,
{
    TaskFn(run)
}
