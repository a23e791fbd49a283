//! What became of tasks, as a table.

use maestro_core::Result;
use maestro_core::model::{MicroUsd, TaskInfo};
use maestro_core::task::TaskHandle;

use crate::args::Common;
use crate::list::short;
use crate::out;
use crate::text::{head, pad, plain};

/// Prints the tasks, or their records as JSON.
pub(crate) async fn print(common: &Common, tasks: &[TaskHandle]) -> Result<()> {
    let mut rows = Vec::new();
    for task in tasks {
        let info = task.info().await?;
        if common.json {
            out::json(&info)?;
            continue;
        }
        // A task that never started has no workspace.
        let changes = task.workspace().changes().await.ok();
        rows.push((info, changes.map(|changes| changes.files.len())));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let titles: Vec<String> =
        rows.iter().map(|(info, _)| head(&plain(&info.title()), 32)).collect();
    let wide = titles.iter().map(|title| crate::text::width(title)).max().unwrap_or(0).max(4);
    out::line(format_args!(
        "\n{}  {:<8}  {:<14}  {:>8}  {:>5}  {:>8}  {:>10}  {:>7}  {:>5}",
        pad("task", wide),
        "id",
        "state",
        "attempts",
        "turns",
        "tokens",
        "cost",
        "time",
        "files"
    ))?;
    for ((info, files), title) in rows.iter().zip(&titles) {
        out::line(format_args!(
            "{}  {:<8}  {:<14}  {:>8}  {:>5}  {:>8}  {:>10}  {:>6.1}s  {:>5}",
            pad(title, wide),
            short(&info.id),
            info.state.as_str(),
            info.attempts.len(),
            info.usage.turns,
            info.usage.tokens(),
            cost(info.usage.cost_micro_usd),
            seconds(info),
            files.map_or("-".to_owned(), |files| files.to_string()),
        ))?;
    }
    Ok(())
}

/// Nothing is known of a cost of zero.
fn cost(micros: i64) -> String {
    if micros == 0 { "-".to_owned() } else { MicroUsd(micros).to_string() }
}

fn seconds(task: &TaskInfo) -> f64 {
    let start = task.started_at.unwrap_or(task.created_at);
    task.ended_at.map_or(0.0, |end| end.since(start).as_secs_f64())
}
