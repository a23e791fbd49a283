//! What runs in another pid namespace, as in another container over the same volume.

use std::process::{Child, Command};

use maestro_core::ErrorKind;
use maestro_core::transport::Transport as _;
use maestro_core::transport::proc_table::{self, ProcessStamp};

use super::leftovers::TOOL_NAMES;
use super::scene::{Scene, eventually, role, transport};

#[test]
#[ignore = "a role: other tests start it in a container"]
fn role_heir() {
    let Some((directory, node)) = role() else {
        return;
    };
    let transport = transport(&directory);
    let ended = futures::executor::block_on(transport.end_all_of(node, &[]));
    let said = match ended {
        Ok(_) => "ended".to_owned(),
        Err(error) if error.kind() == ErrorKind::Unavailable && error.is_retryable() => {
            error.message().to_owned()
        }
        Err(error) => panic!("{error}"),
    };
    std::fs::write(directory.join("heir"), said).expect("a disk");
}

/// A role in a pid namespace of its own, from which no other process can be seen.
fn container(scene: &Scene, name: &str) -> Command {
    let plain = scene.role(name);
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "--kill-child"]);
    command.arg(plain.get_program()).args(plain.get_args());
    for (variable, value) in plain.get_envs() {
        command.env(variable, value.unwrap_or_default());
    }
    command
}

/// Why no namespace can be made, if none can.
fn refused() -> Option<String> {
    let tried = Command::new("unshare").args(["--pid", "--fork", "--mount-proc", "true"]).output();
    match tried {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// What works in the directory of a scene, and the roles.
fn processes(scene: &Scene) -> Vec<u32> {
    let directory = scene.path("");
    let directory = directory.to_str().expect("text").trim_end_matches('/').to_owned();
    let entries = std::fs::read_dir("/proc").expect("`/proc` can be read").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let ours = |pid: &u32| {
        let cwd =
            std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| *cwd == *directory);
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let marker = format!("MAESTRO_TEST_DIRECTORY={directory}");
        let role = environment.split(|byte| *byte == 0).any(|entry| entry == marker.as_bytes());
        let lives = ProcessStamp::of(*pid).is_some_and(|process| process.is_alive());
        lives && (cwd || role)
    };
    pids.filter(ours).collect()
}

/// The tools and the program, without the roles.
fn tools(scene: &Scene) -> Vec<u32> {
    let directory = std::fs::canonicalize(scene.path("")).expect("it is there");
    let works_there = |pid: &u32| {
        std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == directory)
    };
    processes(scene).into_iter().filter(works_there).collect()
}

fn signal(signal: &str, pids: &[u32]) {
    for pid in pids {
        // One may have ended meanwhile.
        let _ = Command::new("kill").args([signal, &pid.to_string()]).output();
    }
}

fn host(scene: &Scene) -> Child {
    let host = container(scene, "leftovers::role_host").spawn().expect("`unshare` is there");
    for name in TOOL_NAMES.iter().chain(["guardian"].iter()) {
        eventually(name, || scene.path(name).exists());
    }
    host
}

fn heir(scene: &Scene) -> String {
    let ended = container(scene, "unseen::role_heir").status().expect("`unshare` is there");
    assert!(ended.success());
    std::fs::read_to_string(scene.path("heir")).expect("it got to the end")
}

#[test]
fn what_a_stalled_node_runs_in_another_container_ends_before_anybody_says_so() {
    if let Some(why) = refused() {
        return println!("skipped, since this user may make no pid namespace: {why}");
    }
    let scene = Scene::new();
    let mut host = host(&scene);
    // It does not end, it only does nothing.
    let tools_before = tools(&scene);
    let not_tools = |pid: &u32| !tools_before.contains(pid);
    let stalled: Vec<_> = processes(&scene).into_iter().filter(not_tools).collect();
    signal("-STOP", &stalled);
    assert!(tools_before.len() >= 4);
    assert_eq!(heir(&scene), "ended");
    assert_eq!(tools(&scene), Vec::<u32>::new());
    let left: Vec<_> = std::fs::read_dir(scene.path("state/locks")).expect("it is there").collect();
    assert!(left.is_empty(), "{left:?}");
    signal("-KILL", &stalled);
    host.wait().expect("it ended");
}

#[test]
fn what_a_paused_container_runs_is_not_said_to_have_ended() {
    if let Some(why) = refused() {
        return println!("skipped, since this user may make no pid namespace: {why}");
    }
    let scene = Scene::new();
    let mut host = host(&scene);
    let inside = proc_table::descendants(host.id()).expect("`/proc` can be read");
    let paused: Vec<_> = inside.into_iter().map(|process| process.pid).collect();
    signal("-STOP", &paused);
    let said = heir(&scene);
    assert!(said.contains("cannot see them"), "{said}");
    assert!(tools(&scene).len() >= 4);
    // It goes on, and is told at once what was asked of it.
    signal("-CONT", &paused);
    eventually("the guardian has ended everything", || tools(&scene).is_empty());
    assert_eq!(heir(&scene), "ended");
    signal("-KILL", &processes(&scene));
    host.wait().expect("it ended");
}

/// The kernel takes the container's processes along, so there is nothing left to ask.
#[test]
fn a_container_that_is_gone_holds_nothing() {
    if let Some(why) = refused() {
        return println!("skipped, since this user may make no pid namespace: {why}");
    }
    let scene = Scene::new();
    let mut host = host(&scene);
    signal("-KILL", &processes(&scene));
    host.wait().expect("it ended");
    assert_eq!(heir(&scene), "ended");
}
