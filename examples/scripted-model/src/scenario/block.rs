use serde::Deserialize;
use serde_json::{Map, Value};

use super::Amount;

/// One content block of a step.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "RawBlock")]
#[non_exhaustive]
pub enum Block {
    /// Text for the person.
    Text {
        /// What is said; `${key}` is replaced.
        text: String,
        /// How it is cut into deltas.
        pace: Pace,
    },
    /// Extended thinking, with a made-up signature.
    Thinking {
        /// What is thought; `${key}` is replaced.
        text: String,
        /// How it is cut into deltas.
        pace: Pace,
    },
    /// A tool call.
    Tool {
        /// The tool's name, such as `Write`.
        name: String,
        /// Its input; `${key}` is replaced in every string.
        input: Value,
        /// How the input's JSON is cut into deltas.
        pace: Pace,
    },
}

/// How a block is cut into deltas when it is streamed. A whole answer ignores it, except for `repeat`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// Characters per delta. None: one delta, or one per word when there is a delay.
    pub chunk_chars: Option<Amount>,
    /// Milliseconds before each delta but the first. None: no wait.
    pub delay_ms: Option<Amount>,
    /// How many times the text is said, one after another. None: once.
    pub repeat: Option<Amount>,
}

impl Pace {
    /// One delta per word with this many milliseconds before each.
    pub fn words(delay_ms: u64) -> Self {
        Self { delay_ms: Some(Amount::Fixed(delay_ms)), ..Self::default() }
    }
}

/// The shape in a file: the key that is present says which kind of block it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBlock {
    text: Option<String>,
    thinking: Option<String>,
    tool: Option<String>,
    input: Option<Map<String, Value>>,
    chunk_chars: Option<Amount>,
    delay_ms: Option<Amount>,
    repeat: Option<Amount>,
}

impl TryFrom<RawBlock> for Block {
    type Error = String;

    fn try_from(raw: RawBlock) -> Result<Self, String> {
        if raw.chunk_chars == Some(Amount::Fixed(0)) {
            return Err("`chunk_chars` must be at least 1".to_owned());
        }
        if raw.input.is_some() && raw.tool.is_none() {
            return Err("`input` belongs to a block with `tool`".to_owned());
        }
        if raw.repeat.is_some() && raw.tool.is_some() {
            return Err("`repeat` belongs to a block with `text` or `thinking`".to_owned());
        }
        let pace =
            Pace { chunk_chars: raw.chunk_chars, delay_ms: raw.delay_ms, repeat: raw.repeat };
        match (raw.text, raw.thinking, raw.tool) {
            (Some(text), None, None) => Ok(Self::Text { text, pace }),
            (None, Some(text), None) => Ok(Self::Thinking { text, pace }),
            (None, None, Some(name)) if name.is_empty() => Err("`tool` is empty".to_owned()),
            (None, None, Some(name)) => {
                Ok(Self::Tool { name, input: Value::Object(raw.input.unwrap_or_default()), pace })
            }
            _ => Err("a block has exactly one of `text`, `thinking` and `tool`".to_owned()),
        }
    }
}
