//! A directory with a store, repositories and programs of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use maestro_core::agent::agent_fn;
use maestro_core::approval::ApprovalFilter;
use maestro_core::model::{
    ApprovalInfo, EventFilter, Outcome, Position, ProjectInfo, ProjectSpec, SessionInfo, TaskInfo,
    TaskSpec, WorkspaceKind,
};
use maestro_core::project::ProjectHandle;
use maestro_core::session::SessionFilter;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::task::{TaskFilter, task_fn};
use maestro_core::{Maestro, MaestroBuilder};
use tempfile::TempDir;

/// What names a den in messages.
const PREFIX: &str = "bad-input-";

#[derive(Debug)]
pub(crate) struct Den {
    directory: TempDir,
}

impl Den {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::Builder::new().prefix(PREFIX).tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        fs::canonicalize(self.directory.path()).unwrap()
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path().join("maestro.db")
    }

    /// A node's builder over the den's store, with an agent that echoes.
    pub(crate) fn builder(&self) -> MaestroBuilder {
        let echo = agent_fn(|turn| async move { Ok(format!("did: {}", turn.prompt)) });
        let done = task_fn(|_| async { Outcome::succeeded("done") });
        Maestro::builder()
            .storage(Sqlite::at(self.store()))
            .worktrees(self.path().join("worktrees"))
            .cancel_grace(Duration::from_secs(1))
            .agent("echo", echo)
            .task("done", done)
    }

    /// A node that submits and watches: what is in the store stays as it is.
    pub(crate) async fn observer(&self) -> Maestro {
        self.builder().concurrency(0).build().await.unwrap()
    }

    pub(crate) async fn node(&self) -> Maestro {
        self.builder().build().await.unwrap()
    }

    /// A git repository with one commit on `main`, which is checked out.
    pub(crate) fn repository(&self, name: &str) -> PathBuf {
        let path = self.directory(name);
        git(&path, &["init", "--quiet", "--initial-branch=main"]);
        fs::write(path.join("README"), "hello\n").unwrap();
        git(&path, &["add", "--all"]);
        git(&path, &["commit", "--quiet", "--message=First"]);
        path
    }

    pub(crate) fn directory(&self, name: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// A program of shell.
    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

pub(crate) fn git(directory: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).args(args);
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ann");
        command.env(format!("GIT_{who}_EMAIL"), "ann@example.com");
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) async fn project(maestro: &Maestro, path: &Path) -> ProjectHandle {
    let name = path.file_name().unwrap().to_str().unwrap();
    maestro.projects().ensure(ProjectSpec::new(name, path)).await.unwrap()
}

/// A task that needs no repository.
pub(crate) fn ask(project: &ProjectHandle, prompt: &str) -> TaskSpec {
    TaskSpec::prompt(prompt).project(project).workspace(WorkspaceKind::Directory)
}

/// Everything that a store holds for its users.
#[derive(Debug, PartialEq)]
pub(crate) struct Everything {
    pub(crate) projects: Vec<ProjectInfo>,
    pub(crate) tasks: Vec<TaskInfo>,
    pub(crate) sessions: Vec<SessionInfo>,
    pub(crate) approvals: Vec<ApprovalInfo>,
    /// Each event by its stream and number.
    pub(crate) events: Vec<(String, Option<u64>)>,
}

pub(crate) async fn everything(maestro: &Maestro) -> Everything {
    let mut events = Vec::new();
    let mut after = Position::Beginning;
    loop {
        let (page, next) =
            maestro.events().read(EventFilter::default(), after, 1000).await.unwrap();
        if page.is_empty() {
            break;
        }
        events.extend(page.into_iter().map(|event| (event.stream.clone(), event.seq)));
        after = Position::After(next);
    }
    Everything {
        projects: maestro.projects().list().await.unwrap(),
        tasks: maestro.tasks().list(TaskFilter::default()).await.unwrap().tasks,
        sessions: maestro.sessions().list(SessionFilter::default()).await.unwrap().sessions,
        approvals: maestro.approvals().list(ApprovalFilter::default()).await.unwrap().approvals,
        events,
    }
}

/// A message with `…` for what is different each time: the den's paths, ids and branches.
pub(crate) fn without_names(message: &str) -> String {
    let mut words = Vec::new();
    for word in message.split_whitespace() {
        let plain = word.trim_start_matches(['(', '"', '\'']);
        let (before, plain) = word.split_at(word.len() - plain.len());
        let rest = plain.trim_end_matches([')', ',', ':', ';', '"', '\'', '.']);
        let (rest, after) = plain.split_at(rest.len());
        let varies = rest.contains(PREFIX) || rest.starts_with("maestro/") || is_id(rest);
        let varies = varies || is_moment(rest);
        words.push(if varies { format!("{before}…{after}") } else { word.to_owned() });
    }
    words.join(" ")
}

fn is_id(word: &str) -> bool {
    let hex = word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    hex && (word.len() == 36 || word.len() == 40)
}

/// Whether a word is a moment as it is written in messages: `2026-01-01T00:00:00.000000Z`.
fn is_moment(word: &str) -> bool {
    word.len() == 27 && word.as_bytes()[10] == b'T' && word.ends_with('Z')
}
