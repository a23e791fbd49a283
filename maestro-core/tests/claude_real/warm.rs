//! Idle sessions of a node that give their process up.

use std::sync::Arc;

use maestro_core::model::{EventData, ProjectSpec, SessionSpec, SessionState};
use maestro_core::session::SessionHandle;
use maestro_core::transport::ProcessStatus;
use maestro_core::{Maestro, Running};

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;

for_each_release! { the_next_prompt_goes_on_in_a_new_process, a_command_in_the_background_keeps_it }

async fn node(house: &House, warm: u32) -> Maestro {
    let builder = Maestro::builder().agent("claude", house.agent.clone()).warm_sessions(warm);
    let maestro = builder.transport(Arc::clone(&house.transport)).build().await.expect("a node");
    let shop = ProjectSpec::new("shop", house.work.path());
    maestro.projects().ensure(shop).await.expect("a project");
    maestro
}

async fn open(maestro: &Maestro) -> SessionHandle {
    let mut spec = SessionSpec::in_project("shop");
    spec.tools.allow = vec!["Bash".to_owned()];
    maestro.sessions().open(spec).await.expect("it opens")
}

/// Asks, and gives the text, the number of the turn and that of the process.
async fn ask(session: &SessionHandle, prompt: &str) -> (String, u32, u32) {
    let turn = session.prompt(prompt).await.expect("it is queued").wait().await.expect("it ends");
    assert_eq!(turn.error, None);
    (turn.result.unwrap_or_default(), turn.number, turn.process_number)
}

async fn until_cold(session: &SessionHandle) {
    while session.info().await.expect("it is there").node_id.is_some() {
        tokio::task::yield_now().await;
    }
}

async fn the_next_prompt_goes_on_in_a_new_process(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let maestro = node(&house, 1).await;
    let first = open(&maestro).await;
    let said = ask(&first, "scenario: hello text=\"First.\"").await;
    assert_eq!(said, ("First.".to_owned(), 1, 1));
    let before = first.info().await.expect("it is there");
    let process = before.process.expect("it has a process");

    let second = open(&maestro).await;
    until_cold(&first).await;
    let info = first.info().await.expect("it is there");
    assert_eq!((info.state, info.process), (SessionState::Idle, None));
    let status = house.transport.inspect(&process).await.expect("it is of this place");
    assert_eq!(status, ProcessStatus::Dead);

    let said = ask(&first, "scenario: hello text=\"Second.\"").await;
    assert_eq!(said, ("Second.".to_owned(), 2, 2));
    assert!(house.last_request().contains("First."), "the model hears of the time before");
    let after = first.info().await.expect("it is there");
    assert_eq!(after.pointer.agent_session_id, before.pointer.agent_session_id);
    // It is the other one's turn, which was never prompted.
    until_cold(&second).await;
    assert_eq!(ask(&second, "scenario: hello text=\"Other.\"").await, ("Other.".to_owned(), 1, 2));

    first.close().await.expect("it closes");
    let mut resumed = Vec::new();
    let mut events = first.events();
    while let Some(event) = events.next().await {
        match event.expect("an event").data {
            EventData::SessionResumed(told) => resumed.push((told.evidence, told.fresh)),
            EventData::SessionFailed(failed) => panic!("it failed: {failed:?}"),
            _ => {}
        }
    }
    assert_eq!(resumed, [("transcript_holds".to_owned(), false)]);
    maestro.close(Running::Park).await.expect("it closes");
}

async fn a_command_in_the_background_keeps_it(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let maestro = node(&house, 0).await;
    let busy = open(&maestro).await;
    let (_, _, process) = ask(&busy, "scenario: leave-running").await;
    // This one rests after it, and gives its process up.
    let other = open(&maestro).await;
    ask(&other, "scenario: hello").await;
    until_cold(&other).await;
    let info = busy.info().await.expect("it is there");
    assert_eq!((info.node_id, info.processes), (Some(maestro.node_id()), process));
    assert_eq!(info.state, SessionState::Idle, "the agent does not count it as work");
    // One that ends lets it go.
    ask(&other, "scenario: leave-running seconds=1").await;
    until_cold(&other).await;
    busy.close().await.expect("it closes");
    maestro.close(Running::Park).await.expect("it closes");
}
