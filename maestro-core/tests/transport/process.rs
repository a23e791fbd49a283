//! What only real processes show.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use futures::future::{join, join_all};
use maestro_core::ErrorKind;
use maestro_core::model::{PlacePath, Secret};
use maestro_core::transport::proc_table::{ProcessStamp, Signal, signal};
use maestro_core::transport::process::{PROGRAM_VARIABLE, ProcessConfig, ProcessTransport};
use maestro_core::transport::{
    ExitStatus, Frame, Handed, HandedBy, OWNER_VARIABLE, ProcessStatus, ProgramSpec, StopGrace,
    Transport as _,
};

use super::scene::{PATH, Scene, eventually, frames, new_node, role, spec, transport};

const GOOD_END: Frame = Frame::Exited(ExitStatus::SUCCESS);

#[tokio::test]
async fn fifty_programs_lose_nothing() {
    let scene = Scene::new();
    let transport = scene.transport();
    let each = async |number: usize| {
        let program = transport.start(scene.spec(&transport, "exec cat")).await;
        let program = program.expect("`cat` is there");
        let line = |line: usize| format!("{number}:{line}:{}", "x".repeat(1024));
        let sending = async {
            for number in 0..1024 {
                program.send(line(number)).await.expect("it reads");
            }
            program.close_input().await.expect("input closes");
        };
        let reading = async {
            for number in 0..1024 {
                assert!(program.next().await == Some(Frame::Line(line(number))));
            }
            assert_eq!(frames(&*program).await, [GOOD_END]);
        };
        join(sending, reading).await;
    };
    join_all((0..50).map(each)).await;
    transport.close().await.expect("it closes");
    assert_eq!(scene.marked(), []);
}

/// What is handed over is read once, by the program alone, under the guardian too.
#[tokio::test]
async fn what_is_handed_is_nowhere_but_in_its_pipe() {
    let scene = Scene::new();
    let transport = scene.transport();
    let script = "printf '%s-' \"$KEY\"; cat /dev/fd/$KEY; printf %s-; cat /dev/fd/$SECOND; echo; \
                  cat /dev/fd/$KEY; tr '\\0' ' ' < /proc/self/environ; tr '\\0' ' ' < /proc/$PPID/cmdline; \
                  echo; cat";
    let hand = |variable: &str, secret: &str| Handed {
        by: HandedBy::Variable(variable.to_owned()),
        secret: Secret::new(secret),
    };
    let count = async || {
        let spec = scene.spec(&transport, "ls /proc/self/fd | wc -l");
        let program = transport.start(spec).await.expect("`sh` is there");
        frames(&*program).await
    };
    let without = count().await;
    let mut spec = scene.spec(&transport, script);
    spec.handed = vec![hand("KEY", "made-up-1"), hand("SECOND", "made-up-2")];
    assert!(!format!("{spec:?}").contains("made-up"));
    let program = transport.start(spec).await.expect("`sh` is there");
    // Another program that is started meanwhile has none of it.
    assert_eq!(count().await, without);
    program.close_input().await.expect("input closes");
    let seen = frames(&*program).await;
    assert_eq!(seen[0], Frame::Line("3-made-up-1-made-up-2".to_owned()));
    let rest = format!("{:?}", &seen[1..]);
    assert!(rest.contains("KEY=3") && !rest.contains("made-up"), "{rest}");
    let mut spec = scene.spec(&transport, "true");
    spec.handed = vec![hand("KEY", &"x".repeat(Handed::MAX_BYTES + 1))];
    let error = transport.start(spec).await.expect_err("it is too long");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let mut spec = scene.spec(&transport, "true");
    spec.handed = vec![hand("KEY", "x"); Handed::MAX_COUNT + 1];
    let error = transport.start(spec).await.expect_err("there are too many");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let mut spec = scene.spec(&transport, "cat /dev/fd/$KEY");
    spec.handed = vec![hand("KEY", "made-up-3"); Handed::MAX_COUNT];
    let program = transport.start(spec).await.expect("`sh` is there");
    assert!(
        matches!(&frames(&*program).await[..], [Frame::Garbled(cut), GOOD_END] if cut.text == "made-up-3")
    );
    transport.close().await.expect("it closes");
}

