//! The `approvals` group.

use serde_json::Value;

use crate::approval::{decide, record};
use crate::error::{Error, Result};
use crate::id::{ApprovalId, ProjectId, SessionId};
use crate::model::{ApprovalInfo, ApprovalKind, ApprovalState, Cursor, Decision, Remember};
use crate::node::{Scope, Versioned};
use crate::storage::{Link, ListQuery, RecordKind};

/// Which approvals to list. Every given field narrows; an empty list means "any".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ApprovalFilter {
    /// Any of these states.
    pub states: Vec<ApprovalState>,
    /// Of these projects.
    pub project_ids: Vec<ProjectId>,
    /// Of this session.
    pub session_id: Option<SessionId>,
    /// Of this kind.
    pub kind: Option<ApprovalKind>,
    /// At most this many, up to 1000. Default 100.
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
}

/// One page of approvals, oldest first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ApprovalPage {
    /// The approvals.
    pub approvals: Vec<ApprovalInfo>,
    /// Where the next page starts; none when this is the last.
    pub next: Option<String>,
    /// Watching from here misses nothing that came after this page.
    pub as_of: Cursor,
}

/// The `approvals` group: questions of agents, and their answers.
///
/// The first answer counts. Giving the same answer again changes nothing and succeeds; another
/// answer, or one that comes too late, is a `Conflict` that names the state.
#[derive(Debug, Clone)]
pub struct Approvals {
    pub(crate) scope: Scope,
}

impl Approvals {
    /// One approval.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, id: ApprovalId) -> Result<ApprovalInfo> {
        let read = self.scope.core.store.require(&self.scope.tenant, id).await;
        read.map(|read| read.value).map_err(|error| error.during("approvals.get"))
    }

    /// A page of approvals.
    ///
    /// # Errors
    /// `InvalidArgument` for a limit out of range or a page token of another query.
    pub async fn list(&self, filter: ApprovalFilter) -> Result<ApprovalPage> {
        let tenant = Some(self.scope.tenant.clone());
        let mut query = ListQuery::new(tenant, RecordKind::APPROVAL);
        query.states = filter.states.iter().map(|state| state.as_str().to_owned()).collect();
        query.groups = filter.project_ids.iter().map(ToString::to_string).collect();
        query.parent = filter.session_id.map(|id| id.to_string());
        query.link = filter.kind.map(|kind| Link {
            rel: record::KIND.to_owned(),
            target: record::kind_name(kind).to_owned(),
        });
        query.limit = filter.limit.unwrap_or(ListQuery::DEFAULT_LIMIT);
        query.page_token = filter.page_token;
        let listed = self.scope.core.store.storage.list(&query).await;
        let page = listed.map_err(|error: Error| error.during("approvals.list"))?;
        let reads = page.records.iter().map(Versioned::decode);
        let approvals = reads.map(|read| read.map(|read| read.value)).collect::<Result<_>>()?;
        Ok(ApprovalPage { approvals, next: page.next, as_of: page.as_of })
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
    pub async fn allow(&self, id: ApprovalId) -> Result<ApprovalInfo> {
        self.decide(id, Decision::allow()).await
    }

    /// Allows it with another input (none means as asked), and says how long the answer holds.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`.
    pub async fn allow_with(
        &self,
        id: ApprovalId,
        input: Option<Value>,
        remember: Remember,
    ) -> Result<ApprovalInfo> {
        self.decide(id, Decision::Allow { input, remember }).await
    }

    /// Denies it, and tells the agent why.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`.
    pub async fn deny(&self, id: ApprovalId, message: impl Into<String>) -> Result<ApprovalInfo> {
        self.decide(id, Decision::deny(message)).await
    }

    /// Answers a question.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, `InvalidArgument` when it is not a question.
    pub async fn answer(&self, id: ApprovalId, answers: Value) -> Result<ApprovalInfo> {
        self.decide(id, Decision::Answer { answers }).await
    }

    /// Gives any answer. It is durable when this returns; the owner of the session passes it on.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, `InvalidArgument` when it does not fit the question.
    pub async fn decide(&self, id: ApprovalId, decision: Decision) -> Result<ApprovalInfo> {
        let Scope { core, tenant, actor } = &self.scope;
        decide(core, tenant, actor, id, &decision).await
    }
}
