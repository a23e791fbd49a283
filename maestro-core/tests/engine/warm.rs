//! Idle sessions give their process up, and get another one when it is needed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use maestro_core::agent::scripted::{Script, ScriptedAgent};
use maestro_core::model::{EventData, SessionSpec, SessionState};
use maestro_core::runtime::Runtime as _;
use maestro_core::session::SessionHandle;
use maestro_core::{Maestro, MaestroBuilder, Running};
use serde_json::json;

use crate::puppet::Puppet;
use crate::sessions::{all_events, question, types, until_heard};
use crate::slow::Slow;
use crate::store::Switched;
use crate::support::{World, ask, project, under_seeds};

const LONG: Duration = Duration::from_mins(10);

fn scripted() -> ScriptedAgent {
    ScriptedAgent::new()
        .script("hang", Script::new().hang())
        .script("echo", Script::new().say("${text}"))
}

fn with(world: &World, agent: &ScriptedAgent) -> MaestroBuilder {
    world.builder().agent("scripted", agent.clone())
}

async fn opened(maestro: &Maestro, agent: &str) -> SessionHandle {
    let project = project(maestro).await;
    let spec = SessionSpec::in_project(project.id().to_string()).agent(agent);
    maestro.sessions().open(spec).await.unwrap()
}

async fn is_warm(session: &SessionHandle) -> bool {
    session.info().await.unwrap().node_id.is_some()
}

async fn until_cold(world: &World, session: &SessionHandle) {
    while is_warm(session).await {
        world.sleep(Duration::from_secs(1)).await;
    }
}

async fn say(session: &SessionHandle, text: &str) -> u32 {
    let prompt = format!("scenario: echo text={text}");
    let turn = session.prompt(prompt).await.unwrap().wait().await.unwrap();
    assert_eq!(turn.result.as_deref(), Some(text));
    turn.process_number
}

#[test]
fn the_one_that_was_used_longest_ago_gives_its_process_up_and_the_next_prompt_resumes_it() {
    under_seeds(|world| async move {
        let agent = scripted();
        let maestro = with(&world, &agent).warm_sessions(2).build().await.unwrap();
        let (a, b) = (opened(&maestro, "scripted").await, opened(&maestro, "scripted").await);
        for text in ["one", "two"] {
            assert_eq!((say(&a, text).await, say(&b, text).await), (1, 1), "both have room");
        }
        world.sleep(LONG).await;
        assert!(is_warm(&a).await && is_warm(&b).await);
        let c = opened(&maestro, "scripted").await;
        until_cold(&world, &a).await;
        let info = a.info().await.unwrap();
        assert_eq!((info.state, info.process, info.turns), (SessionState::Idle, None, 2));
        world.sleep(LONG).await;
        assert!(is_warm(&b).await && is_warm(&c).await);

        // What is used now was not used longest ago any more.
        b.set_model("large").await.unwrap();
        assert_eq!(say(&a, "three").await, 2);
        until_cold(&world, &c).await;
        assert!(is_warm(&b).await && is_warm(&a).await);
        c.set_mode("plan").await.unwrap();
        until_cold(&world, &b).await;
        maestro.sessions().resume(b.id()).await.unwrap();
        until_cold(&world, &a).await;
        assert_eq!(b.info().await.unwrap().processes, 2);

        a.close().await.unwrap();
        let events = all_events(&a).await;
        let told = types(&events);
        assert!(!told.contains(&"session.failed"), "{told:?}");
        let resumed = events.iter().filter_map(|event| match &event.data {
            EventData::SessionResumed(resumed) => Some((resumed.evidence.as_str(), resumed.fresh)),
            _ => None,
        });
        assert_eq!(resumed.collect::<Vec<_>>(), [("transcript_holds", false)]);
        let conversations = agent.asked().into_iter().filter(|asked| asked.session_id == a.id());
        let ids: Vec<_> = conversations.map(|asked| asked.agent_session_id).collect();
        assert!(ids.len() == 3 && ids.iter().all(|id| *id == ids[0]), "one conversation: {ids:?}");
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn one_that_is_in_use_keeps_its_process() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let builder = with(&world, &scripted()).agent("puppet", puppet.clone()).warm_sessions(0);
        let maestro = builder.build().await.unwrap();
        let working = opened(&maestro, "scripted").await;
        working.prompt("scenario: hang").await.unwrap();
        working.prompt("scenario: echo text=next").await.unwrap();
        let asking = opened(&maestro, "puppet").await;
        let asked = asking.prompt("ask").await.unwrap();
        let approval = question(&world, &maestro).await;
        let steered = opened(&maestro, "puppet").await;
        let turn = steered.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        steered.steer("never").await.unwrap();
        world.sleep(LONG).await;
        for session in [&working, &asking, &steered] {
            assert!(is_warm(session).await);
        }
        working.interrupt().await.unwrap();
        maestro.approvals().allow(approval.id).await.unwrap();
        assert_eq!(asked.wait().await.unwrap().process_number, turn_of(&asking).await);
        until_cold(&world, &working).await;
        until_cold(&world, &asking).await;
        let last = working.info().await.unwrap().turn.unwrap();
        assert_eq!((last.number, last.result.as_deref()), (2, Some("next")));
        // The turn is over, and it is not known what becomes of what was sent into it.
        steered.interrupt().await.unwrap();
        turn.wait().await.unwrap();
        world.sleep(LONG).await;
        assert!(is_warm(&steered).await);
        maestro.close(Running::Park).await.unwrap();
    });
}

