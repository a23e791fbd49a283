//! Nothing of a host outlives it, or the next one ends it.

use std::path::Path;
use std::process::Child;

use maestro_core::transport::proc_table::{self, ProcessStamp, Signal};
use maestro_core::transport::{Ended, Frame, OWNER_VARIABLE, ROLE_VARIABLE, Transport as _};

use super::scene::{Scene, eventually, pause, role, spec, transport};

/// Leaves processes as tools do: in a session of its own, forked twice, ignoring TERM, and without
/// the environment that it was given. Each writes its pid to a file.
pub(crate) const TOOLS: &str = r#"
    cat > tool <<'END'
        trap "" TERM INT HUP
        echo $$ > "$1.new"; mv "$1.new" "$1"
        while :; do sleep 0.1; done
END
    setsid sh tool session <&- >&- 2>&- &
    (setsid sh tool orphan <&- >&- 2>&- &)
    env -i PATH="$PATH" setsid sh tool bare <&- >&- 2>&- &
    exec sleep 3600
"#;
pub(crate) const TOOL_NAMES: [&str; 3] = ["session", "orphan", "bare"];

#[test]
#[ignore = "a role: other tests start it"]
fn role_host() {
    let Some((directory, node)) = role() else {
        return;
    };
    let transport = transport(&directory);
    let program = futures::executor::block_on(async {
        let program = transport.start(spec(&transport, &directory, node, TOOLS));
        program.await.expect("`sh` is there")
    });
    for name in TOOL_NAMES {
        eventually(name, || directory.join(name).exists());
    }
    std::fs::write(directory.join("guardian"), program.process().pid.to_string()).expect("a disk");
    if directory.join("leave").exists() {
        leave();
    }
    loop {
        pause();
    }
}

#[expect(clippy::exit, reason = "nothing is dropped or closed, which is what is tested")]
fn leave() -> ! {
    std::process::exit(0)
}

/// A host with a running program whose tools are there, and its guardian.
pub(crate) fn host(scene: &Scene) -> (Child, Vec<ProcessStamp>) {
    let host = scene.role("leftovers::role_host").spawn().expect("this executable");
    let names = TOOL_NAMES.iter().chain(["guardian"].iter());
    let processes = names.map(|name| scene.written(name)).collect();
    (host, processes)
}

fn all_gone(scene: &Scene, processes: &[ProcessStamp]) {
    eventually("nothing carries the marker", || scene.marked().is_empty());
    eventually("all tools are gone", || !processes.iter().any(ProcessStamp::is_alive));
}

#[test]
fn a_killed_host_takes_every_process_along() {
    let scene = Scene::new();
    let (mut host, processes) = host(&scene);
    assert!(processes.iter().all(ProcessStamp::is_alive));
    host.kill().expect("it runs");
    host.wait().expect("it ended");
    all_gone(&scene, &processes);
    assert_eq!(journals(&scene.path("state")), 0, "the guardian finished");
}

#[test]
fn a_host_that_just_exits_takes_every_process_along() {
    let scene = Scene::new();
    std::fs::write(scene.path("leave"), "").expect("a disk");
    let mut host = scene.role("leftovers::role_host").spawn().expect("this executable");
    host.wait().expect("it ended");
    eventually("nothing carries the marker", || scene.marked().is_empty());
    for name in TOOL_NAMES {
        let pid = std::fs::read_to_string(scene.path(name)).expect("a pid");
        let bare = |process: ProcessStamp| is_tool(process, scene.path(name).parent());
        let pid = pid.trim().parse().expect("a pid");
        eventually(name, || !ProcessStamp::of(pid).is_some_and(bare));
    }
}

/// Whether a process works in this directory.
fn is_tool(process: ProcessStamp, directory: Option<&Path>) -> bool {
    let cwd = std::fs::read_link(format!("/proc/{}/cwd", process.pid)).ok();
    process.is_alive() && cwd.as_deref() == directory
}

#[tokio::test]
async fn what_a_killed_guardian_leaves_is_ended_by_the_next_host() {
    let scene = Scene::new();
    let (mut host, processes) = host(&scene);
    // The journal is written a moment after a process appears.
    let bare = processes[2].pid.to_string();
    eventually("the journal names the bare tool", || {
        journal_text(&scene.path("state")).contains(&format!("seen {bare} "))
    });
    let guardian = processes[3];
    proc_table::signal(guardian, Signal::Kill).expect("it is ours");
    host.kill().expect("it runs");
    host.wait().expect("it ended");
    eventually("the guardian is gone", || !guardian.is_alive());
    assert!(processes[..3].iter().all(ProcessStamp::is_alive));

    let transport = scene.transport();
    let ended = transport.end_all_of(scene.node, &[]).await.expect("they can be ended");
    assert!(ended.processes >= 3, "{ended:?}");
    assert!(!processes.iter().any(ProcessStamp::is_alive));
    assert_eq!(scene.marked(), []);
    assert_eq!(journals(&scene.path("state")), 0);
    let nothing = transport.end_all_of(scene.node, &[]).await;
    assert_eq!(nothing.ok(), Some(Ended::new(0)));
    transport.close().await.expect("it closes");
}

