//! A session whose program the test plays, on a virtual clock.

use std::sync::Arc;

use async_channel::Receiver;
use maestro_core::Error;
use maestro_core::agent::claude::ClaudeCode;
use maestro_core::agent::{Agent, AgentEvent, AgentPrompt, AgentReport, AgentSession, OpenContext};
use maestro_core::model::{ContentBlock, Place, PlacePath};
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::runtime::{Runtime, RuntimeExt as _};
use maestro_core::transport::{ExitStatus, Frame};
use serde_json::{Value, json};

use crate::memory::{Memory, Program};

/// A session whose program the test plays, on a virtual clock.
pub(crate) struct Stage {
    pub(crate) runtime: Arc<ManualRuntime>,
    pub(crate) program: Program,
    pub(crate) session: Box<dyn AgentSession>,
}

pub(crate) fn context(runtime: &Arc<ManualRuntime>, transport: Arc<Memory>) -> OpenContext {
    let cwd = PlacePath::new(Place::new("memory"), "/src/shop");
    let clock = Arc::clone(runtime) as Arc<dyn Runtime>;
    let mut context = OpenContext::new(runtime.id(), runtime.id(), cwd, transport, clock);
    context.env = [("MAESTRO_TASK_ID".to_owned(), "task-7".to_owned())].into();
    context
}

pub(crate) async fn sent(program: &Program) -> Value {
    let line = program.input.recv().await.expect("something is sent");
    serde_json::from_str(&line).expect("JSON")
}

#[expect(clippy::needless_pass_by_value, reason = "lines are written where they are used")]
pub(crate) fn write(program: &Program, line: impl ToString) {
    let line = Frame::Line(line.to_string());
    program.output.try_send(line).expect("it runs");
}

pub(crate) fn exit(program: &Program, code: i32) {
    let status = ExitStatus::of_code(code);
    program.output.try_send(Frame::Exited(status)).expect("it runs");
}

#[expect(clippy::needless_pass_by_value, reason = "answers are written where they are used")]
pub(crate) fn reply(request: &Value, response: Value) -> Value {
    let id = &request["request_id"];
    json!({ "type": "control_response", "response": {
        "subtype": "success", "request_id": id, "response": response,
    } })
}

/// Opens a session, playing the program's part of the handshake with `greet`.
pub(crate) fn open_with(
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

pub(crate) async fn say_hello(program: &Program) {
    let request = sent(program).await;
    assert_eq!(request["request"]["subtype"], "initialize");
    let hello = json!({ "commands": [{ "name": "review" }], "claude_code_version": "2.1.330" });
    write(program, reply(&request, hello));
}

pub(crate) fn open() -> Stage {
    let (_, opened) = open_with(&ClaudeCode::at("/bin/claude"), |_| {}, say_hello);
    opened.expect("it opens")
}

impl Stage {
    pub(crate) async fn prompt(&self) -> String {
        let id = self.runtime.uuid();
        let blocks = vec![
            ContentBlock::text("Look:"),
            ContentBlock::Image { media_type: "image/png".to_owned(), data: "aGk=".to_owned() },
        ];
        let prompt = AgentPrompt::new(id, blocks);
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

    pub(crate) async fn until(&self, fits: impl Fn(&AgentEvent) -> bool) -> Vec<AgentReport> {
        let mut seen = Vec::new();
        loop {
            seen.push(self.session.next().await.expect("something happens"));
            if seen.last().is_some_and(|report| report.events.iter().any(&fits)) {
                return seen;
            }
        }
    }

    pub(crate) async fn until_idle(&self) -> Vec<AgentReport> {
        self.until(|event| matches!(event, AgentEvent::Idle)).await
    }
}
