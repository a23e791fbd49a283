//! What the mapping of frames has to remember.

use std::collections::HashMap;

use serde_json::Value;

use crate::model::{MicroUsd, Usage};

/// Running totals of one process, from which what is new is told.
#[derive(Debug, Default)]
pub(super) struct Totals {
    usage: Usage,
    cost: Option<i64>,
    counter: u64,
}

impl Totals {
    /// What a `result` adds: usage with cost, the cost if it is known, and a number that grows.
    pub(super) fn advance(&mut self, result: &Value) -> (Usage, Option<MicroUsd>, u64) {
        let mut now = Usage::default();
        for model in result.get("modelUsage").and_then(Value::as_object).into_iter().flatten() {
            let count = |key: &str| model.1.get(key).and_then(Value::as_u64).unwrap_or(0);
            now.input_tokens += count("inputTokens");
            now.output_tokens += count("outputTokens");
            now.cache_read_tokens += count("cacheReadInputTokens");
            now.cache_write_tokens += count("cacheCreationInputTokens");
        }
        let cost = result.get("total_cost_usd").and_then(Value::as_f64).map(micros);
        // Totals that shrank were reset; then all of it is new.
        let reset = now.tokens() < self.usage.tokens() || cost < self.cost;
        let before = if reset { Usage::default() } else { self.usage };
        let cost_before = if reset { 0 } else { self.cost.unwrap_or(0) };
        let new_cost = cost.map(|cost| cost - cost_before);
        self.counter += 1;
        self.usage = now;
        self.cost = cost;
        let usage = Usage {
            input_tokens: now.input_tokens - before.input_tokens.min(now.input_tokens),
            output_tokens: now.output_tokens - before.output_tokens.min(now.output_tokens),
            cache_read_tokens: now.cache_read_tokens
                - before.cache_read_tokens.min(now.cache_read_tokens),
            cache_write_tokens: now.cache_write_tokens
                - before.cache_write_tokens.min(now.cache_write_tokens),
            turns: 1,
            cost_micro_usd: new_cost.unwrap_or(0),
        };
        (usage, new_cost.map(MicroUsd), self.counter)
    }
}

/// Dollars as micro-USD. Totals are rounded, then subtracted, so that roundings do not add up.
#[expect(clippy::cast_possible_truncation, reason = "a cost of nine trillion dollars saturates")]
fn micros(usd: f64) -> i64 {
    (usd * 1_000_000.0).round() as i64
}

/// A message that is being written.
#[derive(Debug, Default)]
pub(super) struct Partial {
    pub(super) message_id: String,
    pub(super) generation: u32,
    offsets: HashMap<u64, u64>,
}

impl Partial {
    /// A message begins, perhaps once more.
    pub(super) fn begin(&mut self, message_id: &str) {
        // Every start may replace what was streamed before; only whole messages count.
        self.generation += 1;
        message_id.clone_into(&mut self.message_id);
        self.offsets.clear();
    }

    /// Where in its block a piece starts.
    pub(super) fn advance(&mut self, block: u64, text: &str) -> u64 {
        let offset = self.offsets.entry(block).or_default();
        let start = *offset;
        *offset += text.len() as u64;
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn running_totals_become_differences_and_a_reset_starts_anew() {
        let mut totals = Totals::default();
        let result = |input: u64, cost: f64| {
            json!({ "total_cost_usd": cost, "modelUsage": { "m": { "inputTokens": input } } })
        };
        let mut advance = |input, cost| {
            let (usage, cost, counter) = totals.advance(&result(input, cost));
            (usage.input_tokens, cost, counter)
        };
        assert_eq!(advance(10, 0.0004), (10, Some(MicroUsd(400)), 1));
        assert_eq!(advance(25, 0.0012), (15, Some(MicroUsd(800)), 2));
        assert_eq!(advance(5, 0.0001), (5, Some(MicroUsd(100)), 3));
    }
}
