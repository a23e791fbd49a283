//! Where the work of a task stands: in a worktree, in the project itself, or somewhere else.

use std::fs;
use std::path::Path;

use maestro_core::agent::{Agent, agent_fn};
use maestro_core::model::{
    EventData, EventFilter, Outcome, Position, TaskSpec, WorkspaceElsewhere, WorkspaceKind,
    WorkspacePrepared,
};
use maestro_core::task::TaskHandle;
use maestro_core::{ErrorKind, Maestro, Running};

use crate::den::{Den, git, project};

/// Does to its working directory what its prompt says: `file NAME`, or `branch NAME`.
pub(crate) fn worker() -> impl Agent {
    agent_fn(|turn| async move {
        let cwd = turn.cwd.as_path();
        // An agent that remembers nothing is told the first prompt again.
        let asked = turn.prompt.lines().last().unwrap_or_default();
        match asked.split_once(' ') {
            Some(("file", name)) => fs::write(cwd.join(name), "work\n").unwrap(),
            Some(("branch", name)) => {
                git(cwd, &["switch", "--quiet", "--create", name]);
                fs::write(cwd.join(name), "work\n").unwrap();
                git(cwd, &["add", "--all"]);
                git(cwd, &["commit", "--quiet", "--message=Elsewhere"]);
                git(cwd, &["switch", "--quiet", "-"]);
            }
            _ => {}
        }
        Ok("done".to_owned())
    })
}

async fn events(maestro: &Maestro, task: &TaskHandle) -> Vec<EventData> {
    let all = maestro.events().read(EventFilter::default(), Position::Beginning, 1000).await;
    let of_task = |event: &maestro_core::model::Event| event.refs.task_id == Some(task.id());
    all.unwrap().0.into_iter().filter(of_task).map(|event| event.data.clone()).collect()
}

async fn prepared(maestro: &Maestro, task: &TaskHandle) -> WorkspacePrepared {
    let events = events(maestro, task).await.into_iter();
    let mut prepared = events.filter_map(|event| match event {
        EventData::WorkspacePrepared(data) => Some(data),
        _ => None,
    });
    prepared.next().unwrap()
}

async fn run(maestro: &Maestro, path: &Path, prompt: &str, kind: WorkspaceKind) -> TaskHandle {
    let project = project(maestro, path).await;
    let spec = TaskSpec::prompt(prompt).project(&project).agent("worker").workspace(kind);
    let task = maestro.tasks().submit(spec).await.unwrap();
    task.wait().await.unwrap();
    task
}

#[tokio::test]
async fn projects_inside_of_one_repository_work_in_their_own_directories() {
    let den = Den::new();
    let maestro = den.builder().agent("worker", worker()).build().await.unwrap();
    let top = den.repository("top");
    for name in ["one", "two"] {
        fs::create_dir_all(top.join("packages").join(name)).unwrap();
        fs::write(top.join("packages").join(name).join("code"), "code\n").unwrap();
    }
    git(&top, &["add", "--all"]);
    git(&top, &["commit", "--quiet", "--message=Packages"]);
    let mut tasks = Vec::new();
    for name in ["one", "two"] {
        let project = project(&maestro, &top.join("packages").join(name)).await;
        let spec = TaskSpec::prompt("file new").project(&project).agent("worker");
        tasks.push(maestro.tasks().submit(spec).await.unwrap());
    }
    for (task, name) in tasks.iter().zip(["one", "two"]) {
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("done"));
        let info = task.workspace().info().await.unwrap();
        let below = format!("packages/{name}");
        assert_eq!(info.workspace.subdirectory.as_deref(), Some(&*below));
        assert_eq!(info.not_isolated, None);
        let prepared = prepared(&maestro, task).await;
        assert_eq!(prepared.subdirectory.as_deref(), Some(&*below));
        let changes = task.workspace().changes().await.unwrap();
        assert_eq!(changes.files[0].path, format!("{below}/new"));
        assert!(!top.join(&below).join("new").exists());
        task.workspace().merge("main").await.unwrap();
        assert_eq!(fs::read_to_string(top.join(&below).join("new")).unwrap(), "work\n");
    }
    maestro.close(Running::Wait).await.unwrap();
}

