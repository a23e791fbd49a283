//! The built-in kind of task: prompts a coding agent in a workspace of its own.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::{Either, select};
use serde_json::json;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    ContentBlock, Outcome, ProjectInfo, StopReason, TaskInfo, TurnInfo, WorkspaceInfo,
};
use crate::project::workspaces::{self, Work};
use crate::session::TaskSession;
use crate::task::{Task, TaskContext};
use crate::workspace::{Committed, KEPT, LEFT_OUT, REFUSED};

/// Prompts an agent: prepares the workspace, opens or resumes the session, prompts, commits the
/// work to the workspace's branch.
#[derive(Debug)]
pub(crate) struct AgentTask;

#[async_trait]
impl Task for AgentTask {
    async fn run(&self, context: TaskContext) -> Outcome {
        match attempt(&context).await {
            Ok(outcome) => outcome,
            Err(_) if context.is_cancelled() => cancelled(),
            Err(error) => Outcome::failed(&error),
        }
    }
}

async fn attempt(context: &TaskContext) -> Result<Outcome> {
    let scope = &context.inner.scope;
    let task = context.task();
    let project_id =
        task.project_id.ok_or_else(|| Error::invalid("project", "is needed by an agent task"))?;
    let project = scope.core.store.require::<ProjectInfo>(&task.tenant_id, project_id).await?.value;
    let workspace = match workspaces::prepare(context, &project).await? {
        workspaces::Ready::Yes(workspace) => workspace,
        workspaces::Ready::Conflicted { with, files } => {
            return Ok(Outcome::InputRequired {
                reason: "workspace_conflict".to_owned(),
                detail: json!({ "with": with, "files": files }),
            });
        }
    };
    let Some(turn) = converse(context, task, &workspace).await? else {
        workspaces::look_elsewhere(context, &workspace).await?;
        return Ok(cancelled());
    };
    let work = workspaces::commit(context, &workspace).await?;
    let elsewhere = workspaces::look_elsewhere(context, &workspace).await?;
    Ok(match outcome(&turn) {
        Outcome::Succeeded { summary, output, .. } => {
            let succeeded = Outcome::Succeeded { summary, output, work_elsewhere: elsewhere };
            needs_a_person(&work).unwrap_or(succeeded)
        }
        outcome => outcome,
    })
}

/// What a person has to see to before the work of a good turn is out of the workspace.
fn needs_a_person(work: &Work) -> Option<Outcome> {
    let (reason, detail) = match work {
        Work::Kept(error) => ("workspace_kept", json!({ "error": error.info(), "advice": KEPT })),
        Work::Committed(done) if !done.left_out.is_empty() => {
            let mut detail = json!({ "directories": done.left_out, "advice": LEFT_OUT });
            if !done.refused.is_empty() {
                detail["refused"] = json!(refused(done));
            }
            ("nested_repositories", detail)
        }
        Work::Committed(done) if !done.refused.is_empty() => {
            ("files_refused", json!({ "files": refused(done), "advice": REFUSED }))
        }
        Work::Committed(_) => return None,
    };
    Some(Outcome::InputRequired { reason: reason.to_owned(), detail })
}

/// The files that are not in the commit, for people.
fn refused(done: &Committed) -> Vec<String> {
    done.refused.iter().map(ToString::to_string).collect()
}

/// Runs the task's turn. None when the task was cancelled meanwhile.
async fn converse(
    context: &TaskContext,
    task: &TaskInfo,
    workspace: &WorkspaceInfo,
) -> Result<Option<TurnInfo>> {
    let scope = &context.inner.scope;
    let session = TaskSession::open_or_resume(
        scope,
        task,
        context.attempt(),
        task.spec.session.clone(),
        workspace.workspace.cwd(),
        context.env(),
    )
    .await?;
    workspaces::note_session(context, session.session_id()).await?;
    let session = Arc::new(session);
    let (preface, prompt, key) = asked(task);
    let turn = session.run_turn(preface, prompt, &key);
    let done = match select(Box::pin(turn), Box::pin(context.cancelled())).await {
        Either::Left((turn, _)) => Some(turn),
        Either::Right(((), turn)) => {
            // The turn's end is worth waiting for: it brings the diff and the cost of what was
            // done. The worker bounds how long.
            session.interrupt().await?;
            if let Err(error) = turn.await {
                tracing::debug!(%error, "the cancelled turn did not end by itself");
            }
            None
        }
    };
    session.close().await?;
    done.transpose()
}

/// What the agent is asked, after what it has to know, and the name that this is known by: an attempt
/// that takes another's place asks nothing twice.
fn asked(task: &TaskInfo) -> (Vec<ContentBlock>, Vec<ContentBlock>, String) {
    let first = vec![ContentBlock::text(task.spec.prompt.clone())];
    match task.replies.last() {
        None => (Vec::new(), first, format!("task:{}", task.id)),
        Some(reply) => {
            let key = format!("task:{}:reply:{}", task.id, reply.number);
            (first, reply.prompt.clone(), key)
        }
    }
}

fn outcome(turn: &TurnInfo) -> Outcome {
    if let Some(error) = &turn.error {
        return Outcome::Failed { error: error.clone(), retryable: error.retryable };
    }
    match &turn.stop_reason {
        Some(StopReason::EndTurn) | None => Outcome::Succeeded {
            summary: turn.result.clone().unwrap_or_default(),
            output: turn.structured_output.clone(),
            work_elsewhere: Vec::new(),
        },
        Some(StopReason::Cancelled) => cancelled(),
        Some(reason) => {
            let error = Error::new(ErrorKind::Internal, format!("the agent stopped: {reason}"));
            Outcome::Failed { error: error.info(), retryable: true }
        }
    }
}

fn cancelled() -> Outcome {
    Outcome::Cancelled { reason: "cancelled".to_owned() }
}
