//! Messages that a strict reader of JSON refuses: they say what they say all the same, and what
//! somebody waits for comes.

use maestro_core::ErrorKind;
use maestro_core::agent::AgentEvent;
use maestro_core::agent::claude::{ClaudeCode, Mapper};
use maestro_core::model::{Decision, EventData, MicroUsd, Remember};
use maestro_core::transport::{EnvPolicy, Frame, Garbled, GarbledReason};
use serde_json::{Value, json};

use crate::stage::{Stage, open, open_with, say_hello, sent, write};
use crate::story::ends;

/// Values that are hard to read, as text.
fn defects() -> Vec<(&'static str, String)> {
    let nested = |open: &str, inner: &str, close: &str, depth| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    vec![
        ("half a pair at the end", r#""cut \ud83d""#.to_owned()),
        ("the other half", r#""\uDE00 low""#.to_owned()),
        ("halves and a pair", r#""\ud83d\ud83d\ude00\ude00""#.to_owned()),
        ("a pair in two texts", r#"["\uD83D","\uDE00"]"#.to_owned()),
        ("half a pair in a key", r#"{"k\ud800":1,"\udc00":{"\udbff":[]}}"#.to_owned()),
        ("half a pair before an escape", r#""\ud83d\n\ud83d\\ud83d""#.to_owned()),
        ("deep", nested("[", "", "]", 65)),
        ("deeper than a strict reader", nested("{\"a\":", r#""\ud83d]""#, "}", 200)),
        ("as deep as a frame", nested("[", "1", "]", 100_000)),
        ("deep and wide", nested("[{\"a\":[],\"b\":", "\"]\"", "},1]", 300)),
        ("out of range", "[1e999,-1e999,123456789e999999]".to_owned()),
        ("no number", "[NaN,Infinity,-Infinity,01,.5,+1,undefined]".to_owned()),
        ("control characters", "\"\u{1}\t\u{0}\u{7f}\"".to_owned()),
        ("a NUL between", "[1,\u{0}2]".to_owned()),
        ("unknown escapes", r#""\x41 \u12 \u12zz \u""#.to_owned()),
        ("a key twice", r#"{"a":1,"a":[2],"\u0061":3}"#.to_owned()),
        ("none", "null".to_owned()),
    ]
}

/// A message for each way that this driver acts, with `@` where the value comes.
const QUESTION: &str = r#"{"type":"control_request","request_id":"q-1","request":{"subtype":"can_use_tool","tool_name":"Bash","tool_use_id":"t-1","input":{"command":"ls","x":@},"permission_suggestions":[]}}"#;
const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false,"result":"done","x":@,"total_cost_usd":0.5}"#;

fn is_stray(event: &AgentEvent) -> bool {
    matches!(event, AgentEvent::Fact(EventData::AgentOutput(_)))
}

#[test]
fn every_message_is_read_with_every_defect() {
    type Fits = fn(&AgentEvent) -> bool;
    let kinds: [(&str, &str, Fits); 10] = [
        (
            "can_use_tool",
            QUESTION,
            |event| matches!(event, AgentEvent::Approval(asked) if asked.input["command"] == "ls"),
        ),
        (
            "a question for people",
            r#"{"type":"control_request","request_id":"q-1","request":{"subtype":"can_use_tool","tool_name":"AskUserQuestion","input":{"questions":[{"question":"Which?","x":@}]}}}"#,
            |event| matches!(event, AgentEvent::Approval(asked) if asked.title == "Which?"),
        ),
        (
            "elicitation",
            r#"{"type":"control_request","request_id":"q-1","request":{"subtype":"elicitation","message":"Who?","requested_schema":@}}"#,
            |event| matches!(event, AgentEvent::Approval(asked) if asked.title == "Who?"),
        ),
        (
            "result",
            RESULT,
            |event| matches!(event, AgentEvent::TurnEnded(end) if end.error.is_none() && end.cost_micro_usd == Some(MicroUsd(500_000))),
        ),
        (
            "assistant",
            r#"{"type":"assistant","uuid":"u","message":{"id":"m","content":[{"type":"tool_use","id":"t-1","name":"Bash","input":{"command":"ls","x":@}}]}}"#,
            |event| matches!(event, AgentEvent::Fact(EventData::ToolStarted(call)) if call.tool_call_id == "t-1"),
        ),
        (
            "user",
            r#"{"type":"user","message":{"content":[{"type":"text","text":"hi"}]},"x":@,"tool_use_result":@,"isReplay":true,"uuid":"u"}"#,
            |event| matches!(event, AgentEvent::Fact(_)),
        ),
        (
            "stream_event",
            r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"},"x":@},"abandoned_blocks":@}"#,
            |event| matches!(event, AgentEvent::Fact(EventData::MessageDelta(piece)) if piece.text == "a"),
        ),
        (
            "system",
            r#"{"x":@,"type":"system","subtype":"session_state_changed","state":"idle"}"#,
            |event| matches!(event, AgentEvent::Idle),
        ),
        (
            "system/init",
            r#"{"type":"system","subtype":"init","model":"m","commands":[@],"session_id":"s"}"#,
            |event| matches!(event, AgentEvent::Fact(EventData::SessionUpdated(_))),
        ),
        (
            "another kind",
            r#"{"type":"new_kind","x":@}"#,
            |event| matches!(event, AgentEvent::Fact(EventData::AgentFrame(frame)) if frame.frame_type == "new_kind"),
        ),
    ];
    for (kind, template, fits) in kinds {
        for (defect, value) in defects() {
            for mark in ["", "\u{feff}", "\u{0} "] {
                let line = format!("{mark}{}", template.replace('@', &value));
                let mut mapper = Mapper::new("/src/shop");
                let start = r#"{"type":"stream_event","event":{"type":"message_start","message":{"id":"m"}}}"#;
                mapper.frame(start);
                let report = mapper.frame(&line);
                assert!(
                    report.events.iter().any(fits),
                    "{kind} with {defect}: {:?}",
                    report.events
                );
                assert!(!report.events.iter().any(is_stray), "{kind} with {defect}");
                assert!(report.raw.is_none_or(|raw| raw == line), "{kind} with {defect}");
            }
        }
    }
}

#[test]
fn texts_keep_all_that_can_be_kept() {
    let shown = |value: &str| {
        let mut mapper = Mapper::new("/src/shop");
        let report = mapper.frame(&QUESTION.replace('@', value));
        match report.events.first() {
            Some(AgentEvent::Approval(asked)) => asked.input["x"].clone(),
            other => panic!("{value}: {other:?}"),
        }
    };
    for (value, expected) in [
        (r#""cut \ud83d""#, json!("cut \u{fffd}")),
        (r#""\ud83d\ud83d\ude00\uDE00é\u00e9""#, json!("\u{fffd}😀\u{fffd}éé")),
        (r#"{"k\uD800":"\udfff"}"#, json!({ "k\u{fffd}": "\u{fffd}" })),
        ("[1e999,NaN,1]", json!(["1e999", "NaN", 1])),
        (r#""\x \u12""#, json!(r"\x \u12")),
        ("\"a\u{0}b\"", json!("a\u{0}b")),
        (r#"{"a":1,"a":2}"#, json!({ "a": 2 })),
    ] {
        assert_eq!(shown(value), expected, "{value}");
    }
    // The whole nests three levels above the value.
    let deep = format!("{}\"\\ud83d\"{}", "[".repeat(70), "]".repeat(70));
    let mut value = shown(&deep);
    for _ in 0..61 {
        value = value[0].take();
    }
    assert_eq!(value, json!(format!("{}\"\\ud83d\"{}", "[".repeat(9), "]".repeat(9))));
}

/// Answers the question that waits, and gives what the CLI is told, as it was written.
async fn told(stage: &Stage, decision: &Decision) -> String {
    stage.until(|event| matches!(event, AgentEvent::Approval(_))).await;
    stage.session.answer("q-1", decision).await.expect("it waits");
    stage.program.input.recv().await.expect("it is sent")
}

#[test]
fn what_is_allowed_runs_as_it_was_asked_for() {
    let stage = open();
    stage.runtime.block_on(async {
        for (defect, value) in defects() {
            if defect == "none" {
                continue;
            }
            let input = format!(r#"{{"command":"ls","x":{value}}}"#);
            let keep = Decision::Allow { input: None, remember: Remember::Once };
            write(&stage.program, QUESTION.replace('@', &value));
            let line = told(&stage, &keep).await;
            let strict = serde_json::from_str::<Value>(&input).is_ok_and(|_| value.len() < 60);
            assert!(
                strict || line.ends_with(&format!(r#""updatedInput":{input}}}}}}}"#)),
                "{line}"
            );
            // A person who changes it gets what they wrote.
            write(&stage.program, QUESTION.replace('@', &value));
            let other = json!({ "command": "true" });
            let line = told(
                &stage,
                &Decision::Allow { input: Some(other.clone()), remember: Remember::Once },
            )
            .await;
            let line: Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(line["response"]["response"]["updatedInput"], other);
        }
    });
}

#[test]
fn a_secret_beside_a_defect_is_hidden_and_comes_back() {
    let set = [("ANTHROPIC_API_KEY".to_owned(), "sk-very-secret".to_owned())];
    let env = EnvPolicy::exactly(set);
    let (_, opened) = open_with(&ClaudeCode::at("claude").env(env), |_| {}, say_hello);
    let stage = opened.expect("it opens");
    stage.runtime.block_on(async {
        for (defect, value) in defects() {
            let line = QUESTION.replace('@', &value).replace("ls", "echo sk-very-secret");
            write(&stage.program, line);
            let seen = stage.until(|event| matches!(event, AgentEvent::Approval(_))).await;
            assert!(!format!("{seen:?}").contains("sk-very-secret"), "{defect}");
            stage.session.answer("q-1", &Decision::allow()).await.expect("it waits");
            let line = stage.program.input.recv().await.expect("it is sent");
            assert!(line.contains("echo sk-very-secret"), "{defect}: {line}");
        }
    });
}

/// Lines that nobody can read: cut off, or with something behind or within.
fn unreadable(line: &str) -> [Frame; 4] {
    let cut = &line[..line.len() - 2];
    let head = Garbled::new(GarbledReason::TooLong, cut, 1 << 40);
    [
        Frame::Line(cut.to_owned()),
        Frame::Line(format!("{line} and more")),
        Frame::Line(format!("printed by a tool: {}", line.replacen(':', "", 1))),
        Frame::Garbled(head),
    ]
}

#[test]
fn a_request_that_cannot_be_read_is_refused() {
    let stage = open();
    stage.runtime.block_on(async {
        for subtype in ["can_use_tool", "hook_callback", "mcp_message", "elicitation", "new"] {
            let line = format!(
                r#"{{"request":{{"subtype":"{subtype}","input":{{"request_id":"no"}}}},"request_id":"r-1","type":"control_request","x":[1]}}"#
            );
            for frame in unreadable(&line).into_iter().filter(|frame| !format!("{frame:?}").contains("printed")) {
                stage.program.output.try_send(frame).expect("it runs");
                let answer = sent(&stage.program).await;
                assert_eq!(answer["response"]["subtype"], "error", "{answer}");
                assert_eq!(answer["response"]["request_id"], "r-1");
                let seen = stage.until(is_stray).await;
                let strays = seen.iter().flat_map(|report| &report.events).filter(|e| is_stray(e));
                assert_eq!(strays.count(), 1, "it is in the record once");
            }
        }
    });
}

#[test]
fn a_result_that_cannot_be_read_ends_the_turn_as_failed() {
    let line =
        r#"{"type":"result","subtype":"success","total_cost_usd":0.25,"result":"done","x":[1]}"#;
    for frame in unreadable(line).into_iter().take(2).chain(unreadable(line).into_iter().skip(3)) {
        let stage = open();
        stage.runtime.block_on(async {
            stage.prompt().await;
            stage.program.output.try_send(frame.clone()).expect("it runs");
            let seen = stage.until(|event| matches!(event, AgentEvent::TurnEnded(_))).await;
            let end = ends(&seen).pop().expect("it ended");
            let error = end.error.expect("it failed");
            assert!(error.message.contains("cannot be read"), "{frame:?}: {}", error.message);
            assert_eq!(end.cost_micro_usd, Some(MicroUsd(250_000)), "{frame:?}");
        });
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_an_error_of_the_call() {
    let stage = open();
    stage.runtime.block_on(async {
        let play = async {
            let request = sent(&stage.program).await;
            let id = &request["request_id"];
            let line = format!(
                r#"{{"type":"control_response","response":{{"subtype":"success","request_id":{id},"response":{{"x":["#
            );
            write(&stage.program, line);
        };
        let (answered, ()) = futures::join!(stage.session.set_mode("plan"), play);
        let error = answered.expect_err("nobody knows what it says");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    });
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let stage = open();
    stage.runtime.block_on(async {
        let bytes = QUESTION.replace('@', "\"caf\u{fffd}\"");
        let garbled = Garbled::new(GarbledReason::NotUtf8, bytes, 1);
        stage.program.output.try_send(Frame::Garbled(garbled)).expect("it runs");
        let seen = stage.until(|event| matches!(event, AgentEvent::Approval(_))).await;
        assert!(!seen.iter().flat_map(|report| &report.events).any(is_stray));
        // What is no message stays what it is.
        let garbled = Garbled::new(GarbledReason::NotUtf8, "\u{fffd}", 1);
        stage.program.output.try_send(Frame::Garbled(garbled)).expect("it runs");
        stage.until(is_stray).await;
    });
}
