//! No process is left: the host dies, the agent ends, the guardian is told to end.

use std::ffi::OsStr;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use maestro_core::transport::guardian::GuardSpec;
use maestro_core::transport::proc_table::{self, Signal};

use crate::scene::{LEAVE_STUBBORN, MARKER, NEVER, Scene, end_of, eventually, guardian, stamp};

#[test]
#[ignore = "a role: `a_killed_host_takes_every_process_along` starts it"]
fn role_host() {
    let Some(directory) = std::env::var_os("MAESTRO_GUARDIAN_TEST_HOST") else {
        return;
    };
    let directory = PathBuf::from(directory);
    let guardian = guardian();
    let spec =
        GuardSpec::default().grace(Duration::from_millis(300)).journal(directory.join("journal"));
    let script = format!("{LEAVE_STUBBORN}\nsleep 3600");
    let arguments =
        ["-c".into(), script.into(), "sh".into(), directory.join("ready").into_os_string()];
    let (program, arguments) = guardian.wrap(OsStr::new("sh"), &arguments, &spec).unwrap();
    let mut agent = Command::new(program);
    agent.args(arguments).env(MARKER, &directory).process_group(0);
    agent.spawn().unwrap().wait().unwrap();
}

#[test]
fn a_killed_host_takes_every_process_along() {
    let scene = Scene::new();
    let mut host = Command::new(std::env::current_exe().unwrap());
    host.args(["--exact", "tree::role_host", "--ignored"])
        .env("MAESTRO_GUARDIAN_TEST_HOST", scene.directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let mut host = host.spawn().unwrap();
    let stubborn = scene.ready();
    // The guardian, the agent and its sleep, the stubborn one (and mostly its sleep).
    assert!(scene.marked().len() >= 4, "{:?}", scene.marked());

    host.kill().unwrap();
    host.wait().unwrap();

    eventually("the tree of a dead host ends", || scene.marked().is_empty());
    assert!(!stubborn.is_alive());
    assert!(!scene.path("journal").exists(), "a clean end leaves no journal");
}

#[test]
fn a_double_forked_process_in_its_own_session_stays_below_the_guardian() {
    let scene = Scene::new();
    let guardian = guardian();
    let script = format!("{LEAVE_STUBBORN}\nsleep 3600");
    let mut agent =
        scene.shell(&guardian, &scene.spec().grace(Duration::ZERO), &script).spawn().unwrap();
    let stubborn = scene.ready();

    assert!(proc_table::descendants(agent.id()).unwrap().contains(&stubborn));

    assert!(proc_table::signal(stamp(&agent), Signal::Terminate).unwrap());
    end_of(&mut agent);
    assert!(scene.marked().is_empty());
}

#[test]
fn what_an_agent_leaves_behind_is_gone_when_the_guardian_ends() {
    let scene = Scene::new();
    let spec = scene.spec().grace(Duration::from_millis(100));
    let script = format!("sleep 3600 & {LEAVE_STUBBORN}\nexit 7");
    let mut agent = scene.shell(&guardian(), &spec, &script).spawn().unwrap();
    let stubborn = scene.ready();

    assert_eq!(end_of(&mut agent).code(), Some(7));

    assert!(!stubborn.is_alive());
    assert!(scene.marked().is_empty(), "{:?}", scene.marked());
    assert!(!scene.path("journal").exists());
}

#[test]
fn a_program_that_signals_its_group_does_not_hit_its_guardian() {
    let scene = Scene::new();
    let mut agent =
        scene.shell(&guardian(), &scene.spec(), "sleep 3600 & kill -KILL 0").spawn().unwrap();
    let status = end_of(&mut agent);
    assert_eq!(status.signal(), Some(9));
    assert!(scene.marked().is_empty());
    assert!(!scene.path("journal").exists(), "the guardian was killed too");
}

#[test]
fn terminating_the_guardian_asks_the_whole_tree_first() {
    let scene = Scene::new();
    let script = r#"
        setsid sh -c 'trap "echo tool >> $0.log; exit" TERM; echo > "$0.tool"; while :; do sleep 0.01; done' "$1" &
        trap 'echo agent >> "$1.log"; wait; exit 3' TERM
        while [ ! -e "$1.tool" ]; do sleep 0.01; done
        echo $$ > "$1.new"; mv "$1.new" "$1"
        while :; do sleep 0.01; done
    "#;
    let mut agent = scene.shell(&guardian(), &scene.spec().grace(NEVER), script).spawn().unwrap();
    scene.ready();

    assert!(proc_table::signal(stamp(&agent), Signal::Terminate).unwrap());

    assert_eq!(end_of(&mut agent).code(), Some(3));
    let log = std::fs::read_to_string(scene.path("ready.log")).unwrap();
    let mut asked: Vec<_> = log.lines().collect();
    asked.sort_unstable();
    assert_eq!(asked, ["agent", "tool"]);
    assert!(scene.marked().is_empty());
}

#[test]
fn a_stopped_process_is_woken_to_end() {
    let scene = Scene::new();
    let script =
        r#"trap 'exit 4' TERM; echo $$ > "$1.new"; mv "$1.new" "$1"; kill -STOP $$; sleep 3600"#;
    let mut agent = scene.shell(&guardian(), &scene.spec().grace(NEVER), script).spawn().unwrap();
    let shell = scene.ready();
    eventually("the agent has stopped", || {
        std::fs::read_to_string(format!("/proc/{}/stat", shell.pid)).unwrap().contains(") T ")
    });
    assert!(proc_table::signal(stamp(&agent), Signal::Terminate).unwrap());
    assert_eq!(end_of(&mut agent).code(), Some(4));
}

#[test]
fn a_tree_that_keeps_forking_is_ended() {
    let scene = Scene::new();
    // Every process forks the next one into a session of its own and ends: nobody stays where a
    // scan saw it.
    let script = r#"
        trap "" TERM
        echo '[ -e "$1" ] || { echo $$ > "$1.new"; mv "$1.new" "$1"; }; setsid sh "$0" "$1" &' > "$1.sh"
        sh "$1.sh" "$1"
        while [ ! -e "$1" ]; do sleep 0.01; done
    "#;
    let spec = scene.spec().grace(Duration::from_millis(100));
    let mut agent = scene.shell(&guardian(), &spec, script).spawn().unwrap();
    let status = end_of(&mut agent);
    assert_eq!(status.code(), Some(0));
    assert!(scene.path("ready").exists());
    assert!(scene.marked().is_empty());
    assert!(!scene.path("journal").exists(), "it gave up");
}
