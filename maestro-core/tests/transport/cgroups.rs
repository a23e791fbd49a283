//! Control groups, where this user may make them.

use std::path::PathBuf;

use maestro_core::transport::proc_table::{self, ProcessStamp, Signal};
use maestro_core::transport::{StopGrace, Transport as _};

use super::leftovers::{TOOL_NAMES, host};
use super::scene::{CGROUPS, Scene, eventually, frames};

/// A group of this test's own, removed when it is over.
struct Group(PathBuf);

impl Group {
    /// None where there is no cgroup v2 that this user may write to.
    fn new() -> Option<Self> {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
        let line = mounts.lines().find(|line| line.contains(" - cgroup2 "))?;
        let point = line.split(' ').nth(4)?;
        let name = format!("maestro-test-{:016x}", fastrand::u64(..));
        let group = Self(PathBuf::from(point).join(name));
        std::fs::create_dir(&group.0).ok()?;
        Some(group)
    }

    /// A scene whose transports make their groups here.
    fn scene(&self) -> Scene {
        let scene = Scene::new();
        std::fs::write(scene.path(CGROUPS), self.0.to_str().expect("a text")).expect("a disk");
        scene
    }

    fn groups(&self) -> usize {
        let entries = std::fs::read_dir(&self.0).expect("a directory").flatten();
        entries.filter(|entry| entry.path().is_dir()).count()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for entry in std::fs::read_dir(&self.0).into_iter().flatten().flatten() {
            // Only directories of groups can be removed, and only those.
            let _ = std::fs::remove_dir(entry.path());
        }
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[expect(clippy::print_stdout, reason = "a test that tests nothing has to say so")]
fn group() -> Option<Group> {
    let group = Group::new();
    if group.is_none() {
        println!("skipped: there is no cgroup v2 here that this user may write to");
    }
    group
}

#[tokio::test]
async fn a_program_runs_in_a_group_that_goes_with_it() {
    let Some(group) = group() else { return };
    let scene = group.scene();
    let transport = scene.transport();
    let spec = scene.spec(&transport, "cat /proc/self/cgroup; echo ready; exec sleep 3600");
    let program = transport.start(spec).await.expect("it starts");
    assert_eq!(group.groups(), 1);
    let mut said = Vec::new();
    while said.last().is_none_or(|frame: &String| !frame.contains("ready")) {
        said.push(format!("{:?}", program.next().await.expect("it runs")));
    }
    let said = said.concat();
    program.stop(StopGrace::NONE).await.expect("it stops");
    assert!(said.contains(&format!("maestro-{}.", scene.node)), "{said}");
    eventually("the guardian removes the group", || group.groups() == 0);
    transport.close().await.expect("it closes");
}

/// No journal, no marker, no parent: only the group knows the bare tool, from its first moment on.
#[tokio::test]
async fn what_a_killed_guardian_leaves_is_in_its_group() {
    let Some(group) = group() else { return };
    let scene = group.scene();
    let (mut host, processes) = host(&scene);
    let guardian = processes[TOOL_NAMES.len()];
    proc_table::signal(guardian, Signal::Kill).expect("it is ours");
    host.kill().expect("it runs");
    host.wait().expect("it ended");
    eventually("the guardian is gone", || !guardian.is_alive());
    assert!(processes[..TOOL_NAMES.len()].iter().all(ProcessStamp::is_alive));

    let transport = scene.transport();
    let ended = transport.end_all_of(scene.node, &[]).await.expect("they can be ended");
    assert!(ended.processes >= 3, "{ended:?}");
    assert!(!processes.iter().any(ProcessStamp::is_alive));
    transport.close().await.expect("it closes");
}

#[tokio::test]
async fn a_directory_that_takes_no_groups_does_without() {
    let scene = Scene::new();
    std::fs::write(scene.path(CGROUPS), "/proc/nowhere").expect("a disk");
    let transport = scene.transport();
    let spec = scene.spec(&transport, "echo runs");
    let program = transport.start(spec).await.expect("it starts all the same");
    let said = format!("{:?}", frames(&*program).await);
    assert!(said.contains("runs"), "{said}");
    transport.close().await.expect("it closes");
}
