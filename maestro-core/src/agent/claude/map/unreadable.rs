//! Messages that cannot be read, of which somebody may wait for what comes of them.

use super::{Asks, Mapper, Read};
use crate::agent::claude::lenient;
use crate::agent::claude::wire::{Response, TurnResult};

impl Mapper {
    /// Does what can be done for a line that is no JSON, or for the head of one that is too long: a
    /// request is refused, a turn that ends has failed, and nobody waits for ever.
    pub(in crate::agent::claude) fn unreadable(&mut self, line: &str, read: &mut Read) {
        let word = |path: &[&str]| {
            let text = lenient::find(line, path).and_then(lenient::text)?;
            Some(text.into_owned()).filter(|text| !text.is_empty())
        };
        match (word(&["type"]).as_deref(), word(&["request_id"])) {
            (Some("control_request"), Some(id)) => read.asks = Some((id, Asks::Unreadable)),
            (Some("control_cancel_request"), Some(id)) => match self.withdraw(&id) {
                Some(withdrawn) => read.report.events.push(withdrawn),
                None => read.withdrawn = Some(id),
            },
            (Some("control_response"), _) => {
                read.response = word(&["response", "request_id"]).map(|request_id| Response {
                    subtype: "error".to_owned(),
                    request_id,
                    error: Some("the agent's answer cannot be read".to_owned()),
                    ..Response::default()
                });
            }
            (Some("result"), _) => {
                let result = lost_result(line);
                self.result(result, &mut read.report.events);
            }
            _ => {}
        }
    }
}

/// A turn that has failed, with what can be found of its cost.
fn lost_result(line: &str) -> TurnResult {
    const FOUND: [&str; 7] = [
        "total_cost_usd",
        "modelUsage",
        "model_usage_since_last_result",
        "usage",
        "duration_ms",
        "origin",
        "user_message_uuids",
    ];
    let found = FOUND
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), lenient::value(lenient::find(line, &[key])?)?)));
    let mut result = TurnResult::of(found.collect());
    "unreadable_result".clone_into(&mut result.subtype);
    result.is_error = true;
    result.errors = vec![
        "the agent's result of the turn cannot be read, so the turn counts as failed; \
         see the output of the agent before it"
            .to_owned(),
    ];
    result
}
