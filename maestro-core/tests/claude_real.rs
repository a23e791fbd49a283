//! The driver with the real Claude Code CLI and a scripted model on loopback. Needs npm once; see
//! `examples/fetch-claude.sh`.
#![cfg(all(unix, feature = "tokio", feature = "process"))]

#[path = "support/claude_program.rs"]
mod claude_program;

use std::path::PathBuf;
use std::sync::Arc;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::agent::{
    Agent, AgentEvent, AgentPrompt, AgentReport, AgentSession, AgentTurnEnd, Evidence, OpenContext,
};
use maestro_core::model::{
    AgentPointer, ApprovalKind, ContentBlock, Decision, EventData, MicroUsd, Origin, PlacePath,
    Remember, SessionSpec, StopReason, ToolContent, ToolStatus,
};
use maestro_core::runtime::tokio::TokioRuntime;
use maestro_core::runtime::{Runtime, RuntimeExt as _};
use maestro_core::testing::agent::{AgentHouse, CASES};
use maestro_core::transport::process::{ProcessConfig, ProcessTransport};
use maestro_core::transport::{EnvPolicy, Transport};
use maestro_core::{ErrorKind, Result};
use scripted_model::{ModelConfig, ScriptedModel};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A home, a directory to work in and a model for one test.
struct House {
    model: ScriptedModel,
    home: TempDir,
    work: TempDir,
    agent: ClaudeCode,
    runtime: Arc<dyn Runtime>,
    transport: Arc<dyn Transport>,
}

impl House {
    async fn build() -> Option<Self> {
        let program = claude_program::program()?;
        let model = ScriptedModel::start(ModelConfig::new()).await.expect("a model");
        let transport = ProcessTransport::new(ProcessConfig::default()).expect("a transport");
        let home = tempfile::tempdir().expect("a directory");
        let path = std::env::var_os("PATH").expect("a PATH");
        let set = [
            ("PATH", path.to_str().expect("UTF-8")),
            ("HOME", home.path().to_str().expect("UTF-8")),
            ("ANTHROPIC_BASE_URL", model.base_url()),
            ("ANTHROPIC_API_KEY", "sk-fake"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ];
        let env = EnvPolicy {
            set: set.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..EnvPolicy::default()
        };
        let agent = ClaudeCode::at(program).env(env).config_dir(home.path().join(".claude"));
        Some(Self {
            model,
            home,
            work: tempfile::tempdir().expect("a directory"),
            agent,
            runtime: Arc::new(TokioRuntime::current().expect("a runtime")),
            transport: Arc::new(transport),
        })
    }

    fn cwd(&self) -> PlacePath {
        PlacePath::new(self.transport.place(), self.work.path())
    }

    async fn try_open(&self, spec: SessionSpec, resume: Option<AgentPointer>) -> Result<Talk> {
        let env = [("MAESTRO_TASK_ID".to_owned(), "task-7".to_owned())];
        let context = OpenContext {
            session_id: self.runtime.id(),
            owner: self.runtime.id(),
            spec,
            cwd: self.cwd(),
            resume: resume.clone(),
            env: env.into(),
            account: None,
            transport: Arc::clone(&self.transport),
            runtime: Arc::clone(&self.runtime),
        };
        let session = self.agent.open(context).await?;
        Ok(Talk {
            session,
            runtime: Arc::clone(&self.runtime),
            pointer: resume.unwrap_or_default(),
        })
    }

    async fn open(&self) -> Talk {
        let opened = self.try_open(SessionSpec::default(), None).await;
        opened.expect("it opens")
    }

    async fn evidence(&self, pointer: &AgentPointer) -> Evidence {
        let evidence = self.agent.evidence(&self.cwd(), pointer).await;
        evidence.expect("the place is here")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }
}

/// A session with what it has shown of itself so far.
struct Talk {
    session: Box<dyn AgentSession>,
    runtime: Arc<dyn Runtime>,
    pointer: AgentPointer,
}

impl Talk {
    async fn prompt(&mut self, text: &str) {
        let prompt =
            AgentPrompt { id: self.runtime.uuid(), blocks: vec![ContentBlock::text(text)] };
        self.pointer.last_prompt = Some(prompt.id.to_string());
        self.session.prompt(&prompt).await.expect("it is sent");
    }

