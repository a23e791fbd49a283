use serde::Deserialize;

/// The token counts of a step, named as on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Tokens read afresh. None: 20.
    pub input_tokens: Option<u64>,
    /// Tokens written. None: one per four characters of the answer, at least 1.
    pub output_tokens: Option<u64>,
    /// Tokens written to the cache. None: 0.
    pub cache_creation_input_tokens: Option<u64>,
    /// Tokens read from the cache. None: 0.
    pub cache_read_input_tokens: Option<u64>,
}

impl Usage {
    /// So many tokens in and out, none cached.
    pub fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            input_tokens: Some(input_tokens),
            output_tokens: Some(output_tokens),
            ..Self::default()
        }
    }
}
