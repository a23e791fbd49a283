//! Questions and their answers.

use maestro_core::ErrorKind;
use maestro_core::agent::AgentEvent;
use maestro_core::model::{Decision, Remember};
use serde_json::{Value, json};

use crate::stage::{open, sent, write};
use crate::story::story;

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
            stage.until(|event| matches!(event, AgentEvent::Approval(_))).await;
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
            matches!(event, AgentEvent::Approval(asked) if asked.request_id == "q-2")
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
            let seen = stage.until(|event| matches!(event, AgentEvent::Approval(_))).await;
            assert_eq!(story(&seen).last().map(String::as_str), Some("asks Your name? None"));
            stage.session.answer("q-1", &decision).await.expect("it waits");
            assert_eq!(sent(&stage.program).await["response"]["response"], expected);
        }
    });
}

/// An answer that comes late is heard by nobody, also when the CLI uses an id again.
#[test]
fn no_question_gets_the_answer_to_another_of_the_same_id() {
    let stage = open();
    let asked = |reports: &[maestro_core::agent::AgentReport]| {
        let events = reports.iter().flat_map(|report| &report.events);
        let mut asked = events.filter_map(|event| match event {
            AgentEvent::Approval(asked) => Some(asked.clone()),
            _ => None,
        });
        asked.next().expect("it asks")
    };
    let is_asked = |event: &AgentEvent| matches!(event, AgentEvent::Approval(_));
    stage.runtime.block_on(async {
        let suggestions = json!([]);
        let ask = |command: &str| ask("r-1", "Bash", &json!({ "command": command }), &suggestions);
        write(&stage.program, ask("ls"));
        let first = asked(&stage.until(is_asked).await);

        // Asked again while the first is open: that one is withdrawn.
        write(&stage.program, ask("reboot"));
        let reports = stage.until(is_asked).await;
        let withdrawn = AgentEvent::ApprovalWithdrawn { request_id: first.request_id.clone() };
        assert!(reports.iter().any(|report| report.events.contains(&withdrawn)), "{reports:?}");
        let second = asked(&reports);
        assert_ne!(first.request_id, second.request_id);
        let late = stage.session.answer(&first.request_id, &Decision::allow()).await;
        assert_eq!(late.expect_err("withdrawn").kind(), ErrorKind::Conflict);

        // Asked again after the CLI took it back.
        write(&stage.program, json!({ "type": "control_cancel_request", "request_id": "r-1" }));
        write(&stage.program, ask("halt"));
        let third = asked(&stage.until(is_asked).await);
        let late = stage.session.answer(&second.request_id, &Decision::allow()).await;
        assert_eq!(late.expect_err("withdrawn").kind(), ErrorKind::Conflict);

        // The CLI hears the answer by its own name.
        stage.session.answer(&third.request_id, &Decision::allow()).await.expect("it waits");
        let answer = sent(&stage.program).await;
        assert_eq!(answer["response"]["request_id"], "r-1");
        assert_eq!(answer["response"]["response"]["updatedInput"], json!({ "command": "halt" }));

        // Asked again after it was answered.
        write(&stage.program, ask("poweroff"));
        let fourth = asked(&stage.until(is_asked).await);
        let late = stage.session.answer(&third.request_id, &Decision::allow()).await;
        assert_eq!(late.expect_err("answered").kind(), ErrorKind::Conflict);
        stage.session.answer(&fourth.request_id, &Decision::deny("no")).await.expect("it waits");
        let answer = sent(&stage.program).await;
        assert_eq!(answer["response"]["request_id"], "r-1");
        assert_eq!(answer["response"]["response"]["behavior"], "deny");
    });
}
