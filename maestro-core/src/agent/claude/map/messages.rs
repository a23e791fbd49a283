//! What the agent says, and what its tools give.

use serde_json::Value;

use super::Mapper;
use super::calls::{Caller, ToolResult};
use super::tool;
use crate::agent::AgentEvent;
use crate::agent::claude::wire::{Spoken, Stream};
use crate::model::{ContentBlock, Message, Thought};

impl Mapper {
    /// A piece of a message that is being written.
    pub(super) fn stream(&mut self, stream: Stream, events: &mut Vec<AgentEvent>) {
        let parent = stream.parent_tool_use_id.clone();
        let agent_id = self.agents.of(stream.agent_id.clone(), parent.as_deref());
        if agent_id.is_none() && stream.event.r#type == "message_start" {
            events.extend(self.turns.works());
        }
        if agent_id.is_none() && stream.event.r#type == "message_delta" {
            self.context.wrote(&stream.event.usage);
        }
        let piece = self.partials.stream(stream, agent_id);
        events.extend(piece.map(AgentEvent::Fact));
    }

    /// A whole block of the agent's message.
    pub(super) fn assistant(&mut self, mut spoken: Spoken, events: &mut Vec<AgentEvent>) {
        let caller = self.caller(&spoken);
        if caller.agent_id.is_none() {
            events.extend(self.turns.works());
        }
        let by = caller.agent_id.as_ref();
        let appeared = self.agents.spoke(by, caller.parent.as_deref());
        events.extend(appeared.map(AgentEvent::Fact));
        let message_id = spoken.message.id.take().unwrap_or_default();
        let mut said = Said::default();
        for block in blocks(spoken.message.content.take()) {
            let (index, void) = self.partials.confirm(by, &message_id);
            events.extend(void.map(AgentEvent::Fact));
            match block_type(&block) {
                "thinking" | "redacted_thinking" => {
                    say(&mut said, &message_id, "assistant", &caller, events);
                    let text = block.get("thinking").and_then(Value::as_str);
                    let thought = Thought {
                        message_id: message_id.clone(),
                        text: text.unwrap_or_default().to_owned(),
                        redacted: block_type(&block) != "thinking",
                        block: index,
                        agent_id: caller.agent_id.clone(),
                    };
                    events.push(AgentEvent::Fact(thought.into()));
                }
                "tool_use" => {
                    say(&mut said, &message_id, "assistant", &caller, events);
                    let mut block = block;
                    let input = block.get_mut("input").map(Value::take).unwrap_or_default();
                    let word = |key: &str| block.get(key).and_then(Value::as_str).unwrap_or("");
                    let (id, name) = (word("id"), word("name"));
                    self.agents.called(id, name, &input, by);
                    self.plans.called(id, name, &input, by);
                    let started = self.calls.start(id, name, input, &caller, &self.cwd);
                    events.push(AgentEvent::Fact(started));
                }
                _ => said.push(index, block),
            }
        }
        say(&mut said, &message_id, "assistant", &caller, events);
        if caller.agent_id.is_none() {
            let message = spoken.message;
            let full = self.context.spoke(&message_id, message.model, &message.usage);
            events.extend(full.map(AgentEvent::Fact));
        }
        point(&caller, spoken.uuid, events);
    }

    /// Results of tools, or what else the model is told.
    pub(super) fn user(&mut self, spoken: Spoken, events: &mut Vec<AgentEvent>) {
        if spoken.is_replay {
            return;
        }
        let caller = self.caller(&spoken);
        let message_id = spoken.uuid.clone().unwrap_or_default();
        let blocks = blocks(spoken.message.content);
        let results = blocks.iter().filter(|block| block_type(block) == "tool_result");
        // With several results nobody says which one the structured result is about.
        let mut structured = match results.count() {
            1 => spoken.tool_use_result,
            _ => Value::Null,
        };
        let mut said = Said::default();
        for mut block in blocks {
            if block_type(&block) != "tool_result" {
                if let Some(text) = block.get("text").and_then(Value::as_str) {
                    self.interrupted |= text.starts_with("[Request interrupted by user");
                }
                said.push(None, block);
                continue;
            }
            say(&mut said, &message_id, "user", &caller, events);
            let id = block.get("tool_use_id").and_then(Value::as_str);
            let result = ToolResult {
                id: id.unwrap_or_default().to_owned(),
                is_error: block.get("is_error").is_some_and(|error| error == true),
                content: block.get_mut("content").map(Value::take).unwrap_or_default(),
                structured: structured.take(),
            };
            let meta = spoken.tool_result_meta.iter().find(|meta| meta.id == result.id);
            let ok = !result.is_error;
            let over = self.agents.call_ended(&result.id, ok, &result.structured);
            let plan = self.plans.ended(&result.id, ok, &result.structured, &result.content);
            let mut ended = self.calls.end(result, meta, &self.cwd);
            ended.extend(over.into_iter().chain(plan));
            events.extend(ended.into_iter().map(AgentEvent::Fact));
        }
        say(&mut said, &message_id, "user", &caller, events);
        point(&caller, spoken.uuid, events);
    }

    fn caller(&self, spoken: &Spoken) -> Caller {
        let parent = spoken.parent_tool_use_id.clone().filter(|parent| !parent.is_empty());
        let agent_id = self.agents.of(spoken.agent_id.clone(), parent.as_deref());
        Caller { parent, agent_id }
    }
}

/// Blocks that are about to be said together.
#[derive(Debug, Default)]
struct Said {
    /// Which block of the message the first one is.
    first: Option<u32>,
    blocks: Vec<ContentBlock>,
}

impl Said {
    fn push(&mut self, index: Option<u32>, block: Value) {
        if self.blocks.is_empty() {
            self.first = index;
        }
        self.blocks.push(content_block(block));
    }
}

fn say(
    said: &mut Said,
    message_id: &str,
    role: &str,
    caller: &Caller,
    events: &mut Vec<AgentEvent>,
) {
    if said.blocks.is_empty() {
        return;
    }
    let Said { first, blocks } = std::mem::take(said);
    let message = Message {
        message_id: message_id.to_owned(),
        role: role.to_owned(),
        block: first,
        blocks,
        agent_id: caller.agent_id.clone(),
    };
    events.push(AgentEvent::Fact(message.into()));
}

/// Only the main agent's messages are in the conversation's own transcript.
fn point(caller: &Caller, uuid: Option<String>, events: &mut Vec<AgentEvent>) {
    if let (None, Some(uuid)) = (&caller.agent_id, uuid) {
        events.push(AgentEvent::Pointer { agent_session_id: None, last_message: Some(uuid) });
    }
}

fn blocks(content: Value) -> Vec<Value> {
    match content {
        Value::Array(blocks) => blocks,
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn block_type(block: &Value) -> &str {
    block.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn content_block(mut block: Value) -> ContentBlock {
    if let Value::String(text) = block {
        return ContentBlock::Text { text };
    }
    if block_type(&block) == "text"
        && let Some(Value::String(text)) = block.get_mut("text").map(Value::take)
    {
        return ContentBlock::Text { text };
    }
    if let Some((media_type, data)) = tool::image(&mut block) {
        return ContentBlock::Image { media_type, data };
    }
    ContentBlock::Other { block }
}