async fn turn_of(session: &SessionHandle) -> u32 {
    session.info().await.unwrap().processes
}

#[test]
fn one_with_background_work_keeps_its_process_until_that_is_over() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let builder = world.builder().agent("puppet", puppet.clone()).warm_sessions(0);
        let maestro = builder.build().await.unwrap();
        let session = opened(&maestro, "puppet").await;
        session.prompt("background").await.unwrap().wait().await.unwrap();
        let processes = turn_of(&session).await;
        world.sleep(LONG).await;
        let info = session.info().await.unwrap();
        assert_eq!((info.state, info.processes), (SessionState::Idle, processes));
        assert!(info.node_id.is_some());
        session.control(json!({ "ends": "worker" })).await.unwrap();
        until_cold(&world, &session).await;
        assert_eq!(turn_of(&session).await, processes, "it was the same process all the time");

        // Of this one no end is ever told.
        session.prompt("detach").await.unwrap().wait().await.unwrap();
        world.sleep(LONG).await;
        assert!(is_warm(&session).await);
        maestro.close(Running::Park).await.unwrap();
    });
}

/// Lets the others go on for so many steps.
async fn sometime(steps: u32) {
    for _ in 0..steps {
        let mut waited = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut waited, true) {
                return std::task::Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
    }
}

#[test]
fn a_prompt_that_races_with_the_end_of_the_process_is_taken_up_once() {
    static SAME: AtomicUsize = AtomicUsize::new(0);
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    under_seeds(|world| async move {
        let agent = scripted();
        let maestro = with(&world, &agent).warm_sessions(1).build().await.unwrap();
        let (a, b) = (opened(&maestro, "scripted").await, opened(&maestro, "scripted").await);
        for number in 0..20 {
            let before = say(&a, "a").await;
            // When `b` rests, `a` is to give its process up, and is prompted around that time.
            let text = format!("a{number}");
            let prompted = async {
                sometime(number * 4).await;
                say(&a, &text).await
            };
            let (process, _) = futures::future::join(prompted, say(&b, "b")).await;
            let next = process != before;
            if next { &NEXT } else { &SAME }.fetch_add(1, Ordering::SeqCst);
        }
        let asked: Vec<String> = agent.asked().into_iter().map(|asked| asked.text).collect();
        let of_a: Vec<_> = asked.into_iter().filter(|text| !text.ends_with("=b")).collect();
        let in_round = |number| ["a".to_owned(), format!("a{number}")];
        let expected = (0..20).flat_map(in_round).map(|text| format!("scenario: echo text={text}"));
        assert_eq!(of_a, expected.collect::<Vec<_>>(), "each once, in order");
        maestro.close(Running::Park).await.unwrap();
    });
    let (same, next) = (SAME.load(Ordering::SeqCst), NEXT.load(Ordering::SeqCst));
    assert!(same > 20 && next > 20, "both came first: {same} {next}");
}

