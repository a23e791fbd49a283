//! A task of one's own: work that is no agent, with the same queue, retries and events.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use maestro_core::model::{Outcome, RetryPolicy, TaskSpec};
use maestro_core::task::task_fn;
use maestro_core::{Error, ErrorKind, Maestro, Result, Running};

#[tokio::main]
async fn main() -> Result<()> {
    let flaky = task_fn(|context| async move {
        if context.attempt() == 1 {
            let error = Error::new(ErrorKind::Unavailable, "the service is not up yet");
            return Outcome::failed(&error);
        }
        let name = context.task().spec.input["name"].as_str().unwrap_or("nobody").to_owned();
        Outcome::succeeded(format!("checked {name} in attempt {}", context.attempt()))
    });
    let maestro = Maestro::builder().task("check", flaky).build().await?;
    let mut spec = TaskSpec::of_kind("check", serde_json::json!({ "name": "shop" }));
    spec.retry = RetryPolicy::attempts(3);
    let task = maestro.tasks().submit(spec).await?;
    println!("{}", task.wait().await?.summary());
    maestro.close(Running::Wait).await
}
