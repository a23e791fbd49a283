//! A node may be killed at any moment: what it began is finished or undone, and no work is lost.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use futures::executor::block_on;
use maestro_core::Result;
use maestro_core::model::WorkspaceRef;
use maestro_core::workspace::git::{GitEnvironment, GitOptions, GitWorkspace};
use maestro_core::workspace::{Merged, Prepared, Release, Released, Workspace as _};

use crate::edges::script;
use crate::fixture::{Den, again, environment, options, place, ready, spec, worked};
use crate::support::Threads;

/// Stands before git and dies at the command that it was told to die at. From then on nothing runs,
/// as nothing of a dead node does.
const GRIM: &str = r#"#!/bin/sh
[ -e "$GRIM/dead" ] && exit 137
left=$(($(cat "$GRIM/left") - 1))
echo $left > "$GRIM/left"
[ $left -gt 0 ] && exec git "$@"
: > "$GRIM/dead"
exec 3<&0
case "$(cat "$GRIM/how")" in
  before) ;;
  after) git "$@" > /dev/null 2>&1 ;;
  killed) git "$@" <&3 > /dev/null 2>&1 & sleep "$(cat "$GRIM/delay")"; kill -9 $! ;;
  torn) (ulimit -f 1; exec git "$@" <&3) > /dev/null 2>&1 ;;
  lingers) (sleep 0.05; exec git "$@" <&3) > /dev/null 2>&1 & ;;
esac
exit 137
"#;

/// How the node and its git die.
const HOW: [&str; 4] = ["before", "after", "killed", "lingers"];
/// One more way: the kernel ends git in the midst of the first file that is longer than a block.
pub(crate) const TORN: &str = "torn";

pub(crate) struct Grim<'a> {
    den: &'a Den,
    random: fastrand::Rng,
    how: Vec<&'static str>,
}

impl<'a> Grim<'a> {
    pub(crate) fn new(den: &'a Den, seed: u64) -> Self {
        let dir = den.path().join("grim");
        fs::create_dir_all(&dir).unwrap();
        script(&dir.join("git"), GRIM);
        Self { den, random: fastrand::Rng::with_seed(seed), how: HOW.to_vec() }
    }

    pub(crate) fn or(mut self, how: &'static str) -> Self {
        self.how.push(how);
        self
    }

    /// A node that dies at the `step`th git command.
    fn port(&mut self, step: usize, how: &str) -> GitWorkspace {
        let dir = self.den.path().join("grim");
        let delay = format!("0.{:04}", self.random.u32(0..80));
        for (name, value) in [("left", step.to_string().as_str()), ("how", how), ("delay", &delay)]
        {
            fs::write(dir.join(name), value).unwrap();
        }
        let _ = fs::remove_file(dir.join("dead"));
        let mut options = GitOptions::default();
        options.program = dir.join("git");
        let mut environment = self.den.environment();
        environment.push(("GRIM".into(), dir.into()));
        options.environment = GitEnvironment::Exactly(environment);
        self.den.port_with(options)
    }

    /// Runs something with a death at every step in every way, until it ends alive.
    pub(crate) fn every_step<T>(
        &mut self,
        before: impl Fn(usize) -> T,
        dies: &impl AsyncFn(&GitWorkspace, &T) -> Result<()>,
        after: impl Fn(&T, &str),
    ) {
        for how in self.how.clone() {
            let mut deaths = 0;
            for step in 1.. {
                let given = before(step);
                let port = self.port(step, how);
                let died = block_on(dies(&port, &given)).is_err();
                let what = format!("died {how} step {step}");
                after(&given, &what);
                if !died {
                    break;
                }
                deaths += 1;
            }
            assert!(deaths > 4, "{how}: {deaths} deaths prove nothing");
        }
    }
}

/// What a dead git left behind is no reason to fail, wherever that is.
pub(crate) fn insist<T>(
    den: &Den,
    what: &str,
    act: &impl AsyncFn(&GitWorkspace) -> Result<T>,
) -> T {
    let mut options = den.options();
    options.patience = Duration::from_secs(4);
    let port = den.port_with(options);
    for _ in 0..5 {
        match block_on(act(&port)) {
            Ok(value) => return value,
            // A git of another test may have looked like its owner, or the one that was left has not
            // come to its end on a busy machine.
            Err(error) if error.context().any(|(key, _)| key == "lock" || key == "busy") => {}
            Err(error) => panic!("{what}: {error}"),
        }
    }
    panic!("{what}: a lock stays")
}

fn show(files: &Path) -> Option<String> {
    fs::read_to_string(files).ok()
}

