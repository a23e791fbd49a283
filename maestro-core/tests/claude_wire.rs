//! What the driver makes of the CLI's messages. The fixtures have the shape of what a real CLI
//! writes, and nothing of its content.

#[path = "support/memory.rs"]
mod memory;

use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;
use maestro_core::agent::claude::{ClaudeCode, Mapper};
use maestro_core::agent::{
    Agent, AgentEvent, AgentPrompt, AgentReport, AgentSession, AgentTurnEnd, OpenContext,
};
use maestro_core::model::{
    AgentPointer, ContentBlock, Decision, EventData, Origin, Place, PlacePath, Remember,
    SessionSpec, StopReason, Timestamp, ToolContent, Usage,
};
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::runtime::{Runtime, RuntimeExt as _};
use maestro_core::transport::{EnvPolicy, ExitStatus, Frame, Garbled, GarbledReason};
use maestro_core::{Error, ErrorKind};
use memory::{Memory, Program};
use serde_json::{Value, json};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/claude/", $name, ".jsonl"))
    };
}

fn read(fixture: &str) -> Vec<AgentReport> {
    let mut mapper = Mapper::new("/src/shop");
    fixture.lines().map(|line| mapper.frame(line)).collect()
}

fn events(reports: &[AgentReport]) -> Vec<AgentEvent> {
    reports.iter().flat_map(|report| report.events.clone()).collect()
}

/// A line for each event that says something, without what has its own test.
fn story(reports: &[AgentReport]) -> Vec<String> {
    let told = |event: &AgentEvent| match event {
        AgentEvent::Pointer { .. } | AgentEvent::Fact(EventData::AgentFrame(_)) => None,
        AgentEvent::TurnStarted { origin } => Some(match origin {
            Origin::Agent { reason } => format!("turn by agent: {reason}"),
            other => format!("turn by {other:?}"),
        }),
        AgentEvent::TurnEnded(end) => {
            let kind = end.error.as_ref().map(|error| error.kind.as_str());
            Some(format!("end {}: {}", end.stop_reason, kind.unwrap_or("well")))
        }
        AgentEvent::Approval { title, agent_id, .. } => Some(format!("asks {title} {agent_id:?}")),
        AgentEvent::Fact(fact) => Some(tell(fact)),
        other => Some(format!("{other:?}")),
    };
    events(reports).iter().filter_map(told).collect()
}

fn tell(fact: &EventData) -> String {
    match fact {
        EventData::MessageDelta(d) => {
            let at = (d.block, d.generation, d.offset);
            format!("{} {at:?} {:?} {:?}", d.message_id, d.text, d.agent_id)
        }
        EventData::ThoughtDelta(d) => format!("thinks {:?}", d.text),
        EventData::Thought(thought) => format!("thought {:?}", thought.text),
        EventData::Message(m) => {
            let text = ContentBlock::join_text(&m.blocks);
            format!("{} {} says {text:?} {:?}", m.role, m.message_id, m.agent_id)
        }
        EventData::ToolStarted(t) => {
            let by = (&t.parent_tool_call_id, &t.agent_id);
            format!("{} {} {:?} {:?} {by:?}", t.tool_call_id, t.kind, t.title, t.locations)
        }
        EventData::ToolEnded(t) => format!("{} {:?}", t.tool_call_id, t.status),
        EventData::FileChanged(f) => {
            format!("{} changed {} {:?} {:?}", f.tool_call_id, f.path, f.added, f.removed)
        }
        other => other.event_type().to_owned(),
    }
}

fn ends(reports: &[AgentReport]) -> Vec<AgentTurnEnd> {
    let ends = events(reports).into_iter().filter_map(|event| match event {
        AgentEvent::TurnEnded(end) => Some(end),
        _ => None,
    });
    ends.collect()
}

#[test]
fn a_plain_turn() {
    let reports = read(fixture!("plain"));
    let expected = [
        "turn by Prompt",
        "session.updated",
        "thinks \"Hm.\"",
        "thought \"Hm.\"",
        "m-1 (1, 0, 0) \"Grüße, \" None",
        "m-1 (1, 0, 9) \"world\" None",
        "assistant m-1 says \"Grüße, world\" None",
        "end end_turn: well",
        "Idle",
    ];
    assert_eq!(story(&reports), expected);
    let end = &ends(&reports)[0];
    let usage = Usage {
        input_tokens: 25,
        output_tokens: 15,
        cache_read_tokens: 3,
        cache_write_tokens: 2,
        turns: 1,
        cost_micro_usd: 400,
    };
    assert_eq!((end.usage, end.counter, end.duration_ms), (usage, 1, Some(57)));
    let last = events(&reports).into_iter().rev().find_map(|event| match event {
        AgentEvent::Pointer { last_message, .. } => last_message,
        _ => None,
    });
    assert_eq!(last.as_deref(), Some("u-2"));
}

