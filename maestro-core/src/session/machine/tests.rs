use super::*;
use crate::id::{SessionId, TenantId};
use crate::model::{Extra, Place, PlacePath, SessionSpec};

const NOW: Timestamp = Timestamp::from_micros(1_000_000);
const LATER: Timestamp = Timestamp::from_micros(2_000_000);

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

fn turn_id(number: u128) -> TurnId {
    TurnId::from_uuid(uuid(number))
}

fn session() -> SessionInfo {
    SessionInfo {
        id: SessionId::from_uuid(uuid(1)),
        tenant_id: TenantId::default(),
        created_by: Actor::default(),
        project_id: None,
        account_id: None,
        account_name: None,
        task_id: None,
        spec: SessionSpec::default(),
        state: SessionState::Idle,
        cwd: PlacePath::new(Place::new("here"), "/work"),
        pointer: AgentPointer::default(),
        process: None,
        node_id: None,
        processes: 0,
        losses: 0,
        failed_starts: 0,
        wake_at: None,
        remembers_from: 0,
        model: None,
        mode: None,
        queue: Vec::new(),
        turn: None,
        keyed_turn: None,
        turns: 0,
        usage: Usage::default(),
        created_at: NOW,
        closed_at: None,
        extra: Extra::new(),
    }
}

fn prompt(number: u128, text: &str, key: Option<&str>) -> QueuedPrompt {
    QueuedPrompt {
        turn_id: turn_id(number),
        prompt: vec![ContentBlock::text(text)],
        by: Actor::default(),
        origin: Origin::Prompt,
        key: key.map(str::to_owned),
        first_prompt: Vec::new(),
    }
}

fn types(events: &[EventData]) -> Vec<&str> {
    events.iter().map(EventData::event_type).collect()
}

fn begun(text: &str, key: Option<&str>) -> SessionInfo {
    let mut session = session();
    enqueue(&mut session, prompt(10, text, key)).unwrap();
    begin_next(&mut session, uuid(90), NOW).unwrap();
    session
}

fn done() -> TurnResult {
    TurnResult {
        usage: Usage { turns: 1, output_tokens: 5, ..Usage::default() },
        ..TurnResult::default()
    }
}

#[test]
fn prompts_wait_for_the_turn_before_them() {
    let mut session = session();
    let told = enqueue(&mut session, prompt(10, "first", None)).unwrap();
    assert_eq!(types(&told), ["prompt.queued"]);
    enqueue(&mut session, prompt(11, "second", None)).unwrap();

    let (id, blocks, told) = begin_next(&mut session, uuid(90), NOW).unwrap();
    assert_eq!((id, blocks), (turn_id(10), vec![ContentBlock::text("first")]));
    assert_eq!(types(&told), ["turn.started", "session.running"]);
    assert_eq!(session.pointer.last_prompt, Some(uuid(90).to_string()));
    assert!(begin_next(&mut session, uuid(91), NOW).is_none(), "a turn is under way");

    let told = end_turn(&mut session, done(), LATER);
    assert_eq!(types(&told), ["turn.ended"]);
    assert_eq!(session.usage.output_tokens, 5);
    let (id, ..) = begin_next(&mut session, uuid(91), LATER).unwrap();
    assert_eq!(id, turn_id(11));
    assert_eq!(session.turn.as_ref().unwrap().number, 2);
}

#[test]
fn a_turn_ends_once() {
    let mut session = begun("work", None);
    assert_eq!(end_turn(&mut session, done(), LATER).len(), 1);
    assert!(end_turn(&mut session, done(), LATER).is_empty());
    assert_eq!(session.usage.turns, 1, "its usage counts once");
}

