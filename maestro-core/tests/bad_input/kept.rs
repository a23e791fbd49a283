//! Good work that cannot be committed, or not all of it: it is kept, and a person is told.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use maestro_core::agent::agent_fn;
use maestro_core::model::{EventFilter, Outcome, Place, Position, TaskSpec};
use maestro_core::runtime::tokio::TokioRuntime;
use maestro_core::task::TaskHandle;
use maestro_core::workspace::git::{GitEnvironment, GitOptions, GitWorkspace};
use maestro_core::{ErrorKind, Maestro, MaestroBuilder, Running};
use serde_json::Value;

use crate::den::{Den, git, project};

/// Longer than any of these tests takes on a busy machine.
const LONG: Duration = Duration::from_secs(300);

/// A node whose git has these options.
fn builder(den: &Den, options: GitOptions) -> MaestroBuilder {
    let place = Place::new("host:test");
    let runtime = Arc::new(TokioRuntime::current().unwrap());
    let worktrees = den.path().join("worktrees");
    let workspaces = GitWorkspace::with_options(place.clone(), worktrees, runtime, options);
    den.builder().place(place).workspace(Arc::new(workspaces))
}

async fn submit(maestro: &Maestro, repository: &Path, agent: &str) -> TaskHandle {
    let shop = project(maestro, repository).await;
    let task = TaskSpec::prompt("work").project(&shop).agent(agent);
    maestro.tasks().submit(task).await.unwrap()
}

/// What a person is needed for.
async fn asked(task: &TaskHandle) -> (String, Value) {
    match task.wait().await.unwrap() {
        Outcome::InputRequired { reason, detail } => (reason, detail),
        other => panic!("{other:?}"),
    }
}

fn admin(root: &Path) -> PathBuf {
    git(root, &["rev-parse", "--absolute-git-dir"]).into()
}

#[tokio::test]
async fn work_behind_a_lock_that_stays_is_kept() {
    let den = Den::new();
    let mut options = GitOptions::default();
    options.patience = Duration::from_millis(100);
    let held: Arc<Mutex<Option<File>>> = Arc::default();
    let holder = Arc::clone(&held);
    let locker = agent_fn(move |turn| {
        let holder = Arc::clone(&holder);
        async move {
            let root = turn.cwd.as_path();
            let work = root.join("work");
            if !work.exists() {
                fs::write(work, "done\n").unwrap();
                let lock = File::create(admin(root).join("index.lock")).unwrap();
                *holder.lock().unwrap() = Some(lock);
            }
            Ok("done".to_owned())
        }
    });
    let maestro = builder(&den, options).agent("locker", locker).build().await.unwrap();
    let repository = den.repository("repository");
    let task = submit(&maestro, &repository, "locker").await;
    let (reason, detail) = asked(&task).await;
    assert_eq!(reason, "workspace_kept");
    assert_eq!(detail["error"]["kind"], "unavailable", "{detail}");
    assert!(detail.to_string().contains("index.lock"), "{detail}");
    assert!(detail["advice"].as_str().unwrap().contains("reply"), "{detail}");
    let root = task.workspace().info().await.unwrap().workspace.root;
    assert_eq!(fs::read_to_string(root.as_path().join("work")).unwrap(), "done\n");
    let (events, _) =
        maestro.events().read(EventFilter::default(), Position::Beginning, 1000).await.unwrap();
    assert!(events.iter().any(|event| event.data.event_type() == "workspace.kept"));
    let error = task.workspace().merge("main").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    drop(held.lock().unwrap().take());
    task.reply("Go on").await.unwrap();
    assert!(task.wait().await.unwrap().is_success());
    task.workspace().merge("main").await.unwrap();
    assert_eq!(fs::read_to_string(repository.join("work")).unwrap(), "done\n");
    maestro.close(Running::Wait).await.unwrap();
}

/// A log that nobody reads on, as in a pager, until it is ended.
struct Reader(Child);