#[test]
#[ignore = "a role: another test starts it"]
fn role_with_low_numbers_free() {
    let Some((directory, node)) = role() else {
        return;
    };
    let transport = transport(&directory);
    let taken: Vec<_> =
        (0..40).map(|_| fs::File::open("/dev/null").expect("it is there")).collect();
    futures::executor::block_on(async {
        // The thread of the transport has its descriptors before the low numbers are free.
        transport.end_all_of(new_node(), &[]).await.expect("nothing runs");
        drop(taken);
        for handed in [0, 1, 4] {
            let mut spec = spec(&transport, &directory, node, "echo $KEY; cat >/dev/null");
            let by = HandedBy::Variable("KEY".to_owned());
            spec.handed = vec![Handed { by, secret: Secret::new("made-up") }; handed];
            let program = transport.start(spec).await.expect("it is not in its own way");
            program.close_input().await.expect("input closes");
            assert_eq!(frames(&*program).await.last(), Some(&GOOD_END));
        }
        transport.close().await.expect("it closes");
    });
}

/// What starts a program is executed by a descriptor; what the program is handed comes under the lowest
/// numbers.
#[test]
fn what_is_handed_is_not_in_the_way_of_the_start() {
    let scene = Scene::new();
    let status = scene.role("process::role_with_low_numbers_free").status();
    assert!(status.expect("this executable").success());
}

#[tokio::test]
async fn a_refused_start_leaves_nothing() {
    let scene = Scene::new();
    let transport = scene.transport();
    let script = |name: &str, text: &str, mode| {
        let path = scene.path(name);
        fs::write(&path, text).expect("a disk");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a disk");
        format!("./{name}")
    };
    let plain = script("plain", "#!/bin/sh\n", 0o600);
    let lost = script("lost", "#!/maestro/has/no/such\n", 0o700);
    let refusals = [
        (plain.as_str(), ErrorKind::PermissionDenied, "program"),
        (lost.as_str(), ErrorKind::NotFound, "program"),
        ("./missing", ErrorKind::NotFound, "program"),
        ("", ErrorKind::InvalidArgument, "program"),
        ("a\0b", ErrorKind::InvalidArgument, "program"),
    ];
    for (program, kind, field) in refusals {
        let mut spec = scene.spec(&transport, "");
        program.clone_into(&mut spec.program);
        let error = transport.start(spec).await.expect_err(program);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
    }
    let mut relative = scene.spec(&transport, "");
    relative.cwd.path = "relative".into();
    let mut file = scene.spec(&transport, "");
    file.cwd.path = scene.path("plain");
    let mut name = scene.spec(&transport, "");
    name.env.set.insert("A=B".to_owned(), String::new());
    let mut huge = scene.spec(&transport, "");
    huge.args.push("x".repeat(8 * 1024 * 1024));
    for (spec, field) in [(relative, "cwd"), (file, "cwd"), (name, "env"), (huge, "args")] {
        let error = transport.start(spec).await.expect_err(field);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
    }
    eventually("nothing is left", || scene.marked().is_empty());
    let journals = fs::read_dir(scene.path("state/journals")).expect("it is there");
    assert_eq!(journals.count(), 0);
    transport.close().await.expect("it closes");
}