/// A node whose only session is about to lose its process, which takes its time to end.
async fn leaving(world: &World) -> (Maestro, SessionHandle, Slow) {
    let slow = Slow::new(world, scripted()).closes_in(Duration::from_secs(5));
    let builder = world.builder().agent("slow", slow.clone()).warm_sessions(0);
    let maestro = builder.build().await.unwrap();
    let session = opened(&maestro, "slow").await;
    while slow.closing().is_empty() {
        world.sleep(Duration::from_millis(1)).await;
    }
    assert!(is_warm(&session).await);
    (maestro, session, slow)
}

#[test]
fn what_is_asked_while_the_process_ends_does_not_wait_for_long() {
    under_seeds(|world| async move {
        // No longer than the process takes to end.
        let soon = |since| world.runtime.now().since(since) < Duration::from_millis(5100);
        for what in ["prompt", "set_model", "interrupt", "close"] {
            let (maestro, session, slow) = leaving(&world).await;
            let begun = world.runtime.now();
            match what {
                "prompt" => assert_eq!(say(&session, "hello").await, 2),
                "set_model" => session.set_model("large").await.unwrap(),
                "interrupt" => session.interrupt().await.unwrap(),
                _ => session.close().await.unwrap(),
            }
            assert!(soon(begun), "{what} took {:?}", world.runtime.now().since(begun));
            let info = session.info().await.unwrap();
            assert_eq!(info.state == SessionState::Closed, what == "close");
            assert_eq!(slow.inner.asked().len(), usize::from(what == "prompt"));
            maestro.close(Running::Park).await.unwrap();
        }
    });
}

#[test]
fn without_a_limit_all_keep_their_process_and_with_none_at_all_nobody_does() {
    under_seeds(|world| async move {
        let agent = scripted();
        let all = with(&world, &agent).warm_sessions(None).build().await.unwrap();
        let none = with(&world, &agent).warm_sessions(0).build().await.unwrap();
        let some = with(&world, &agent).build().await.unwrap();
        // It gives no process back by itself, so it takes none away.
        let watches = with(&world, &agent).concurrency(0).warm_sessions(0).build().await.unwrap();
        for (maestro, expected) in [(&all, 12), (&none, 0), (&some, 8), (&watches, 12)] {
            let mut sessions = Vec::new();
            for _ in 0..12 {
                sessions.push(opened(maestro, "scripted").await);
            }
            for session in &sessions {
                say(session, "hello").await;
            }
            world.sleep(LONG).await;
            let mut warm = Vec::new();
            for session in &sessions {
                warm.push(is_warm(session).await);
            }
            let expected: Vec<bool> = (0..12).map(|index| index >= 12 - expected).collect();
            assert_eq!(warm, expected);
        }
        for maestro in [all, none, some, watches] {
            maestro.close(Running::Park).await.unwrap();
        }
    });
}