#[test]
fn every_message_is_kept_verbatim_but_deltas() {
    for fixture in [fixture!("plain"), fixture!("tools"), fixture!("strange")] {
        let reports = read(fixture);
        for (line, report) in fixture.lines().zip(&reports) {
            if line.contains("\"stream_event\"") {
                assert_eq!(report.raw, None, "{line}");
            } else {
                assert_eq!(report.raw.as_deref(), Some(line));
            }
            let responds = line.contains("\"control_response\"");
            let quiet = line.contains("\"stream_event\"") || responds;
            assert!(quiet || !report.events.is_empty(), "{line}");
        }
    }
}

#[test]
fn a_subagent_comes_back() {
    let reports = read(fixture!("background"));
    let a = "Some(\"a-1\")";
    let expected = [
        "turn by Prompt".to_owned(),
        "t-1 think \"Agent: Look around\" [] (None, None)".to_owned(),
        "t-1 Completed".to_owned(),
        "end end_turn: well".to_owned(),
        format!("m-2 (0, 0, 0) \"Lo\" {a}"),
        format!("t-2 execute \"Bash: ls\" [] (Some(\"t-1\"), {a})"),
        format!("asks Bash: List {a}"),
        "t-2 Completed".to_owned(),
        "turn by agent: task-notification".to_owned(),
        "assistant m-4 says \"It came back.\" None".to_owned(),
        "end end_turn: well".to_owned(),
        "Idle".to_owned(),
    ];
    assert_eq!(story(&reports), expected);
    let spent: Vec<_> = ends(&reports)
        .iter()
        .map(|end| (end.usage.input_tokens, end.usage.cost_micro_usd, end.counter))
        .collect();
    assert_eq!(spent, [(50, 1000, 1), (25, 200, 2)]);
}

#[test]
fn a_message_that_starts_again_has_a_higher_generation() {
    let expected = [
        "turn by Prompt",
        "m-1 (0, 0, 0) \"Half of\" None",
        "agent.retrying",
        "m-2 (0, 1, 0) \"The whole\" None",
        "assistant m-2 says \"The whole\" None",
        "m-3 (0, 0, 0) \"Next\" None",
    ];
    let reports = read(fixture!("restarted-message"));
    assert_eq!(story(&reports), expected);
    let retrying = events(&reports).into_iter().find_map(|event| match event {
        AgentEvent::Fact(EventData::AgentRetrying(retrying)) => Some(retrying),
        _ => None,
    });
    let retrying = retrying.expect("it retries");
    assert_eq!((retrying.attempt, retrying.max_attempts), (1, Some(10)));
    assert_eq!((retrying.delay_ms, retrying.status), (Some(619), None));
}

#[test]
fn tools_and_what_they_change() {
    let reports = read(fixture!("tools"));
    let expected = [
        "turn by Prompt",
        "t-1 edit \"Edit: /src/shop/lib/a.rs\" [\"lib/a.rs\"] (None, None)",
        "t-1 Completed",
        "t-1 changed lib/a.rs Some(1) Some(1)",
        "t-2 edit \"Write: /elsewhere/b.txt\" [\"/elsewhere/b.txt\"] (None, None)",
        "t-2 Completed",
        "t-2 changed /elsewhere/b.txt Some(2) Some(0)",
        "t-3 execute \"Bash: false\" [] (None, None)",
        "t-3 Failed",
        "t-4 execute \"Bash: sleep 99\" [] (None, None)",
        "t-4 Interrupted",
        "t-5 execute \"Bash: rm x\" [] (None, None)",
        "t-5 Denied",
        "t-6 execute \"Bash: echo\" [] (None, None)",
        "t-6 Interrupted",
        "end budget_exhausted: resource_exhausted",
    ];
    assert_eq!(story(&reports), expected);
    let diffs: Vec<ToolContent> = events(&reports)
        .into_iter()
        .filter_map(|event| match event {
            AgentEvent::Fact(EventData::ToolEnded(ended)) => Some(ended.content),
            _ => None,
        })
        .flatten()
        .filter(|content| matches!(content, ToolContent::Diff { .. }))
        .collect();
    let edited = ToolContent::Diff {
        path: "lib/a.rs".to_owned(),
        old: Some("a b b".to_owned()),
        new: "a c b".to_owned(),
    };
    let created = ToolContent::Diff {
        path: "/elsewhere/b.txt".to_owned(),
        old: None,
        new: "1\n2\n".to_owned(),
    };
    assert_eq!(diffs, [edited, created]);
}