    async fn next(&mut self) -> AgentReport {
        let report = self.session.next().await.expect("something happens");
        for event in &report.events {
            if let AgentEvent::Pointer { agent_session_id, last_message } = event {
                let pointer = &mut self.pointer;
                pointer.agent_session_id =
                    agent_session_id.clone().or(pointer.agent_session_id.take());
                pointer.last_message = last_message.clone().or(pointer.last_message.take());
            }
        }
        report
    }

    /// Everything until an event fits, which comes last.
    async fn until(&mut self, fits: impl Fn(&AgentEvent) -> bool) -> Vec<AgentEvent> {
        let mut seen = Vec::new();
        loop {
            for event in self.next().await.events {
                seen.push(event);
                if fits(seen.last().expect("it was just pushed")) {
                    return seen;
                }
            }
        }
    }

    async fn until_idle(&mut self) -> Vec<AgentEvent> {
        self.until(|event| matches!(event, AgentEvent::Idle)).await
    }

    /// Waits for a question and gives its id.
    async fn question(&mut self) -> String {
        let seen = self.until(|event| matches!(event, AgentEvent::Approval { .. })).await;
        match seen.last() {
            Some(AgentEvent::Approval { request_id, .. }) => request_id.clone(),
            other => panic!("no question: {other:?}"),
        }
    }

    async fn answer(&self, request_id: &str, decision: Decision) {
        let answered = self.session.answer(request_id, &decision).await;
        answered.expect("it is waited for");
    }
}

fn facts(events: &[AgentEvent]) -> impl Iterator<Item = &EventData> {
    events.iter().filter_map(|event| match event {
        AgentEvent::Fact(fact) => Some(fact),
        _ => None,
    })
}

fn ends(events: &[AgentEvent]) -> Vec<&AgentTurnEnd> {
    let ends = events.iter().filter_map(|event| match event {
        AgentEvent::TurnEnded(end) => Some(end),
        _ => None,
    });
    ends.collect()
}

fn origins(events: &[AgentEvent]) -> Vec<&Origin> {
    let origins = events.iter().filter_map(|event| match event {
        AgentEvent::TurnStarted { origin } => Some(origin),
        _ => None,
    });
    origins.collect()
}

fn texts(events: &[AgentEvent]) -> Vec<String> {
    let texts = facts(events).filter_map(|fact| match fact {
        EventData::Message(message) if message.role == "assistant" => {
            Some(ContentBlock::join_text(&message.blocks))
        }
        _ => None,
    });
    texts.collect()
}

fn tool_ends(events: &[AgentEvent]) -> Vec<(ToolStatus, Vec<ToolContent>)> {
    let ends = facts(events).filter_map(|fact| match fact {
        EventData::ToolEnded(end) => Some((end.status, end.content.clone())),
        _ => None,
    });
    ends.collect()
}

#[tokio::test]
async fn conforms() {
    for case in CASES {
        let Some(house) = House::build().await else {
            return;
        };
        println!("{}", case.name);
        let house_of_case = AgentHouse {
            agent: Arc::new(house.agent.clone()),
            transport: Arc::clone(&house.transport),
            runtime: Arc::clone(&house.runtime),
            cwd: house.cwd(),
            spec: SessionSpec::default(),
            answers: "scenario: hello".to_owned(),
            asks: "scenario: bash command=\"touch asked.txt\"".to_owned(),
            endless: "scenario: slow count=100000 delay_ms=50".to_owned(),
        };
        (case.run)(house_of_case).await;
    }
}

#[tokio::test]
async fn hello_with_deltas_and_costs_over_two_prompts() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.prompt("scenario: slow count=5 delay_ms=20").await;
    let first = talk.until_idle().await;

