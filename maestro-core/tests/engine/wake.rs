//! Sessions without a task whose process was lost: who goes on with them, and when.

use std::time::Duration;

use maestro_core::model::{EventData, Origin, SessionState};
use maestro_core::session::SessionHandle;
use maestro_core::{Maestro, Running};

use crate::puppet::Puppet;
use crate::sessions::{all_events, crash, opened, types, until_heard, with};
use crate::support::{World, under_seeds};

const GO_ON: &str = "Your process ended before you had finished. Go on where you stopped.";

async fn until_idle(world: &World, session: &SessionHandle) {
    loop {
        let info = session.info().await.unwrap();
        if info.queue.is_empty() && info.state == SessionState::Idle && info.open_turn().is_none() {
            return;
        }
        world.sleep(Duration::from_secs(1)).await;
    }
}

#[test]
fn a_turn_that_a_crash_cut_off_goes_on_by_itself_and_then_what_waited_behind_it() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let first = with(&world, &puppet).build().await.unwrap();
        let session = opened(&first).await;
        session.prompt("hang").await.unwrap();
        session.prompt("second").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        let id = session.id();
        drop(session);
        let second = crash(&world, first, &puppet).await;
        until_heard(&world, &puppet, "second").await;
        assert_eq!(puppet.heard(), ["hang", GO_ON, "second"]);
        let session = second.sessions().get(id).await.unwrap();
        until_idle(&world, &session).await;
        session.close().await.unwrap();
        let origins: Vec<Origin> = all_events(&session)
            .await
            .into_iter()
            .filter_map(|event| match event.data {
                EventData::TurnStarted(started) => Some(started.origin),
                _ => None,
            })
            .collect();
        assert_eq!(origins, [Origin::Prompt, Origin::Recovery, Origin::Prompt]);
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_node_that_is_there_goes_on_with_what_another_one_parked() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let first = with(&world, &puppet).build().await.unwrap();
        let second = with(&world, &puppet).build().await.unwrap();
        let session = opened(&first).await;
        session.prompt("hang").await.unwrap();
        let queued = session.prompt("second").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        let turn = second.sessions().get(session.id()).await.unwrap();
        first.close(Running::Park).await.unwrap();
        until_heard(&world, &puppet, "second").await;
        assert_eq!(puppet.heard(), ["hang", GO_ON, "second"]);
        until_idle(&world, &turn).await;
        let last = turn.info().await.unwrap().turn.unwrap();
        assert_eq!((last.id, last.result.as_deref()), (queued.id(), Some("second")));
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_idle_session_stays_parked_until_somebody_prompts_it() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let first = with(&world, &puppet).build().await.unwrap();
        let session = opened(&first).await;
        session.prompt("hello").await.unwrap().wait().await.unwrap();
        let id = session.id();
        drop(session);
        let second = crash(&world, first, &puppet).await;
        world.sleep(Duration::from_mins(5)).await;
        let session = second.sessions().get(id).await.unwrap();
        let info = session.info().await.unwrap();
        assert_eq!((info.node_id, info.processes), (None, 1));
        let turn = session.prompt("again").await.unwrap().wait().await.unwrap();
        assert_eq!((turn.result.as_deref(), turn.process_number), (Some("again"), 2));
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_node_that_only_watches_leaves_what_waits_to_one_that_works() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let first = with(&world, &puppet).build().await.unwrap();
        opened(&first).await.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        first.close(Running::Park).await.unwrap();
        let watcher = with(&world, &puppet).concurrency(0).build().await.unwrap();
        world.sleep(Duration::from_mins(5)).await;
        assert_eq!(puppet.heard(), ["hang"]);
        let worker = with(&world, &puppet).build().await.unwrap();
        until_heard(&world, &puppet, GO_ON).await;
        worker.close(Running::Park).await.unwrap();
        watcher.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_turn_that_takes_every_node_with_it_is_given_up_and_the_queue_goes_on() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let mut node: Maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&node).await;
        let id = session.id();
        session.prompt("hang").await.unwrap();
        session.prompt("second").await.unwrap();
        drop(session);
        for crashes in 1.. {
            // What is asked again hangs again.
            until(&world, &puppet, crashes).await;
            if puppet.heard().last().is_some_and(|heard| heard == "second") {
                break;
            }
            assert!(crashes <= 6, "{:?}", puppet.heard());
            puppet.forget();
            node = crash(&world, node, &puppet).await;
        }
        assert_eq!(puppet.heard(), ["hang", "hang", "hang", "hang", "hang", "hang", "second"]);
        let session = node.sessions().get(id).await.unwrap();
        until_idle(&world, &session).await;
        node.close(Running::Park).await.unwrap();
    });
}

async fn until(world: &World, puppet: &Puppet, heard: usize) {
    while puppet.heard().len() < heard {
        world.sleep(Duration::from_secs(1)).await;
    }
}

#[test]
fn a_process_that_does_not_start_is_tried_ever_more_seldom() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let first = with(&world, &puppet).build().await.unwrap();
        let session = opened(&first).await;
        // The next process is started with it.
        session.set_model("broken").await.unwrap();
        session.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        first.close(Running::Park).await.unwrap();
        let second = with(&world, &puppet).build().await.unwrap();
        world.sleep(Duration::from_mins(40)).await;
        let session = second.sessions().get(session.id()).await.unwrap();
        let info = session.info().await.unwrap();
        assert!((8..16).contains(&info.failed_starts), "{}", info.failed_starts);
        assert!(info.open_turn().is_some());
        session.interrupt().await.unwrap();
        assert!(session.info().await.unwrap().open_turn().is_none());
        world.sleep(Duration::from_mins(40)).await;
        assert_eq!(session.info().await.unwrap().failed_starts, info.failed_starts);
        session.close().await.unwrap();
        let events = all_events(&session).await;
        let failures = types(&events).iter().filter(|told| **told == "session.failed").count();
        assert_eq!(failures, info.failed_starts as usize);
        second.close(Running::Park).await.unwrap();
    });
}
