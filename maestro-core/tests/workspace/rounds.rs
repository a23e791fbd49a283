//! Nodes that are killed while they merge into a checkout, many times: nothing is refused, nothing lost.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use maestro_core::model::WorkspaceRef;
use maestro_core::workspace::git::GitWorkspace;
use maestro_core::workspace::{Merged, Release, Workspace as _};

use crate::fixture::{Den, environment, options, place, ready, spec};
use crate::kill::insist;
use crate::support::Threads;

/// Where the process that is to be killed works.
const VICTIM: &str = "MAESTRO_TEST_MERGING";
/// How many files change, are new and go in each round.
const FILES: usize = 30;

#[test]
#[ignore = "the process that the rounds kill"]
#[expect(clippy::disallowed_methods, reason = "the parent says where to work")]
fn merging() {
    let den = std::path::PathBuf::from(std::env::var(VICTIM).unwrap());
    let workspace = fs::read(den.join("workspace.json")).unwrap();
    let workspace: WorkspaceRef = serde_json::from_slice(&workspace).unwrap();
    let trees = den.join("work trees");
    let port = GitWorkspace::with_options(place(), trees, Threads::shared(), options(&den));
    fs::write(den.join("began"), "").unwrap();
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    fs::write(den.join("ended"), "").unwrap();
}

#[test]
fn a_node_that_is_killed_in_a_merge_leaves_whole_files_and_the_next_merge_ends_it() {
    run(8);
}

#[test]
#[ignore = "ROUNDS of them, 500 by default, as `make soak` runs it"]
#[expect(clippy::disallowed_methods, reason = "the caller says how many")]
fn many_nodes_that_are_killed_in_a_merge() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    run(rounds.unwrap_or(500));
}

fn run(rounds: u64) {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let mut longest = Duration::from_millis(300);
    let (mut killed, mut half) = (0, 0);
    for round in 0..rounds {
        let workspace = work(&den, &port, &project, round);
        let said = serde_json::to_vec(&workspace).unwrap();
        fs::write(den.path().join("workspace.json"), said).unwrap();
        // Files are moved within a few milliseconds: every other kill waits for that.
        let moving = (round % 2 == 0).then(|| project.join(".git/maestro-merge"));
        let most = if moving.is_some() { Duration::from_millis(12) } else { longest };
        let delay = most.mul_f64(random.f64());
        let with_its_git = random.bool();
        let what = format!("seed {seed}, round {round}, after {delay:?}, its git {with_its_git}");
        let took = merge_and_kill(&den.path(), moving.as_deref(), delay, with_its_git);
        killed += u64::from(took.is_none());
        // The window follows how long a merge takes on this machine.
        longest = took.map_or(longest.mul_f64(1.02), |took| took.mul_f64(1.1));
        longest = longest.min(Duration::from_secs(5));
        let mut moved = 0;
        for number in 0..FILES {
            for (name, before, after) in names(number, round) {
                let now = fs::read_to_string(project.join(&name)).ok();
                // A file that goes, or is new, may be missing; no other is, and none is cut.
                assert!(
                    now == before || now == after,
                    "{what}: {name}: {:?}",
                    now.map(|t| t.len())
                );
                moved += usize::from(now == after);
            }
        }
        half += u64::from(moved > 0 && moved < 3 * FILES);
        let merge = async |port: &GitWorkspace| port.merge(&workspace, "main", "Merge").await;
        let merged = insist(&den, &what, &merge);
        assert!(matches!(merged, Merged::Done { .. }), "{what}: {merged:?}");
        for number in 0..FILES {
            for (name, _, after) in names(number, round) {
                assert_eq!(fs::read_to_string(project.join(&name)).ok(), after, "{what}: {name}");
            }
        }
        assert_eq!(den.git(&project, &["status", "--porcelain"]), "", "{what}");
        insist(&den, &what, &async |port| port.release(&workspace, Release::Discard).await);
    }
    println!("{rounds} rounds: {killed} killed, {half} with files half moved; 0 refused, 0 lost");
    assert!(killed > 0, "no process was killed in time");
}

type Content = Option<String>;

/// Files with what they hold before and after a round.
fn names(number: usize, round: u64) -> [(String, Content, Content); 3] {
    let text = |what: &str| Some(format!("{what} {number} {round}\n").repeat(600));
    [
        (format!("change/{number}"), text("before"), text("after")),
        (format!("go/{number}"), text("before"), None),
        (format!("new/{number}"), None, text("after")),
    ]
}

fn work(den: &Den, port: &GitWorkspace, project: &Path, round: u64) -> WorkspaceRef {
    let fill = |root: &Path, after: bool| {
        for (name, before, new) in (0..FILES).flat_map(|number| names(number, round)) {
            let file = root.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            match if after { new } else { before } {
                Some(content) => fs::write(file, content).unwrap(),
                None => drop(fs::remove_file(file)),
            }
        }
    };
    fill(project, false);
    den.git(project, &["add", "--all"]);
    den.git(project, &["commit", "--quiet", "--message=Before"]);
    let workspace = block_on(ready(port, &spec(project, 8)));
    fill(workspace.root.as_path(), true);
    block_on(port.commit(&workspace, "Work")).unwrap();
    workspace
}

/// Starts a node that merges, and kills it after a while, alone or with the git that it runs. How
/// long the merge took, when it was done before.
fn merge_and_kill(
    den: &Path,
    moving: Option<&Path>,
    delay: Duration,
    with_its_git: bool,
) -> Option<Duration> {
    for name in ["began", "ended"] {
        let _ = fs::remove_file(den.join(name));
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["rounds::merging", "--exact", "--ignored"])
        .env_clear()
        .envs(environment(den))
        .env(VICTIM, den)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pause = |time| block_on(Threads::shared().sleep(time));
    while !den.join("began").exists() {
        assert!(victim.try_wait().unwrap().is_none(), "it ended before it began");
        pause(Duration::from_millis(1));
    }
    let began = Instant::now();
    while moving.is_some_and(|note| !note.exists()) && victim.try_wait().unwrap().is_none() {
        pause(Duration::from_micros(200));
    }
    let delay = began.elapsed() + delay;
    while began.elapsed() < delay {
        if victim.try_wait().unwrap().is_some() {
            let took = began.elapsed();
            assert!(den.join("ended").exists(), "the merge failed");
            return Some(took);
        }
        pause(Duration::from_micros(200));
    }
    let children = if with_its_git { children(victim.id()) } else { Vec::new() };
    victim.kill().unwrap();
    for child in children {
        // One that has ended by itself is what was wanted.
        let _ = Command::new("kill").args(["-9", &child.to_string()]).output();
    }
    victim.wait().unwrap();
    None
}

/// The processes that a process has started.
fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split(' ').filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}