    assert_eq!(origins(&first), [&Origin::Prompt]);
    assert_eq!(texts(&first), ["word ".repeat(5)]);
    let mut written = String::new();
    for fact in facts(&first) {
        if let EventData::MessageDelta(delta) = fact {
            assert_eq!((delta.block, delta.generation), (0, 0));
            assert_eq!(delta.offset, written.len() as u64);
            written.push_str(&delta.text);
        }
    }
    assert_eq!(written, "word ".repeat(5));
    let version = facts(&first).find_map(|fact| match fact {
        EventData::SessionUpdated(updated) => updated.agent_version.clone(),
        _ => None,
    });
    assert_eq!(version.as_deref(), Some("2.1.330"));

    talk.prompt("scenario: bash").await;
    let second = talk.until_idle().await;
    let (first, second) = (ends(&first)[0].clone(), ends(&second)[0].clone());
    assert_eq!(first.stop_reason, StopReason::EndTurn);
    assert_eq!((first.counter, second.counter), (1, 2));
    assert_eq!((first.usage.turns, second.usage.turns), (1, 1));
    // 20 tokens in by default for each call of the model: one, then two.
    assert_eq!((first.usage.input_tokens, second.usage.input_tokens), (20, 40));
    assert!(first.cost_micro_usd.is_some_and(|cost| cost > MicroUsd(0)));
    assert!(second.cost_micro_usd.is_some_and(|cost| cost > MicroUsd(0)));
    assert_eq!(house.evidence(&talk.pointer).await, Evidence::Holds);

    talk.session.close(false).await.expect("it closes");
    let last = talk.until(|event| matches!(event, AgentEvent::Ended { .. })).await;
    let ended = AgentEvent::Ended { error: None, exit: "exit code 0".to_owned() };
    assert_eq!(last.last(), Some(&ended));
    assert!(talk.session.next().await.is_none());
    let error = talk.session.interrupt().await.expect_err("it is over");
    assert_eq!(error.kind(), ErrorKind::Closed);

    // The next process goes on with the totals of the first; they are not counted again.
    let resumed = house.try_open(SessionSpec::default(), Some(talk.pointer.clone()));
    let mut talk = resumed.await.expect("it resumes");
    talk.prompt("scenario: hello").await;
    let third = talk.until_idle().await;
    assert_eq!(ends(&third)[0].usage.input_tokens, 20);
    assert!(ends(&third)[0].cost_micro_usd < second.cost_micro_usd);
}

#[tokio::test]
async fn variables_reach_the_tools_and_output_comes_back() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"echo id=$MAESTRO_TASK_ID > out.txt\"").await;
    let question = talk.question().await;
    talk.answer(&question, Decision::allow()).await;
    talk.until_idle().await;
    let written = std::fs::read_to_string(house.file("out.txt")).expect("it was written");
    assert_eq!(written, "id=task-7\n");
}