/// The host goes on for weeks, so nothing may wait for its end or for another host.
#[tokio::test]
async fn what_a_killed_guardian_leaves_is_ended_while_its_host_lives() {
    let scene = Scene::new();
    let transport = scene.transport();
    let script = scene.spec(&transport, TOOLS);
    let program = transport.start(script).await.expect("`sh` is there");
    let tools: Vec<_> = TOOL_NAMES.iter().map(|name| scene.written(name)).collect();
    eventually("the journal names every tool", || {
        let text = journal_text(&scene.path("state"));
        tools.iter().all(|tool| text.contains(&format!("seen {} ", tool.pid)))
    });
    let guardian = ProcessStamp::of(program.process().pid).expect("it runs");
    proc_table::signal(guardian, Signal::Kill).expect("it is ours");
    let last = super::scene::frames(&*program).await.pop();
    assert!(matches!(last, Some(Frame::Exited(status)) if status.signal == Some(9)), "{last:?}");
    assert!(!tools.iter().any(ProcessStamp::is_alive), "the end is told when all have ended");
    assert_eq!(scene.marked(), []);
    assert_eq!(journals(&scene.path("state")), 0);
    transport.close().await.expect("it closes");
}

fn journal_paths(state: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(state.join("journals")).expect("it is there");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn journals(state: &Path) -> usize {
    journal_paths(state).len()
}

fn journal_text(state: &Path) -> String {
    let texts =
        journal_paths(state).into_iter().filter_map(|path| std::fs::read_to_string(path).ok());
    texts.collect()
}

#[tokio::test]
async fn a_git_command_of_a_dead_node_may_finish() {
    let scene = Scene::new();
    let mut git = {
        let script = format!("{ROLE_VARIABLE}=git exec sh -c 'sleep 1; echo finished > git'");
        scene.stray(&script)
    };
    let mut other = scene.stray("exec sleep 3600");
    eventually("both run", || {
        let git = proc_table::with_marker(ROLE_VARIABLE, "git").expect("`/proc` can be read");
        git.iter().any(|process| process.pid == child_pid(&scene, process.pid))
            && scene.marked().len() >= 2
    });
    let transport = scene.transport();
    let ending = transport.end_all_of(scene.node, &[]);
    // They are children of this test: somebody has to reap them.
    let ended = ending.await.expect("they can be ended");
    assert!(ended.processes >= 2, "{ended:?}");
    assert!(scene.path("git").exists(), "it was not let finish");
    assert!(git.wait().expect("a child").success());
    assert!(!other.wait().expect("a child").success());
    transport.close().await.expect("it closes");
}

/// The pid, if the process is of this scene; else none that exists.
fn child_pid(scene: &Scene, pid: u32) -> u32 {
    let ours = scene.marked().iter().any(|process| process.pid == pid);
    if ours { pid } else { 0 }
}

#[tokio::test]
async fn a_git_command_that_hangs_is_ended_too() {
    let scene = Scene::new();
    let script = format!("{ROLE_VARIABLE}=git exec sh -c 'trap \"\" TERM; sleep 3600'");
    let mut git = scene.stray(&script);
    let transport = scene.transport();
    eventually("it runs", || scene.marked().len() >= 2);
    let ended = transport.end_all_of(scene.node, &[]).await;
    assert!(ended.is_ok_and(|ended| ended.processes >= 2));
    assert_eq!(scene.marked(), []);
    assert!(!git.wait().expect("a child").success());
    transport.close().await.expect("it closes");
}

#[test]
#[ignore = "a role: another test starts it"]
fn role_heir() {
    let Some((directory, node)) = role() else {
        return;
    };
    let transport = transport(&directory);
    let ended = futures::executor::block_on(transport.end_all_of(node, &[]));
    let ended = ended.expect("the others can be ended").processes;
    std::fs::write(directory.join("heir"), ended.to_string()).expect("a disk");
}

/// A tool of a dead node may itself run Maestro, and find that node's remains.
#[test]
fn a_host_that_carries_the_marker_itself_ends_the_others_only() {
    let scene = Scene::new();
    let mut other = scene.stray("exec sleep 3600");
    let mut heir = scene
        .role("leftovers::role_heir")
        .env(OWNER_VARIABLE, scene.node.to_string())
        .spawn()
        .expect("this executable");
    assert!(heir.wait().expect("a child").success());
    let ended = std::fs::read_to_string(scene.path("heir")).expect("it got to the end");
    assert_eq!(ended, "1");
    assert!(!other.wait().expect("a child").success());
}
