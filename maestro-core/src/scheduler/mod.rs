//! The scheduler port: which ready task starts next, and why each other one waits.

mod fair;

use std::collections::HashMap;
use std::fmt;

pub use fair::FairScheduler;

use crate::id::{ProjectId, TaskId, TenantId};
use crate::model::{Timestamp, WaitingReason};

/// Decides what starts next. Pure: the same view gives the same plan.
///
/// # Contract
/// - The plan is advice. The claim that follows is exact: a task that another node took, or whose
///   permits are used up, simply does not start.
/// - Only tasks of the view are named, each once.
pub trait Scheduler: fmt::Debug + Send + Sync + 'static {
    /// Makes a plan.
    fn plan(&self, view: &SchedulerView) -> Plan;
}

/// What a scheduler sees: the first ready tasks of each project that this node is capable of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SchedulerView {
    /// When it is.
    pub now: Timestamp,
    /// How many more tasks this node may start.
    pub free: u32,
    /// Tasks that are ready, highest priority first, then oldest first.
    pub ready: Vec<ReadyTask>,
    /// How many tasks run now per project, over all nodes as far as this node has seen.
    pub running: HashMap<ProjectId, u32>,
}

/// A task that could start.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadyTask {
    /// The task.
    pub id: TaskId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its project.
    pub project_id: Option<ProjectId>,
    /// Higher comes first.
    pub priority: i32,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// How many tasks of the project may run at once; none means no limit.
    pub project_max: Option<u32>,
    /// Whether the project is paused.
    pub paused: bool,
}

impl ReadyTask {
    /// A task without a project.
    pub fn new(id: TaskId, tenant_id: TenantId, created_at: Timestamp) -> Self {
        Self {
            id,
            tenant_id,
            project_id: None,
            priority: 0,
            created_at,
            project_max: None,
            paused: false,
        }
    }
}

/// What starts next, and why the others wait.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Plan {
    /// The tasks to start, in order.
    pub start: Vec<TaskId>,
    /// Why each other task of the view waits.
    pub waiting: Vec<(TaskId, WaitingReason)>,
}
