//! Git worktrees: every task works on a branch of its own, in a directory of its own.

mod abandoned;
mod call;
mod child;
mod failure;
mod lock;
mod mend;
mod merge;
mod name;
mod needs;
mod options;
mod prepare;
mod release;
mod repo;
mod run;
mod settle;
mod site;
mod status;
mod worktree;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

pub use options::{GitEnvironment, GitOptions};

use self::repo::Repo;
use self::run::Git;
use self::site::Site;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Changes, Place, PlacePath, WorkspaceRef};
use crate::runtime::Runtime;
use crate::workspace::{Merged, PrepareSpec, Prepared, Release, Released, Workspace, local};

/// What [`WorkspaceRef::kind`] says.
const KIND: &str = "git";

/// Workspaces that are git worktrees, made by the git program (2.38 or newer).
///
/// A worktree lives at `<worktrees root>/<project>-<hash>/<title>-<task id>`, its branch is
/// `maestro/<title>-<end of the task id>`, and a ref under `refs/maestro/base/` remembers the commit
/// that the task's own work starts after. All three stay the same for a task, whatever becomes of
/// its title.
///
/// # Contract
/// - Hooks do not run and nothing is signed: these commits are steps of ours. Filters, attributes
///   and the user's identity are the user's; without an identity it is `Maestro`.
/// - Ignored files are no work: they go away with an empty workspace.
/// - A need whose branch is gone has nothing to merge: it was merged or empty when it went.
/// - Submodules are not checked out in a workspace. Commits that were made in one, or in a
///   repository inside the workspace, count as unmerged until one of its remotes has them.
/// - A project that is only a directory inside a repository does not fit.
/// - Git's locks in the shared part of the repository are waited for. One that a killed git left is
///   removed when it is certain that nobody holds it, see [`GitOptions::patience`]; else it is named
///   in the error. Nodes wait for each other by empty files there, `maestro-*.lock`.
/// - A merge into a branch that somebody has checked out moves that checkout, and refuses when it
///   would touch a changed file. If it is killed half-way, the next merge takes back what it did,
///   unless somebody has worked on one of the same files since.
/// - A merge fast-forwards where it can; the message is for the merge commit where it cannot.
///
/// # Cancel safety
/// Dropping a call leaves the git command that runs to its end. The next call for the workspace
/// waits for it and goes on from there.
#[derive(Debug)]
pub struct GitWorkspace {
    place: Place,
    worktrees_root: PathBuf,
    git: Git,
}

impl GitWorkspace {
    /// Worktrees below `worktrees_root`, which is made when it is needed, at this host's `place`.
    pub fn new(place: Place, worktrees_root: PathBuf, runtime: Arc<dyn Runtime>) -> Self {
        Self::with_options(place, worktrees_root, runtime, GitOptions::default())
    }

    /// The same, with another git or another environment.
    pub fn with_options(
        place: Place,
        worktrees_root: PathBuf,
        runtime: Arc<dyn Runtime>,
        options: GitOptions,
    ) -> Self {
        Self { place, worktrees_root, git: Git::new(runtime, options) }
    }

    fn check_place(&self, path: &PlacePath) -> Result<()> {
        if path.place == self.place {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unsupported, "this adapter serves another place")
            .with("serves", &self.place)
            .with("place", &path.place))
    }

    /// Opens a workspace that was prepared before.
    async fn site(&self, workspace: &WorkspaceRef, settle: bool) -> Result<Site> {
        if workspace.kind != KIND {
            return Err(Error::invalid("kind", format!("is {:?} and not `git`", workspace.kind)));
        }
        let Some(branch) = workspace.branch.clone() else {
            return Err(Error::invalid("branch", "is missing in a git workspace"));
        };
        self.check_place(&workspace.project)?;
        self.check_place(&workspace.root)?;
        let root = workspace.root.path.clone();
        let repo = Repo::open(&self.git.marked(&root), &workspace.project.path).await?;
        if settle {
            repo.settle(&root).await?;
        } else {
            repo.settle_removal(&root).await?;
        }
        let whole = repo.is_worktree(&root).await?;
        Ok(Site { repo, root, branch, base: workspace.base.clone(), whole })
    }
}

#[async_trait]
impl Workspace for GitWorkspace {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn locate(&self, project: &PlacePath) -> Result<PlacePath> {
        self.check_place(project)?;
        let path = project.path.clone();
        let found = self.git.blocking("locate", move || local::directory(&path)).await?;
        Ok(PlacePath::new(self.place.clone(), found?))
    }

    async fn fits(&self, project: &PlacePath) -> Result<bool> {
        self.check_place(project)?;
        let path = project.path.clone();
        let looks = self.git.blocking("look", move || looks_like_git(&path)).await?;
        if !looks {
            return Ok(false);
        }
        let repo = match Repo::open(&self.git, &project.path).await {
            Ok(repo) => repo,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error.during("workspace.fits")),
        };
        // Without a commit there is nothing to make a worktree from.
        Ok(repo.commit("HEAD").await?.is_some())
    }

    async fn prepare(&self, spec: &PrepareSpec) -> Result<Prepared> {
        let prepared = prepare::prepare(self, spec).await;
        prepared.map_err(|error| error.during("workspace.prepare").with("task", spec.task_id))
    }

    async fn changes(&self, workspace: &WorkspaceRef) -> Result<Changes> {
        let changes = async { self.site(workspace, false).await?.changes().await };
        changes.await.map_err(|error| error.during("workspace.changes"))
    }

    async fn diff(&self, workspace: &WorkspaceRef) -> Result<String> {
        let diff = async { self.site(workspace, false).await?.text_diff().await };
        diff.await.map_err(|error| error.during("workspace.diff"))
    }

    async fn commit(&self, workspace: &WorkspaceRef, message: &str) -> Result<Option<String>> {
        let commit = async { self.site(workspace, true).await?.commit(message).await };
        commit.await.map_err(|error| error.during("workspace.commit"))
    }

    async fn merge(&self, workspace: &WorkspaceRef, into: &str, message: &str) -> Result<Merged> {
        let merge = async { self.site(workspace, true).await?.merge(into, message).await };
        merge.await.map_err(|error| error.during("workspace.merge"))
    }

    async fn real_path(&self, path: &PlacePath) -> Result<PlacePath> {
        self.check_place(path)?;
        let asked = path.path.clone();
        let found = self.git.blocking("look", move || local::real_path(&asked)).await?;
        let real = found.map_err(|error| {
            Error::new(ErrorKind::Unavailable, "a path cannot be followed")
                .during("workspace.real_path")
                .with("path", path)
                .caused_by(error)
        })?;
        Ok(PlacePath::new(path.place.clone(), real))
    }

    async fn release(&self, workspace: &WorkspaceRef, how: Release) -> Result<Released> {
        let release = async {
            let site = self.site(workspace, true).await?;
            match how {
                Release::IfEmpty => site.release_if_empty().await,
                Release::Discard => site.discard().await,
            }
        };
        release.await.map_err(|error| error.during("workspace.release"))
    }
}

/// Whether a directory is the top of a repository or a bare one, without asking git: a directory
/// that only lies inside somebody's repository is none.
fn looks_like_git(path: &std::path::Path) -> bool {
    path.join(".git").exists() || (path.join("HEAD").is_file() && path.join("objects").is_dir())
}
