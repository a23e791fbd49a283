//! The scripted agent keeps the contract of agents, and plays what it is told.

#[path = "support/none.rs"]
mod none;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use maestro_core::agent::scripted::{Script, ScriptedAgent, Step, ToolStep};
use maestro_core::agent::{
    Agent, AgentEvent, AgentPrompt, AgentSession, AgentTurnEnd, Evidence, OpenContext,
};
use maestro_core::model::{
    AgentPointer, ContentBlock, Decision, EventData, MicroUsd, Place, PlacePath, Remember,
    SessionSpec, StopReason, ToolContent, ToolStatus, Usage,
};
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::runtime::{Runtime, RuntimeExt as _};
use maestro_core::testing::agent::{AgentHouse, CASES};
use maestro_core::{ErrorKind, Result};
use none::NoPrograms;
use serde_json::json;
use tempfile::TempDir;

#[test]
fn conforms() {
    for case in CASES {
        println!("{}", case.name);
        let work = tempfile::tempdir().unwrap();
        let runtime = Arc::new(ManualRuntime::new(3));
        let agent = ScriptedAgent::new()
            .script("asks", Script::new().tool(ToolStep::new("Bash").ask()).say("Done."))
            .script("endless", Script::new().say("I work.").hang());
        let house = AgentHouse {
            agent: Arc::new(agent),
            transport: Arc::new(NoPrograms),
            runtime: Arc::clone(&runtime) as Arc<dyn Runtime>,
            cwd: PlacePath::new(Place::new("none"), work.path()),
            spec: SessionSpec::default(),
            answers: "Hello.".to_owned(),
            asks: "scenario: asks".to_owned(),
            endless: "scenario: endless".to_owned(),
        };
        runtime.block_on((case.run)(house));
    }
}

struct House {
    runtime: Arc<ManualRuntime>,
    work: TempDir,
    agent: ScriptedAgent,
}

struct Talk {
    session: Box<dyn AgentSession>,
    runtime: Arc<ManualRuntime>,
    pointer: AgentPointer,
}

impl House {
    fn new(agent: ScriptedAgent) -> Self {
        Self {
            runtime: Arc::new(ManualRuntime::new(5)),
            work: tempfile::tempdir().expect("it works here"),
            agent,
        }
    }

    fn playing(script: Script) -> Self {
        Self::new(ScriptedAgent::new().default_script(script))
    }

    async fn try_open(&self, spec: SessionSpec, resume: Option<AgentPointer>) -> Result<Talk> {
        let env = [("MAESTRO_TASK_ID".to_owned(), "task-7".to_owned())];
        let mut context = OpenContext::new(
            self.runtime.id(),
            self.runtime.id(),
            PlacePath::new(Place::new("none"), self.work.path()),
            Arc::new(NoPrograms),
            Arc::clone(&self.runtime) as Arc<dyn Runtime>,
        );
        (context.spec, context.resume, context.env) = (spec, resume.clone(), env.into());
        Ok(Talk {
            session: self.agent.open(context).await?,
            runtime: Arc::clone(&self.runtime),
            pointer: resume.unwrap_or_default(),
        })
    }

    async fn open(&self) -> Talk {
        self.try_open(SessionSpec::default(), None).await.expect("it works here")
    }

    /// Plays one prompt to its end.
    fn play(&self, text: &str) -> Vec<AgentEvent> {
        self.runtime.block_on(async {
            let mut talk = self.open().await;
            talk.prompt(text).await;
            talk.until_idle().await
        })
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.work.path().join(name)).expect("it works here")
    }
}

impl Talk {
    async fn prompt(&mut self, text: &str) {
        let prompt = AgentPrompt::new(self.runtime.uuid(), vec![ContentBlock::text(text)]);
        self.pointer.last_prompt = Some(prompt.id.to_string());
        self.session.prompt(&prompt).await.expect("it works here");
    }

    async fn until(&mut self, fits: impl Fn(&AgentEvent) -> bool) -> Vec<AgentEvent> {
        let mut seen = Vec::new();
        while !seen.last().is_some_and(&fits) {
            for event in self.session.next().await.expect("it goes on").events {
                if let AgentEvent::Pointer { agent_session_id, last_message } = &event {
                    let pointer = &mut self.pointer;
                    pointer.agent_session_id =
                        agent_session_id.clone().or(pointer.agent_session_id.take());
                    pointer.last_message = last_message.clone().or(pointer.last_message.take());
                }
                seen.push(event);
            }
        }
        seen
    }

