//! The `approvals` group.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approval::{ApprovalRef, Policies, decide, record};
use crate::error::{Error, Result};
use crate::id::{ProjectId, SessionId, TaskId};
use crate::model::check;
use crate::model::{ApprovalInfo, ApprovalKind, ApprovalState, Cursor, Decision, Remember};
use crate::node::{Scope, Versioned};
use crate::storage::{Link, ListQuery, RecordKind};

/// Which approvals to list. Every given field narrows; an empty list means "any".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalFilter {
    /// Any of these states.
    pub states: Vec<ApprovalState>,
    /// Of these projects.
    pub project_ids: Vec<ProjectId>,
    /// Of this session.
    pub session_id: Option<SessionId>,
    /// Of this task.
    pub task_id: Option<TaskId>,
    /// Of this kind.
    pub kind: Option<ApprovalKind>,
    /// That this one is to answer.
    pub assignee: Option<String>,
    /// At most this many, up to 1000. Default 100. A page may be shorter though more follow.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl ApprovalFilter {
    /// Those that wait for an answer.
    pub fn pending() -> Self {
        Self { states: vec![ApprovalState::Pending], ..Self::default() }
    }

    /// Narrows to one session.
    pub fn session(mut self, id: SessionId) -> Self {
        self.session_id = Some(id);
        self
    }

    /// Narrows to one task, its session's questions and its gates.
    pub fn task(mut self, id: TaskId) -> Self {
        self.task_id = Some(id);
        self
    }

    /// Narrows to one project.
    pub fn project(mut self, id: ProjectId) -> Self {
        self.project_ids.push(id);
        self
    }

    /// Narrows to one kind.
    pub fn kind(mut self, kind: ApprovalKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Narrows to those that one person is to answer.
    pub fn assignee(mut self, name: impl Into<String>) -> Self {
        self.assignee = Some(name.into());
        self
    }

    /// The link that a store can look for: the narrowest of those that are asked for.
    fn link(&self) -> Option<Link> {
        let task = self.task_id.map(|id| (record::TASK, id.to_string()));
        let assignee = || self.assignee.clone().map(|name| (record::ASSIGNEE, name));
        let kind = || self.kind.map(|kind| (record::KIND, kind.as_str().to_owned()));
        let (rel, target) = task.or_else(assignee).or_else(kind)?;
        Some(Link { rel: rel.to_owned(), target })
    }

    /// Whether an approval fits what the store did not look for.
    fn fits(&self, approval: &ApprovalInfo) -> bool {
        (self.task_id.is_none() || self.task_id == approval.task_id)
            && (self.assignee.is_none() || self.assignee == approval.assignee)
            && self.kind.is_none_or(|kind| kind == approval.kind)
    }
}

/// One page of approvals, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ApprovalPage {
    /// The approvals.
    pub approvals: Vec<ApprovalInfo>,
    /// Where the next page starts; none when this is the last.
    pub next: Option<String>,
    /// Watching from here misses nothing that came after this page.
    pub as_of: Cursor,
}

/// The `approvals` group: questions of agents and tasks, and their answers. An approval is named by
/// its id, its record, or the `approval.requested` that told of it.
///
/// The first answer counts. Giving the same answer again changes nothing and succeeds; another
/// answer, or one that comes too late, is a `Conflict` that says what was decided, by whom and when.
/// An answer whose time is up is too late, also before any sweeper has seen that.
///
/// Where the process that asked is gone (`owner_lost`), a person's answer becomes a grant: it answers
/// the same question once, when the session goes on and asks it again.
#[derive(Debug, Clone)]
pub struct Approvals {
    pub(crate) scope: Scope,
}

