//! How a turn ended.

use super::totals::Spent;
use crate::agent::AgentTurnEnd;
use crate::agent::claude::wire::TurnResult;
use crate::error::{Error, ErrorInfo, ErrorKind, LimitHit};
use crate::model::{StopReason, Timestamp};

/// What is known about the turn beside its result.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) spent: Spent,
    /// Which end of a turn in this process it is.
    pub(super) counter: u64,
    /// What the process has spent in all.
    pub(super) total_cost: i64,
    /// What it may spend.
    pub(super) budget: Option<i64>,
    /// When the account's limit resets, if it was just rejected.
    pub(super) rejected: Option<Rejected>,
    /// Whether the turn was stopped by a person.
    pub(super) interrupted: bool,
}

/// The account's limit was reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rejected {
    pub(super) resets_at: Option<Timestamp>,
}

/// Reads a result.
pub(super) fn turn_end(result: TurnResult, around: &Around) -> AgentTurnEnd {
    let (stop_reason, error) = verdict(&result, around);
    AgentTurnEnd {
        stop_reason,
        error,
        result: result.result,
        structured_output: result.structured_output,
        usage: around.spent.usage,
        cost_micro_usd: around.spent.cost,
        counter: around.counter,
        duration_ms: result.duration_ms.map(millis),
    }
}

fn verdict(result: &TurnResult, around: &Around) -> (StopReason, Option<ErrorInfo>) {
    let terminal = result.terminal_reason.as_deref().unwrap_or_default();
    let aborted = terminal.starts_with("aborted");
    match result.subtype.as_str() {
        "success" if !result.is_error => (said(result), None),
        "error_max_turns" => (StopReason::MaxTurnRequests, None),
        "error_during_execution" if aborted || (terminal.is_empty() && around.interrupted) => {
            (StopReason::Cancelled, None)
        }
        "error_max_budget_usd" => {
            (other(terminal, "budget_exhausted"), Some(budget(result, around)))
        }
        // What the CLI calls a success is none when the model could not be reached.
        "success" => {
            let reason = match said(result) {
                reason @ (StopReason::MaxTokens | StopReason::Refusal) => reason,
                _ if too_long(result) => StopReason::MaxTokens,
                _ => other(terminal, "error"),
            };
            (reason, Some(refused(result, around)))
        }
        subtype => {
            let error = Error::new(ErrorKind::Unavailable, text(result)).retryable(false);
            (other(terminal, subtype), Some(error.with("subtype", subtype).info()))
        }
    }
}

fn said(result: &TurnResult) -> StopReason {
    match result.stop_reason.as_deref() {
        None | Some("" | "end_turn" | "stop_sequence" | "tool_use" | "pause_turn") => {
            StopReason::EndTurn
        }
        Some(other) => StopReason::from(other.to_owned()),
    }
}

/// The CLI repeats an answer that was cut off a few times, and then says so in words only.
fn too_long(result: &TurnResult) -> bool {
    let text = result.result.as_deref().unwrap_or_default();
    result.api_error_status.is_none() && text.contains("output token maximum")
}

fn other(word: &str, default: &str) -> StopReason {
    let word = if word.is_empty() { default } else { word };
    StopReason::Other(word.to_owned())
}

fn text(result: &TurnResult) -> String {
    let text = match &result.result {
        Some(text) if !text.is_empty() => text.clone(),
        _ => result.errors.join("; "),
    };
    if text.is_empty() { "the agent failed and did not say why".to_owned() } else { text }
}

fn budget(result: &TurnResult, around: &Around) -> ErrorInfo {
    let positive = |amount: i64| u64::try_from(amount).unwrap_or(0);
    let error = Error::new(ErrorKind::ResourceExhausted, text(result));
    let limit = LimitHit {
        limit: "budget_micro_usd".to_owned(),
        scope: "process".to_owned(),
        used: positive(around.total_cost),
        max: around.budget.map_or(0, positive),
        resets_at: None,
    };
    error.with_limit(limit).info()
}

/// Why the model's service answered badly.
fn refused(result: &TurnResult, around: &Around) -> ErrorInfo {
    if let Some(Rejected { resets_at }) = around.rejected {
        let limit = LimitHit {
            limit: "rate_limit".to_owned(),
            scope: "account".to_owned(),
            used: 1,
            max: 1,
            resets_at,
        };
        let error = Error::new(ErrorKind::ResourceExhausted, text(result));
        return error.with_limit(limit).retryable(true).info();
    }
    let status = result.api_error_status;
    let (kind, retryable) = match status {
        None if too_long(result) => (ErrorKind::ResourceExhausted, false),
        Some(401 | 403) => (ErrorKind::PermissionDenied, false),
        Some(408 | 409 | 429 | 500..) => (ErrorKind::Unavailable, true),
        Some(400..) => (ErrorKind::InvalidArgument, false),
        _ => (ErrorKind::Unavailable, true),
    };
    let error = Error::new(kind, text(result)).retryable(retryable);
    match status {
        Some(status) => error.with("status", status).info(),
        None => error.info(),
    }
}

/// Milliseconds that the CLI may give as a fraction.
pub(super) fn millis(millis: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, which suits a duration"
    )]
    let whole = millis.round() as u64;
    whole
}