    async fn until_idle(&mut self) -> Vec<AgentEvent> {
        self.until(|event| matches!(event, AgentEvent::Idle)).await
    }

    async fn until_ended(&mut self) -> Vec<AgentEvent> {
        self.until(|event| matches!(event, AgentEvent::Ended { .. })).await
    }

    async fn question(&mut self) -> String {
        let seen = self.until(|event| matches!(event, AgentEvent::Approval(_))).await;
        match seen.last() {
            Some(AgentEvent::Approval(asked)) => asked.request_id.clone(),
            other => panic!("no question: {other:?}"),
        }
    }
}

fn end(events: &[AgentEvent]) -> &AgentTurnEnd {
    let end = events.iter().find_map(|event| match event {
        AgentEvent::TurnEnded(end) => Some(end),
        _ => None,
    });
    end.expect("the turn has ended")
}

fn facts(events: &[AgentEvent]) -> Vec<&EventData> {
    let facts = events.iter().filter_map(|event| match event {
        AgentEvent::Fact(fact) => Some(fact),
        _ => None,
    });
    facts.collect()
}

fn statuses(events: &[AgentEvent]) -> Vec<ToolStatus> {
    let ends = facts(events).into_iter().filter_map(|fact| match fact {
        EventData::ToolEnded(ended) => Some(ended.status),
        _ => None,
    });
    ends.collect()
}

#[test]
fn says_with_deltas_and_spends() {
    let mut usage = Usage::default();
    (usage.input_tokens, usage.output_tokens) = (10, 4);
    let script = Script::new()
        .think("A greeting, then.")
        .say_slowly("Hello, ${who} of ${MAESTRO_TASK_ID}. ${kept}", Duration::from_secs(1))
        .spend(usage, Some(MicroUsd(300)))
        .spend(usage, Some(MicroUsd(40)));
    let house = House::new(ScriptedAgent::new().script("greet", script));
    let seen = house.play("scenario: greet who=\"you all\"");
    let mut written = String::new();
    for fact in facts(&seen) {
        if let EventData::MessageDelta(delta) = fact {
            assert_eq!(delta.offset, written.len() as u64);
            written.push_str(&delta.text);
        }
    }
    assert_eq!(written, "Hello, you all of task-7. ${kept}");
    let end = end(&seen);
    assert_eq!(end.result.as_deref(), Some(written.as_str()));
    assert_eq!((end.usage.input_tokens, end.usage.turns), (20, 1));
    assert_eq!(end.cost_micro_usd, Some(MicroUsd(340)));
    // Five pauses between six words, on the virtual clock.
    assert_eq!(house.runtime.monotonic().as_secs(), 5);
    let silent = House::playing(Script::new()).play("Hello.");
    assert_eq!(self::end(&silent).cost_micro_usd, None, "none is not zero");
}

#[test]
fn writes_really_and_only_below_its_directory() {
    let script = Script::new()
        .write("a/b.txt", "one\ntwo\n")
        .write("a/b.txt", "three\n")
        .append("log.txt", ["x", "y"], Duration::from_secs(2))
        .write("../outside.txt", "no")
        .write("/outside.txt", "no")
        .write("link/outside.txt", "no");
    let house = House::playing(script);
    let outside = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path(), house.work.path().join("link")).unwrap();
    let seen = house.play("Go.");
    let (completed, failed) = (ToolStatus::Completed, ToolStatus::Failed);
    let expected = [completed, completed, completed, failed, failed, failed];
    assert_eq!(statuses(&seen), expected);
    assert_eq!(house.read("a/b.txt"), "three\n");
    assert_eq!(house.read("log.txt"), "x\ny\n");
    assert_eq!(house.runtime.monotonic().as_secs(), 2);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    let diffs: Vec<_> = facts(&seen)
        .into_iter()
        .filter_map(|fact| match fact {
            EventData::ToolEnded(ended) => ended.content.get(1).cloned(),
            _ => None,
        })
        .collect();
    let diff = |old: Option<&str>, new: &str| ToolContent::Diff {
        path: "a/b.txt".to_owned(),
        old: old.map(str::to_owned),
        new: new.to_owned(),
    };
    let old = Some("one\ntwo\n");
    assert_eq!(diffs, [diff(None, "one\ntwo\n"), diff(old, "three\n")]);
    let changed = facts(&seen).into_iter().filter_map(|fact| match fact {
        EventData::FileChanged(changed) => Some((changed.path.as_str(), changed.added)),
        _ => None,
    });
    let expected = [("a/b.txt", Some(2)), ("a/b.txt", None), ("log.txt", Some(2))];
    assert_eq!(changed.collect::<Vec<_>>(), expected);
}

