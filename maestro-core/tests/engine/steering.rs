//! Prompts that are given while a turn runs; copies of sessions, and conversations from elsewhere.

use maestro_core::model::{Event, EventData, Origin, SessionSpec, StopReason};
use maestro_core::session::{Prompt, When};
use maestro_core::{ErrorKind, Running};

use crate::puppet::Puppet;
use crate::sessions::{all_events, opened, types, until_heard, with};
use crate::support::{project, under_seeds};

/// The events of these types, in order.
fn only<'a>(events: &'a [Event], wanted: &[&str]) -> Vec<&'a Event> {
    events.iter().filter(|event| wanted.contains(&event.event_type())).collect()
}

#[test]
fn a_steer_becomes_part_of_the_turn() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        let turn = session.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        let into = session.steer("and this").await.unwrap();
        assert_eq!(into.id(), turn.id(), "it is the turn under way");
        turn.wait().await.unwrap();
        session.close().await.unwrap();
        let events = all_events(&session).await;
        let folded = only(&events, &["prompt.folded"]);
        let EventData::PromptFolded(data) = &folded[0].data else { panic!("{folded:?}") };
        assert_eq!(data.into_turn_id, Some(turn.id()));
        assert_ne!(folded[0].refs.turn_id, Some(turn.id()), "it is named by an id of its own");
        let turns = only(&events, &["turn.started", "turn.ended"]);
        assert_eq!(turns.len(), 2, "one turn in all");
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_steer_that_is_late_begins_a_turn() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        let first = session.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        session.prompt(Prompt::from("late").when(When::Steer)).await.unwrap();
        first.wait().await.unwrap();
        // Without a turn it is a prompt like any other.
        let last = session.steer("hello").await.unwrap();
        last.wait().await.unwrap();
        session.close().await.unwrap();
        let events = all_events(&session).await;
        let started = only(&events, &["turn.started"]).into_iter().map(|event| {
            let EventData::TurnStarted(data) = &event.data else { panic!("{event:?}") };
            assert_eq!(data.origin, Origin::Prompt);
            maestro_core::model::ContentBlock::join_text(&data.prompt)
        });
        assert_eq!(started.collect::<Vec<_>>(), ["hang", "late", "hello"]);
        assert!(only(&events, &["prompt.folded"]).is_empty());
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_steer_that_is_not_taken_in_is_cancelled() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        session.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        let refused = session.steer("refuse").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
        session.steer("never").await.unwrap();
        session.close().await.unwrap();
        let events = all_events(&session).await;
        let reasons = only(&events, &["prompt.cancelled"]).into_iter().map(|event| {
            let EventData::PromptCancelled(data) = &event.data else { panic!("{event:?}") };
            data.reason.clone()
        });
        assert_eq!(reasons.collect::<Vec<_>>(), ["not_taken", "process_ended"]);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_prompt_takes_the_place_of_the_turn_and_turns_are_cancelled() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        let hanging = session.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        let waiting = session.prompt("waits").await.unwrap();
        let urgent = session.prompt(Prompt::from("now").when(When::Interrupt)).await.unwrap();
        assert_eq!(hanging.wait().await.unwrap().stop_reason, Some(StopReason::Cancelled));
        let (urgent, waiting) = (urgent.wait().await.unwrap(), waiting.wait().await.unwrap());
        assert_eq!(
            (urgent.result.as_deref(), waiting.result.as_deref()),
            (Some("now"), Some("waits"))
        );
        assert!(urgent.number < waiting.number, "it comes before those that wait");

        let running = session.prompt("hang").await.unwrap();
        let queued = session.prompt("never").await.unwrap();
        queued.cancel().await.unwrap();
        assert_eq!(queued.wait().await.unwrap_err().kind(), ErrorKind::Cancelled);
        while session.info().await.unwrap().open_turn().is_none() {
            world.sleep(std::time::Duration::from_secs(1)).await;
        }
        running.cancel().await.unwrap();
        assert_eq!(running.wait().await.unwrap().stop_reason, Some(StopReason::Cancelled));
        // It is over: nothing happens.
        running.cancel().await.unwrap();
        assert!(!puppet.heard().contains(&"never".to_owned()));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn sessions_are_copied_and_adopted() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        session.prompt("hello").await.unwrap().wait().await.unwrap();
        let copy = maestro.sessions().fork(session.id()).await.unwrap();
        assert_ne!(copy.id(), session.id());
        assert!(puppet.heard().contains(&"copy of conversation".to_owned()));
        copy.prompt("hello").await.unwrap().wait().await.unwrap();
        copy.close().await.unwrap();
        let events = all_events(&copy).await;
        let EventData::SessionForked(told) = &only(&events, &["session.forked"])[0].data else {
            panic!("{events:?}")
        };
        assert_eq!(told.from_session_id, Some(session.id()));
        assert_eq!(told.from_agent_session_id.as_deref(), Some("conversation"));

        let project = project(&maestro).await;
        let spec = || SessionSpec::in_project(project.id().to_string()).agent("puppet");
        let error = maestro.sessions().adopt(spec(), "nowhere").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = maestro.sessions().adopt(spec(), "conversation").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "the first session has it");
        let adopted = maestro.sessions().adopt(spec(), "elsewhere").await.unwrap();
        adopted.close().await.unwrap();
        let events = all_events(&adopted).await;
        assert!(types(&events).contains(&"session.resumed"), "{:?}", types(&events));

        let mut with_tools = spec();
        with_tools.mcp = [("nonesuch".to_owned(), serde_json::Value::Null)].into();
        let error = maestro.sessions().open(with_tools).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        maestro.close(Running::Park).await.unwrap();
    });
}