impl Reader {
    fn new(root: &Path) -> Self {
        let mut command = Command::new("git");
        command.args(["log", "-p"]).current_dir(root).stdin(Stdio::null());
        let mut git = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // It has begun, and has more to say than fits into the pipe.
        git.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        Self(git)
    }

    fn end(mut self) {
        assert!(self.0.try_wait().unwrap().is_none(), "it ended by itself");
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_log_in_a_pager_is_in_nobodys_way() {
    let den = Den::new();
    let mut options = GitOptions::default();
    options.patience = LONG;
    let readers: Arc<Mutex<Vec<Reader>>> = Arc::default();
    let kept = Arc::clone(&readers);
    let reader = agent_fn(move |turn| {
        let kept = Arc::clone(&kept);
        async move {
            let root = turn.cwd.as_path();
            fs::write(root.join("work"), "done\n").unwrap();
            kept.lock().unwrap().push(Reader::new(root));
            Ok("done".to_owned())
        }
    });
    let maestro = builder(&den, options).agent("reader", reader).build().await.unwrap();
    let repository = den.repository("repository");
    fs::write(repository.join("long"), "line\n".repeat(100_000)).unwrap();
    git(&repository, &["add", "--all"]);
    git(&repository, &["commit", "--quiet", "--message=Long"]);
    let began = Instant::now();
    let task = submit(&maestro, &repository, "reader").await;
    assert!(task.wait().await.unwrap().is_success());
    task.workspace().merge("main").await.unwrap();
    assert!(began.elapsed() < LONG, "a reader was waited for");
    assert_eq!(fs::read_to_string(repository.join("work")).unwrap(), "done\n");
    for reader in readers.lock().unwrap().drain(..) {
        reader.end();
    }
    maestro.close(Running::Wait).await.unwrap();
}

#[tokio::test]
async fn a_file_whose_filter_is_missing_needs_a_person() {
    let den = Den::new();
    let global = den.path().join("global");
    let missing = "[filter \"lfs\"]\nclean = maestro-no-such-lfs clean -- %f\nsmudge = cat\nrequired = true\n";
    fs::write(&global, missing).unwrap();
    let mut options = GitOptions::default();
    let path = std::env::var_os("PATH").unwrap();
    options.environment = GitEnvironment::Exactly(vec![
        ("PATH".into(), path),
        ("GIT_CONFIG_GLOBAL".into(), global.clone().into()),
    ]);
    let writer = agent_fn(|turn| async move {
        let root = turn.cwd.as_path();
        fs::write(root.join(".gitattributes"), "*.bin filter=lfs\n").unwrap();
        fs::write(root.join("large.bin"), "large\n").unwrap();
        fs::write(root.join("good"), "good\n").unwrap();
        Ok("done".to_owned())
    });
    let maestro = builder(&den, options).agent("writer", writer).build().await.unwrap();
    let repository = den.repository("repository");
    let task = submit(&maestro, &repository, "writer").await;
    let (reason, detail) = asked(&task).await;
    assert_eq!(reason, "files_refused");
    let files = detail["files"].as_array().unwrap();
    assert!(files[0].as_str().unwrap().starts_with("large.bin (filter lfs: "), "{detail}");
    assert_eq!(files.len(), 1, "{detail}");
    let branch = task.workspace().info().await.unwrap().workspace.branch.unwrap();
    let tree = git(&repository, &["ls-tree", "--name-only", &branch]);
    assert_eq!(tree, ".gitattributes\nREADME\ngood");
    // With the filter at hand, the same task goes on.
    fs::write(&global, missing.replace("maestro-no-such-lfs clean -- %f", "cat")).unwrap();
    task.reply("It is installed now").await.unwrap();
    assert!(task.wait().await.unwrap().is_success());
    task.workspace().merge("main").await.unwrap();
    assert_eq!(fs::read_to_string(repository.join("large.bin")).unwrap(), "large\n");
    maestro.close(Running::Wait).await.unwrap();
}