#[test]
fn permission_is_asked_remembered_and_changed() {
    let script = Script::new().write_asking("a.txt", "asked").write_asking("b.txt", "asked");
    let house = House::playing(script);
    house.runtime.block_on(async {
        let mut talk = house.open().await;
        talk.prompt("Go.").await;
        let question = talk.question().await;
        let input = json!({ "file_path": "c.txt", "content": "changed" });
        let allow = Decision::Allow { input: Some(input.clone()), remember: Remember::Session };
        talk.session.answer(&question, &allow).await.unwrap();
        let seen = talk.until_idle().await;
        assert_eq!(statuses(&seen), [ToolStatus::Completed; 2]);
        let effective = facts(&seen).into_iter().find_map(|fact| match fact {
            EventData::ToolUpdated(updated) => updated.effective_input.clone(),
            _ => None,
        });
        assert_eq!(effective, Some(input));

        talk.prompt("scenario: none").await;
        let seen = talk.until_idle().await;
        let error = end(&seen).error.as_ref().unwrap();
        assert_eq!(error.kind, ErrorKind::InvalidArgument);
    });
    assert_eq!((house.read("c.txt"), house.read("b.txt")), ("changed".into(), "asked".into()));
    assert!(!house.work.path().join("a.txt").exists());

    // A denial with an interrupt ends the turn; rules decide without anybody.
    house.runtime.block_on(async {
        let mut talk = house.open().await;
        talk.prompt("Go.").await;
        let question = talk.question().await;
        let deny = Decision::Deny { message: String::new(), interrupt: true };
        talk.session.answer(&question, &deny).await.unwrap();
        let seen = talk.until_idle().await;
        assert_eq!(statuses(&seen), [ToolStatus::Denied]);
        assert_eq!(end(&seen).stop_reason, StopReason::Cancelled);

        let mut spec = SessionSpec::default();
        spec.tools.deny = vec!["Write".to_owned()];
        let mut talk = house.try_open(spec, None).await.unwrap();
        talk.prompt("Go.").await;
        assert_eq!(statuses(&talk.until_idle().await), [ToolStatus::Denied; 2]);
        let spec = SessionSpec::default().mode("acceptEdits");
        let mut talk = house.try_open(spec, None).await.unwrap();
        talk.prompt("Go.").await;
        assert_eq!(statuses(&talk.until_idle().await), [ToolStatus::Completed; 2]);
    });
}

#[test]
fn asks_a_question() {
    let house = House::playing(Script::new().ask("Which?", ["a", "b"]));
    house.runtime.block_on(async {
        let mut talk = house.open().await;
        talk.prompt("Go.").await;
        let question = talk.question().await;
        let wrong = talk.session.answer(&question, &Decision::allow()).await;
        assert_eq!(wrong.unwrap_err().kind(), ErrorKind::InvalidArgument);
        let answers = json!({ "Which?": "b" });
        let answer = Decision::Answer { answers: answers.clone() };
        talk.session.answer(&question, &answer).await.unwrap();
        let seen = talk.until_idle().await;
        let given = facts(&seen).into_iter().find_map(|fact| match fact {
            EventData::ToolEnded(ended) => ended.result.clone(),
            _ => None,
        });
        assert_eq!(given, Some(json!({ "answers": answers })));
    });
}

#[test]
fn fails_and_stops_as_it_is_told() {
    let seen = House::playing(Script::new().fail("It broke.")).play("Go.");
    let error = end(&seen).error.as_ref().unwrap();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Unavailable, "It broke."));
    let script = Script::new().end(StopReason::Refusal).say("Never.");
    let seen = House::playing(script).play("Go.");
    assert_eq!(end(&seen).stop_reason, StopReason::Refusal);
    assert_eq!(end(&seen).result, None);
    let script = Script::new().tool(ToolStep::new("Bash").fails().result("exit 1"));
    assert_eq!(statuses(&House::playing(script).play("Go.")), [ToolStatus::Failed]);
}

