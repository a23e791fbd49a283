//! A kind of task of the host language.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::{Either, select};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Desk;
use crate::error::{ErrorKind, Result};
use crate::id::LeaseToken;
use crate::model::{Outcome, TaskInfo};
use crate::task::{Task, TaskContext};

/// A kind of task of the host language.
#[derive(Debug)]
pub(in crate::ffi) struct ForeignTask {
    kind: String,
    desk: Arc<Desk>,
}

#[derive(Serialize)]
struct Run<'a> {
    run: u64,
    kind: &'a str,
    task: &'a TaskInfo,
    attempt: u32,
    token: LeaseToken,
    env: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Ran {
    Outcome(Outcome),
    Returned(Value),
}

impl ForeignTask {
    pub(in crate::ffi) fn new(kind: String, desk: Arc<Desk>) -> Self {
        Self { kind, desk }
    }

    async fn ran(&self, context: &TaskContext) -> Result<Outcome> {
        let id = self.desk.id();
        let _noted = self.desk.note_run(id, context.clone());
        let request = Run {
            run: id,
            kind: &self.kind,
            task: context.task(),
            attempt: context.attempt(),
            token: context.token(),
            env: context.env(),
        };
        let running = Box::pin(self.desk.call(id, "task.run", &request));
        let ran = match select(running, Box::pin(context.cancelled())).await {
            Either::Left((ran, _)) => ran,
            Either::Right(((), running)) => {
                self.desk.cancel(id);
                // It is worth waiting for what it got done. The worker bounds how long.
                running.await
            }
        };
        Ok(match ran? {
            Ran::Outcome(outcome) => outcome,
            Ran::Returned(Value::Null) => Outcome::succeeded(""),
            Ran::Returned(Value::String(summary)) => Outcome::succeeded(summary),
            Ran::Returned(output) => {
                Outcome::Succeeded { summary: String::new(), output, work_elsewhere: Vec::new() }
            }
        })
    }
}

#[async_trait]
impl Task for ForeignTask {
    async fn run(&self, context: TaskContext) -> Outcome {
        match self.ran(&context).await {
            Ok(outcome) => outcome,
            Err(error) if context.is_cancelled() && error.kind() == ErrorKind::Cancelled => {
                Outcome::Cancelled { reason: "cancelled".to_owned() }
            }
            Err(error) => Outcome::failed(&error),
        }
    }
}
