//! What a consumer was given, so that consumers can be compared.

use std::fs;

use maestro_core::model::{ContentBlock, Event, EventData, ToolContent};
use serde_json::{Value, json};

use crate::Spent;

/// Counts what comes.
#[derive(Debug, Default)]
pub struct Tally {
    events: u64,
    deltas: u64,
    delta_chars: usize,
    text_chars: usize,
    thought_chars: usize,
    calls: u64,
    results: u64,
    result_chars: usize,
}

impl Tally {
    /// Takes an event in.
    pub fn event(&mut self, event: &Event) {
        self.events += 1;
        match &event.data {
            EventData::MessageDelta(delta) => {
                self.deltas += 1;
                self.delta_chars += delta.text.chars().count();
            }
            EventData::ThoughtDelta(_) => self.deltas += 1,
            EventData::Message(message) if message.role == "assistant" => {
                for block in &message.blocks {
                    if let ContentBlock::Text { text } = block {
                        self.text_chars += text.chars().count();
                    }
                }
            }
            EventData::Thought(thought) => self.thought_chars += thought.text.chars().count(),
            EventData::ToolStarted(_) => self.calls += 1,
            EventData::ToolEnded(ended) => {
                self.results += 1;
                for content in &ended.content {
                    if let ToolContent::Text { text: output }
                    | ToolContent::Terminal { output, .. } = content
                    {
                        self.result_chars += output.chars().count();
                    }
                }
            }
            _ => {}
        }
    }

    /// How many came.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// What `bench.py` reads.
    pub fn report(&self, spent: Spent) -> Value {
        json!({
            "seconds": spent.wall.as_secs_f64(),
            "cpu_seconds": spent.cpu.as_secs_f64(),
            "peak_kib": peak_kib(),
            "events": self.events,
            "deltas": self.deltas,
            "delta_chars": self.delta_chars,
            "text_chars": self.text_chars,
            "thought_chars": self.thought_chars,
            "calls": self.calls,
            "results": self.results,
            "result_chars": self.result_chars,
        })
    }
}

/// The most memory that this process has held.
fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
