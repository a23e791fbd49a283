//! An agent under a guardian looks to its host like one without.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use maestro_core::transport::guardian::{
    EXIT_CANNOT_GUARD, EXIT_CANNOT_START, EXIT_USAGE, GuardSpec, refusal,
};
use maestro_core::transport::proc_table::{self, Signal};

use crate::scene::{LEAVE_STUBBORN, NEVER, Scene, end_of, eventually, guardian, stamp};

#[test]
fn the_guardian_ends_as_the_agent_did() {
    let guardian = guardian();
    for (script, code, signal) in [
        ("exit 0", Some(0), None),
        ("exit 1", Some(1), None),
        ("exit 255", Some(255), None),
        ("kill -KILL $$", None, Some(9)),
        ("kill -TERM $$", None, Some(15)),
        ("kill -INT $$", None, Some(2)),
        ("kill -ABRT $$", None, Some(6)),
        ("kill -SEGV $$", None, Some(11)),
        ("kill -PIPE $$", None, Some(13)),
        ("kill -USR1 $$", None, Some(10)),
    ] {
        let scene = Scene::new();
        let mut agent = scene.shell(&guardian, &GuardSpec::default(), script).spawn().unwrap();
        let status = end_of(&mut agent);
        assert_eq!((status.code(), status.signal()), (code, signal), "{script}");
    }
}

/// As a shell starts what it runs in its background.
#[test]
fn a_host_that_ignores_signals_does_not_hand_that_down() {
    let script =
        "trap '' INT QUIT TERM; exec \"$0\" --exact faithful::the_guardian_ends_as_the_agent_did";
    let itself = std::env::current_exe().unwrap();
    let output = Command::new("sh").args(["-c", script]).arg(itself).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Long enough to see that the streams end first, short enough to fail if they do not.
const HELD: Duration = Duration::from_mins(1);

#[test]
fn stdin_stdout_and_stderr_are_the_agents_own() {
    let scene = Scene::new();
    let script = format!("read line; echo \"out $line\"; echo \"err $line\" >&2; {LEAVE_STUBBORN}");
    let guardian = guardian();
    let mut command = scene.shell(&guardian, &GuardSpec::default().grace(HELD), &script);
    let mut agent = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut agent.stdin.take().unwrap(), b"hello\n").unwrap();

    let (mut out, mut err) = (String::new(), String::new());
    agent.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    agent.stderr.take().unwrap().read_to_string(&mut err).unwrap();

    assert_eq!((out.as_str(), err.as_str()), ("out hello\n", "err hello\n"));
    // The streams ended with the agent; its guardian still waits for the stubborn process.
    assert!(agent.try_wait().unwrap().is_none());
    assert!(scene.ready().is_alive());

    // It is past its first reason to end, so that one SIGTERM is enough to skip the grace.
    assert!(proc_table::signal(stamp(&agent), Signal::Terminate).unwrap());
    eventually("the grace is skipped", || {
        // The agent's end may not have been collected yet, and then this is the first reason:
        // repeat.
        let _ = proc_table::signal(stamp(&agent), Signal::Terminate).unwrap();
        agent.try_wait().unwrap().is_some()
    });
    assert_eq!(end_of(&mut agent).code(), Some(0));
    assert!(scene.marked().is_empty());
}

#[test]
fn an_interrupt_reaches_the_agent_alone() {
    let scene = Scene::new();
    let script = r#"
        sh -c 'trap "echo tool >> $0.log" INT; echo > "$0.tool"; while [ ! -e "$0.end" ]; do sleep 0.01; done' "$1" &
        trap 'echo agent >> "$1.log"; echo > "$1.end"; wait; exit 5' INT
        while [ ! -e "$1.tool" ]; do sleep 0.01; done
        echo $$ > "$1.new"; mv "$1.new" "$1"
        while :; do sleep 0.01; done
    "#;
    let mut agent = scene.shell(&guardian(), &scene.spec().grace(NEVER), script).spawn().unwrap();
    scene.ready();

    assert!(proc_table::signal(stamp(&agent), Signal::Interrupt).unwrap());

    assert_eq!(end_of(&mut agent).code(), Some(5));
    assert_eq!(std::fs::read_to_string(scene.path("ready.log")).unwrap(), "agent\n");
}

#[test]
fn an_agent_that_cannot_be_guarded_is_not_started() {
    let scene = Scene::new();
    let guardian = guardian();
    let refused = |mut command: Command, code: i32, reason: &str| {
        let output = command.stdout(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(refusal(&stderr).is_some_and(|line| line.contains(reason)), "{stderr}");
        assert!(output.stdout.is_empty(), "the agent ran");
    };
    let echo = |spec: &GuardSpec| scene.command(&guardian, spec, "echo", &["ran".into()]);

    let missing = scene.command(&guardian, &scene.spec(), "/nowhere/claude", &[]);
    refused(missing, EXIT_CANNOT_START, "cannot start /nowhere/claude");
    assert!(!scene.path("journal").exists());

    std::fs::write(scene.path("journal"), "evidence").unwrap();
    refused(echo(&scene.spec()), EXIT_CANNOT_GUARD, "journal");
    assert_eq!(std::fs::read_to_string(scene.path("journal")).unwrap(), "evidence");

    // The pid of this process with another start time: a host that is gone, and whose pid was
    // handed on.
    let wrapped = echo(&GuardSpec::default());
    let mut stale = Command::new(wrapped.get_program());
    stale.args(wrapped.get_args().map(|argument| match argument.to_str() {
        Some(flag) if flag.starts_with("--host-start=") => OsStr::new("--host-start=1"),
        _ => argument,
    }));
    refused(stale, EXIT_CANNOT_GUARD, "host");

    for arguments in
        [&["--grace-ms"][..], &["--host-pid=x"], &["--unknown=1"], &[], &["--", "echo", "ran"]]
    {
        let mut bad = Command::new(wrapped.get_program());
        bad.args(arguments);
        refused(bad, EXIT_USAGE, "");
    }
}