#[tokio::test]
async fn the_environment_is_inherited_only_as_far_as_allowed() {
    let scene = Scene::new();
    let transport = scene.transport();
    let names = async |spec: ProgramSpec| {
        let program = transport.start(spec).await.expect("`env` is there");
        let mut names: Vec<_> = frames(&*program)
            .await
            .into_iter()
            .filter_map(|frame| match frame {
                Frame::Line(line) => line.split_once('=').map(|(name, _)| name.to_owned()),
                _ => None,
            })
            .collect();
        names.sort();
        names
    };
    let mut spec = scene.spec(&transport, "");
    spec.program = "env".to_owned();
    spec.args.clear();
    let markers = [OWNER_VARIABLE, PROGRAM_VARIABLE, "PATH"];
    assert_eq!(names(spec.clone()).await, markers);

    // Of what this process has, everything but the first one, and what begins like the second.
    let own: BTreeSet<_> = env::vars().map(|(name, _)| name).collect();
    let mut others = own.iter().filter(|name| !markers.contains(&name.as_str()));
    let (first, second) = (others.next(), others.next());
    let (first, second) = first.zip(second).expect("this process has an environment");
    spec.env.inherit = true;
    let inherited = names(spec.clone()).await;
    for name in own.iter().map(String::as_str).chain(markers) {
        assert!(inherited.iter().any(|inherited| inherited == name), "{name} is missing");
    }
    let prefix = &second[..second.floor_char_boundary(4)];
    spec.env.deny = vec![first.clone(), format!("{prefix}*"), "PATH".to_owned()];
    let denied = names(spec.clone()).await;
    assert!(!denied.contains(first), "{first} was denied");
    assert!(!denied.iter().any(|name| name.starts_with(prefix)), "{prefix}* was denied");
    assert!(denied.iter().any(|name| name == "PATH"), "what is set stays set");
    transport.close().await.expect("it closes");
}

/// A git hook starts its programs with variables that point at its own repository.
#[tokio::test]
async fn what_points_git_at_a_repository_is_not_inherited() {
    const INSIDE: &str = "MAESTRO_TEST_INSIDE_A_HOOK";
    let own = std::process::Command::new("git").args(["rev-parse", "--local-env-vars"]).output();
    let own = String::from_utf8(own.expect("git is there").stdout).expect("names are text");
    let more = ["GIT_NAMESPACE", "GIT_QUARANTINE_PATH", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"];
    let local: Vec<&str> = own.lines().chain(more).collect();
    if env::var_os(INSIDE).is_none() {
        let mut again = std::process::Command::new(env::current_exe().expect("this program"));
        again.args(["--exact", "process::what_points_git_at_a_repository_is_not_inherited"]);
        again.env(INSIDE, "1").envs(local.iter().map(|name| (*name, "/elsewhere")));
        again.env("GIT_AUTHOR_NAME", "Zoe");
        let done = again.output().expect("it starts again");
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    assert!(local.iter().all(|name| env::var_os(name).is_some()), "they are set here");
    let scene = Scene::new();
    let transport = scene.transport();
    let mut spec = scene.spec(&transport, "");
    spec.program = "env".to_owned();
    spec.args.clear();
    spec.env.inherit = true;
    spec.env.set.insert("GIT_PREFIX".to_owned(), "asked for".to_owned());
    let program = transport.start(spec).await.expect("`env` is there");
    let lines: Vec<String> = frames(&*program)
        .await
        .into_iter()
        .filter_map(|frame| if let Frame::Line(line) = frame { Some(line) } else { None })
        .collect();
    let has = |line: &str| lines.iter().any(|found| found == line);
    for name in local {
        assert!(!has(&format!("{name}=/elsewhere")), "{name} was inherited");
    }
    assert!(has("GIT_AUTHOR_NAME=Zoe") && has("GIT_PREFIX=asked for"), "{lines:?}");
    transport.close().await.expect("it closes");
}

#[tokio::test]
async fn a_program_is_looked_up_where_the_child_would() {
    let scene = Scene::new();
    let transport = scene.transport();
    let directory = scene.path("bin");
    fs::create_dir(&directory).expect("a disk");
    let tool = directory.join("tool");
    fs::write(&tool, "#!/bin/sh\necho found\n").expect("a disk");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o700)).expect("a disk");
    for (program, path) in [
        ("tool", "bin".to_owned()),
        ("tool", format!("/nowhere:{}:{PATH}", directory.display())),
        ("bin/tool", PATH.to_owned()),
        (tool.to_str().expect("UTF-8"), String::new()),
    ] {
        let mut spec = scene.spec(&transport, "");
        program.clone_into(&mut spec.program);
        spec.env.set.insert("PATH".to_owned(), path);
        let program = transport.start(spec).await.expect("it is found");
        assert_eq!(program.next().await, Some(Frame::Line("found".to_owned())));
    }
    let mut spec = scene.spec(&transport, "echo found");
    spec.env.set.clear();
    let program = transport.start(spec).await.expect("`sh` is where programs are");
    assert_eq!(program.next().await, Some(Frame::Line("found".to_owned())));
    transport.close().await.expect("it closes");
}