#[tokio::test]
async fn a_write_is_allowed_for_the_session_and_shows_its_difference() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.prompt("scenario: write-file path=a.txt content=\"one\\ntwo\\n\"").await;
    let asked = talk.until(|event| matches!(event, AgentEvent::Approval { .. })).await;
    let Some(AgentEvent::Approval { request_id, kind, tool, tool_call_id, options, .. }) =
        asked.last()
    else {
        panic!("no question: {asked:?}");
    };
    assert_eq!((*kind, tool.as_deref()), (ApprovalKind::Tool, Some("Write")));
    let kinds: Vec<&str> = options.iter().map(|option| option.kind.as_str()).collect();
    assert_eq!(kinds, ["allow_once", "allow_always", "reject_once"]);
    let started = facts(&asked).find_map(|fact| match fact {
        EventData::ToolStarted(started) => Some(started.clone()),
        _ => None,
    });
    let started = started.expect("the call is shown first");
    assert_eq!(Some(&started.tool_call_id), tool_call_id.as_ref());
    assert_eq!((started.kind.as_str(), started.locations), ("edit", vec!["a.txt".to_owned()]));

    let remember = Decision::Allow { input: None, remember: Remember::Session };
    talk.answer(request_id, remember).await;
    let late = talk.session.answer(request_id, &Decision::allow()).await;
    assert_eq!(late.expect_err("it was answered").kind(), ErrorKind::Conflict);
    let seen = talk.until_idle().await;
    let (status, content) = &tool_ends(&seen)[0];
    assert_eq!(*status, ToolStatus::Completed);
    let diff =
        ToolContent::Diff { path: "a.txt".to_owned(), old: None, new: "one\ntwo\n".to_owned() };
    assert!(content.contains(&diff), "{content:?}");
    let changed = facts(&seen).find_map(|fact| match fact {
        EventData::FileChanged(changed) => Some((changed.path.clone(), changed.added)),
        _ => None,
    });
    assert_eq!(changed, Some(("a.txt".to_owned(), Some(2))));

    // The second write is not asked for, and no settings were left in the work tree.
    talk.prompt("scenario: write-file path=b.txt content=x").await;
    let seen = talk.until_idle().await;
    assert!(!seen.iter().any(|event| matches!(event, AgentEvent::Approval { .. })));
    assert!(house.file("b.txt").exists());
    assert!(!house.file(".claude").exists());
}

#[tokio::test]
async fn a_tool_is_denied_and_another_runs_with_changed_input() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch denied.txt\"").await;
    let question = talk.question().await;
    talk.answer(&question, Decision::deny("Not on my watch.")).await;
    let seen = talk.until_idle().await;
    let (status, content) = &tool_ends(&seen)[0];
    assert_eq!(*status, ToolStatus::Denied);
    let told = ToolContent::Text { text: "Not on my watch.".to_owned() };
    assert_eq!(content, &[told]);
    assert_eq!(ends(&seen)[0].error, None);
    assert!(!house.file("denied.txt").exists());

    talk.prompt("scenario: bash command=\"touch shown.txt\"").await;
    let question = talk.question().await;
    let input = json!({ "command": "touch effective.txt", "description": "Changed" });
    let allow = Decision::Allow { input: Some(input.clone()), remember: Remember::Once };
    talk.answer(&question, allow).await;
    let seen = talk.until_idle().await;
    let effective = facts(&seen).find_map(|fact| match fact {
        EventData::ToolUpdated(updated) => updated.effective_input.clone(),
        _ => None,
    });
    assert_eq!(effective, Some(input));
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Completed);
    assert!(house.file("effective.txt").exists());
    assert!(!house.file("shown.txt").exists());
}

#[tokio::test]
async fn a_question_is_answered() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.prompt("scenario: ask").await;
    let asked = talk.until(|event| matches!(event, AgentEvent::Approval { .. })).await;
    let Some(AgentEvent::Approval { request_id, kind: ApprovalKind::Question, title, .. }) =
        asked.last()
    else {
        panic!("no question: {asked:?}");
    };
    assert_eq!(title, "Which colour?");
    let wrong = talk.session.answer(request_id, &Decision::allow()).await;
    assert_eq!(wrong.expect_err("it asks").kind(), ErrorKind::InvalidArgument);
    let answers = json!({ "Which colour?": "Blue" });
    talk.answer(request_id, Decision::Answer { answers }).await;
    let seen = talk.until_idle().await;
    let given = facts(&seen).find_map(|fact| match fact {
        EventData::ToolEnded(ended) => ended.result.clone(),
        _ => None,
    });
    let given: Option<Value> = given.map(|result| result["answers"]["Which colour?"].clone());
    assert_eq!(given, Some(json!("Blue")));
}