#[test]
fn the_queue_has_an_end() {
    let mut session = session();
    for number in 0..SessionInfo::MAX_QUEUE {
        enqueue(&mut session, prompt(number as u128, "more", None)).unwrap();
    }
    let error = enqueue(&mut session, prompt(9999, "too much", None)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert_eq!(session.queue.len(), SessionInfo::MAX_QUEUE);
}

#[test]
fn nothing_happens_in_a_closed_session() {
    let mut session = begun("work", None);
    enqueue(&mut session, prompt(11, "more", None)).unwrap();
    assert_eq!(types(&close(&mut session, "requested", LATER)), ["session.closed"]);
    assert!(close(&mut session, "again", LATER).is_empty());
    assert!(session.queue.is_empty());
    assert!(set_state(&mut session, SessionState::Running).is_empty());
    let error = enqueue(&mut session, prompt(12, "late", None)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[test]
fn a_lost_process_ends_the_turn_unless_somebody_takes_it_up() {
    let why = Error::new(ErrorKind::Unavailable, "gone").info();
    let mut session = begun("work", None);
    attach(&mut session, NodeId::from_uuid(uuid(5)), None);
    let mut kept = session.clone();

    let told = detach(&mut session, false, &why, LATER);
    assert_eq!(types(&told), ["turn.ended", "session.idle"]);
    assert_eq!(session.turn.as_ref().unwrap().error, Some(why.clone()));
    assert_eq!(session.node_id, None);

    let told = detach(&mut kept, true, &why, LATER);
    assert_eq!(types(&told), ["session.idle"]);
    assert!(kept.open_turn().is_some());
    assert!(begin_next(&mut kept, uuid(91), LATER).is_none(), "the open turn comes first");
}

#[test]
fn an_agent_that_remembers_is_asked_to_go_on() {
    let mut session = begun("work", Some("key"));
    enqueue(&mut session, prompt(11, "next", None)).unwrap();
    let told = recover(&mut session, Recovery::Continue, turn_id(20), Actor::default(), LATER);
    assert_eq!(types(&told), ["turn.ended", "prompt.queued"]);
    let (id, blocks, _) = begin_next(&mut session, uuid(91), LATER).unwrap();
    assert_eq!(id, turn_id(20), "before all that waits");
    assert_eq!(blocks, [ContentBlock::text(RECOVERY_PROMPT)]);
    let turn = session.turn_for("key").unwrap();
    assert_eq!((turn.id, &turn.origin), (turn_id(20), &Origin::Recovery));
}

#[test]
fn an_agent_that_forgot_is_asked_the_original_again_after_any_number_of_crashes() {
    let mut session = begun("work", Some("key"));
    for number in 20..23 {
        recover(&mut session, Recovery::Continue, turn_id(number), Actor::default(), LATER);
        begin_next(&mut session, uuid(91), LATER).unwrap();
    }
    recover(&mut session, Recovery::Again, turn_id(30), Actor::default(), LATER);
    let (_, blocks, _) = begin_next(&mut session, uuid(92), LATER).unwrap();
    assert_eq!(blocks, [ContentBlock::text("work")]);
    assert_eq!(session.turn_for("key").unwrap().origin, Origin::Prompt);
}

#[test]
fn nothing_is_recovered_when_no_turn_was_open() {
    let mut session = begun("work", None);
    end_turn(&mut session, done(), LATER);
    let before = session.clone();
    let told = recover(&mut session, Recovery::Again, turn_id(20), Actor::default(), LATER);
    assert!(told.is_empty());
    assert_eq!(session, before);
}

#[test]
fn a_turn_that_the_agent_begins_goes_on_with_the_work_before() {
    let mut session = begun("work", Some("key"));
    end_turn(&mut session, done(), LATER);
    let origin = Origin::Agent { reason: "subagent".to_owned() };
    begin_own(&mut session, turn_id(20), Actor::agent("a"), (origin, Vec::new()), LATER);
    assert_eq!(session.turn_for("key").unwrap().id, turn_id(20));
    let told = recover(&mut session, Recovery::Again, turn_id(30), Actor::default(), LATER);
    assert_eq!(types(&told), ["turn.ended", "prompt.queued"]);
    assert_eq!(session.queue[0].prompt, [ContentBlock::text("work")]);
}

#[test]
fn an_agents_own_turn_that_it_forgot_is_not_asked_again() {
    let mut session = session();
    let origin = Origin::Agent { reason: "subagent".to_owned() };
    begin_own(&mut session, turn_id(20), Actor::agent("a"), (origin, Vec::new()), NOW);
    let told = recover(&mut session, Recovery::Again, turn_id(30), Actor::default(), LATER);
    assert_eq!(types(&told), ["turn.ended"]);
    assert!(session.queue.is_empty());
}

#[test]
fn a_turn_with_a_key_is_known_after_a_person_has_asked_something_else() {
    let mut session = begun("work", Some("key"));
    end_turn(&mut session, done(), LATER);
    for number in 11..14 {
        enqueue(&mut session, prompt(number, "and you?", None)).unwrap();
        begin_next(&mut session, uuid(number), LATER).unwrap();
        end_turn(&mut session, done(), LATER);
    }
    assert_eq!(session.turn_for("key").unwrap().id, turn_id(10));
    assert!(session.turn_for("other").is_none());
}