#[test]
fn a_crash_is_gone_on_from_where_it_was() {
    let memory = tempfile::tempdir().unwrap();
    let agent = || {
        let script = Script::new()
            .append("log.txt", ["1", "2", "${MAESTRO_TASK_ID}"], Duration::from_secs(10))
            .exit()
            .say("Done.");
        ScriptedAgent::new().remember_in(memory.path()).script("count", script)
    };
    let mut house = House::new(agent());
    let pointer = house.runtime.block_on(async {
        let mut talk = house.open().await;
        talk.prompt("scenario: count").await;
        // The second line is written after 10 s.
        house.runtime.sleep(Duration::from_secs(15)).await;
        talk.session.close(true).await.unwrap();
        let seen = talk.until_ended().await;
        assert!(!seen.iter().any(|event| matches!(event, AgentEvent::TurnEnded(_))));
        talk.pointer
    });
    assert_eq!(house.read("log.txt"), "1\n2\n");

    // Another process, which knows it from the directory only.
    house.agent = agent();
    house.runtime.block_on(async {
        let cwd = PlacePath::new(Place::new("none"), house.work.path());
        let evidence = house.agent.evidence(&cwd, &pointer).await.unwrap();
        assert_eq!(evidence, Evidence::Holds);
        let resumed = house.try_open(SessionSpec::default(), Some(pointer));
        let mut talk = resumed.await.unwrap();
        talk.prompt("Go on.").await;
        let seen = talk.until_ended().await;
        let last = seen.last();
        assert!(matches!(last, Some(AgentEvent::Ended { error: Some(_), .. })), "{last:?}");

        let pointer = talk.pointer;
        let resumed = house.try_open(SessionSpec::default(), Some(pointer));
        let mut talk = resumed.await.unwrap();
        talk.prompt("Go on.").await;
        let seen = talk.until_idle().await;
        assert_eq!(end(&seen).result.as_deref(), Some("Done."));
        let asked: Vec<_> = house.agent.asked().into_iter().map(|asked| asked.text).collect();
        assert_eq!(asked, ["Go on.", "Go on."]);
        assert_eq!(house.read("log.txt"), "1\n2\ntask-7\n");

        let id = talk.pointer.agent_session_id.clone().unwrap();
        house.agent.forget_last_message(&id).unwrap();
        let evidence = house.agent.evidence(&cwd, &talk.pointer).await.unwrap();
        assert_eq!(evidence, Evidence::Behind);
        house.agent.forget(&id).unwrap();
        let evidence = house.agent.evidence(&cwd, &talk.pointer).await.unwrap();
        assert_eq!(evidence, Evidence::Missing);
    });
}

#[test]
fn one_prompt_at_a_time_but_it_can_be_steered() {
    let house = House::playing(Script::new().hang());
    house.runtime.block_on(async {
        let mut talk = house.open().await;
        talk.prompt("Go.").await;
        let prompt = AgentPrompt::new(house.runtime.uuid(), vec![ContentBlock::text("And this.")]);
        let second = talk.session.prompt(&prompt).await.unwrap_err();
        assert_eq!(second.kind(), ErrorKind::Conflict);
        talk.session.steer(&prompt).await.unwrap();
        talk.session.interrupt().await.unwrap();
        let seen = talk.until_idle().await;
        let said = facts(&seen)
            .into_iter()
            .any(|fact| matches!(fact, EventData::Message(message) if message.role == "user"));
        assert!(said);
        let asked = house.agent.asked();
        let steered: Vec<_> = asked.iter().map(|asked| asked.steer).collect();
        assert_eq!(steered, [false, true]);
    });
}

#[test]
fn a_script_is_plain_json() {
    let json = json!([
        { "do": "say", "text": "Hello." },
        { "do": "tool", "name": "Bash", "ask": true, "result": "ok" },
        { "do": "append", "path": "a.txt", "lines": ["1"], "pause_ms": 5 },
        { "do": "spend", "usage": { "input_tokens": 3 }, "cost_micro_usd": 5 },
        { "do": "fail", "message": "No." },
        { "do": "end", "stop_reason": "max_tokens" },
        { "do": "hang" },
    ]);
    let script: Script = serde_json::from_value(json).unwrap();
    assert_eq!(script.steps.len(), 7);
    assert_eq!(script.steps[6], Step::Hang);
    let again = serde_json::to_value(&script).unwrap();
    assert_eq!(serde_json::from_value::<Script>(again).unwrap(), script);
}

#[test]
fn the_same_seed_gives_the_same_story() {
    let script = Script::new().think("Hm.").say("Hello there.").write("a.txt", "x");
    let play = || House::playing(script.clone()).play("Go.");
    assert_eq!(play(), play());
}
