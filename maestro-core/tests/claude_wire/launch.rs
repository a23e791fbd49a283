//! The command line, the environment and the handshake.

use std::time::Duration;

use maestro_core::ErrorKind;
use maestro_core::agent::claude::ClaudeCode;
use maestro_core::agent::{AgentEvent, OpenContext};
use maestro_core::model::AgentPointer;
use maestro_core::runtime::Runtime as _;
use maestro_core::transport::{EnvPolicy, Frame, HandedBy};
use serde_json::json;

use crate::memory::Program;
use crate::stage::{exit, open_with, reply, say_hello, sent, write};
use crate::story::events;

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
        spec.setting_sources = Some(vec!["user".to_owned(), "project".to_owned()]);
        spec.mcp = [
            ("db".to_owned(), json!({ "command": "db-mcp" })),
            ("of-this-process".to_owned(), json!(null)),
        ]
        .into();
        spec.budget_micro_usd = Some(1_500_000);
        spec.extra_args = [
            "--add-dir=/src/lib",
            "--append-system-prompt=And kind.",
            "--system-prompt=You are a shop.",
            "--agents={\"a\":{\"prompt\":\"p\"}}",
            "--mcp-config={\"mcpServers\":{}}",
            "--mcp-config=/etc/servers.json",
        ]
        .map(str::to_owned)
        .into();
        spec.env = [("A".to_owned(), "1".to_owned())].into();
        context.resume = Some(AgentPointer::new("s-1"));
    };
    let greet = async |program: &Program| {
        let request = sent(program).await;
        assert_eq!(request["request"]["appendSystemPrompt"], "Be brief.\n\nAnd kind.");
        assert_eq!(request["request"]["systemPrompt"], json!(["You are a shop."]));
        assert_eq!(request["request"]["agents"], json!({ "a": { "prompt": "p" } }));
        assert_eq!(request["request"]["jsonSchema"], json!({ "type": "object" }));
        write(program, reply(&request, json!({ "commands": [] })));
    };
    let (_, opened) = open_with(&agent, change, greet);
    let spec = opened.expect("it opens").program.spec;
    let handed: Vec<_> = spec.handed.iter().map(|it| (&it.by, it.secret.expose())).collect();
    let by = HandedBy::Option("--mcp-config".to_owned());
    let own = "{\"mcpServers\":{\"db\":{\"command\":\"db-mcp\"}}}";
    let added = "{\"mcpServers\":{}}";
    assert_eq!(handed, [(&by, own), (&by, added)]);
    let expected = [
        "-p",
        "--output-format=stream-json",
        "--input-format=stream-json",
        "--verbose",
        "--permission-prompt-tool=stdio",
        "--include-partial-messages",
        "--resume=s-1",
        "--setting-sources=user,project",
        "--model=-odd",
        "--permission-mode=plan",
        "--allowedTools=Read,Bash(git status:*)",
        "--disallowedTools=WebFetch",
        "--max-turns=3",
        "--max-budget-usd=1.500000",
        "--bare",
        "--add-dir=/src/lib",
        "--mcp-config=/etc/servers.json",
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

    let exact = EnvPolicy::exactly([("PATH", "/bin")]);
    let agent = ClaudeCode::at("claude").env(exact).config_dir("/var/claude");
    let (_, opened) = open_with(&agent, |_| {}, say_hello);
    let env = opened.expect("it opens").program.spec.env;
    assert!(!env.inherit);
    assert_eq!(env.set["CLAUDE_CONFIG_DIR"], "/var/claude");
    assert_eq!(env.set["PATH"], "/bin");
}

#[test]
fn a_session_without_a_mode_is_opened_in_the_one_that_asks() {
    let (_, opened) = open_with(&ClaudeCode::at("/opt/claude"), |_| (), say_hello);
    let args = opened.expect("it opens").program.spec.args;
    assert!(args.contains(&"--permission-mode=default".to_owned()), "{args:?}");
    // What the project brings is content.
    assert!(args.contains(&"--setting-sources=user".to_owned()), "{args:?}");
}

#[test]
fn a_fork_names_both_conversations() {
    let change = |context: &mut OpenContext| {
        context.fork = true;
        context.spec.partial_messages = Some(false);
        context.spec.setting_sources = Some(Vec::new());
        context.resume = Some(AgentPointer::new("s-1"));
    };
    let (_, opened) = open_with(&ClaudeCode::at("claude"), change, say_hello);
    let stage = opened.expect("it opens");
    let args = &stage.program.spec.args;
    assert!(!args.iter().any(|arg| arg == "--include-partial-messages"), "{args:?}");
    assert!(args.iter().any(|arg| arg == "--setting-sources="), "{args:?}");
    assert_eq!(args[5..7], ["--fork-session", "--resume=s-1"]);
    let own = args[7].strip_prefix("--session-id=").expect("an id of its own");
    let told = stage.runtime.block_on(async {
        let is = |event: &AgentEvent| matches!(event, AgentEvent::Pointer { .. });
        events(&stage.until(is).await).pop()
    });
    let pointer =
        AgentEvent::Pointer { agent_session_id: Some(own.to_owned()), last_message: None };
    assert_eq!(told, Some(pointer));
}

#[test]
fn secrets_are_not_printed() {
    let set = [("ANTHROPIC_API_KEY".to_owned(), "sk-secret".to_owned())];
    let env = EnvPolicy::exactly(set);
    let printed = format!("{:?}", ClaudeCode::at("claude").env(env));
    assert!(printed.contains("ANTHROPIC_API_KEY") && !printed.contains("sk-secret"), "{printed}");
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
