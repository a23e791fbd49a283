//! Going on in another process.

use maestro_core::ErrorKind;
use maestro_core::agent::{AgentEvent, Evidence};
use maestro_core::model::AgentPointer;

use crate::for_each_release;
use crate::house::{House, Opening};
use crate::program::Release;
use crate::read::texts;

for_each_release! {
    after_a_kill_in_a_turn,
    after_a_kill_before_anything_was_saved,
    after_the_last_turn_was_lost,
    in_a_copy,
    in_a_conversation_of_somebody_else,
    what_does_not_start_says_why,
}

async fn after_a_kill_in_a_turn(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.ask("scenario: hello text=\"First.\"").await;
    talk.prompt("scenario: hang-mid").await;
    talk.until(|event| matches!(event, AgentEvent::TurnStarted { .. })).await;
    // The model was asked, so the prompt is on its way to the transcript.
    house.model.wait_for(|request| request.scenario() == Some("hang-mid")).await;
    while house.evidence(&talk.pointer).await != Evidence::Holds {
        tokio::task::yield_now().await;
    }
    talk.kill();
    let seen = talk.until_ended().await;
    let Some(AgentEvent::Ended { error, exit }) = seen.last() else {
        panic!("no end: {seen:?}");
    };
    assert_eq!(exit, "signal 9");
    assert_eq!(error.as_ref().map(|error| error.kind), Some(ErrorKind::Unavailable));

    let mut behind = talk.pointer.clone();
    behind.last_message = Some("never-written".to_owned());
    assert_eq!(house.evidence(&behind).await, Evidence::Behind);
    let mut missing = talk.pointer.clone();
    missing.last_prompt = Some("never-written".to_owned());
    assert_eq!(house.evidence(&missing).await, Evidence::Missing);

    let mut again = house.try_resume(&talk.pointer).await.expect("it resumes");
    let seen = again.ask("scenario: hello text=\"Back.\"").await;
    assert_eq!(texts(&seen), ["Back."]);
    assert_eq!(again.pointer.agent_session_id, talk.pointer.agent_session_id);
    assert!(house.last_request().contains("First."), "the model hears of the time before");
}

async fn after_a_kill_before_anything_was_saved(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    // Killed with the prompt hardly read: little or nothing can be in the transcript, and the
    // evidence has to be right about it, whichever it is.
    talk.prompt("scenario: hang").await;
    talk.kill();
    talk.until_ended().await;
    let evidence = house.evidence(&talk.pointer).await;
    match house.try_resume(&talk.pointer).await {
        Ok(_) => assert_eq!(evidence, Evidence::Holds),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            assert_eq!(evidence, Evidence::Missing);
        }
    }
    // The answer to that is to begin anew.
    let mut talk = house.open().await;
    let seen = talk.ask("scenario: hello text=\"Anew.\"").await;
    assert_eq!(texts(&seen), ["Anew."]);
}

/// A transcript that ends before the last turn, as a kill right after a result can leave it.
async fn after_the_last_turn_was_lost(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.ask("scenario: hello text=\"First.\"").await;
    let first = talk.pointer.clone();
    talk.session.close(false).await.expect("it closes");
    talk.until_ended().await;
    let id = first.agent_session_id.clone().expect("it has one");
    let projects = house.home.path().join(".claude/projects");
    let folders = std::fs::read_dir(projects).expect("transcripts");
    let file = folders
        .map(|folder| folder.expect("readable").path().join(format!("{id}.jsonl")))
        .find(|file| file.exists())
        .expect("the transcript");
    let saved = std::fs::read(&file).expect("readable");
    let mut talk = house.try_resume(&first).await.expect("it resumes");
    talk.ask("scenario: hello text=\"Second.\"").await;
    talk.session.close(false).await.expect("it closes");
    talk.until_ended().await;
    assert_eq!(house.evidence(&talk.pointer).await, Evidence::Holds);
    std::fs::write(&file, saved).expect("writable");
    assert_eq!(house.evidence(&talk.pointer).await, Evidence::Missing, "the prompt is lost");
    assert_eq!(house.evidence(&first).await, Evidence::Holds);

    let mut talk = house.try_resume(&talk.pointer).await.expect("the rest is there");
    talk.ask("scenario: hello text=\"Third.\"").await;
    let heard = house.last_request();
    assert!(heard.contains("First.") && !heard.contains("Second."));
}

async fn in_a_copy(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.ask("scenario: hello text=\"First.\"").await;
    let original = talk.pointer.clone();
    talk.session.close(false).await.expect("it closes");
    talk.until_ended().await;
    let opening = Opening { resume: Some(original.clone()), fork: true, ..Opening::default() };
    let mut copy = house.try_open(opening).await.expect("it opens");
    let seen = copy.ask("scenario: hello text=\"Other.\"").await;
    assert_eq!(texts(&seen), ["Other."]);
    assert!(house.last_request().contains("First."), "it remembers");
    assert_ne!(copy.pointer.agent_session_id, original.agent_session_id);
    assert_eq!(house.evidence(&original).await, Evidence::Holds);

    let mut talk = house.try_resume(&original).await.expect("it is as it was");
    talk.ask("scenario: hello text=\"Own.\"").await;
    assert!(!house.last_request().contains("Other."));
}

/// All that is known is an id.
async fn in_a_conversation_of_somebody_else(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.ask("scenario: hello text=\"First.\"").await;
    let id = talk.pointer.agent_session_id.clone();
    talk.session.close(false).await.expect("it closes");
    talk.until_ended().await;
    let mut pointer = AgentPointer::default();
    pointer.agent_session_id.clone_from(&id);
    assert_eq!(house.evidence(&pointer).await, Evidence::Holds);
    let mut talk = house.try_resume(&pointer).await.expect("it resumes");
    talk.ask("scenario: hello text=\"Mine.\"").await;
    assert_eq!(talk.pointer.agent_session_id, id);
    assert!(house.last_request().contains("First."));
}

async fn what_does_not_start_says_why(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let unknown = AgentPointer::new("15c063e1-ec46-495c-a666-b30dcbe690d4");
    assert_eq!(house.evidence(&unknown).await, Evidence::Missing);
    let error = house.try_resume(&unknown).await.err().expect("there is no such conversation");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("No conversation found"), "{error}");

    let with_args = async |args: Vec<String>| {
        let mut opening = Opening::default();
        opening.spec.extra_args = args;
        house.try_open(opening).await.err().expect("it does not start")
    };
    let error = with_args(vec!["--no-such-flag".to_owned()]).await;
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert!(error.to_string().contains("--no-such-flag"), "{error}");

    let mut talk = house.open().await;
    talk.ask("scenario: hello").await;
    let id = talk.pointer.agent_session_id.clone().expect("it has one");
    while house.evidence(&talk.pointer).await != Evidence::Holds {
        tokio::task::yield_now().await;
    }
    let error = with_args(vec![format!("--session-id={id}")]).await;
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
}