impl Approvals {
    /// One approval.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, approval: impl Into<ApprovalRef> + Send) -> Result<ApprovalInfo> {
        let during = |error: Error| error.during("approvals.get");
        let id = approval.into().id().map_err(during)?;
        let read = self.scope.core.store.require(&self.scope.tenant, id).await;
        read.map(|read| read.value).map_err(during)
    }

    /// A page of approvals.
    ///
    /// # Errors
    /// `InvalidArgument` for a state that is not known, a limit out of range or a page token of another query.
    pub async fn list(&self, filter: ApprovalFilter) -> Result<ApprovalPage> {
        let tenant = Some(self.scope.tenant.clone());
        let mut query = ListQuery::new(tenant, RecordKind::APPROVAL);
        let unknown = filter.states.iter().filter_map(|state| match state {
            ApprovalState::Other(value) => Some(*value),
            _ => None,
        });
        check::none_unknown("states", unknown).map_err(|error| error.during("approvals.list"))?;
        query.states = filter.states.iter().map(|state| state.as_str().to_owned()).collect();
        query.groups = filter.project_ids.iter().map(ToString::to_string).collect();
        query.parent = filter.session_id.map(|id| id.to_string());
        query.link = filter.link();
        query.limit = filter.limit.unwrap_or(ListQuery::DEFAULT_LIMIT);
        query.page_token.clone_from(&filter.page_token);
        let mut as_of = None;
        loop {
            let listed = self.scope.core.store.storage.list(&query).await;
            let page = listed.map_err(|error: Error| error.during("approvals.list"))?;
            let as_of = as_of.get_or_insert(page.as_of).clone();
            let reads = page.records.iter().map(Versioned::<ApprovalInfo>::decode);
            let read = reads.map(|read| read.map(|read| read.value)).collect::<Result<Vec<_>>>()?;
            let approvals: Vec<_> =
                read.into_iter().filter(|approval| filter.fits(approval)).collect();
            if approvals.is_empty() && page.next.is_some() {
                query.page_token = page.next;
                continue;
            }
            return Ok(ApprovalPage { approvals, next: page.next, as_of });
        }
    }

    /// The rules that answer tool calls before a person is asked.
    pub fn policies(&self) -> Policies {
        Policies { scope: self.scope.clone() }
    }

    /// Every approval that the filter shows, oldest first, from its page on to the last. Each page is
    /// a look of its own.
    ///
    /// # Errors
    /// As [`Approvals::list`].
    pub async fn all(&self, mut filter: ApprovalFilter) -> Result<Vec<ApprovalInfo>> {
        let mut approvals = Vec::new();
        loop {
            let page = self.list(filter.clone()).await?;
            approvals.extend(page.approvals);
            match page.next {
                Some(next) => filter.page_token = Some(next),
                None => return Ok(approvals),
            }
        }
    }

    /// Allows it, once and as asked.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`.
    pub async fn allow(&self, approval: impl Into<ApprovalRef> + Send) -> Result<ApprovalInfo> {
        self.decide(approval, Decision::allow()).await
    }

    /// Allows it with another input (none means as asked), and says how long the answer holds. One
    /// that holds for the session or project is kept as rules, which [`Approvals::policies`] lists:
    /// what the agent proposes for just this tool, or else the narrowest that is of use. The agent's
    /// own settings are never changed.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, `InvalidArgument` naming `remember` when it cannot be kept.
    pub async fn allow_with(
        &self,
        approval: impl Into<ApprovalRef> + Send,
        input: Option<Value>,
        remember: Remember,
    ) -> Result<ApprovalInfo> {
        self.decide(approval, Decision::Allow { input, remember }).await
    }

    /// Denies it, and tells the agent why.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`.
    pub async fn deny(
        &self,
        approval: impl Into<ApprovalRef> + Send,
        message: impl Into<String>,
    ) -> Result<ApprovalInfo> {
        self.decide(approval, Decision::deny(message)).await
    }

    /// Answers a question: an object with the answer to each question by its text; for an
    /// elicitation with its fields.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, `InvalidArgument` naming `answers` when it is not a question or they do
    /// not fit what was asked.
    pub async fn answer(
        &self,
        approval: impl Into<ApprovalRef> + Send,
        answers: Value,
    ) -> Result<ApprovalInfo> {
        self.decide(approval, Decision::Answer { answers }).await
    }

    /// Gives any answer. It is durable when this returns; the owner of the session passes it on.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, `InvalidArgument` when it does not fit the question.
    pub async fn decide(
        &self,
        approval: impl Into<ApprovalRef> + Send,
        decision: Decision,
    ) -> Result<ApprovalInfo> {
        let Scope { core, tenant, actor } = &self.scope;
        let id = approval.into().id().map_err(|error| error.during("approval.decide"))?;
        Box::pin(decide::decide(core, tenant, actor, id, &decision)).await
    }

    /// Gives an approval at least this much more time from now on. One that has it already, or that
    /// waits for ever, stays as it is.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it does not wait any more.
    pub async fn extend(
        &self,
        approval: impl Into<ApprovalRef> + Send,
        by: Duration,
    ) -> Result<ApprovalInfo> {
        let during = |error: Error| error.during("approvals.extend");
        let id = approval.into().id().map_err(during)?;
        decide::extend(&self.scope, id, by).await.map_err(during)
    }

    /// Says who is to answer; none means anybody. It is a note for people, and keeps nobody else from
    /// answering.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it does not wait any more, `InvalidArgument` naming `assignee`.
    pub async fn assign(
        &self,
        approval: impl Into<ApprovalRef> + Send,
        assignee: Option<&str>,
    ) -> Result<ApprovalInfo> {
        let during = |error: Error| error.during("approvals.assign");
        let id = approval.into().id().map_err(during)?;
        decide::assign(&self.scope, id, assignee).await.map_err(during)
    }
}