#[tokio::test]
async fn an_interrupt_ends_the_turn_and_leaves_the_session() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.prompt("scenario: slow count=1000 delay_ms=50").await;
    let delta = |event: &AgentEvent| matches!(event, AgentEvent::Fact(EventData::MessageDelta(_)));
    talk.until(delta).await;
    talk.session.interrupt().await.expect("it is told");
    let seen = talk.until_idle().await;
    let end = ends(&seen)[0];
    assert_eq!((&end.stop_reason, &end.error), (&StopReason::Cancelled, &None));

    assert_eq!(house.evidence(&talk.pointer).await, Evidence::Holds);

    // With a question open, it is taken back.
    talk.prompt("scenario: bash command=\"touch never.txt\"").await;
    let question = talk.question().await;
    talk.session.interrupt().await.expect("it is told");
    let seen = talk.until_idle().await;
    let withdrawn = AgentEvent::ApprovalWithdrawn { request_id: question.clone() };
    assert!(seen.contains(&withdrawn));
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Denied);
    let late = talk.session.answer(&question, &Decision::allow()).await;
    assert_eq!(late.expect_err("it was taken back").kind(), ErrorKind::Conflict);

    talk.prompt("scenario: hello").await;
    let seen = talk.until_idle().await;
    assert_eq!(texts(&seen), ["Hello from the scripted model."]);
}

#[tokio::test]
async fn a_killed_process_is_resumed_by_evidence() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.prompt("scenario: hello text=\"First.\"").await;
    talk.until_idle().await;
    talk.prompt("scenario: hang-mid").await;
    talk.until(|event| matches!(event, AgentEvent::TurnStarted { .. })).await;
    // The model was asked, so the prompt is on its way to the transcript.
    house.model.wait_for(|request| request.scenario() == Some("hang-mid")).await;
    while house.evidence(&talk.pointer).await != Evidence::Holds {
        tokio::task::yield_now().await;
    }
    let pid = talk.session.process().expect("it has a process").pid;
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let seen = talk.until(|event| matches!(event, AgentEvent::Ended { .. })).await;
    let Some(AgentEvent::Ended { error, exit }) = seen.last() else {
        panic!("no end: {seen:?}");
    };
    assert_eq!(exit, "signal 9");
    assert_eq!(error.as_ref().map(|error| error.kind), Some(ErrorKind::Unavailable));

    let behind =
        AgentPointer { last_message: Some("never-written".to_owned()), ..talk.pointer.clone() };
    assert_eq!(house.evidence(&behind).await, Evidence::Behind);
    let missing =
        AgentPointer { last_prompt: Some("never-written".to_owned()), ..talk.pointer.clone() };
    assert_eq!(house.evidence(&missing).await, Evidence::Missing);

    let resumed = house.try_open(SessionSpec::default(), Some(talk.pointer.clone()));
    let mut again = resumed.await.expect("it resumes");
    again.prompt("scenario: hello text=\"Back.\"").await;
    let seen = again.until_idle().await;
    assert_eq!(texts(&seen), ["Back."]);
    assert_eq!(again.pointer.agent_session_id, talk.pointer.agent_session_id);
    let requests = house.model.requests();
    let last = requests.last().expect("it was asked").body.to_string();
    assert!(last.contains("First."), "the model hears of the time before");
}

#[tokio::test]
async fn what_does_not_start_says_why() {
    let Some(house) = House::build().await else {
        return;
    };
    let unknown = AgentPointer {
        agent_session_id: Some("15c063e1-ec46-495c-a666-b30dcbe690d4".to_owned()),
        ..AgentPointer::default()
    };
    assert_eq!(house.evidence(&unknown).await, Evidence::Missing);
    let opened = house.try_open(SessionSpec::default(), Some(unknown)).await;
    let error = opened.err().expect("there is no such conversation");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("No conversation found"), "{error}");

    let mut spec = SessionSpec::default();
    spec.extra_args = vec!["--no-such-flag".to_owned()];
    let error = house.try_open(spec, None).await.err().expect("no such flag");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert!(error.to_string().contains("--no-such-flag"), "{error}");

    let mut talk = house.open().await;
    talk.prompt("scenario: hello").await;
    talk.until_idle().await;
    let mut spec = SessionSpec::default();
    let id = talk.pointer.agent_session_id.clone().expect("it has one");
    spec.extra_args = vec![format!("--session-id={id}")];
    let error = house.try_open(spec, None).await.err().expect("it is in use");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
}

