//! Preparing workspaces, and getting the work out of them.

use std::fs;
use std::path::Path;

use maestro_core::agent::agent_fn;
use maestro_core::model::{Outcome, TaskSpec, TaskState, WorkspaceKind, WorkspaceState};
use maestro_core::task::TaskHandle;
use maestro_core::{Error, ErrorKind, Maestro, Running};

use crate::book::Section;
use crate::den::{Den, git, project};
use crate::isolation::worker;

pub(crate) const SECTION: &str = "Workspaces";

/// A task that fails before its agent starts, and what it failed with.
async fn fails(maestro: &Maestro, mistake: &str, spec: TaskSpec) -> Error {
    let task = maestro.tasks().submit(spec).await.unwrap();
    match task.wait().await.unwrap() {
        Outcome::Failed { error, .. } => {
            assert_eq!(task.info().await.unwrap().state, TaskState::Failed);
            error.into()
        }
        other => panic!("{mistake}: {other:?}"),
    }
}

/// A task that has written a file and is done.
async fn worked(maestro: &Maestro, path: &Path) -> TaskHandle {
    let shop = project(maestro, path).await;
    let task = TaskSpec::prompt("work").project(&shop).agent("writer");
    let task = maestro.tasks().submit(task).await.unwrap();
    let outcome = task.wait().await.unwrap();
    assert!(outcome.is_success(), "{outcome:?}");
    task
}

fn writer() -> impl maestro_core::agent::Agent {
    agent_fn(|turn| async move {
        fs::write(turn.cwd.as_path().join("README"), "changed by the agent\n").unwrap();
        Ok("written".to_owned())
    })
}

