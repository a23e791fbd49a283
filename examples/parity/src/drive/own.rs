//! What the driver implements: an agent, kinds of tasks and a permission handler. They are the same in
//! every language; `docs/parity/README.md` says what they do.

use async_trait::async_trait;
use maestro_core::agent::{
    Agent, AgentApproval, AgentEvent, AgentPrompt, AgentReport, AgentSession, AgentTurnEnd,
    Evidence, OpenContext, ProbeContext,
};
use maestro_core::approval::PermissionHandler;
use maestro_core::model::{
    AgentPointer, AgentStatus, ApprovalInfo, ApprovalKind, ContentBlock, Decision, EventData,
    Origin, Outcome, PlacePath, ProcessRef, StopReason,
};
use maestro_core::task::{TaskContext, task_fn};
use maestro_core::{Error, ErrorKind, MaestroBuilder, Result};
use serde_json::{Value, json};

/// Answers what it hears.
#[derive(Debug)]
pub(super) struct Mirror;

#[derive(Debug)]
struct Reflection {
    reports: async_channel::Sender<AgentReport>,
    inbox: async_channel::Receiver<AgentReport>,
    turns: std::sync::atomic::AtomicU64,
}

#[async_trait]
impl Agent for Mirror {
    fn kind(&self) -> &'static str {
        "foreign"
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        if context.spec.model.as_deref() == Some("none") {
            return Err(Error::new(ErrorKind::NotFound, "there is no such model"));
        }
        let (reports, inbox) = async_channel::unbounded();
        Ok(Box::new(Reflection { reports, inbox, turns: 0.into() }))
    }

    async fn probe(&self, _: ProbeContext) -> AgentStatus {
        let mut status = AgentStatus::default();
        (status.installed, status.login) = (true, "none".to_owned());
        status
    }

    async fn evidence(&self, _: &PlacePath, _: &AgentPointer) -> Result<Evidence> {
        Ok(Evidence::Missing)
    }
}

impl Reflection {
    fn report(&self, events: Vec<AgentEvent>) {
        // A conversation that is over wants to hear nothing.
        let _ = self.reports.try_send(AgentReport::new(events));
    }

    fn end(&self, said: std::result::Result<&str, Error>, stop_reason: StopReason) {
        let counter = self.turns.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        let mut end = AgentTurnEnd::new(stop_reason, counter);
        end.usage.turns = 1;
        let mut events = Vec::new();
        match said {
            Ok("") => {}
            Ok(text) => {
                let data = json!({
                    "message_id": "m", "role": "assistant", "blocks": [ContentBlock::text(text)],
                });
                events.push(AgentEvent::Fact(EventData::from_parts("message".to_owned(), data)));
                end.result = Some(text.to_owned());
            }
            Err(error) => end.error = Some(error.info()),
        }
        events.extend([AgentEvent::TurnEnded(end), AgentEvent::Idle]);
        self.report(events);
    }
}

#[async_trait]
impl AgentSession for Reflection {
    fn process(&self) -> Option<ProcessRef> {
        None
    }

    fn can_resume(&self) -> bool {
        false
    }

    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        let prompt_id = Some(prompt.id.to_string());
        self.report(vec![AgentEvent::TurnStarted { origin: Origin::Prompt, prompt_id }]);
        match ContentBlock::join_text(&prompt.blocks).as_str() {
            "fail" => {
                let error = Error::new(ErrorKind::Unavailable, "the line is dead");
                self.end(Err(error), StopReason::EndTurn);
            }
            "ask" => {
                let mut asked = AgentApproval::new("deploy", ApprovalKind::Tool);
                asked.tool = Some("Deploy".to_owned());
                "Deploy?".clone_into(&mut asked.title);
                asked.input = json!({ "n": 1 });
                self.report(vec![AgentEvent::Approval(asked)]);
            }
            "hang" => {}
            text => self.end(Ok(&format!("You said: {text}")), StopReason::EndTurn),
        }
        Ok(())
    }

    async fn steer(&self, _: &AgentPrompt) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "this agent cannot be steered"))
    }

    async fn interrupt(&self) -> Result<()> {
        self.end(Ok(""), StopReason::Cancelled);
        Ok(())
    }

    async fn answer(&self, _: &str, decision: &Decision) -> Result<()> {
        self.end(Ok(decision.as_str()), StopReason::EndTurn);
        Ok(())
    }

    async fn set_mode(&self, mode: &str) -> Result<()> {
        if mode == "impossible" {
            return Err(Error::new(ErrorKind::InvalidArgument, "there is no such mode"));
        }
        Ok(())
    }

    async fn set_model(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn control(&self, request: Value) -> Result<Value> {
        Ok(json!({ "heard": request }))
    }

    async fn next(&self) -> Option<AgentReport> {
        self.inbox.recv().await.ok()
    }

    async fn close(&self, _: bool) -> Result<()> {
        self.report(vec![AgentEvent::Ended { error: None, exit: "closed".to_owned() }]);
        self.reports.close();
        Ok(())
    }
}

/// Registers the kinds of tasks.
pub(super) fn tasks(builder: MaestroBuilder) -> MaestroBuilder {
    builder
        .task(
            "double",
            task_fn(|run| async move {
                let output = json!(run.task().spec.input.as_i64().unwrap_or_default() * 2);
                Outcome::Succeeded { summary: String::new(), output, work_elsewhere: Vec::new() }
            }),
        )
        .task(
            "flaky",
            task_fn(|run| async move {
                if run.attempt() == 1 {
                    return Outcome::failed(&Error::new(
                        ErrorKind::Unavailable,
                        "the shelf is empty",
                    ));
                }
                Outcome::succeeded(format!("attempt {}", run.attempt()))
            }),
        )
        .task("report", task_fn(|run| async move { outcome(report(&run).await) }))
        .task(
            "gate",
            task_fn(|run| async move {
                let gate = run.gate("Ship it?", run.task().spec.input.clone()).await;
                outcome(gate.map(|gate| gate.state.as_str().to_owned()))
            }),
        )
        .task(
            "wait",
            task_fn(|run| async move {
                run.cancelled().await;
                Outcome::Cancelled { reason: "cancelled".to_owned() }
            }),
        )
}

async fn report(run: &TaskContext) -> Result<String> {
    run.progress("half", Some(0.5)).await?;
    run.emit("x.seen", json!([1])).await?;
    run.verify().await?;
    Ok("reported".to_owned())
}

fn outcome(done: Result<String>) -> Outcome {
    done.map_or_else(|error| Outcome::failed(&error), Outcome::succeeded)
}

/// Answers some commands.
#[derive(Debug)]
pub(super) struct Clerk;

#[async_trait]
impl PermissionHandler for Clerk {
    async fn decide(&self, approval: &ApprovalInfo) -> Result<Option<Decision>> {
        match approval.input["command"].as_str() {
            Some("make") => Ok(Some(Decision::allow())),
            Some("burn") => Err(Error::new(ErrorKind::Unavailable, "the book of rules is lent")),
            _ => Ok(None),
        }
    }
}
