use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Amount, Block, Fault, Pace, Usage};

/// How often a step with `retry_on_error` is played again when nothing else is said.
const MAX_REPEATS: u32 = 3;

/// One answer of the model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the answer holds, in order.
    #[serde(default)]
    pub(crate) blocks: Vec<Block>,
    #[serde(default)]
    pub(crate) usage: Usage,
    pub(crate) stop_reason: Option<String>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) pings: Option<Amount>,
    pub(crate) delay_ms: Option<Amount>,
    #[serde(default)]
    pub(crate) fail: Vec<Fault>,
    #[serde(default)]
    pub(crate) retry_on_error: bool,
    pub(crate) max_repeats: Option<u32>,
}

impl Step {
    /// An answer without content yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text, sent at once.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.block(Block::Text { text: text.into(), pace: Pace::default() })
    }

    /// Adds a text, sent word by word with this many milliseconds before each.
    pub fn say(self, text: impl Into<String>, delay_ms: u64) -> Self {
        self.block(Block::Text { text: text.into(), pace: Pace::words(delay_ms) })
    }

    /// Adds thinking, sent at once.
    pub fn thinking(self, text: impl Into<String>) -> Self {
        self.block(Block::Thinking { text: text.into(), pace: Pace::default() })
    }

    /// Adds a tool call.
    pub fn tool(self, name: impl Into<String>, input: Value) -> Self {
        self.block(Block::Tool { name: name.into(), input, pace: Pace::default() })
    }

    /// Adds any block.
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Sets the token counts.
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// Sets the stop reason. Default: `tool_use` with a tool call, else `end_turn`.
    pub fn stop_reason(mut self, reason: impl Into<String>) -> Self {
        self.stop_reason = Some(reason.into());
        self
    }

    /// Adds a response header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Waits before the first byte.
    pub fn delay_ms(mut self, delay_ms: impl Into<Amount>) -> Self {
        self.delay_ms = Some(delay_ms.into());
        self
    }

    /// Sends this many `ping` events after `message_start`. Default 1.
    pub fn pings(mut self, pings: impl Into<Amount>) -> Self {
        self.pings = Some(pings.into());
        self
    }

    /// Adds something that goes wrong before the step succeeds.
    pub fn fail(mut self, fault: Fault) -> Self {
        self.fail.push(fault);
        self
    }

    /// Plays the step again, at most `max_repeats` times, when one of its tool calls ends in an error.
    pub fn retry_on_error(mut self, max_repeats: u32) -> Self {
        self.retry_on_error = true;
        self.max_repeats = Some(max_repeats);
        self
    }

    /// How many more times the step may be played after an error of a tool: 0 without `retry_on_error`.
    pub(crate) fn repeats(&self) -> u32 {
        if self.retry_on_error { self.max_repeats.unwrap_or(MAX_REPEATS) } else { 0 }
    }

    /// How many tool calls a whole answer of this step holds.
    pub(crate) fn tools(&self) -> usize {
        self.blocks.iter().filter(|block| matches!(block, Block::Tool { .. })).count()
    }

    /// The stop reason that is sent.
    pub(crate) fn reason(&self) -> &str {
        match &self.stop_reason {
            Some(reason) => reason,
            None if self.tools() > 0 => "tool_use",
            None => "end_turn",
        }
    }
}
