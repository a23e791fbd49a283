//! What every [`Agent`] must do.

mod cases;

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::agent::{Agent, AgentEvent, AgentPrompt, AgentSession, OpenContext};
use crate::error::Result;
use crate::model::{AgentPointer, ContentBlock, PlacePath, SessionSpec};
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::transport::Transport;

/// An agent to check, and what makes it do things.
#[derive(Debug, Clone)]
pub struct AgentHouse {
    /// The agent.
    pub agent: Arc<dyn Agent>,
    /// What it starts programs with.
    pub transport: Arc<dyn Transport>,
    /// Time and chance.
    pub runtime: Arc<dyn Runtime>,
    /// An empty directory.
    pub cwd: PlacePath,
    /// How sessions are opened.
    pub spec: SessionSpec,
    /// A prompt that it answers with a text, without asking for anything.
    pub answers: String,
    /// A prompt for that it asks to run a tool once, and then ends its turn, whatever the answer.
    pub asks: String,
    /// A prompt that it says something to, and then works on until it is stopped.
    pub endless: String,
}

/// One demand of the contract. It panics when the agent does not meet it, or never ends.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// What is demanded.
    pub name: &'static str,
    /// The check, to be driven by the executor under test.
    pub run: fn(AgentHouse) -> BoxFuture<'static, ()>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All demands.
pub const CASES: &[Case] = &[
    Case {
        name: "a prompt is a turn, and then the agent is idle",
        run: |house| Box::pin(cases::prompt_is_a_turn(house)),
    },
    Case {
        name: "ends of turns are counted",
        run: |house| Box::pin(cases::ends_are_counted(house)),
    },
    Case {
        name: "a tool runs when it is allowed, and not when it is denied",
        run: |house| Box::pin(cases::permission(house)),
    },
    Case {
        name: "a question is answered once",
        run: |house| Box::pin(cases::answered_once(house)),
    },
    Case {
        name: "an interrupt ends the turn and takes questions back",
        run: |house| Box::pin(cases::interrupt(house)),
    },
    Case {
        name: "after the end there is nothing more",
        run: |house| Box::pin(cases::nothing_after_the_end(house)),
    },
    Case {
        name: "a gentle close in a turn ends it",
        run: |house| Box::pin(cases::close_in_a_turn(house)),
    },
    Case { name: "a conversation is resumed", run: |house| Box::pin(cases::resume(house)) },
    Case {
        name: "an unknown conversation is not found",
        run: |house| Box::pin(cases::unknown_conversation(house)),
    },
];

/// A session with what it has shown of itself so far.
struct Talk {
    session: Box<dyn AgentSession>,
    runtime: Arc<dyn Runtime>,
    pointer: AgentPointer,
}

impl AgentHouse {
    async fn try_open(&self, resume: Option<AgentPointer>) -> Result<Talk> {
        let context = OpenContext {
            session_id: self.runtime.id(),
            owner: self.runtime.id(),
            spec: self.spec.clone(),
            cwd: self.cwd.clone(),
            confined: false,
            fork: false,
            mcp: Vec::new(),
            resume: resume.clone(),
            env: std::collections::BTreeMap::new(),
            account: None,
            policy: None,
            transport: Arc::clone(&self.transport),
            runtime: Arc::clone(&self.runtime),
        };
        Ok(Talk {
            session: self.agent.open(context).await?,
            runtime: Arc::clone(&self.runtime),
            pointer: resume.unwrap_or_default(),
        })
    }

    async fn open(&self) -> Talk {
        self.try_open(None).await.expect("the agent opens")
    }
}

impl Talk {
    async fn prompt(&mut self, text: &str) {
        let prompt =
            AgentPrompt { id: self.runtime.uuid(), blocks: vec![ContentBlock::text(text)] };
        self.pointer.last_prompt = Some(prompt.id.to_string());
        self.session.prompt(&prompt).await.expect("the prompt is sent");
    }

    /// Everything until an event fits, which comes last but for others of its report.
    async fn until(&mut self, fits: impl Fn(&AgentEvent) -> bool) -> Vec<AgentEvent> {
        let mut seen = Vec::new();
        loop {
            let report = self.session.next().await;
            for event in report.expect("the agent has not ended yet").events {
                if let AgentEvent::Pointer { agent_session_id, last_message } = &event {
                    let pointer = &mut self.pointer;
                    if agent_session_id.is_some() {
                        pointer.agent_session_id.clone_from(agent_session_id);
                    }
                    if last_message.is_some() {
                        pointer.last_message.clone_from(last_message);
                    }
                }
                seen.push(event);
            }
            if seen.iter().any(&fits) {
                return seen;
            }
        }
    }

    async fn until_idle(&mut self) -> Vec<AgentEvent> {
        self.until(|event| matches!(event, AgentEvent::Idle)).await
    }

    /// Waits for a question and gives its id.
    async fn question(&mut self) -> String {
        let seen = self.until(|event| matches!(event, AgentEvent::Approval(_))).await;
        let asked = seen.into_iter().find_map(|event| match event {
            AgentEvent::Approval(asked) => Some(asked.request_id),
            _ => None,
        });
        asked.expect("it was just seen")
    }
}