#[tokio::test]
async fn failures_of_the_model_are_data() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.prompt("scenario: error-400").await;
    let seen = talk.until_idle().await;
    let error = ends(&seen)[0].error.clone().expect("it failed");
    assert_eq!((error.kind, error.retryable), (ErrorKind::InvalidArgument, false));
    assert!(error.message.contains("400"), "{}", error.message);
    assert_eq!(house.evidence(&talk.pointer).await, Evidence::Holds);

    talk.prompt("scenario: drop-mid").await;
    let seen = talk.until_idle().await;
    assert!(facts(&seen).any(|fact| matches!(fact, EventData::AgentRetrying(_))));
    let generations = facts(&seen).filter_map(|fact| match fact {
        EventData::MessageDelta(delta) => Some((delta.generation, delta.offset)),
        _ => None,
    });
    let generations: Vec<_> = generations.collect();
    assert_eq!(generations.first(), Some(&(0, 0)));
    assert!(generations.contains(&(1, 0)), "it starts again: {generations:?}");
    assert_eq!(texts(&seen), ["This sentence has two halves."]);
}

#[tokio::test]
async fn a_subagent_comes_back_in_a_turn_of_its_own() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.prompt("scenario: subagent prompt=\"scenario: bash command=\\\"touch sub.txt\\\"\"").await;
    let asked = talk.until(|event| matches!(event, AgentEvent::Approval { .. })).await;
    let Some(AgentEvent::Approval { request_id, agent_id: Some(agent_id), .. }) = asked.last()
    else {
        panic!("no question of a subagent: {asked:?}");
    };
    talk.answer(request_id, Decision::allow()).await;
    let mut seen = asked.clone();
    seen.extend(talk.until_idle().await);
    assert!(house.file("sub.txt").exists());
    let by_agent = Origin::Agent { reason: "task-notification".to_owned() };
    assert_eq!(origins(&seen), [&Origin::Prompt, &by_agent]);
    assert_eq!(ends(&seen).len(), 2);
    let inner = facts(&seen).find_map(|fact| match fact {
        EventData::ToolStarted(started) if started.name == "Bash" => Some(started.clone()),
        _ => None,
    });
    let inner = inner.expect("the subagent's call is shown");
    assert_eq!(inner.agent_id.as_ref(), Some(agent_id));
    assert!(inner.parent_tool_call_id.is_some());
    assert_eq!(house.evidence(&talk.pointer).await, Evidence::Holds);
}

#[tokio::test]
async fn modes_models_and_raw_requests() {
    let Some(house) = House::build().await else {
        return;
    };
    let mut talk = house.open().await;
    talk.session.set_model("claude-haiku-4-5").await.expect("it is known");
    talk.session.set_mode("acceptEdits").await.expect("it is known");
    let error = talk.session.set_mode("nonsense").await.expect_err("no mode");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let none = json!({ "subtype": "nonesuch" });
    let error = talk.session.control(none).await.expect_err("no request");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let version = talk.session.control(json!({ "subtype": "get_binary_version" })).await;
    assert_eq!(version.expect("it says")["version"], "2.1.330");

    talk.prompt("scenario: write-file path=c.txt content=x").await;
    let seen = talk.until_idle().await;
    assert!(!seen.iter().any(|event| matches!(event, AgentEvent::Approval { .. })));
    let model = facts(&seen).find_map(|fact| match fact {
        EventData::SessionUpdated(updated) => updated.model.clone(),
        _ => None,
    });
    assert_eq!(model.as_deref(), Some("claude-haiku-4-5"));
    assert!(house.home.path().join(".claude").is_dir());
}
