//! A kind of task of one's own: it waits to be let pass, tells how far it is, and may be tried again:
//!
//! `own_task PROJECT PAGES`, where PROJECT is any directory and PAGES are words.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::error::Error;

use maestro_core::model::{EventData, Outcome, ProjectSpec, RetryPolicy, TaskSpec};
use maestro_core::task::{TaskContext, task_fn};
use maestro_core::{ErrorKind, Maestro, Result, Running};
use serde_json::json;

#[expect(clippy::cast_precision_loss, reason = "there are few pages")]
// snippet: own_task
async fn publish(run: TaskContext) -> Result<Outcome> {
    let input = run.task().spec.input.clone();
    let pages: Vec<String> = serde_json::from_value(input).unwrap_or_default();
    let gate = run.gate(format!("Publish {} pages?", pages.len()), json!(pages)).await?;
    if !gate.is_allowed() {
        return Ok(Outcome::succeeded("nothing published"));
    }
    if run.attempt() == 1 {
        return Err(maestro_core::Error::new(ErrorKind::Unavailable, "the site is down"));
    }
    for (at, page) in pages.iter().enumerate() {
        // Right before an effect outside: is this attempt still the one that may do it?
        run.verify().await?;
        run.progress(page, Some((at + 1) as f64 / pages.len() as f64)).await?;
    }
    Ok(Outcome::succeeded(format!("published {} pages in attempt {}", pages.len(), run.attempt())))
}
// end

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let [path, pages] = embed::arguments(["PROJECT", "PAGES"]);
    let pages: Vec<_> = pages.split_whitespace().collect();
    // snippet: own_task_submit
    let publish = task_fn(|run| async move { publish(run).await.into() });
    let maestro = Maestro::builder().task("publish", publish).build().await?;
    let site = maestro.projects().ensure(ProjectSpec::new("site", &path)).await?;
    let mut spec = TaskSpec::of_kind("publish", json!(pages)).project(&site);
    spec.retry = RetryPolicy::attempts(3);
    let task = maestro.tasks().submit(spec).await?;
    // end
    let mut events = task.events();
    while let Some(event) = events.next().await {
        match event?.data {
            EventData::ApprovalRequested(asked) if embed::yes(&asked.title)? => {
                maestro.approvals().allow(&asked).await?;
            }
            EventData::ApprovalRequested(asked) => {
                maestro.approvals().deny(&asked, "Not today.").await?;
            }
            EventData::TaskProgress(progress) => println!("{}", progress.message),
            _ => {}
        }
    }
    println!("{}", task.wait().await?.summary());
    maestro.close(Running::Park).await?;
    Ok(())
}