/// The good files are committed, the rest is for a person, and the task goes on when it was answered.
#[tokio::test]
async fn a_repository_inside_of_the_workspace_needs_a_person() {
    let den = Den::new();
    let nester = agent_fn(|turn| async move {
        let root = turn.cwd.as_path();
        fs::write(root.join("good"), "good\n").unwrap();
        let sub = root.join("sub");
        if sub.exists() {
            fs::remove_dir_all(sub.join(".git")).unwrap();
        } else {
            fs::create_dir(&sub).unwrap();
            git(&sub, &["init", "--quiet"]);
            fs::write(sub.join("inner"), "inner\n").unwrap();
        }
        Ok("done".to_owned())
    });
    let maestro = den.builder().agent("nester", nester).build().await.unwrap();
    let repository = den.repository("repository");
    let shop = project(&maestro, &repository).await;
    let task = TaskSpec::prompt("work").project(&shop).agent("nester");
    let task = maestro.tasks().submit(task).await.unwrap();
    match task.wait().await.unwrap() {
        Outcome::InputRequired { reason, detail } => {
            assert_eq!(reason, "nested_repositories");
            assert_eq!(detail["directories"], serde_json::json!(["sub"]));
            assert!(detail["advice"].as_str().unwrap().contains("`.git`"), "{detail}");
        }
        other => panic!("{other:?}"),
    }
    let branch = task.workspace().info().await.unwrap().workspace.branch.unwrap();
    assert_eq!(git(&repository, &["ls-tree", "--name-only", &branch, "good"]), "good");
    let error = task.workspace().merge("main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("sub"), "{error}");
    task.reply("Make it plain files").await.unwrap();
    assert!(task.wait().await.unwrap().is_success());
    task.workspace().merge("main").await.unwrap();
    assert_eq!(fs::read_to_string(repository.join("sub/inner")).unwrap(), "inner\n");
    maestro.close(Running::Wait).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_a_workspace_is_named() {
    let den = Den::new();
    let builder = den.builder().agent("writer", writer()).agent("worker", worker());
    let maestro = builder.build().await.unwrap();
    let mut section = Section::new(SECTION);
    let plain = project(&maestro, &den.directory("plain")).await;
    let empty = den.directory("empty");
    git(&empty, &["init", "--quiet"]);
    let empty = project(&maestro, &empty).await;
    let inner = den.repository("outer").join("inner");
    fs::create_dir(&inner).unwrap();
    let inner = project(&maestro, &inner).await;
    let gone = project(&maestro, &den.directory("gone")).await;
    fs::remove_dir(den.path().join("gone")).unwrap();
    let repository = den.repository("repository");
    let good = project(&maestro, &repository).await;
    let agent = |project| TaskSpec::prompt("hello").project(project).agent("echo");
    let in_git = |project| agent(project).workspace(WorkspaceKind::Git);
    let based = |base: &str| {
        let mut spec = in_git(&good);
        spec.base = Some(base.to_owned());
        spec
    };
    let cases = [
        ("a git workspace of a plain directory", in_git(&plain)),
        ("a git workspace of a repository with no commit", in_git(&empty)),
        ("a git workspace of a directory that no commit has", in_git(&inner)),
        ("a git workspace of a directory that is gone", in_git(&gone)),
        ("any workspace of a directory that is gone", agent(&gone)),
        ("a base that is not there", based("mian")),
        ("a base that looks like an option", based("--all")),
        ("a base with a NUL", based("ma\0in")),
    ];
    for (mistake, spec) in cases {
        let error = fails(&maestro, mistake, spec).await;
        section.saw(mistake, &error);
    }
    assert_eq!(git(&repository, &["branch", "--format=%(refname:short)"]), "main");

    let task = worked(&maestro, &repository).await;
    let workspace = task.workspace();
    let work = workspace.diff().await.unwrap();
    assert!(work.contains("changed by the agent"), "{work}");
    let mut refused = async |mistake: &str, into: &str| {
        let error = workspace.merge(into).await.expect_err(mistake);
        section.saw(mistake, &error);
        assert_eq!(workspace.diff().await.unwrap(), work, "{mistake}: work is lost");
        assert_eq!(workspace.info().await.unwrap().state, WorkspaceState::Ready, "{mistake}");
    };
    refused("merging into a branch that is not there", "mian").await;
    refused("merging into no branch", "").await;
    refused("merging into a path", "../main").await;
    refused("merging into an option", "--force").await;
    refused("merging into a NUL", "ma\0in").await;
    let own = workspace.info().await.unwrap().workspace.branch.unwrap();
    refused("merging into itself", &own).await;
    fs::write(repository.join("README"), "changed by the user\n").unwrap();
    refused("merging over uncommitted changes", "main").await;
    git(&repository, &["commit", "--quiet", "--all", "--message=Mine"]);
    refused("merging what conflicts", "main").await;
    let read = fs::read_to_string(repository.join("README")).unwrap();
    assert_eq!(read, "changed by the user\n");

    let error = workspace.remove().await.expect_err("it holds work");
    section.saw("removing what holds work", &error);
    let error = workspace.discard("shop").await.expect_err("another name");
    section.saw("discarding by another name", &error);
    assert_eq!(workspace.diff().await.unwrap(), work);

    let stray = TaskSpec::prompt("branch side").project(&good).agent("worker");
    let task = maestro.tasks().submit(stray).await.unwrap();
    task.wait().await.unwrap();
    let error = task.workspace().merge("main").await.expect_err("work elsewhere");
    section.saw("merging nothing while work stands elsewhere", &error);

    let directory = agent(&good).workspace(WorkspaceKind::Directory);
    let task = maestro.tasks().submit(directory).await.unwrap();
    task.wait().await.unwrap();
    let error = task.workspace().merge("main").await.expect_err("no branch");
    section.saw("merging out of the project directory itself", &error);
    let task = maestro.tasks().submit(TaskSpec::of_kind("done", serde_json::Value::Null)).await;
    let error = task.unwrap().workspace().merge("main").await.expect_err("no workspace");
    section.saw("merging a task with no workspace", &error);
    section.check();
    maestro.close(Running::Wait).await.unwrap();
}
