//! A session with what it has shown of itself so far.

use std::sync::Arc;

use maestro_core::agent::{AgentApproval, AgentEvent, AgentPrompt, AgentReport, AgentSession};
use maestro_core::model::{AgentPointer, ContentBlock, Decision, EventData};
use maestro_core::runtime::{Runtime, RuntimeExt as _};

pub(crate) struct Talk {
    pub(crate) session: Box<dyn AgentSession>,
    runtime: Arc<dyn Runtime>,
    pub(crate) pointer: AgentPointer,
}

impl Talk {
    pub(crate) fn new(
        session: Box<dyn AgentSession>,
        runtime: Arc<dyn Runtime>,
        pointer: AgentPointer,
    ) -> Self {
        Self { session, runtime, pointer }
    }

    fn written(&self, text: &str) -> AgentPrompt {
        AgentPrompt::new(self.runtime.uuid(), vec![ContentBlock::text(text)])
    }

    pub(crate) async fn prompt(&mut self, text: &str) -> String {
        let prompt = self.written(text);
        let id = prompt.id.to_string();
        self.pointer.last_prompt = Some(id.clone());
        self.session.prompt(&prompt).await.expect("it is sent");
        id
    }

    pub(crate) async fn steer(&self, text: &str) -> String {
        let prompt = self.written(text);
        self.session.steer(&prompt).await.expect("it is sent");
        prompt.id.to_string()
    }

    pub(crate) async fn next(&mut self) -> AgentReport {
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
    pub(crate) async fn until(&mut self, fits: impl Fn(&AgentEvent) -> bool) -> Vec<AgentEvent> {
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

    pub(crate) async fn until_idle(&mut self) -> Vec<AgentEvent> {
        self.until(|event| matches!(event, AgentEvent::Idle)).await
    }

    pub(crate) async fn until_delta(&mut self) -> Vec<AgentEvent> {
        let delta =
            |event: &AgentEvent| matches!(event, AgentEvent::Fact(EventData::MessageDelta(_)));
        self.until(delta).await
    }

    /// Everything until the process has ended.
    pub(crate) async fn until_ended(&mut self) -> Vec<AgentEvent> {
        self.until(|event| matches!(event, AgentEvent::Ended { .. })).await
    }

    /// Prompts, and gives all until it is idle, without any question in between.
    pub(crate) async fn ask(&mut self, text: &str) -> Vec<AgentEvent> {
        self.prompt(text).await;
        self.until_idle().await
    }

    /// Waits for a question.
    pub(crate) async fn question(&mut self) -> AgentApproval {
        let seen = self.until(|event| matches!(event, AgentEvent::Approval(_))).await;
        match seen.last() {
            Some(AgentEvent::Approval(asked)) => asked.clone(),
            other => panic!("no question: {other:?}"),
        }
    }

    pub(crate) async fn answer(&self, asked: &AgentApproval, decision: Decision) {
        let answered = self.session.answer(&asked.request_id, &decision).await;
        answered.expect("it is waited for");
    }

    /// Kills the process, which has no time to do anything about it.
    pub(crate) fn kill(&self) {
        let pid = self.session.process().expect("it has a process").pid;
        let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.expect("kill runs").success());
    }
}
