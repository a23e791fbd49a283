//! How a process ends, and requests that get no answer.

use maestro_core::ErrorKind;
use maestro_core::agent::AgentEvent;
use maestro_core::model::{Decision, StopReason};
use maestro_core::transport::{Frame, Garbled, GarbledReason};
use serde_json::json;

use crate::stage::{exit, open, reply, sent, write};
use crate::story::{ends, events, story};

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
        let cut = Garbled::new(GarbledReason::Cut, "{\"type\":", 8);
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
