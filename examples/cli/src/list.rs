//! `ls` and `show`.

use maestro_core::approval::ApprovalFilter;
use maestro_core::model::{ApprovalInfo, MicroUsd, TaskInfo, TaskState};
use maestro_core::task::TaskFilter;
use maestro_core::text;
use maestro_core::{Error, ErrorKind, Maestro, Result};

use crate::args::{Common, Ls, TaskArg};
use crate::exit::Exit;
use crate::text::{counted, plain};
use crate::{node, out};

pub(crate) async fn ls(maestro: &Maestro, common: &Common, command: Ls) -> Result<Exit> {
    let mut filter = TaskFilter::default();
    for state in &command.state {
        let known = serde_json::from_value(state.as_str().into())
            .ok()
            .filter(|state| !matches!(state, TaskState::Other(_)));
        filter.states.push(known.ok_or_else(|| {
            Error::invalid("state", format!("is not a state of tasks: {state:?}"))
        })?);
    }
    let tasks = maestro.tasks().all(filter).await?;
    let asked = maestro.approvals().all(ApprovalFilter::pending()).await?;
    for task in &tasks {
        let waits = asked.iter().any(|asked| asked.task_id == Some(task.id));
        out::say(common, task, line(task, waits))?;
        if !common.json {
            let asked = asked.iter().filter(|asked| asked.task_id == Some(task.id));
            asked.map(|asked| question(common, asked)).try_for_each(out::line)?;
        }
    }
    if tasks.is_empty() && !common.json {
        out::note("no tasks");
    }
    Ok(Exit::Ok)
}

pub(crate) async fn show(maestro: &Maestro, common: &Common, command: TaskArg) -> Result<Exit> {
    let task = find(maestro, &command.task).await?;
    if common.json {
        out::json(&task)?;
        return Ok(Exit::Ok);
    }
    out::line(line(&task, false))?;
    let fact = |name: &str, value: String| out::line(format_args!("  {name:<10} {value}"));
    fact("id", task.id.to_string())?;
    fact("asked", plain(&task.spec.prompt))?;
    for attempt in &task.attempts {
        let state = serde_json::to_value(attempt.state).unwrap_or_default();
        let state = state.as_str().unwrap_or_default();
        fact("attempt", format!("{}: {state}, from {}", attempt.number, attempt.started_at))?;
    }
    if let Some(session) = task.session_id {
        fact("session", session.to_string())?;
    }
    let workspace = maestro.tasks().handle(task.id).workspace();
    if let Ok(info) = workspace.info().await {
        fact("workspace", info.workspace.cwd().to_string())?;
        if let Some(why) = &info.not_isolated {
            fact("shared", plain(why))?;
        }
        for work in &info.work_elsewhere {
            fact("elsewhere", plain(&work.to_string()))?;
        }
    }
    if task.usage.tokens() > 0 {
        let cost = MicroUsd(task.usage.cost_micro_usd);
        fact("used", format!("{} tokens, {cost}", task.usage.tokens()))?;
    }
    if let Some(outcome) = &task.outcome {
        for line in outcome.summary().lines().map(plain).filter(|line| !line.is_empty()) {
            fact("outcome", line)?;
        }
    }
    for reason in maestro.tasks().explain(task.id).await? {
        let what = reason.reference.map(|what| format!(" {what}")).unwrap_or_default();
        fact("waits for", format!("{}{what}: {}", reason.code, reason.fix))?;
    }
    if let Some(session) = task.session_id {
        let asked = ApprovalFilter::pending().session(session);
        let asked = maestro.approvals().all(asked).await?;
        asked.iter().map(|asked| question(common, asked)).try_for_each(out::line)?;
    }
    Ok(Exit::Ok)
}

/// A task by its id or the end of it.
pub(crate) async fn find(maestro: &Maestro, reference: &str) -> Result<TaskInfo> {
    if let Ok(id) = reference.parse() {
        return maestro.tasks().get(id).await;
    }
    let tasks = maestro.tasks().all(TaskFilter::default()).await?;
    only(tasks, "task", reference, |task| task.id.to_string())
}

/// The one thing whose id ends like this.
pub(crate) fn only<T>(
    all: Vec<T>,
    what: &str,
    reference: &str,
    id: impl Fn(&T) -> String,
) -> Result<T> {
    let mut found = all.into_iter().filter(|one| id(one).ends_with(reference));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            Err(Error::invalid(what, format!("fits several: {reference:?}; give more of its id")))
        }
        (None, _) => Err(Error::new(
            ErrorKind::NotFound,
            format!("`{what}` names none that exists: {reference:?}; `maestro ls` lists them"),
        )),
    }
}

/// The end of an id, which is what tells ids of the same moment apart.
pub(crate) fn short(id: &impl ToString) -> String {
    let id = id.to_string();
    id[id.len().saturating_sub(8)..].to_owned()
}

/// What an agent asks, and what to type to allow it.
pub(crate) fn question(common: &Common, asked: &ApprovalInfo) -> String {
    let (call, id) = (node::call(common), short(&asked.id));
    let title = plain(&asked.title);
    let kept = match asked.remembered_rules.as_slice() {
        [] => String::new(),
        rules => format!("\n    with --remember it keeps: {}", plain(&rules.join(", "))),
    };
    let what = exactly(&asked.input);
    format!("  needs a person: {title}\n    {what}{kept}\n    {call} approve {id}")
}

/// What would be done, what matters first, in full as far as that is bearable; a cut is seen.
pub(crate) fn exactly(input: &serde_json::Value) -> String {
    text::input(input, 4000).join("\n    ")
}

fn line(task: &TaskInfo, waits: bool) -> String {
    let attempts = counted(task.attempts.len(), "attempt");
    let state = if waits { "needs a person" } else { task.state.as_str() };
    format!("{}  {state:<14}  {attempts:<10}  {}", short(&task.id), plain(&task.title()))
}
