//! The `projects` group.

use crate::error::{Error, ErrorKind, Result};
use crate::id::ProjectId;
use crate::model::{
    Extra, PlacePath, ProjectCreated, ProjectInfo, ProjectSpec, ProjectState, ProjectUpdated,
};
use crate::node::Scope;
use crate::project::{record, resolve};
use crate::runtime::RuntimeExt as _;
use crate::storage::{ListQuery, RecordKind};

/// The `projects` group.
#[derive(Debug, Clone)]
pub struct Projects {
    pub(crate) scope: Scope,
}

/// A project that exists. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProjectHandle {
    /// The project as it was when the call returned.
    pub info: ProjectInfo,
}

impl ProjectHandle {
    /// Its id.
    pub fn id(&self) -> ProjectId {
        self.info.id
    }
}

impl From<&ProjectHandle> for String {
    fn from(handle: &ProjectHandle) -> Self {
        handle.info.id.to_string()
    }
}

impl Projects {
    /// Makes sure that a project is there, and updates what the spec names.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field, `NotFound` or `PermissionDenied` naming `path`, `Conflict`
    /// when the name stands for another directory.
    pub async fn ensure(&self, spec: ProjectSpec) -> Result<ProjectHandle> {
        self.try_ensure(spec).await.map_err(|error| error.during("project.ensure"))
    }

    async fn try_ensure(&self, spec: ProjectSpec) -> Result<ProjectHandle> {
        spec.validate()?;
        let core = &self.scope.core;
        let path = PlacePath::new(core.parts.transport.place(), &spec.path);
        let path = core.locate(&path).await?;
        let found = core.store.by_unique_key::<ProjectInfo>(&self.scope.tenant, &spec.name).await?;
        if let Some(found) = found {
            return self.update(found.value.id, &spec, &path).await;
        }
        let project = ProjectInfo {
            id: core.runtime().id(),
            tenant_id: self.scope.tenant.clone(),
            name: spec.name.clone(),
            path: path.clone(),
            state: ProjectState::Active,
            agent: spec.agent.clone(),
            account: spec.account.clone(),
            base: spec.base.clone(),
            max_running: spec.max_running,
            created_at: core.now(),
            extra: Extra::new(),
        };
        let created = ProjectCreated { name: project.name.clone(), path: path.to_string() };
        let mut draft = core.store.draft();
        draft.insert(&project)?;
        let refs = record::refs(&project);
        let event = core.event(&self.scope.actor, &refs, &created.into())?;
        draft.append(record::stream(&project), vec![event]);
        match core.store.commit(draft).await {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let found = resolve(&self.scope, &spec.name).await?;
                self.update(found.value.id, &spec, &path).await
            }
            result => result.map(|_| ProjectHandle { info: project }),
        }
    }

    async fn update(
        &self,
        id: ProjectId,
        spec: &ProjectSpec,
        path: &PlacePath,
    ) -> Result<ProjectHandle> {
        let core = &self.scope.core;
        core.store
            .change::<ProjectInfo, ()>(&self.scope.tenant, id, |read, draft| {
                if read.value.path.path == path.path && read.value.path.place != path.place {
                    return Err(Error::new(
                        ErrorKind::Conflict,
                        "the project is at another place than this node; if both see the same files, \
                         configure this node with the project's `place`",
                    )
                    .with("name", &spec.name)
                    .with("directory", &read.value.path)
                    .with("place", &read.value.path.place)
                    .with("this_place", &path.place));
                }
                if read.value.path != *path {
                    return Err(Error::new(
                        ErrorKind::Conflict,
                        "`name` stands for a project in another directory; give this one another name",
                    )
                    .with("name", &spec.name)
                    .with("directory", &read.value.path));
                }
                let mut project = read.value.clone();
                project.agent = spec.agent.clone().or(project.agent);
                project.account = spec.account.clone().or(project.account);
                project.base = spec.base.clone().or(project.base);
                project.max_running = spec.max_running.or(project.max_running);
                if project == read.value {
                    return Ok(None);
                }
                draft.update(read.version, &project)?;
                let updated = ProjectUpdated { name: project.name.clone() };
                let refs = record::refs(&project);
                let event = core.event(&self.scope.actor, &refs, &updated.into())?;
                draft.append(record::stream(&project), vec![event]);
                Ok(Some(()))
            })
            .await?;
        let info = core.store.require(&self.scope.tenant, id).await?.value;
        Ok(ProjectHandle { info })
    }

    /// A project by its id or name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, reference: &str) -> Result<ProjectInfo> {
        let found = resolve(&self.scope, reference).await;
        Ok(found.map_err(|error| error.during("project.get"))?.value)
    }

    /// The first thousand projects, oldest first.
    ///
    /// # Errors
    /// As the store gives them.
    pub async fn list(&self) -> Result<Vec<ProjectInfo>> {
        let mut query = ListQuery::new(Some(self.scope.tenant.clone()), RecordKind::PROJECT);
        query.limit = ListQuery::MAX_LIMIT;
        let found = self.scope.core.store.list::<ProjectInfo>(&query).await?;
        Ok(found.into_iter().map(|read| read.value).collect())
    }
}