#[test]
fn a_crash_after_the_end_of_the_process_loses_nothing() {
    under_seeds(|world| async move {
        let agent = scripted();
        let first = with(&world, &agent).warm_sessions(0).build().await.unwrap();
        let session = opened(&first, "scripted").await;
        say(&session, "before").await;
        until_cold(&world, &session).await;
        let id = session.id();
        drop(session);
        world.runtime.drop_tasks();
        drop(first);
        let second = with(&world, &agent).build().await.unwrap();
        let session = second.sessions().get(id).await.unwrap();
        say(&session, "after").await;
        let info = session.info().await.unwrap();
        assert_eq!((info.turns, info.remembers_from), (2, 0));
        let asked = agent.asked();
        assert_eq!(asked[0].agent_session_id, asked[1].agent_session_id);
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_process_that_could_not_be_replaced_is_kept() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let builder = with(&world, &scripted()).agent("puppet", puppet.clone()).warm_sessions(0);
        let maestro = builder.build().await.unwrap();
        // Its agent remembers nothing.
        let closure = opened(&maestro, "echo").await;
        closure.prompt("hello").await.unwrap().wait().await.unwrap();
        let fresh = opened(&maestro, "echo").await;
        // What it may spend is counted by its process.
        let project = project(&maestro).await;
        let mut spec = SessionSpec::in_project(project.id().to_string()).agent("scripted");
        spec.budget_micro_usd = Some(1_000_000);
        let limited = maestro.sessions().open(spec).await.unwrap();
        // Its agent has not written down what it was told.
        let unsaved = opened(&maestro, "puppet").await;
        let turn = unsaved.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        puppet.forget();
        unsaved.interrupt().await.unwrap();
        let process = turn.wait().await.unwrap().process_number;
        world.sleep(LONG).await;
        for session in [&closure, &fresh, &limited, &unsaved] {
            assert!(is_warm(session).await);
        }
        assert_eq!(turn_of(&unsaved).await, process);
        // The next turn is.
        unsaved.prompt("again").await.unwrap().wait().await.unwrap();
        until_cold(&world, &unsaved).await;
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn one_that_is_asked_for_before_it_has_decided_keeps_its_process() {
    under_seeds(|world| async move {
        let agent = Slow::new(&world, scripted()).looks_in(Duration::from_secs(1));
        let builder = world.builder().agent("slow", agent.clone()).warm_sessions(1);
        let maestro = builder.build().await.unwrap();
        let a = opened(&maestro, "slow").await;
        say(&a, "hello").await;
        for asked in ["prompt", "resume"] {
            let looked = agent.looked();
            // It has nothing to lose, so it goes at once when it is its turn.
            let b = opened(&maestro, "slow").await;
            while agent.looked() == looked {
                world.sleep(Duration::from_millis(10)).await;
            }
            match asked {
                "prompt" => assert_eq!(say(&a, "hello").await, 1),
                _ => drop(maestro.sessions().resume(a.id()).await.unwrap()),
            }
            until_cold(&world, &b).await;
            world.sleep(LONG).await;
            let info = a.info().await.unwrap();
            assert_eq!((info.node_id, info.processes), (Some(maestro.node_id()), 1), "{asked}");
        }
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn the_session_of_an_attempt_keeps_its_process() {
    under_seeds(|world| async move {
        let agent = Slow::new(&world, scripted());
        // So that its process could go between any two steps of the attempt.
        let store = Switched::new(&world.memory).commits_in(Duration::from_millis(10));
        let builder = world.builder().storage(store).agent("slow", agent).warm_sessions(0);
        let maestro = builder.build().await.unwrap();
        let project = project(&maestro).await;
        let spec = ask(&project, "scenario: echo text=done").agent("slow");
        let task = maestro.tasks().submit(spec).await.unwrap();
        assert!(task.wait().await.unwrap().is_success());
        let info = task.info().await.unwrap();
        let session = maestro.sessions().get(info.session_id.unwrap()).await.unwrap();
        assert_eq!(turn_of(&session).await, 1);
        // One that a person goes on with is like any other, also when the task comes back to it.
        for number in 0..5 {
            let prompt = format!("scenario: echo text={number}");
            let asked = session.prompt(prompt.as_str());
            let replied = task.reply(prompt.as_str());
            let (asked, replied) = futures::future::join(asked, replied).await;
            replied.unwrap();
            assert!(task.wait().await.unwrap().is_success());
            asked.unwrap().wait().await.unwrap();
        }
        let info = task.info().await.unwrap();
        assert_eq!((info.failures, info.crashes), (0, 0));
        until_cold(&world, &session).await;
        maestro.close(Running::Park).await.unwrap();
    });
}
