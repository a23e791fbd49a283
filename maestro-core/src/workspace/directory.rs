//! The project directory itself as a workspace: nothing is isolated.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures::channel::oneshot;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Changes, Place, PlacePath, WorkElsewhere, WorkspaceRef};
use crate::runtime::Runtime;
use crate::workspace::{
    Committed, Fits, Merged, PrepareSpec, Prepared, Release, Released, Workspace, local,
};

/// What [`WorkspaceRef::kind`] says.
const KIND: &str = "directory";

/// Tasks work in the project directory, beside each other and beside the user.
///
/// # Contract
/// - Nothing is made, changed or removed: `prepare` looks whether the directory is there, `changes`
///   are always empty since nobody can say whose they are, `commit` finds nothing to commit, and
///   `release` always answers [`Released::Removed`] and leaves the directory as it is.
/// - `diff` and `merge` are `Unsupported`: there is no base and no branch.
/// - Needs order tasks but bring nothing in, and a base cannot be asked for.
#[derive(Debug, Clone)]
pub struct DirectoryWorkspace {
    place: Place,
    runtime: Arc<dyn Runtime>,
}

impl DirectoryWorkspace {
    /// Works in the directories of this host, which is `place`.
    pub fn new(place: Place, runtime: Arc<dyn Runtime>) -> Self {
        Self { place, runtime }
    }

    async fn look(&self, path: &PlacePath) -> Result<PathBuf> {
        self.blocking(path, |path| local::directory(&path)).await?
    }

    /// Does something with a path on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        path: &PlacePath,
        call: impl FnOnce(PathBuf) -> T + Send + 'static,
    ) -> Result<T> {
        if path.place != self.place {
            return Err(Error::new(ErrorKind::Unsupported, "this adapter serves another place")
                .with("serves", &self.place)
                .with("place", &path.place));
        }
        let (sender, receiver) = oneshot::channel();
        let external = self.runtime.external();
        let path: PathBuf = path.path.clone();
        self.runtime.spawn_blocking(
            "look",
            Box::new(move || {
                // Nobody waits any more when the caller was dropped.
                let _ = sender.send(call(path));
                drop(external);
            }),
        );
        receiver
            .await
            .map_err(|_| Error::new(ErrorKind::Internal, "a blocking call ended with no result"))
    }

    fn check(workspace: &WorkspaceRef) -> Result<()> {
        if workspace.kind == KIND {
            return Ok(());
        }
        Err(Error::invalid("kind", format!("is {:?} and not `directory`", workspace.kind)))
    }
}

#[async_trait]
impl Workspace for DirectoryWorkspace {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn locate(&self, project: &PlacePath) -> Result<PlacePath> {
        Ok(PlacePath::new(self.place.clone(), self.look(project).await?))
    }

    async fn fits(&self, project: &PlacePath, _base: Option<&str>) -> Result<Fits> {
        Ok(self.look(project).await.map_or_else(|error| Fits::no(error.message()), |_| Fits::Yes))
    }

    async fn prepare(&self, spec: &PrepareSpec) -> Result<Prepared> {
        let prepare = async {
            if spec.base.is_some() {
                return Err(Error::invalid(
                    "base",
                    "cannot be chosen for a workspace that is the project directory",
                )
                .with("project", &spec.project));
            }
            self.look(&spec.project).await?;
            Ok(Prepared::Ready {
                workspace: WorkspaceRef {
                    kind: KIND.to_owned(),
                    project: spec.project.clone(),
                    root: spec.project.clone(),
                    subdirectory: None,
                    branch: None,
                    base: None,
                },
                merged: Vec::new(),
                recreated: false,
            })
        };
        prepare.await.map_err(|error| error.during("workspace.prepare"))
    }

    async fn changes(&self, workspace: &WorkspaceRef) -> Result<Changes> {
        Self::check(workspace)?;
        Ok(Changes::default())
    }

    async fn diff(&self, workspace: &WorkspaceRef) -> Result<Vec<u8>> {
        Self::check(workspace)?;
        Err(unsupported("workspace.diff"))
    }

    async fn commit(&self, workspace: &WorkspaceRef, _message: &str) -> Result<Committed> {
        Self::check(workspace)?;
        Ok(Committed::default())
    }

    async fn merge(&self, workspace: &WorkspaceRef, _into: &str, _message: &str) -> Result<Merged> {
        Self::check(workspace)?;
        Err(unsupported("workspace.merge"))
    }

    async fn elsewhere(&self, workspace: &WorkspaceRef) -> Result<Vec<WorkElsewhere>> {
        Self::check(workspace)?;
        Ok(Vec::new())
    }

    async fn still_elsewhere(
        &self,
        workspace: &WorkspaceRef,
        _work: &[WorkElsewhere],
        _branch: &str,
    ) -> Result<Vec<WorkElsewhere>> {
        Self::check(workspace)?;
        Ok(Vec::new())
    }

    async fn real_path(&self, path: &PlacePath) -> Result<PlacePath> {
        let found = self.blocking(path, |path| local::real_path(&path)).await?;
        let real = found.map_err(|error| {
            Error::new(ErrorKind::Unavailable, "a path cannot be followed")
                .during("workspace.real_path")
                .with("path", path)
                .caused_by(error)
        })?;
        Ok(PlacePath::new(self.place.clone(), real))
    }

    async fn release(&self, workspace: &WorkspaceRef, _how: Release) -> Result<Released> {
        Self::check(workspace)?;
        Ok(Released::Removed)
    }
}

fn unsupported(operation: &'static str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the task works in the project directory itself, which has no base and no branch; use a git workspace",
    )
    .during(operation)
}
