//! Replies: what a person says to a task that is over or waits.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::{Actor, ContentBlock, Timestamp, check};

/// What a person says to a task that is over or waits for a person. Text is the simple case.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReplySpec {
    /// What the agent is asked.
    pub prompt: Vec<ContentBlock>,
    /// Giving the same key to the same task again changes nothing; 1 to 200 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

impl ReplySpec {
    /// Sets the key that makes a repeated reply count once.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Checks what can be checked without a store.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field.
    pub fn validate(&self) -> Result<()> {
        let says = |block: &ContentBlock| match block {
            ContentBlock::Text { text } => !text.trim().is_empty(),
            _ => true,
        };
        if !self.prompt.iter().any(says) {
            return Err(Error::invalid("prompt", "must not be empty; say what is to be done"));
        }
        match &self.idempotency_key {
            Some(key) => check::length("idempotency_key", key, 1..=200),
            None => Ok(()),
        }
    }
}

impl From<&str> for ReplySpec {
    fn from(text: &str) -> Self {
        Self { prompt: vec![ContentBlock::text(text)], ..Self::default() }
    }
}

impl From<String> for ReplySpec {
    fn from(text: String) -> Self {
        Self { prompt: vec![ContentBlock::text(text)], ..Self::default() }
    }
}

/// A reply that was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReplyInfo {
    /// Its number, from 1.
    pub number: u32,
    /// What was said; kept of the latest reply only, since the session's events have all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompt: Vec<ContentBlock>,
    /// Who said it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// The key that makes a repeated reply count once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}
