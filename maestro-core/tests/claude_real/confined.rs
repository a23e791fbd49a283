//! An agent in a task's workspace stays there.

use std::path::Path;
use std::process::Command;

use maestro_core::agent::AgentEvent;
use maestro_core::model::Decision;

use crate::for_each_release;
use crate::house::{House, Opening};
use crate::program::Release;

for_each_release! {
    no_worktree_is_made_whatever_asks_for_one,
    who_allows_it_by_name_gets_it,
}

/// A repository with a commit, and a definition of a subagent that asks for a worktree.
fn repository(directory: &Path) {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        let done = git.current_dir(directory).args(arguments).output().expect("git runs");
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    };
    std::fs::create_dir_all(directory.join(".claude/agents")).expect("it is ours");
    let definition =
        "---\nname: aside\ndescription: Works aside\nisolation: worktree\n---\nWork.\n";
    std::fs::write(directory.join(".claude/agents/aside.md"), definition).expect("it is ours");
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "-A"]);
    let who = ["-c", "user.name=T", "-c", "user.email=t@example.invalid"];
    git(&[&who[..], &["commit", "-qm", "first"]].concat());
}

fn worktrees(directory: &Path) -> Vec<String> {
    let mut git = Command::new("git");
    let list = git.current_dir(directory).args(["worktree", "list", "--porcelain"]).output();
    let list = String::from_utf8(list.expect("git runs").stdout).expect("UTF-8");
    let found = list.lines().filter_map(|line| line.strip_prefix("worktree "));
    found.skip(1).map(str::to_owned).collect()
}

/// Plays a scenario in a repository of its own, allowing all that is asked, and gives the worktrees
/// that there were at any question or at the end.
async fn play(house: &mut House, mode: &str, allow: &[&str], scenario: &str) -> Vec<String> {
    house.work = tempfile::tempdir().expect("a directory");
    repository(house.work.path());
    let mut opening = Opening { confined: true, ..Opening::default() };
    opening.spec.mode = Some(mode.to_owned());
    // The definition of the subagent is one of the project's.
    opening.spec.setting_sources = Some(vec!["project".to_owned()]);
    // What lets root use the mode that never asks.
    opening.spec.env.insert("IS_SANDBOX".to_owned(), "1".to_owned());
    opening.spec.tools.allow = allow.iter().map(|&rule| rule.to_owned()).collect();
    let mut talk = house.try_open(opening).await.expect("it opens");
    talk.prompt(scenario).await;
    let mut made = Vec::new();
    loop {
        let stops =
            |event: &AgentEvent| matches!(event, AgentEvent::Approval(_) | AgentEvent::Idle);
        let seen = talk.until(stops).await;
        made.extend(worktrees(house.work.path()));
        match seen.last() {
            Some(AgentEvent::Approval(asked)) => talk.answer(asked, Decision::allow()).await,
            _ => return made,
        }
    }
}

async fn no_worktree_is_made_whatever_asks_for_one(release: Release) {
    let Some(mut house) = House::build(release).await else { return };
    for mode in ["default", "bypassPermissions"] {
        for scenario in [
            "enter-worktree",
            "isolated-agent",
            "isolated-agent isolation=remote",
            "defined-agent",
            "nested",
        ] {
            let made = play(&mut house, mode, &[], &format!("scenario: {scenario}")).await;
            assert_eq!(made, [""; 0], "{scenario} in the mode {mode}");
        }
    }
}

async fn who_allows_it_by_name_gets_it(release: Release) {
    let Some(mut house) = House::build(release).await else { return };
    for scenario in ["enter-worktree", "isolated-agent", "defined-agent"] {
        let scenario = format!("scenario: {scenario}");
        let made = play(&mut house, "default", &["EnterWorktree"], &scenario).await;
        assert!(!made.is_empty(), "{scenario}");
    }
}
