//! The table at the end of the demo.

use maestro_core::Result;
use maestro_core::model::{MicroUsd, TaskInfo};
use maestro_core::task::TaskHandle;

use crate::list::short;

/// Prints what became of the tasks.
pub(crate) async fn print(tasks: &[TaskHandle]) -> Result<()> {
    println!();
    println!(
        "{:<10} {:<10} {:<10} {:>8} {:>6} {:>8} {:>10} {:>7} {:>6}",
        "task", "id", "state", "attempts", "turns", "tokens", "cost", "time", "files"
    );
    for task in tasks {
        let info = task.info().await?;
        let files = match task.workspace().changes().await {
            Ok(changes) => changes.files.len().to_string(),
            Err(_) => "-".to_owned(),
        };
        println!(
            "{:<10} {:<10} {:<10} {:>8} {:>6} {:>8} {:>10} {:>6.1}s {:>6}",
            info.title(),
            short(&info.id),
            info.state.as_str(),
            info.attempts.len(),
            info.usage.turns,
            info.usage.tokens(),
            MicroUsd(info.usage.cost_micro_usd).to_string(),
            seconds(&info),
            files,
        );
    }
    Ok(())
}

fn seconds(task: &TaskInfo) -> f64 {
    let start = task.started_at.unwrap_or(task.created_at);
    task.ended_at.map_or(0.0, |end| end.since(start).as_secs_f64())
}