#[test]
fn a_killed_prepare_is_finished_by_the_next() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let mut spec = spec(&project, 1);
    spec.needs = block_on(async {
        vec![
            worked(&port, &project, 2, "a", "a\n").await,
            worked(&port, &project, 3, "b", "b\n").await,
        ]
    });
    let expected = block_on(port.prepare(&spec)).unwrap();
    let workspace = block_on(ready(&port, &spec));
    Grim::new(&den, 1).every_step(
        |_| {
            let discard =
                async |port: &GitWorkspace| port.release(&workspace, Release::Discard).await;
            insist(&den, "died killed before", &discard);
        },
        &async |dying, ()| dying.prepare(&spec).await.map(drop),
        |(), what| {
            // Another node comes, with the same git left behind.
            let prepared = insist(&den, what, &async |port| port.prepare(&spec).await);
            assert_eq!(prepared, expected, "{what}");
            let changes = block_on(port.changes(&workspace)).unwrap();
            assert!(changes.files.is_empty() && changes.holds().is_empty(), "{what}: {changes:?}");
            assert_eq!(show(&workspace.root.as_path().join("b")).as_deref(), Some("b\n"), "{what}");
        },
    );
}

/// Git makes the files that say what a worktree is one after the other, and lists none while one of
/// them cannot be read.
#[test]
fn a_worktree_that_was_not_described_to_its_end_is_made_again() {
    for file in ["gitdir", "commondir", "HEAD"] {
        for made in [true, false] {
            let den = Den::new();
            let (port, project) = (den.port(), den.project());
            let spec = spec(&project, 1);
            let workspace = block_on(ready(&port, &spec));
            let root = workspace.root.as_path();
            let admin = den.git(root, &["rev-parse", "--absolute-git-dir"]);
            for entry in fs::read_dir(root).unwrap().map(|entry| entry.unwrap()) {
                if entry.file_name() != ".git" {
                    fs::remove_file(entry.path()).unwrap();
                }
            }
            fs::write(Path::new(&admin).join("locked"), "maestro is making it").unwrap();
            fs::remove_file(Path::new(&admin).join(file)).unwrap();
            if made {
                fs::write(Path::new(&admin).join(file), "").unwrap();
            }
            let again = block_on(ready(&port, &spec));
            assert_eq!(again, workspace, "{file} {made}");
            assert_eq!(show(&root.join("README")).as_deref(), Some("hello\n"), "{file} {made}");
        }
    }
}

#[test]
fn a_killed_second_try_at_needs_in_conflict_is_finished_by_the_next() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let mut spec = spec(&project, 1);
    let give_way = |workspace: &WorkspaceRef, content: &str| {
        fs::write(workspace.root.as_path().join("same"), content).unwrap();
        block_on(port.commit(workspace, "Change")).unwrap();
    };
    spec.needs = block_on(async {
        vec![
            worked(&port, &project, 2, "same", "1\n").await,
            worked(&port, &project, 3, "same", "2\n").await,
        ]
    });
    let second = spec.needs[1].clone();
    Grim::new(&den, 2).every_step(
        |_| {
            give_way(&second, "2\n");
            let prepared =
                insist(&den, "died killed before", &async |port| port.prepare(&spec).await);
            let Prepared::Conflicted { workspace, .. } = prepared else { panic!("{prepared:?}") };
            give_way(&second, "1\n");
            again(spec.clone(), &workspace)
        },
        &async |dying, spec| dying.prepare(spec).await.map(drop),
        |spec, what| {
            let prepared = insist(&den, what, &async |port| port.prepare(spec).await);
            let Prepared::Ready { workspace, .. } = prepared else {
                panic!("{what}: {prepared:?}")
            };
            let changes = block_on(port.changes(&workspace)).unwrap();
            assert!(changes.holds().is_empty(), "{what}: {changes:?}");
            assert_eq!(
                show(&workspace.root.as_path().join("same")).as_deref(),
                Some("1\n"),
                "{what}"
            );
            insist(&den, what, &async |port| port.release(&workspace, Release::Discard).await);
        },
    );
}

#[test]
fn a_killed_release_is_finished_or_undone() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    Grim::new(&den, 3).every_step(
        |step| {
            let workspace = block_on(worked(&port, &project, 5, "a", &format!("{step}\n")));
            block_on(port.merge(&workspace, "main", "Merge")).unwrap();
            (workspace, step)
        },
        &async |dying, (workspace, _)| dying.release(workspace, Release::IfEmpty).await.map(drop),
        |(workspace, step), what| {
            if step % 2 == 0 {
                // The task goes on instead.
                let again = again(spec(&project, 5), workspace);
                insist(&den, what, &async |port| port.prepare(&again).await);
                let changes = block_on(port.changes(workspace)).unwrap();
                assert!(changes.holds().is_empty(), "{what}: {changes:?}");
            }
            let released =
                insist(&den, what, &async |port| port.release(workspace, Release::IfEmpty).await);
            assert_eq!(released, Released::Removed, "{what}");
            assert!(!workspace.root.as_path().exists(), "{what}");
            let left = fs::read_dir(workspace.root.as_path().parent().unwrap()).unwrap().count();
            assert_eq!(left, 0, "{what}");
            assert_eq!(
                den.git(&project, &["for-each-ref", "refs/heads/maestro", "refs/maestro"]),
                ""
            );
            assert_eq!(den.git(&project, &["worktree", "list"]).lines().count(), 1, "{what}");
        },
    );
}

