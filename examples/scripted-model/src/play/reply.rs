use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Place;
use crate::scenario::{Block, Pace, Step, Usage, Vars, expand};

/// What is said after the last step of a scenario.
const DONE: &str = "Done.";
/// Tokens read by a step that names none.
const INPUT_TOKENS: u64 = 20;
/// Characters per token of a step that names no output tokens.
const CHARS_PER_TOKEN: usize = 4;

/// An answer with every `${key}` replaced, ready to be sent whole or as a stream.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) stop_reason: String,
    pub(crate) usage: Value,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) delay: Duration,
    pub(crate) pings: u64,
}

/// A content block, and its deltas with the wait before each but the first.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) block: Value,
    pub(crate) deltas: Vec<String>,
    pub(crate) pause: Duration,
}

impl Reply {
    /// The answer at a place; `Done.` after the last step.
    ///
    /// # Errors
    /// A sentence that names the scenario, the step and the `${key}` without a value.
    pub(crate) fn at(place: &Place, model: &str) -> Result<Self, String> {
        let Some(step) = place.current() else {
            return Ok(Self::text(DONE, model));
        };
        Self::new(step, &place.vars, model).map_err(|why| {
            format!("scenario `{}`: steps[{}]: {why}", place.scenario.name(), place.step)
        })
    }

    /// A plain text that ends the turn.
    pub(crate) fn text(text: &str, model: &str) -> Self {
        let step = Step::new().text(text.replace("${", "$${"));
        Self::new(&step, &Vars::new(), model).expect("a text without variables has no missing one")
    }

    fn new(step: &Step, vars: &Vars, model: &str) -> Result<Self, String> {
        let mut parts = Vec::with_capacity(step.blocks.len());
        for (index, block) in step.blocks.iter().enumerate() {
            parts.push(part(block, vars).map_err(|why| format!("blocks[{index}]: {why}"))?);
        }
        let amount = |field: &str, amount: &Option<crate::Amount>, default: u64| match amount {
            Some(amount) => amount.value(vars).map_err(|why| format!("{field}: {why}")),
            None => Ok(default),
        };
        Ok(Self {
            id: fresh_id("msg"),
            model: model.to_owned(),
            stop_reason: step.reason().to_owned(),
            usage: usage(&step.usage, &parts),
            headers: step.headers.clone(),
            delay: Duration::from_millis(amount("delay_ms", &step.delay_ms, 0)?),
            pings: amount("pings", &step.pings, 1)?,
            parts,
        })
    }

    /// The body of an answer that is not streamed.
    pub(crate) fn body(&self) -> Value {
        let content: Vec<&Value> = self.parts.iter().map(|part| &part.block).collect();
        self.envelope(&json!(content), Some(&self.stop_reason), &self.usage)
    }

    /// The `message` object around some content.
    pub(crate) fn envelope(
        &self,
        content: &Value,
        stop_reason: Option<&str>,
        usage: &Value,
    ) -> Value {
        json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model,
            "content": content, "stop_reason": stop_reason, "stop_sequence": null, "usage": usage,
        })
    }
}

/// An id that no other answer has, also after a restart: a resumed session must not see one twice.
pub(crate) fn fresh_id(prefix: &str) -> String {
    format!("{prefix}_{:024x}", fastrand::u128(..) >> 32)
}

fn part(block: &Block, vars: &Vars) -> Result<Part, String> {
    let lookup = |text: &str| {
        expand(text, vars).map_err(|key| {
            format!("`${{{key}}}` has no value: write {key}=VALUE after the scenario's name, or `$${{` for the text")
        })
    };
    let said = |text: &str, pace: &Pace| -> Result<String, String> {
        let text = lookup(text)?;
        let repeat = pace.repeat.as_ref().map_or(Ok(1), |amount| amount.value(vars))?;
        let repeat = usize::try_from(repeat).map_err(|error| format!("repeat: {error}"))?;
        Ok(text.repeat(repeat))
    };
    let (block, text, pace) = match block {
        Block::Text { text, pace } => {
            let text = said(text, pace)?;
            (json!({"type": "text", "text": text}), text, pace)
        }
        Block::Thinking { text, pace } => {
            let text = said(text, pace)?;
            let signature = format!("scripted{:032x}", fastrand::u128(..));
            (json!({"type": "thinking", "thinking": text, "signature": signature}), text, pace)
        }
        Block::Tool { name, input, pace } => {
            let input = expand_value(input, &lookup)?;
            let text = input.to_string();
            let id = fresh_id("toolu");
            (json!({"type": "tool_use", "id": id, "name": name, "input": input}), text, pace)
        }
    };
    let pause = pace.delay_ms.as_ref().map_or(Ok(0), |amount| amount.value(vars))?;
    let chunk = pace.chunk_chars.as_ref().map(|amount| amount.value(vars)).transpose()?;
    Ok(Part { block, deltas: chunks(&text, chunk, pause > 0), pause: Duration::from_millis(pause) })
}

/// Replaces `${key}` in every string of a value, and in no key.
fn expand_value(
    value: &Value,
    lookup: &impl Fn(&str) -> Result<String, String>,
) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(lookup(text)?),
        Value::Array(items) => Value::Array(
            items.iter().map(|item| expand_value(item, lookup)).collect::<Result<_, _>>()?,
        ),
        Value::Object(fields) => {
            let fields =
                fields.iter().map(|(key, item)| Ok((key.clone(), expand_value(item, lookup)?)));
            Value::Object(fields.collect::<Result<Map<_, _>, String>>()?)
        }
        other => other.clone(),
    })
}

/// Cuts a text into deltas; together they are the text.
fn chunks(text: &str, size: Option<u64>, by_word: bool) -> Vec<String> {
    match size {
        Some(size) => {
            let size = usize::try_from(size).unwrap_or(usize::MAX).max(1);
            let chars: Vec<char> = text.chars().collect();
            chars.chunks(size).map(|chunk| chunk.iter().collect()).collect()
        }
        None if by_word => text.split_inclusive(char::is_whitespace).map(str::to_owned).collect(),
        None => vec![text.to_owned()],
    }
}

fn usage(usage: &Usage, parts: &[Part]) -> Value {
    let chars: usize =
        parts.iter().flat_map(|part| &part.deltas).map(|delta| delta.chars().count()).sum();
    let counted = u64::try_from(chars / CHARS_PER_TOKEN).unwrap_or(u64::MAX).max(1);
    json!({
        "input_tokens": usage.input_tokens.unwrap_or(INPUT_TOKENS),
        "cache_creation_input_tokens": usage.cache_creation_input_tokens.unwrap_or(0),
        "cache_read_input_tokens": usage.cache_read_input_tokens.unwrap_or(0),
        "output_tokens": usage.output_tokens.unwrap_or(counted),
    })
}
