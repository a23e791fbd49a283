//! Playing a script.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::marker::fill;
use super::memory::{Conversation, Progress};
use super::script::{Script, Step};
use super::stage::{Stage, Tally};
use crate::agent::AgentEvent;
use crate::error::{Error, Result};
use crate::model::{ContentBlock, Message, MessageDelta, StopReason, Thought, ThoughtDelta, check};

/// Plays one script of one turn.
#[derive(Debug)]
pub(super) struct Player {
    pub(super) stage: Arc<Stage>,
    pub(super) script: Arc<Script>,
    pub(super) from: Progress,
    /// What `${key}` stands for: the prompt's values before those of the session.
    pub(super) values: BTreeMap<String, String>,
    /// Read also when the turn is stopped.
    pub(super) tally: Arc<Mutex<Tally>>,
}

/// How a script ended.
#[derive(Debug)]
pub(super) enum Curtain {
    End(StopReason, Option<Error>),
    /// The agent itself has ended.
    Exit,
}

impl Player {
    pub(super) async fn play(&self) -> Result<Curtain> {
        let script = Arc::clone(&self.script);
        for (index, step) in script.steps.iter().enumerate().skip(self.from.step) {
            let part = if index == self.from.step { self.from.part } else { 0 };
            self.progress(index, part)?;
            if let Some(curtain) = self.step(index, part, step).await? {
                return Ok(curtain);
            }
        }
        Ok(Curtain::End(StopReason::EndTurn, None))
    }

    async fn step(&self, index: usize, part: usize, step: &Step) -> Result<Option<Curtain>> {
        match step {
            Step::Say { text, pause_ms } => self.say(text, *pause_ms).await?,
            Step::Think { text } => self.think(text)?,
            Step::Tool(tool) => return self.tool(tool).await,
            Step::Ask { question, choices } => return self.ask(question, choices).await,
            Step::Write { path, content, ask } => return self.write(path, content, *ask).await,
            Step::Append { path, lines, pause_ms, ask } => {
                let input = json!({ "file_path": path, "lines": lines });
                return self.append(index, part, input, *pause_ms, *ask).await;
            }
            Step::Wait { ms } => self.sleep(*ms).await,
            Step::Spend { usage, cost_micro_usd } => self.tally(|tally| {
                tally.usage.add(usage);
                if let Some(cost) = cost_micro_usd {
                    tally.cost.get_or_insert_default().0 += cost.0;
                }
            }),
            Step::Fail { message, kind } => {
                let error = Error::new(*kind, self.fill(message));
                let stop = StopReason::Other("error".to_owned());
                return Ok(Some(Curtain::End(stop, Some(error))));
            }
            Step::End { stop_reason } => {
                return Ok(Some(Curtain::End(stop_reason.clone(), None)));
            }
            Step::Unknown(kept) => {
                let stop = StopReason::Other("error".to_owned());
                let error = check::unknown_variant("do", kept);
                return Ok(Some(Curtain::End(stop, Some(error))));
            }
            Step::Hang => std::future::pending().await,
            Step::Exit => {
                // The next process goes on behind it.
                self.progress(index + 1, 0)?;
                return Ok(Some(Curtain::Exit));
            }
        }
        Ok(None)
    }

    async fn say(&self, text: &str, pause_ms: u64) -> Result<()> {
        let text = self.fill(text);
        let message_id = self.new_id("message")?;
        let mut offset = 0;
        for word in text.split_inclusive(' ') {
            if offset > 0 {
                self.sleep(pause_ms).await;
            }
            self.stage.fact(MessageDelta {
                message_id: message_id.clone(),
                offset,
                text: word.to_owned(),
                ..MessageDelta::default()
            });
            offset += word.len() as u64;
        }
        self.change(|conversation| conversation.messages.push(message_id.clone()))?;
        let message = Message {
            message_id: message_id.clone(),
            role: "assistant".to_owned(),
            blocks: vec![ContentBlock::text(&text)],
            ..Message::default()
        };
        self.tally(|tally| tally.last_text = Some(text.clone()));
        self.stage.report(vec![
            AgentEvent::Fact(message.into()),
            AgentEvent::Pointer { agent_session_id: None, last_message: Some(message_id) },
        ]);
        Ok(())
    }

    fn think(&self, text: &str) -> Result<()> {
        let text = self.fill(text);
        let message_id = self.new_id("message")?;
        let mut offset = 0;
        for word in text.split_inclusive(' ') {
            self.stage.fact(ThoughtDelta {
                message_id: message_id.clone(),
                offset,
                text: word.to_owned(),
                ..ThoughtDelta::default()
            });
            offset += word.len() as u64;
        }
        self.stage.fact(Thought { message_id, text, ..Thought::default() });
        Ok(())
    }

    /// An id that the conversation has not given yet.
    pub(super) fn new_id(&self, kind: &str) -> Result<String> {
        let memory = &self.stage.shared.memory;
        memory.change(&self.stage.id, |conversation| {
            conversation.given += 1;
            format!("{kind}-{}", conversation.given)
        })
    }

    fn change(&self, change: impl FnOnce(&mut Conversation)) -> Result<()> {
        self.stage.shared.memory.change(&self.stage.id, change)
    }

    pub(super) fn progress(&self, step: usize, part: usize) -> Result<()> {
        let progress = Progress { step, part, ..self.from.clone() };
        self.change(|conversation| conversation.progress = Some(progress))
    }

    pub(super) async fn sleep(&self, ms: u64) {
        if ms > 0 {
            self.stage.runtime.sleep(Duration::from_millis(ms)).await;
        }
    }

    pub(super) fn fill(&self, text: &str) -> String {
        fill(text, &self.values)
    }

    pub(super) fn tally(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
