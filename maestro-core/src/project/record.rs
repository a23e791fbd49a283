//! How projects and workspaces are kept.

use crate::id::TenantId;
use crate::model::{EventRefs, ProjectInfo, StreamKey, WorkspaceInfo};
use crate::node::Stored;
use crate::storage::{Columns, RecordKind};

impl Stored for ProjectInfo {
    const KIND: RecordKind = RecordKind::PROJECT;
    const NAME: &'static str = "project";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        Columns {
            state: self.state.as_str().to_owned(),
            unique_key: Some(self.name.clone()),
            ..Columns::default()
        }
    }
}

impl Stored for WorkspaceInfo {
    const KIND: RecordKind = RecordKind::WORKSPACE;
    const NAME: &'static str = "workspace";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        Columns {
            state: self.state.as_str().to_owned(),
            unique_key: Some(self.task_id.to_string()),
            group: Some(self.project_id.to_string()),
            parent: Some(self.task_id.to_string()),
            ..Columns::default()
        }
    }
}

/// The home stream of a project's events.
pub(crate) fn stream(project: &ProjectInfo) -> StreamKey {
    StreamKey::of(project.tenant_id.clone(), "project", project.id)
}

/// What a project's events are about.
pub(crate) fn refs(project: &ProjectInfo) -> EventRefs {
    EventRefs { project_id: Some(project.id), ..EventRefs::default() }
}

/// The home stream of a workspace's events.
pub(crate) fn workspace_stream(workspace: &WorkspaceInfo) -> StreamKey {
    StreamKey::of(workspace.tenant_id.clone(), "workspace", workspace.id)
}

/// What a workspace's events are about.
pub(crate) fn workspace_refs(workspace: &WorkspaceInfo) -> EventRefs {
    EventRefs {
        project_id: Some(workspace.project_id),
        task_id: Some(workspace.task_id),
        ..EventRefs::default()
    }
}