#[tokio::test]
async fn a_task_that_is_not_isolated_says_why() {
    let den = Den::new();
    let maestro = den.builder().agent("worker", worker()).build().await.unwrap();
    let plain = den.directory("plain");
    let unborn = den.directory("unborn");
    git(&unborn, &["init", "--quiet"]);
    let ignored = den.repository("top").join("ignored");
    fs::create_dir(&ignored).unwrap();
    for (path, says) in [(&plain, "git init"), (&unborn, "first commit"), (&ignored, "commit one")]
    {
        let task = run(&maestro, path, "file new", WorkspaceKind::Auto).await;
        let info = task.workspace().info().await.unwrap();
        assert_eq!((&*info.workspace.kind, info.workspace.root.as_path()), ("directory", &**path));
        let why = info.not_isolated.unwrap();
        assert!(why.contains(says), "{why}");
        assert_eq!(prepared(&maestro, &task).await.not_isolated, Some(why.clone()));
        assert!(path.join("new").exists());
        // A further attempt says it too.
        task.reply("file more").await.unwrap();
        task.wait().await.unwrap();
        assert_eq!(task.workspace().info().await.unwrap().not_isolated, Some(why));
        // Who asks for it is told nothing.
        let task = run(&maestro, path, "file new", WorkspaceKind::Directory).await;
        assert_eq!(task.workspace().info().await.unwrap().not_isolated, None);
        // Who asks for isolation gets it or an error.
        let task = run(&maestro, path, "file refused", WorkspaceKind::Git).await;
        let Outcome::Failed { error, .. } = task.wait().await.unwrap() else { panic!("{path:?}") };
        assert_eq!(error.kind, ErrorKind::InvalidArgument);
        assert!(error.message.contains("`workspace`") && error.message.contains(says), "{error}");
        assert!(!path.join("refused").exists());
    }
    let task = run(&maestro, &den.path().join("top"), "file new", WorkspaceKind::Auto).await;
    assert_eq!(task.workspace().info().await.unwrap().not_isolated, None);
    maestro.close(Running::Wait).await.unwrap();
}

#[tokio::test]
async fn work_that_stands_elsewhere_is_in_the_outcome_the_record_and_an_event() {
    let den = Den::new();
    let maestro = den.builder().agent("worker", worker()).build().await.unwrap();
    let top = den.repository("top");
    let task = run(&maestro, &top, "branch side", WorkspaceKind::Git).await;
    let Outcome::Succeeded { work_elsewhere, .. } = task.wait().await.unwrap() else { panic!() };
    assert_eq!(work_elsewhere.len(), 1);
    assert_eq!(work_elsewhere[0].to_string(), "branch side");
    assert_eq!(work_elsewhere[0].commit, Some(git(&top, &["rev-parse", "side"])));
    let info = task.workspace().info().await.unwrap();
    assert_eq!(info.work_elsewhere, work_elsewhere);
    let found = events(&maestro, &task).await.into_iter().find_map(|event| match event {
        EventData::WorkspaceElsewhere(WorkspaceElsewhere { workspace_id, work, .. }) => {
            Some((workspace_id, work))
        }
        _ => None,
    });
    assert_eq!(found, Some((Some(info.id), work_elsewhere.clone())));
    // Nothing was merged, and nothing is called merged, until the branch is.
    let error = task.workspace().merge("main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("branch side"), "{error}");
    assert_eq!(task.workspace().info().await.unwrap().merged_into, None);
    git(&top, &["merge", "--quiet", "side"]);
    task.workspace().merge("main").await.unwrap();
    // A task with work of its own merges that, and still says what stands elsewhere.
    let task = run(&maestro, &top, "branch other", WorkspaceKind::Git).await;
    task.reply("file new").await.unwrap();
    let outcome = task.wait().await.unwrap();
    assert_eq!(outcome, Outcome::succeeded("done"), "the second attempt left nothing");
    assert_eq!(task.workspace().info().await.unwrap().work_elsewhere[0].name, "other");
    task.workspace().merge("main").await.unwrap();
    assert!(top.join("new").exists() && top.join("side").exists());
    assert!(!top.join("other").exists());
    maestro.close(Running::Wait).await.unwrap();
}
