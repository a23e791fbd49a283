//! What the next start finds, and whom it may signal.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use maestro_core::transport::guardian::Journal;
use maestro_core::transport::proc_table::{self, ProcessStamp, Signal};

use crate::scene::{LEAVE_STUBBORN, NEVER, Scene, end_of, eventually, guardian, stamp};

#[test]
fn a_killed_guardian_takes_the_agent_along_and_leaves_a_journal_for_the_rest() {
    let scene = Scene::new();
    let script = format!("echo $$ > \"$1.agent\"\n{LEAVE_STUBBORN}\nwhile :; do sleep 0.1; done");
    let mut agent = scene.shell(&guardian(), &scene.spec().grace(NEVER), &script).spawn().unwrap();
    let stubborn = scene.ready();
    let own = stamp(&agent);
    let journal =
        || Journal::read(&scene.path("journal")).unwrap().expect("it runs, or was killed");
    eventually("a scan has seen the stubborn process", || journal().seen.contains(&stubborn));
    assert_eq!(journal().guardian, own);
    assert_eq!(journal().host, ProcessStamp::current().unwrap());
    assert!(journal().alive().unwrap().contains(&own));

    let seen = journal().seen;

    agent.kill().unwrap();
    end_of(&mut agent);

    let pid = std::fs::read_to_string(scene.path("ready.agent")).unwrap();
    let shell = *seen.iter().find(|process| process.pid.to_string() == pid.trim()).unwrap();
    eventually("the agent itself ends, asked by the kernel", || !shell.is_alive());
    assert!(stubborn.is_alive());

    // What the next start does, with nothing but the journal and the marker.
    let mut killed = std::collections::BTreeSet::new();
    eventually("nothing that the journal knows is alive", || {
        let alive = journal().alive().unwrap();
        for process in &alive {
            if proc_table::signal(*process, Signal::Kill).unwrap() {
                killed.insert(*process);
            }
        }
        alive.is_empty()
    });
    assert!(killed.contains(&stubborn), "{killed:?}");
    eventually("nothing carries the marker", || scene.marked().is_empty());
}

#[test]
fn a_journal_of_another_boot_names_nobody() {
    let scene = Scene::new();
    let own = ProcessStamp::current().unwrap();
    let namespace = proc_table::pid_namespace().unwrap();
    let write = |boot: &str, namespace: u64| {
        let text = format!(
            "maestro-guardian-journal 1\nboot {boot}\npid-namespace {namespace}\nhost 1 1\nguardian 1 1\n\
             seen {} {}\nseen {} 1\nseen 12",
            own.pid, own.start, own.pid
        );
        std::fs::write(scene.path("journal"), text).unwrap();
        Journal::read(&scene.path("journal")).unwrap().unwrap().alive().unwrap()
    };
    let boot = proc_table::boot_id().unwrap();
    assert!(write(&boot, namespace).contains(&own));
    assert!(write("another", namespace).is_empty());
    assert!(write(&boot, namespace + 1).is_empty());

    std::fs::write(scene.path("journal"), "something else").unwrap();
    assert_eq!(
        Journal::read(&scene.path("journal")).unwrap_err().kind(),
        std::io::ErrorKind::InvalidData
    );
    assert_eq!(Journal::read(&scene.path("none")).unwrap(), None);
}

#[test]
fn a_signal_reaches_exactly_the_process_that_was_meant() {
    let mut child = Command::new("sleep").arg("3600").spawn().unwrap();
    let process = stamp(&child);
    let other = ProcessStamp { start: process.start + 1, ..process };
    assert!(!proc_table::signal(other, Signal::Kill).unwrap());
    assert!(!other.is_alive());
    assert!(proc_table::wait_gone(other, Duration::ZERO).unwrap());

    assert!(process.is_alive());
    assert!(!proc_table::wait_gone(process, Duration::ZERO).unwrap());
    assert!(proc_table::signal(process, Signal::Kill).unwrap());
    eventually("the killed process is gone", || {
        proc_table::wait_gone(process, Duration::from_secs(10)).unwrap()
    });
    // It is a zombie until its parent asks.
    assert_eq!(proc_table::start_time(process.pid), Some(process.start));
    assert!(!process.is_alive());
    assert!(!proc_table::signal(process, Signal::Kill).unwrap());
    assert_eq!(child.wait().unwrap().signal(), Some(9));
}
