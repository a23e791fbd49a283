//! Git worktrees: every task works on a branch of its own, in a directory of its own.

mod abandoned;
mod advance;
mod begun;
mod call;
mod change;
mod child;
mod content;
mod dropped;
mod elsewhere;
mod environment;
mod exchange;
mod failure;
mod index;
mod index_lock;
mod inner;
mod landing;
mod layout;
mod link;
mod lock;
mod mend;
mod merge;
mod name;
mod needs;
mod nested;
mod open;
mod options;
mod output;
mod place;
mod prepare;
mod proof;
mod reason;
mod release;
mod replace;
mod replaced;
mod repo;
mod run;
mod seal;
mod seen;
mod settings;
mod settle;
mod shallow;
mod site;
mod stage;
mod status;
mod stray;
mod subdirectory;
mod walk;
mod worktree;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

pub use options::{GitEnvironment, GitOptions};

use self::repo::Repo;
use self::run::Git;
use self::site::Site;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Changes, Place, PlacePath, WorkElsewhere, WorkspaceRef};
use crate::runtime::Runtime;
use crate::workspace::{
    Committed, Fits, Merged, PrepareSpec, Prepared, Release, Released, Workspace, local,
};

/// What [`WorkspaceRef::kind`] says.
const KIND: &str = "git";

/// The directory below the worktrees' one in which git finds its settings.
const SEALS: &str = ".git-settings";

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
/// - A workspace is empty when the bytes of its files are those of its last commit, whatever git's
///   index, its flags, filters and settings say, and others have that commit. An ignored file is
///   held as `ignored`, unless it is output of a build: it lies in a directory that only tools make
///   (`node_modules`, `__pycache__`, `.venv` and the like, or one with a `CACHEDIR.TAG`), or in one
///   of a usual name (`target`, `build`, `dist` and the like) that a committed `.gitignore` ignores,
///   or is a file that compilers leave (`*.pyc`, `*.o` and the like).
/// - Commits that were left behind, by a reset for example, are held as `unmerged` when a file's
///   content is in no other commit, and stashes of the workspace as `stashed`.
/// - A need whose branch is gone has nothing to merge: it was merged or empty when it went.
/// - Submodules are not checked out in a workspace. One that was moved lands when one of its remotes
///   has the commit. Every other repository inside of the workspace stays out of its commits and is
///   named, see [`Committed::left_out`]; git is never run in one.
/// - A project that is a directory inside of a repository gets a worktree of the whole repository, in
///   which agents start in that directory. All of the worktree is the work: what was changed outside
///   of the directory is shown, committed and merged too, so that nothing is lost or forgotten.
/// - A project does not fit when no repository is around it, when the repository has no commit yet,
///   and when the commit to start from does not have the project's directory, as when it is ignored.
/// - Git's locks in the shared part of the repository are waited for. One that a killed git left is
///   removed when it is certain that nobody holds it, see [`GitOptions::patience`]; else it is named
///   in the error. Nodes wait for each other by empty files there, `maestro-*.lock`.
/// - A merge into a branch that somebody has checked out moves that checkout, and refuses when it
///   would touch a changed file. Files are prepared aside and renamed to their places, so that each
///   one is always whole. If it is killed half-way, the next merge takes back what it did, unless
///   somebody has worked on one of the same files since.
/// - A merge fast-forwards where it can; the message is for the merge commit where it cannot.
///
/// # Work elsewhere
/// [`Workspace::elsewhere`] compares the branches, worktrees and stashes of the repository, and what
/// checkouts without a branch stand at, with those that were there when the workspace was prepared.
/// It names what has commits that neither they had, nor a remote has, nor the workspace of a task,
/// and new worktrees with uncommitted files. Left out are branches and worktrees of other tasks, which
/// are known by their names, commits that were made in one of those worktrees, stashes that
/// were made there, and branches that only merges of tasks moved, which their reflog tells. What a
/// person does in the repository meanwhile is not told apart, and neither is what another task's
/// agent does outside of its own workspace; what is pushed at once, tags, and uncommitted files of
/// a worktree that was there before are not found.
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
        let git = Git::new(runtime, options, worktrees_root.join(SEALS));
        Self { place, worktrees_root, git }
    }

    fn check_place(&self, path: &PlacePath) -> Result<()> {
        if path.place == self.place {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unsupported, "this adapter serves another place")
            .with("serves", &self.place)
            .with("place", &path.place))
    }

    /// Opens a workspace that was prepared before, if it is one and not another repository.
    async fn own_site(&self, workspace: &WorkspaceRef, settle: bool) -> Result<Site> {
        let site = self.site(workspace, settle).await?;
        site.repo.refuse_repository(&site.root).await?;
        Ok(site)
    }

    /// Opens a workspace that was prepared before.
    async fn site(&self, workspace: &WorkspaceRef, settle: bool) -> Result<Site> {
        let mut site = self.opened(workspace).await?;
        if settle {
            site.repo.settle(&site.root).await?;
        } else {
            site.repo.settle_removal(&site.root).await?;
        }
        site.whole = site.repo.is_worktree(&site.root).await?;
        if site.whole && settle {
            site.repo.relink(&site.root).await?;
        }
        Ok(site)
    }

    /// Opens the repository of a workspace that was prepared before, without a look at its files.
    async fn opened(&self, workspace: &WorkspaceRef) -> Result<Site> {
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
        Ok(Site { repo, root, branch, base: workspace.base.clone(), whole: false })
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

    async fn fits(&self, project: &PlacePath, base: Option<&str>) -> Result<Fits> {
        self.check_place(project)?;
        let fits = subdirectory::fits(&self.git, &project.path, base).await;
        fits.map_err(|error| error.during("workspace.fits"))
    }

    async fn prepare(&self, spec: &PrepareSpec) -> Result<Prepared> {
        let prepared = prepare::prepare(self, spec).await;
        prepared.map_err(|error| error.during("workspace.prepare").with("task", spec.task_id))
    }

    async fn changes(&self, workspace: &WorkspaceRef) -> Result<Changes> {
        let changes = async { self.own_site(workspace, false).await?.changes().await };
        changes.await.map_err(|error| error.during("workspace.changes"))
    }

    async fn diff(&self, workspace: &WorkspaceRef) -> Result<Vec<u8>> {
        let diff = async { self.own_site(workspace, false).await?.patch().await };
        diff.await.map_err(|error| error.during("workspace.diff"))
    }

    async fn commit(&self, workspace: &WorkspaceRef, message: &str) -> Result<Committed> {
        let commit = async { self.own_site(workspace, true).await?.commit(message).await };
        commit.await.map_err(|error| error.during("workspace.commit"))
    }

    async fn merge(&self, workspace: &WorkspaceRef, into: &str, message: &str) -> Result<Merged> {
        let merge = async { self.own_site(workspace, true).await?.merge(into, message).await };
        merge.await.map_err(|error| error.during("workspace.merge"))
    }

    async fn elsewhere(&self, workspace: &WorkspaceRef) -> Result<Vec<WorkElsewhere>> {
        let found = async { self.opened(workspace).await?.find_elsewhere().await };
        found.await.map_err(|error| error.during("workspace.elsewhere"))
    }

    async fn still_elsewhere(
        &self,
        workspace: &WorkspaceRef,
        work: &[WorkElsewhere],
        branch: &str,
    ) -> Result<Vec<WorkElsewhere>> {
        let still = async { self.opened(workspace).await?.still_elsewhere(work, branch).await };
        still.await.map_err(|error| error.during("workspace.still_elsewhere"))
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
