//! Prompts, as users give them.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::{ContentBlock, SessionSpec, check};

/// What an agent is asked, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub(crate) blocks: Vec<ContentBlock>,
    pub(super) when: When,
}

/// When a prompt is taken up that is given while a turn runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// After the turn, and after the prompts that wait.
    #[default]
    Queue,
    /// Into the turn.
    Steer,
    /// Instead of the turn, which is stopped, and before the prompts that wait.
    Interrupt,
}

impl Prompt {
    /// Sets when it is taken up. Default [`When::Queue`].
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// # Errors
    /// `InvalidArgument` when nothing is asked, or too much.
    pub(super) fn validate(self) -> Result<Vec<ContentBlock>> {
        let says = |block: &ContentBlock| match block {
            ContentBlock::Text { text } => !text.trim().is_empty(),
            _ => true,
        };
        if !self.blocks.iter().any(says) {
            return Err(Error::invalid("prompt", "must not be empty; say what is to be done"));
        }
        for block in &self.blocks {
            if let ContentBlock::Unknown(kept) = block {
                return Err(check::unknown_variant("prompt", kept));
            }
        }
        let size = |block: &ContentBlock| match block {
            ContentBlock::Text { text } => text.len(),
            ContentBlock::Image { data, .. } | ContentBlock::File { data, .. } => data.len(),
            ContentBlock::Other { block } => block.to_string().len(),
            ContentBlock::Unknown(kept) => kept.as_value().to_string().len(),
        };
        let found = self.blocks.iter().map(size).sum::<usize>();
        let most = SessionSpec::MAX_PROMPT_BYTES;
        if found > most {
            let why = format!("must be at most {most} bytes long and has {found}");
            return Err(Error::invalid("prompt", why));
        }
        Ok(self.blocks)
    }
}

impl From<&str> for Prompt {
    fn from(text: &str) -> Self {
        vec![ContentBlock::text(text)].into()
    }
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        vec![ContentBlock::text(text)].into()
    }
}

impl From<Vec<ContentBlock>> for Prompt {
    fn from(blocks: Vec<ContentBlock>) -> Self {
        Self { blocks, when: When::default() }
    }
}
