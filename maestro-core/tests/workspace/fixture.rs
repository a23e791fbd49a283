//! Temporary repositories, and a git that knows nothing of this machine's user.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use maestro_core::model::{Place, PlacePath, WorkspaceRef};
use maestro_core::testing::workspace::Fixture;
use maestro_core::workspace::directory::DirectoryWorkspace;
use maestro_core::workspace::git::{GitEnvironment, GitOptions, GitWorkspace};
use maestro_core::workspace::{PrepareSpec, Prepared, Workspace};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::Threads;

pub(crate) fn place() -> Place {
    Place::new("host:test")
}

/// A directory with a home and a git of its own.
#[derive(Debug)]
pub(crate) struct Den {
    dir: TempDir,
    next: AtomicU32,
}

impl Den {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("maestro wörk ").tempdir().unwrap();
        fs::create_dir(dir.path().join("home")).unwrap();
        Self { dir, next: AtomicU32::new(0) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        fs::canonicalize(self.dir.path()).unwrap()
    }

    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        environment(&self.path())
    }

    pub(crate) fn options(&self) -> GitOptions {
        options(&self.path())
    }

    pub(crate) fn worktrees(&self) -> PathBuf {
        self.path().join("work trees")
    }

    pub(crate) fn port(&self) -> GitWorkspace {
        self.port_with(self.options())
    }

    pub(crate) fn port_with(&self, options: GitOptions) -> GitWorkspace {
        GitWorkspace::with_options(place(), self.worktrees(), Threads::shared(), options)
    }

    /// A repository with one commit.
    pub(crate) fn project(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let project = self.path().join(format!("shöp {number}"));
        fs::create_dir(&project).unwrap();
        self.git(&project, &["init", "--quiet", "--initial-branch=main"]);
        fs::write(project.join("README"), "hello\n").unwrap();
        fs::write(project.join(".gitignore"), "*.ignored\n").unwrap();
        self.git(&project, &["add", "--all"]);
        self.git(&project, &["commit", "--quiet", "--message=First"]);
        project
    }

    pub(crate) fn try_git(&self, dir: &Path, args: &[&str]) -> Output {
        let mut command = Command::new("git");
        command.current_dir(dir).args(args).env_clear().envs(self.environment());
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Ann")
                .env(format!("GIT_{who}_EMAIL"), "ann@example.com");
        }
        command.output().unwrap()
    }

    pub(crate) fn git(&self, dir: &Path, args: &[&str]) -> String {
        let output = self.try_git(dir, args);
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

pub(crate) fn environment(den: &Path) -> Vec<(OsString, OsString)> {
    let path = std::env::var_os("PATH").unwrap();
    vec![
        ("PATH".into(), path),
        ("HOME".into(), den.join("home").into()),
        ("GIT_CONFIG_GLOBAL".into(), "/dev/null".into()),
        ("GIT_CONFIG_SYSTEM".into(), "/dev/null".into()),
    ]
}

pub(crate) fn options(den: &Path) -> GitOptions {
    let mut options = GitOptions::default();
    options.environment = GitEnvironment::Exactly(environment(den));
    options
}

/// A task's spec. The same number is the same task.
pub(crate) fn spec(project: &Path, task: u128) -> PrepareSpec {
    let (task_id, owner) = (Uuid::from_u128(task).into(), Uuid::from_u128(7).into());
    let mut spec = PrepareSpec::new(PlacePath::new(place(), project), task_id, owner);
    spec.title = format!("Task {task}!");
    spec
}

/// The same of a workspace that was made before.
pub(crate) fn again(mut spec: PrepareSpec, existing: &WorkspaceRef) -> PrepareSpec {
    spec.existing = Some(existing.clone());
    spec
}

pub(crate) async fn ready(port: &GitWorkspace, spec: &PrepareSpec) -> WorkspaceRef {
    match port.prepare(spec).await.unwrap() {
        Prepared::Ready { workspace, .. } => workspace,
        other => panic!("{other:?}"),
    }
}

/// A workspace with one committed file.
pub(crate) async fn worked(
    port: &GitWorkspace,
    project: &Path,
    task: u128,
    file: &str,
    content: &str,
) -> WorkspaceRef {
    let workspace = ready(port, &spec(project, task)).await;
    fs::write(workspace.root.as_path().join(file), content).unwrap();
    port.commit(&workspace, "Work").await.unwrap();
    workspace
}

#[derive(Debug)]
pub(crate) struct Local {
    den: Den,
    port: Arc<dyn Workspace>,
    isolates: bool,
}

impl Local {
    pub(crate) fn git() -> Arc<dyn Fixture> {
        let den = Den::new();
        let port = Arc::new(den.port());
        Arc::new(Self { den, port, isolates: true })
    }

    pub(crate) fn directory() -> Arc<dyn Fixture> {
        let port = Arc::new(DirectoryWorkspace::new(place(), Threads::shared()));
        Arc::new(Self { den: Den::new(), port, isolates: false })
    }
}

#[async_trait]
impl Fixture for Local {
    fn workspace(&self) -> Arc<dyn Workspace> {
        Arc::clone(&self.port)
    }

    fn isolates(&self) -> bool {
        self.isolates
    }

    async fn project(&self) -> PlacePath {
        PlacePath::new(place(), self.den.project())
    }

    async fn write(&self, root: &PlacePath, path: &str, content: &str) {
        let path = root.as_path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    async fn read(&self, root: &PlacePath, path: &str) -> Option<String> {
        fs::read_to_string(root.as_path().join(path)).ok()
    }

    async fn vanish(&self, root: &PlacePath) {
        fs::remove_dir_all(root.as_path()).unwrap();
    }
}
