//! The command line, the environment and the handshake.

use std::time::Duration;

use maestro_core::ErrorKind;
use maestro_core::agent::OpenContext;
use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::AgentPointer;
use maestro_core::runtime::Runtime as _;
use maestro_core::transport::{EnvPolicy, Frame};
use serde_json::json;

use crate::memory::Program;
use crate::stage::{exit, open_with, reply, say_hello, sent, write};

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