#[tokio::test]
async fn an_output_that_others_hold_open_does_not_hold_up_the_exit() {
    let scene = Scene::new();
    let transport = scene.transport();
    let script = "echo $$; read end; printf 'the last words'";
    let program = transport.start(scene.spec(&transport, script)).await;
    let program = program.expect("`sh` is there");
    let Some(Frame::Line(pid)) = program.next().await else {
        panic!("the pid was expected");
    };
    // As a process would that no guardian reaches.
    let output = fs::OpenOptions::new().write(true).open(format!("/proc/{pid}/fd/1"));
    let output = output.expect("it is ours");
    program.send(String::new()).await.expect("it reads");
    let read = frames(&*program).await;
    assert!(matches!(&read[..], [Frame::Garbled(cut), GOOD_END] if cut.text == "the last words"));
    drop(output);
    transport.close().await.expect("it closes");
}

#[tokio::test]
async fn a_killed_guardian_takes_the_tree_along() {
    let scene = Scene::new();
    let transport = scene.transport();
    let script = "trap '' TERM; setsid sh -c 'echo ready; exec sleep 3600' & wait; sleep 3600";
    let program = transport.start(scene.spec(&transport, script)).await;
    let program = program.expect("`sh` is there");
    assert_eq!(program.next().await, Some(Frame::Line("ready".to_owned())));
    let guardian = scene.marked().into_iter().find(|process| process.pid == program.process().pid);
    let guardian = guardian.expect("the guardian is named");
    signal(guardian, Signal::Kill).expect("it is ours");
    let read = frames(&*program).await;
    assert!(matches!(read[..], [Frame::Exited(ExitStatus { signal: Some(9), .. })]), "{read:?}");
    assert_eq!(scene.marked(), []);
    transport.close().await.expect("it closes");
}

#[tokio::test]
async fn a_guardian_that_is_told_often_still_ends_as_its_program() {
    let scene = Scene::new();
    let transport = scene.transport();
    for _ in 0..30 {
        let script = "trap '' TERM; echo ready; exec sleep 3600";
        let program = transport.start(scene.spec(&transport, script)).await;
        let program = program.expect("`sh` is there");
        assert_eq!(program.next().await, Some(Frame::Line("ready".to_owned())));
        let guardian = ProcessStamp::of(program.process().pid).expect("it runs");
        while signal(guardian, Signal::Terminate).expect("it is ours") {}
        let killed = ExitStatus::of_signal(9);
        assert_eq!(frames(&*program).await, [Frame::Exited(killed)]);
    }
    transport.close().await.expect("it closes");
}

#[tokio::test]
async fn a_program_that_does_not_read_can_be_stopped() {
    let scene = Scene::new();
    let transport = scene.transport();
    let program = transport.start(scene.spec(&transport, "sleep 3600")).await;
    let program = program.expect("`sh` is there");
    let sending = program.send("x".repeat(1024 * 1024));
    let stopping = program.stop(StopGrace::NONE);
    let (sent, stopped) = join(sending, stopping).await;
    assert_eq!(sent.map_err(|error| error.kind()), Err(ErrorKind::Closed));
    assert!(stopped.is_ok());
    transport.close().await.expect("it closes");
}

#[tokio::test]
async fn a_busy_program_that_nobody_reads_is_held_up() {
    let scene = Scene::new();
    let transport = scene.transport();
    let script = "yes 2>/dev/null | tee count > /dev/stdout";
    let program = transport.start(scene.spec(&transport, script)).await;
    let program = program.expect("`sh` is there");
    let written = || fs::metadata(scene.path("count")).map_or(0, |count| count.len());
    let mut last = 0;
    let mut same = 0;
    eventually("it writes no more", || {
        let now = written();
        same = if now == last && now > 0 { same + 1 } else { 0 };
        last = now;
        same > 40
    });
    assert!(last < 8 * 1024 * 1024, "{last} bytes were taken");
    drop(program);
    transport.close().await.expect("it closes");
}