#[test]
fn a_killed_release_loses_no_work() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(worked(&port, &project, 6, "committed", "1\n"));
    fs::write(workspace.root.as_path().join("README"), "2\n").unwrap();
    fs::write(workspace.root.as_path().join("untracked"), "3\n").unwrap();
    let before = block_on(port.changes(&workspace)).unwrap();
    Grim::new(&den, 4).every_step(
        |_| (),
        &async |dying, ()| dying.release(&workspace, Release::IfEmpty).await.map(drop),
        |(), what| {
            let again = again(spec(&project, 6), &workspace);
            insist(&den, what, &async |port| port.prepare(&again).await);
            assert_eq!(block_on(port.changes(&workspace)).unwrap(), before, "{what}");
        },
    );
}

#[test]
fn a_killed_commit_is_finished_by_the_next() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(ready(&port, &spec(&project, 7)));
    Grim::new(&den, 5).every_step(
        |step| {
            fs::write(workspace.root.as_path().join("a"), format!("{step} {}", fastrand::u64(..)))
                .unwrap();
        },
        &async |dying, ()| dying.commit(&workspace, "Work").await.map(drop),
        |(), what| {
            insist(&den, what, &async |port| port.commit(&workspace, "Work").await);
            let changes = block_on(port.changes(&workspace)).unwrap();
            assert_eq!(changes.holds(), ["unmerged"], "{what}");
        },
    );
}

#[test]
fn a_killed_merge_is_finished_by_the_next() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    den.git(&project, &["branch", "next"]);
    Grim::new(&den, 6).every_step(
        |step| {
            den.git(&project, &["commit", "--quiet", "--allow-empty", "--message=Elsewhere"]);
            den.git(&project, &["branch", "--force", "next", "main"]);
            let mut spec = spec(&project, 8);
            spec.base = Some("main~1".to_owned());
            let workspace = block_on(ready(&port, &spec));
            fs::write(workspace.root.as_path().join("a"), format!("{step} {}", fastrand::u64(..)))
                .unwrap();
            block_on(port.commit(&workspace, "Work")).unwrap();
            workspace
        },
        &async |dying, workspace| dying.merge(workspace, "next", "Merge").await.map(drop),
        |workspace, what| {
            let merged =
                insist(&den, what, &async |port| port.merge(workspace, "next", "Merge").await);
            assert!(matches!(merged, Merged::Done { .. }), "{what}: {merged:?}");
            assert_eq!(
                den.git(&project, &["rev-list", "--count", "--merges", "main..next"]),
                "1",
                "{what}"
            );
            insist(&den, what, &async |port| port.release(workspace, Release::Discard).await);
        },
    );
}

/// Where the process that is to be killed works.
const VICTIM: &str = "MAESTRO_TEST_VICTIM";

#[test]
#[ignore = "the process that `a_killed_process_loses_nothing` kills"]
#[expect(clippy::disallowed_methods, reason = "the parent says where to work")]
fn victim() {
    let den = std::path::PathBuf::from(std::env::var(VICTIM).unwrap());
    let port = GitWorkspace::with_options(
        place(),
        den.join("work trees"),
        Threads::shared(),
        options(&den),
    );
    let spec = spec(&den.join("shöp 0"), 9);
    block_on(async {
        for round in 0.. {
            let workspace = ready(&port, &spec).await;
            fs::write(den.join("work.new"), format!("{round}\n")).unwrap();
            fs::rename(den.join("work.new"), workspace.root.as_path().join("work")).unwrap();
            // What is said here must be found again.
            fs::write(den.join("said.new"), round.to_string()).unwrap();
            fs::rename(den.join("said.new"), den.join("said")).unwrap();
            port.commit(&workspace, "Work").await.unwrap();
            port.release(&workspace, Release::IfEmpty).await.unwrap();
        }
    });
}

#[test]
fn a_killed_process_loses_nothing() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let seed = 11;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut worked = 0;
    for round in 0..12 {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["kill::victim", "--exact", "--ignored"])
            .env_clear()
            .envs(environment(&den.path()))
            .env(VICTIM, den.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let delay = Duration::from_millis(random.u64(20..400));
        block_on(Threads::shared().sleep(delay));
        victim.kill().unwrap();
        victim.wait().unwrap();
        let what = format!("seed {seed}, round {round}, after {delay:?}");
        let workspace = block_on(ready(&port, &spec(&project, 9)));
        if let Some(said) = show(&den.path().join("said")) {
            worked += 1;
            let work = show(&workspace.root.as_path().join("work")).unwrap();
            // It may have been killed between the two files.
            let (said, work): (u32, u32) = (said.parse().unwrap(), work.trim().parse().unwrap());
            assert!(work == said || work == said + 1, "{what}: {work} instead of {said}");
        }
        block_on(port.release(&workspace, Release::Discard)).unwrap();
        let _ = fs::remove_file(den.path().join("said"));
        assert_eq!(den.git(&project, &["status", "--porcelain"]), "", "{what}");
    }
    assert!(worked > 0, "seed {seed}: every process died before it did anything");
}