#[test]
fn ends_of_turns() {
    let ends = ends(&read(fixture!("results")));
    let told: Vec<_> = ends
        .iter()
        .map(|end| {
            let error = end.error.as_ref();
            let error = error.map(|error| (error.kind.as_str(), error.retryable));
            (end.stop_reason.as_str(), error)
        })
        .collect();
    let expected = [
        ("max_turn_requests", None),
        ("api_error", Some(("unavailable", true))),
        ("api_error", Some(("permission_denied", false))),
        ("api_error", Some(("resource_exhausted", true))),
        ("cancelled", None),
        ("crashed", Some(("unavailable", false))),
        ("max_tokens", Some(("resource_exhausted", false))),
        ("refusal", None),
        ("end_turn", None),
    ];
    assert_eq!(told, expected);
    let resets_at = ends[3].error.as_ref().and_then(|error| error.limit.as_ref()?.resets_at);
    assert_eq!(resets_at.map(Timestamp::as_millis), Some(1_795_410_000_000));
    assert_eq!(ends[8].structured_output, Some(json!({ "answer": 42 })));
    let costs: Vec<_> = ends.iter().map(|end| end.cost_micro_usd.map(|cost| cost.0)).collect();
    assert_eq!(costs[..3], [Some(1200), Some(0), None], "none is not zero");
}

#[test]
fn totals_that_begin_anew_are_counted_from_there() {
    let result = |input: u64, cost: f64, own: Option<u64>| {
        let usage = |input: u64| json!({ "m": { "inputTokens": input, "costUSD": cost } });
        let mut result = json!({
            "type": "result", "subtype": "success", "is_error": false,
            "total_cost_usd": cost, "modelUsage": usage(input),
        });
        if let Some(own) = own {
            let cost = 0.0002;
            result["model_usage_since_last_result"] =
                json!({ "m": { "inputTokens": own, "costUSD": cost } });
        }
        result.to_string()
    };
    let spent = |results: &[String]| {
        let mut mapper = Mapper::new("/src/shop");
        let reports: Vec<_> = results.iter().map(|line| mapper.frame(line)).collect();
        let ends = ends(&reports).into_iter();
        ends.map(|end| (end.usage.input_tokens, end.usage.cost_micro_usd)).collect::<Vec<_>>()
    };
    // Rounding the totals, not the differences: a third of a micro-dollar each.
    let thirds = [1, 2, 3].map(|n| result(n, f64::from(u32::try_from(n).unwrap()) / 3e6, None));
    assert_eq!(spent(&thirds), [(1, 0), (1, 1), (1, 0)]);
    let again = [result(50, 0.0006, None), result(20, 0.0002, None), result(30, 0.0003, None)];
    assert_eq!(spent(&again), [(50, 600), (20, 200), (10, 100)]);
    // A resumed process goes on with the totals of the one before.
    let resumed = [result(80, 0.0010, Some(20)), result(100, 0.0012, Some(20))];
    assert_eq!(spent(&resumed), [(20, 200), (20, 200)]);
}