#[tokio::test]
async fn references_of_other_boots_and_namespaces_are_told_apart() {
    let scene = Scene::new();
    let transport = scene.transport();
    let own = transport.own_process().expect("a process");
    assert_eq!(own.pid, std::process::id());
    let mut other_boot = own.clone();
    other_boot.boot = Some("another".to_owned());
    let mut other_namespace = own.clone();
    other_namespace.namespace = Some("1".to_owned());
    let mut unknown_boot = own.clone();
    unknown_boot.boot = None;
    let json = serde_json::to_string(&own).expect("it is data");
    let stored = serde_json::from_str(&json).expect("it was data");
    for (process, status) in [
        (own, ProcessStatus::Alive),
        (stored, ProcessStatus::Alive),
        (unknown_boot, ProcessStatus::Alive),
        (other_boot, ProcessStatus::Dead),
        (other_namespace, ProcessStatus::Unknown),
    ] {
        assert_eq!(transport.inspect(&process).await.ok(), Some(status), "{process:?}");
    }
}

#[tokio::test]
async fn the_place_is_of_the_host_unless_it_is_given() {
    let one = ProcessTransport::new(ProcessConfig::default()).expect("`/proc` can be read");
    let two = ProcessTransport::new(ProcessConfig::default()).expect("`/proc` can be read");
    assert_eq!(one.place(), two.place());
    assert!(one.place().as_str().starts_with("host:"));
    let place = maestro_core::model::Place::new("mine");
    let given = ProcessTransport::new(ProcessConfig::default().place(place.clone()));
    let given = given.expect("`/proc` can be read");
    assert_eq!(given.place(), place);
    let spec = ProgramSpec::new("/bin/sh", PlacePath::new(place, "/"), new_node());
    let program = given.start(spec).await.expect("`sh` is there");
    let grace = StopGrace { after_eof: Duration::from_mins(1), after_term: Duration::ZERO };
    assert_eq!(program.stop(grace).await.ok(), Some(ExitStatus::SUCCESS));
}

#[tokio::test]
async fn dropping_everything_ends_everything() {
    let scene = Scene::new();
    let transport = scene.transport();
    let program =
        transport.start(scene.spec(&transport, "trap '' TERM; echo ready; exec sleep 3600"));
    let program = program.await.expect("`sh` is there");
    assert_eq!(program.next().await, Some(Frame::Line("ready".to_owned())));
    drop(transport);
    // The connection alone keeps the thread.
    assert_eq!(scene.marked().len(), 2);
    drop(program);
    eventually("nothing is left", || scene.marked().is_empty());
}

#[test]
#[ignore = "a role: another test starts it"]
fn role_closer() {
    let Some((directory, node)) = role() else {
        return;
    };
    let own_threads = || {
        let tasks = fs::read_dir("/proc/self/task").expect("`/proc` can be read");
        let names = tasks.flatten().map(|task| {
            let name = fs::read_to_string(task.path().join("comm"));
            // A thread may end meanwhile.
            name.unwrap_or_default()
        });
        names.filter(|name| name.starts_with("maestro-io")).count()
    };
    let transport = transport(&directory);
    assert_eq!(own_threads(), 0, "nothing was started");
    futures::executor::block_on(async {
        let spec = spec(&transport, &directory, node, "exec sleep 3600");
        let program = transport.start(spec).await.expect("`sh` is there");
        assert!(own_threads() > 0);
        transport.close().await.expect("it closes");
        assert_eq!(own_threads(), 0, "no thread outlives the close");
        assert!(matches!(frames(&*program).await[..], [Frame::Exited(_)]));
    });
}

#[test]
fn no_thread_outlives_the_close() {
    let scene = Scene::new();
    let status = scene.role("process::role_closer").status();
    assert!(status.expect("this executable").success());
}
