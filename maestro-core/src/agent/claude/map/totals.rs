//! What turns used, made of running totals.

use serde_json::{Map, Value};

use crate::agent::claude::wire::{ModelUsage, TurnResult};
use crate::model::{MicroUsd, Usage};

/// The totals of the process at the last result.
#[derive(Debug, Default)]
pub(super) struct Totals {
    usage: Usage,
    cost: i64,
    /// Whether the process resumed a conversation.
    resumed: bool,
    /// Whether the process has given a result.
    begun: bool,
}

/// What one turn used.
#[derive(Debug)]
pub(super) struct Spent {
    pub(super) usage: Usage,
    pub(super) cost: Option<MicroUsd>,
}

impl Totals {
    /// The cost of the process so far, in micro-USD.
    pub(super) fn cost(&self) -> i64 {
        self.cost
    }

    pub(super) fn resumed(&mut self, resumed: bool) {
        self.resumed = resumed;
    }

    /// Takes the totals of a result and gives the difference to those before.
    ///
    /// The totals of a process that resumed a conversation may begin with what earlier processes
    /// spent, so the first result is counted by what it names as its own. Where it names none and
    /// the release `carries` totals on, its own are the tokens of the session's agent, and the same
    /// part of the cost. Totals that went down began anew.
    pub(super) fn advance(&mut self, result: &TurnResult, carries: bool) -> Spent {
        let total = result.model_usage.as_ref().map(sum);
        let total_cost = result.total_cost_usd.map(micros);
        let carried = || {
            let (total, _) = total.as_ref().filter(|_| self.resumed && carries)?;
            Some(share(&of_agent(result), total, total_cost.unwrap_or(0)))
        };
        let own = result.model_usage_since_last_result.as_ref().map(sum).or_else(carried);
        if !self.begun
            && let (Some((own, own_cost)), Some((total, _))) = (own, total)
        {
            self.usage = less(&total, &own);
            self.cost = (total_cost.unwrap_or(0) - own_cost).max(0);
        }
        self.begun = true;

        let mut usage = Usage::default();
        if let Some((total, _)) = total {
            if shrank(&total, &self.usage) {
                self.usage = Usage::default();
            }
            usage = less(&total, &self.usage);
            self.usage = total;
        }
        let cost = total_cost.map(|total| {
            let before = if total < self.cost { 0 } else { self.cost };
            self.cost = total;
            MicroUsd(total - before)
        });
        usage.turns = 1;
        usage.cost_micro_usd = cost.unwrap_or_default().0;
        Spent { usage, cost }
    }
}

/// Rounds a total, not a difference, so that roundings never add up.
fn micros(usd: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates, and no total comes near the bounds"
    )]
    let micros = (usd * 1e6).round().max(0.0) as i64;
    micros
}

fn sum(models: &Map<String, Value>) -> (Usage, i64) {
    let mut usage = Usage::default();
    let mut cost = 0.0;
    for model in models.values().map(ModelUsage::of) {
        let add = |total: &mut u64, more: u64| *total = total.saturating_add(more);
        add(&mut usage.input_tokens, model.input);
        add(&mut usage.output_tokens, model.output);
        add(&mut usage.cache_read_tokens, model.cache_read);
        add(&mut usage.cache_write_tokens, model.cache_write);
        cost += model.cost_usd.max(0.0);
    }
    (usage, micros(cost))
}

/// What the session's own agent used.
fn of_agent(result: &TurnResult) -> Usage {
    Usage {
        input_tokens: result.usage.input_tokens,
        output_tokens: result.usage.output_tokens,
        cache_read_tokens: result.usage.cache_read_input_tokens,
        cache_write_tokens: result.usage.cache_creation_input_tokens,
        ..Usage::default()
    }
}

/// A part of the totals, with its part of the cost.
fn share(part: &Usage, total: &Usage, cost: i64) -> (Usage, i64) {
    let tokens = |usage: &Usage| {
        u128::from(usage.input_tokens)
            + u128::from(usage.output_tokens)
            + u128::from(usage.cache_read_tokens)
            + u128::from(usage.cache_write_tokens)
    };
    let whole = tokens(total).max(1);
    let cost = u128::try_from(cost).unwrap_or(0) * tokens(part).min(whole) / whole;
    (*part, i64::try_from(cost).unwrap_or(i64::MAX))
}

fn shrank(total: &Usage, before: &Usage) -> bool {
    total.input_tokens < before.input_tokens
        || total.output_tokens < before.output_tokens
        || total.cache_read_tokens < before.cache_read_tokens
        || total.cache_write_tokens < before.cache_write_tokens
}

fn less(total: &Usage, before: &Usage) -> Usage {
    Usage {
        input_tokens: total.input_tokens.saturating_sub(before.input_tokens),
        output_tokens: total.output_tokens.saturating_sub(before.output_tokens),
        cache_read_tokens: total.cache_read_tokens.saturating_sub(before.cache_read_tokens),
        cache_write_tokens: total.cache_write_tokens.saturating_sub(before.cache_write_tokens),
        ..Usage::default()
    }
}