#[test]
fn strange_messages_are_facts() {
    let reports = read(fixture!("strange"));
    let types: Vec<String> = events(&reports)
        .iter()
        .filter_map(|event| match event {
            AgentEvent::Fact(EventData::AgentFrame(frame)) => Some(frame.frame_type.clone()),
            AgentEvent::Fact(EventData::AgentOutput(output)) => Some(output.reason.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(types[..4], ["not_json", "not_json", "brand_new", "system/brand_new"]);
}

/// Breaks lines in many ways; nothing may panic, and what is JSON must stay whole.
#[test]
fn no_input_panics() {
    let fixtures = [
        fixture!("plain"),
        fixture!("background"),
        fixture!("restarted-message"),
        fixture!("tools"),
        fixture!("results"),
        fixture!("older"),
        fixture!("strange"),
    ];
    let lines: Vec<&str> = fixtures.iter().flat_map(|fixture| fixture.lines()).collect();
    for seed in 0..400 {
        let broken = std::panic::catch_unwind(|| {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut mapper = Mapper::new("/src/shop");
            for _ in 0..200 {
                let line = lines[random.usize(..lines.len())];
                let line = mutate(&mut random, line);
                let report = mapper.frame(&line);
                assert!(report.raw.is_none_or(|raw| raw == line));
            }
        });
        assert!(broken.is_ok(), "seed {seed}");
    }
}

fn mutate(random: &mut fastrand::Rng, line: &str) -> String {
    match random.u8(..6) {
        0 => line.to_owned(),
        1 => line[..line.floor_char_boundary(random.usize(..=line.len()))].to_owned(),
        2 => {
            let mut bytes = line.as_bytes().to_vec();
            for _ in 0..random.usize(1..8) {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => {
            let Ok(mut value) = serde_json::from_str::<Value>(line) else {
                return line.to_owned();
            };
            for _ in 0..random.usize(1..4) {
                disturb(random, &mut value);
            }
            value.to_string()
        }
    }
}

/// Puts something else into one place of a value.
fn disturb(random: &mut fastrand::Rng, value: &mut Value) {
    let children = match value {
        Value::Array(items) => items.iter_mut().collect::<Vec<_>>(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    let count = children.len();
    if count > 0 && random.u8(..5) > 0 {
        if let Some(child) = children.into_iter().nth(random.usize(..count)) {
            disturb(random, child);
        }
        return;
    }
    let others = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(-1e308),
        json!(""),
        json!("ü".repeat(100)),
        json!([]),
        json!([[null], {}]),
        json!({ "type": "text" }),
        json!({ "type": "tool_result", "content": [{ "type": "text", "text": 5 }] }),
    ];
    *value = others[random.usize(..others.len())].clone();
}

/// A session whose program the test plays, on a virtual clock.
struct Stage {
    runtime: Arc<ManualRuntime>,
    program: Program,
    session: Box<dyn AgentSession>,
}

fn context(runtime: &Arc<ManualRuntime>, transport: Arc<Memory>) -> OpenContext {
    OpenContext {
        session_id: runtime.id(),
        owner: runtime.id(),
        spec: SessionSpec::default(),
        cwd: PlacePath::new(Place::new("memory"), "/src/shop"),
        resume: None,
        env: [("MAESTRO_TASK_ID".to_owned(), "task-7".to_owned())].into(),
        account: None,
        transport,
        runtime: Arc::clone(runtime) as Arc<dyn Runtime>,
    }
}

async fn sent(program: &Program) -> Value {
    let line = program.input.recv().await.expect("something is sent");
    serde_json::from_str(&line).expect("JSON")
}

#[expect(clippy::needless_pass_by_value, reason = "lines are written where they are used")]
fn write(program: &Program, line: impl ToString) {
    let line = Frame::Line(line.to_string());
    program.output.try_send(line).expect("it runs");
}

fn exit(program: &Program, code: i32) {
    let status = ExitStatus { code: Some(code), signal: None };
    program.output.try_send(Frame::Exited(status)).expect("it runs");
}

#[expect(clippy::needless_pass_by_value, reason = "answers are written where they are used")]
fn reply(request: &Value, response: Value) -> Value {
    let id = &request["request_id"];
    json!({ "type": "control_response", "response": {
        "subtype": "success", "request_id": id, "response": response,
    } })
}

/// Opens a session, playing the program's part of the handshake with `greet`.
fn open_with(
    agent: &ClaudeCode,
    change: impl FnOnce(&mut OpenContext),
    greet: impl AsyncFnOnce(&Program),
) -> (Arc<ManualRuntime>, Result<Stage, Error>) {
    let runtime = Arc::new(ManualRuntime::new(7));
    let (transport, programs): (_, Receiver<Program>) = Memory::new();
    let mut context = context(&runtime, transport);
    change(&mut context);
    let opened = runtime.block_on(async {
        let play = async {
            let program = programs.recv().await.expect("it is started");
            greet(&program).await;
            program
        };
        let (session, program) = futures::join!(agent.open(context), play);
        session.map(|session| Stage { runtime: Arc::clone(&runtime), program, session })
    });
    (runtime, opened)
}

async fn say_hello(program: &Program) {
    let request = sent(program).await;
    assert_eq!(request["request"]["subtype"], "initialize");
    let hello = json!({ "commands": [{ "name": "review" }], "claude_code_version": "9.9.9" });
    write(program, reply(&request, hello));
}

fn open() -> Stage {
    let (_, opened) = open_with(&ClaudeCode::at("/bin/claude"), |_| {}, say_hello);
    opened.expect("it opens")
}

impl Stage {
    async fn prompt(&self) -> String {
        let id = self.runtime.uuid();
        let blocks = vec![
            ContentBlock::text("Look:"),
            ContentBlock::Image { media_type: "image/png".to_owned(), data: "aGk=".to_owned() },
        ];
        let prompt = AgentPrompt { id, blocks };
        self.session.prompt(&prompt).await.expect("it is sent");
        let sent = sent(&self.program).await;
        assert_eq!(sent["uuid"], id.to_string());
        let content = json!([
            { "type": "text", "text": "Look:" },
            { "type": "image", "source": {
                "type": "base64", "media_type": "image/png", "data": "aGk=",
            } },
        ]);
        assert_eq!(sent["message"], json!({ "role": "user", "content": content }));
        id.to_string()
    }

    async fn until(&self, fits: impl Fn(&AgentEvent) -> bool) -> Vec<AgentReport> {
        let mut seen = Vec::new();
        loop {
            seen.push(self.session.next().await.expect("something happens"));
            if seen.last().is_some_and(|report| report.events.iter().any(&fits)) {
                return seen;
            }
        }
    }

    async fn until_idle(&self) -> Vec<AgentReport> {
        self.until(|event| matches!(event, AgentEvent::Idle)).await
    }
}

#[test]
fn the_command_line_and_the_environment() {
    let agent = ClaudeCode::at("/bin/claude").extra_args(["--bare"]);
    let change = |context: &mut OpenContext| {
        let spec = &mut context.spec;
        spec.model = Some("-odd".to_owned());
        spec.mode = Some("plan".to_owned());
        spec.tools.allow = vec!["Read".to_owned(), "Bash(git status:*)".to_owned()];
        spec.tools.deny = vec!["WebFetch".to_owned()];
        spec.system_prompt = Some("Be brief.".to_owned());
        spec.output_schema = json!({ "type": "object" });
        spec.max_turn_requests = Some(3);
        spec.budget_micro_usd = Some(1_500_000);
        spec.extra_args = vec!["--add-dir=/src/lib".to_owned()];
        spec.env = [("A".to_owned(), "1".to_owned())].into();
        context.resume = Some(AgentPointer {
            agent_session_id: Some("s-1".to_owned()),
            ..AgentPointer::default()
        });
    };
    let (_, opened) = open_with(&agent, change, say_hello);
    let spec = opened.expect("it opens").program.spec;
    let expected = [
        "-p",
        "--output-format=stream-json",
        "--input-format=stream-json",
        "--verbose",
        "--include-partial-messages",
        "--permission-prompt-tool=stdio",
        "--resume=s-1",
        "--model=-odd",
        "--permission-mode=plan",
        "--allowedTools=Read,Bash(git status:*)",
        "--disallowedTools=WebFetch",
        "--append-system-prompt=Be brief.",
        "--json-schema={\"type\":\"object\"}",
        "--max-turns=3",
        "--max-budget-usd=1.500000",
        "--bare",
        "--add-dir=/src/lib",
    ];
    assert_eq!(spec.args, expected);
    assert!(spec.env.inherit);
    assert!(spec.env.deny.iter().any(|name| name == "CLAUDECODE"));
    let set: Vec<_> = spec.env.set.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let expected = [
        "A=1",
        "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS=1",
        "DISABLE_AUTOUPDATER=1",
        "MAESTRO_TASK_ID=task-7",
    ];
    assert_eq!(set, expected);

    let exact =
        EnvPolicy { set: [("PATH".to_owned(), "/bin".to_owned())].into(), ..EnvPolicy::default() };
    let agent = ClaudeCode::at("claude").env(exact).config_dir("/var/claude");
    let (_, opened) = open_with(&agent, |_| {}, say_hello);
    let env = opened.expect("it opens").program.spec.env;
    assert!(!env.inherit);
    assert_eq!(env.set["CLAUDE_CONFIG_DIR"], "/var/claude");
    assert_eq!(env.set["PATH"], "/bin");
}

#[test]
fn requests_before_the_handshake_are_refused_and_do_not_block_it() {
    let greet = async |program: &Program| {
        let request = sent(program).await;
        let message = json!({ "subtype": "mcp_message", "server_name": "x", "message": {} });
        write(
            program,
            json!({
                "type": "control_request", "request_id": "r-1", "request": message,
            }),
        );
        let refusal = sent(program).await;
        assert_eq!(refusal["response"]["subtype"], "error");
        assert_eq!(refusal["response"]["request_id"], "r-1");
        write(program, reply(&request, json!({ "commands": [] })));
    };
    let (_, opened) = open_with(&ClaudeCode::at("claude"), |_| {}, greet);
    let stage = opened.expect("it opens");
    let first = stage.runtime.block_on(stage.session.next()).expect("a report");
    assert!(first.raw.is_some_and(|raw| raw.contains("mcp_message")));
}

#[test]
fn a_start_that_fails_says_why() {
    let cases = [
        ("Error: Session ID s-1 is already in use.", ErrorKind::AlreadyExists),
        ("cannot be used with root/sudo privileges", ErrorKind::PermissionDenied),
        ("error: unknown option '--x'", ErrorKind::Unsupported),
        ("error: unknown option '--theirs=1'", ErrorKind::InvalidArgument),
        ("Segmentation fault", ErrorKind::Unavailable),
    ];
    for (words, kind) in cases {
        let greet = async |program: &Program| {
            sent(program).await;
            let stderr = Frame::Stderr(format!("{words}\n"));
            program.output.try_send(stderr).expect("it runs");
            exit(program, 1);
        };
        let agent = ClaudeCode::at("claude").extra_args(["--theirs=1"]);
        let (_, opened) = open_with(&agent, |_| {}, greet);
        let error = opened.err().expect(words);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().contains("exit code 1"), "{error}");
    }
    let greet = async |program: &Program| {
        sent(program).await;
        let errors = ["No conversation found with session ID: s-1"];
        write(
            program,
            json!({
                "type": "result", "subtype": "error_during_execution", "is_error": true,
                "errors": errors,
            }),
        );
        exit(program, 1);
    };
    let (_, opened) = open_with(&ClaudeCode::at("claude"), |_| {}, greet);
    assert_eq!(opened.err().expect("unknown").kind(), ErrorKind::NotFound);
}

#[test]
fn a_program_that_says_nothing_is_stopped() {
    let agent = ClaudeCode::at("claude").handshake_timeout(Duration::from_secs(9));
    let (runtime, opened) = open_with(
        &agent,
        |_| {},
        async |program| {
            let grace = program.stopped.recv().await.expect("it is stopped");
            assert_eq!(grace, maestro_core::transport::StopGrace::NONE);
        },
    );
    assert_eq!(opened.err().expect("silence").kind(), ErrorKind::Timeout);
    assert_eq!(runtime.monotonic().as_secs(), 9);
}

#[test]
fn an_older_release_is_idle_after_a_silence() {
    let stage = open();
    stage.runtime.block_on(async {
        stage.prompt().await;
        for line in fixture!("older").lines() {
            write(&stage.program, line);
        }
        let silence = stage.runtime.monotonic() + ClaudeCode::DEFAULT_QUIET;
        let seen = stage.until_idle().await;
        let expected = [
            "session.updated",
            "turn by Prompt",
            "session.updated",
            "assistant m-1 says \"Hello.\" None",
            "end end_turn: well",
            "Idle",
        ];
        assert_eq!(story(&seen), expected);
        assert_eq!(stage.runtime.monotonic(), silence);
    });
}

#[test]
fn a_word_of_idleness_from_before_the_prompt_is_not_believed() {
    let stage = open();
    stage.runtime.block_on(async {
        let id = stage.prompt().await;
        let state = |state: &str| {
            json!({ "type": "system", "subtype": "session_state_changed", "state": state })
        };
        let lifecycle = |state: &str| {
            json!({ "type": "command_lifecycle", "command_uuid": id, "state": state })
        };
        write(&stage.program, state("idle"));
        write(&stage.program, lifecycle("queued"));
        // The agent goes on by itself before it takes up the prompt.
        write(&stage.program, json!({ "type": "result", "subtype": "success", "result": "x" }));
        write(&stage.program, lifecycle("started"));
        write(&stage.program, json!({ "type": "result", "subtype": "success", "result": "y" }));
        write(&stage.program, state("idle"));
        let seen = stage.until_idle().await;
        let expected = [
            "session.updated",
            "turn by agent: unprompted",
            "end end_turn: well",
            "turn by Prompt",
            "end end_turn: well",
            "Idle",
        ];
        assert_eq!(story(&seen), expected);
    });
}

#[test]
fn a_turn_without_a_result_ends_all_the_same() {
    let stage = open();
    stage.runtime.block_on(async {
        let id = stage.prompt().await;
        write(
            &stage.program,
            json!({
                "type": "command_lifecycle", "command_uuid": id, "state": "started",
            }),
        );
        write(
            &stage.program,
            json!({
                "type": "system", "subtype": "session_state_changed", "state": "idle",
            }),
        );
        let seen = stage.until_idle().await;
        assert_eq!(story(&seen)[1..], ["turn by Prompt", "end no_result: protocol", "Idle"]);

        // A prompt that is taken back before it begins is a turn that was cancelled.
        let id = stage.prompt().await;
        for state in ["queued", "cancelled"] {
            write(
                &stage.program,
                json!({
                    "type": "command_lifecycle", "command_uuid": id, "state": state,
                }),
            );
        }
        let ended = |event: &AgentEvent| matches!(event, AgentEvent::TurnEnded(_));
        let seen = stage.until(ended).await;
        assert_eq!(story(&seen), ["turn by Prompt", "end cancelled: well"]);
    });
}

fn ask(request_id: &str, tool: &str, input: &Value, suggestions: &Value) -> Value {
    json!({ "type": "control_request", "request_id": request_id, "request": {
        "subtype": "can_use_tool", "tool_name": tool, "input": input,
        "permission_suggestions": suggestions, "tool_use_id": "t-1",
    } })
}

#[test]
fn answers_on_the_wire() {
    let rule = json!({
        "type": "addRules", "behavior": "allow", "destination": "localSettings",
        "rules": [{ "toolName": "Bash", "ruleContent": "ls" }],
    });
    let edits = json!({ "type": "setMode", "mode": "acceptEdits", "destination": "session" });
    let blind = json!({ "type": "setMode", "mode": "bypassPermissions", "destination": "session" });
    let mut confined = rule.clone();
    confined["destination"] = json!("session");
    let (input, other) = (json!({ "command": "ls" }), json!({ "command": "ls -l" }));
    let allow = |input: Option<Value>, remember| Decision::Allow { input, remember };
    let session = Remember::Session;
    let questions = json!({ "questions": [{ "question": "Which?" }] });
    let answers = Decision::Answer { answers: json!({ "Which?": ["a", "b"] }) };
    let cases = [
        (
            "Bash",
            &input,
            json!([rule, edits]),
            Decision::allow(),
            json!({ "behavior": "allow", "updatedInput": input }),
        ),
        (
            "Bash",
            &input,
            json!([]),
            allow(Some(other.clone()), Remember::Once),
            json!({ "behavior": "allow", "updatedInput": other }),
        ),
        // Never the file in the work tree, never more than calls like this one.
        (
            "Bash",
            &input,
            json!([rule, edits]),
            allow(None, session),
            json!({ "behavior": "allow", "updatedInput": input, "updatedPermissions": [confined] }),
        ),
        (
            "Write",
            &input,
            json!([edits]),
            allow(None, session),
            json!({ "behavior": "allow", "updatedInput": input, "updatedPermissions": [edits] }),
        ),
        (
            "Write",
            &input,
            json!([blind]),
            allow(None, session),
            json!({ "behavior": "allow", "updatedInput": input }),
        ),
        (
            "Bash",
            &input,
            json!([]),
            Decision::default(),
            json!({ "behavior": "deny", "message": "Denied." }),
        ),
        (
            "Bash",
            &input,
            json!([]),
            Decision::Deny { message: "No.".to_owned(), interrupt: true },
            json!({ "behavior": "deny", "message": "No.", "interrupt": true }),
        ),
        (
            "ExitPlanMode",
            &input,
            json!([]),
            Decision::allow(),
            json!({ "behavior": "allow", "updatedInput": input }),
        ),
        (
            "AskUserQuestion",
            &questions,
            json!([]),
            answers,
            json!({ "behavior": "allow", "updatedInput": {
                "questions": [{ "question": "Which?" }], "answers": { "Which?": "a, b" },
            } }),
        ),
    ];
    let stage = open();
    stage.runtime.block_on(async {
        for (index, (tool, input, suggestions, decision, expected)) in cases.iter().enumerate() {
            let id = format!("q-{index}");
            write(&stage.program, ask(&id, tool, input, suggestions));
            stage.until(|event| matches!(event, AgentEvent::Approval { .. })).await;
            stage.session.answer(&id, decision).await.expect(tool);
            let answer = sent(&stage.program).await;
            assert_eq!(answer["response"]["request_id"], id);
            assert_eq!(answer["response"]["response"], *expected, "case {index}");
            let late = stage.session.answer(&id, decision).await.expect_err("answered");
            assert_eq!(late.kind(), ErrorKind::Conflict);
        }
    });
}

#[test]
fn what_does_not_answer_the_question_leaves_it_open() {
    let stage = open();
    stage.runtime.block_on(async {
        write(&stage.program, ask("q-1", "Bash", &json!({}), &json!([])));
        write(&stage.program, ask("q-2", "AskUserQuestion", &json!({ "questions": [] }), &json!([])));
        let second = |event: &AgentEvent| {
            matches!(event, AgentEvent::Approval { request_id, .. } if request_id == "q-2")
        };
        stage.until(second).await;
        let answers = json!({ "Which?": "a" });
        let answer = Decision::Answer { answers };
        for (id, wrong, right) in [
            ("q-1", &answer, &Decision::allow()),
            ("q-2", &Decision::allow(), &answer),
        ] {
            let error = stage.session.answer(id, wrong).await.expect_err(id);
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            stage.session.answer(id, right).await.expect(id);
        }
        write(&stage.program, ask("q-3", "Bash", &json!({}), &json!([])));
        write(&stage.program, json!({ "type": "control_cancel_request", "request_id": "q-3" }));
        stage.until(|event| matches!(event, AgentEvent::ApprovalWithdrawn { .. })).await;
        let late = stage.session.answer("q-3", &Decision::allow()).await;
        assert_eq!(late.expect_err("withdrawn").kind(), ErrorKind::Conflict);
    });
}

#[test]
fn an_elicitation_is_answered_in_its_own_words() {
    let stage = open();
    stage.runtime.block_on(async {
        let cases = [
            (
                Decision::Answer { answers: json!({ "name": "x" }) },
                json!({ "action": "accept", "content": { "name": "x" } }),
            ),
            (Decision::deny("no"), json!({ "action": "decline" })),
        ];
        for (decision, expected) in cases {
            write(
                &stage.program,
                json!({
                    "type": "control_request", "request_id": "q-1", "request": {
                        "subtype": "elicitation", "mcp_server_name": "db", "message": "Your name?",
                    },
                }),
            );
            let seen = stage.until(|event| matches!(event, AgentEvent::Approval { .. })).await;
            assert_eq!(story(&seen).last().map(String::as_str), Some("asks Your name? None"));
            stage.session.answer("q-1", &decision).await.expect("it waits");
            assert_eq!(sent(&stage.program).await["response"]["response"], expected);
        }
    });
}

#[test]
fn an_end_by_itself_is_an_error_with_the_last_words() {
    let stage = open();
    stage.runtime.block_on(async {
        let id = stage.prompt().await;
        write(
            &stage.program,
            json!({
                "type": "command_lifecycle", "command_uuid": id, "state": "started",
            }),
        );
        write(
            &stage.program,
            json!({ "type": "assistant", "uuid": "u-1", "message": {
            "id": "m-1",
            "content": [{ "type": "tool_use", "id": "t-1", "name": "Bash", "input": {} }],
        } }),
        );
        let cut = Garbled { reason: GarbledReason::Cut, text: "{\"type\":".to_owned(), bytes: 8 };
        let output = &stage.program.output;
        output.try_send(Frame::Stderr("out of memory\n".to_owned())).expect("it runs");
        output.try_send(Frame::Garbled(cut)).expect("it runs");
        let interrupted = stage.session.interrupt();
        exit(&stage.program, 137);
        let ended = |event: &AgentEvent| matches!(event, AgentEvent::Ended { .. });
        let (seen, interrupted) = futures::join!(stage.until(ended), interrupted);
        assert_eq!(interrupted.expect_err("it ended").kind(), ErrorKind::Closed);
        let story = story(&seen);
        let expected = ["agent.stderr", "agent.output", "t-1 Interrupted"];
        assert_eq!(story[story.len() - 4..story.len() - 1], expected);
        let last = events(&seen).pop();
        let Some(AgentEvent::Ended { error: Some(error), exit }) = last else {
            panic!("no error: {last:?}");
        };
        assert_eq!((error.kind, exit.as_str()), (ErrorKind::Unavailable, "exit code 137"));
        assert!(error.to_string().contains("out of memory"), "{error}");
        assert!(stage.session.next().await.is_none());
        for call in [
            stage.session.interrupt().await,
            stage.session.set_mode("plan").await,
            stage.session.answer("q-1", &Decision::allow()).await,
            stage.session.close(true).await,
        ] {
            assert_eq!(call.expect_err("it ended").kind(), ErrorKind::Closed);
        }
    });
}

#[test]
fn a_gentle_close_stops_the_turn_first() {
    let stage = open();
    stage.runtime.block_on(async {
        let id = stage.prompt().await;
        write(
            &stage.program,
            json!({
                "type": "command_lifecycle", "command_uuid": id, "state": "started",
            }),
        );
        stage.until(|event| matches!(event, AgentEvent::TurnStarted { .. })).await;
        let play = async {
            let request = sent(&stage.program).await;
            assert_eq!(request["request"]["subtype"], "interrupt");
            write(
                &stage.program,
                json!({
                    "type": "result", "subtype": "error_during_execution", "is_error": true,
                    "terminal_reason": "aborted_streaming",
                }),
            );
            write(&stage.program, reply(&request, json!({})));
        };
        let ((), closed) = futures::join!(play, stage.session.close(false));
        closed.expect("it closes");
        let seen = stage.until(|event| matches!(event, AgentEvent::Ended { .. })).await;
        let ended = AgentEvent::Ended { error: None, exit: "exit code 0".to_owned() };
        assert_eq!(events(&seen).last(), Some(&ended));
        let stop: Vec<_> = ends(&seen).into_iter().map(|end| end.stop_reason).collect();
        assert_eq!(stop, [StopReason::Cancelled]);
    });
}

#[test]
fn a_request_that_is_not_answered_times_out() {
    let stage = open();
    stage.runtime.block_on(async {
        let error = stage.session.interrupt().await.expect_err("no answer");
        assert_eq!(error.kind(), ErrorKind::Timeout);
        let unsupported = async {
            sent(&stage.program).await;
            let request = sent(&stage.program).await;
            write(
                &stage.program,
                json!({ "type": "control_response", "response": {
                "subtype": "error", "request_id": request["request_id"],
                "error": "Unsupported control request subtype: x",
            } }),
            );
        };
        let asked = stage.session.control(json!({ "subtype": "x" }));
        let ((), refused) = futures::join!(unsupported, asked);
        assert_eq!(refused.expect_err("refused").kind(), ErrorKind::Unsupported);
        let error = stage.session.control(json!("x")).await.expect_err("no request");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    });
}
