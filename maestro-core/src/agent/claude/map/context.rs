//! How full the model's context is.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::agent::claude::wire::{CompactMetadata, MessageUsage, ModelUsage};
use crate::model::{ContextCompacted, ContextUpdated, EventData};

/// The context of the session's own agent.
#[derive(Debug, Default)]
pub(super) struct Context {
    message_id: String,
    model: Option<String>,
    /// What the last call of the model read.
    read: u64,
    /// What it wrote, as far as it is known.
    wrote: u64,
    /// How much fits, by model.
    sizes: HashMap<String, u64>,
    told: Option<ContextUpdated>,
}

impl Context {
    /// A call of the model gave a block of a message. Told once for each message: what it read is
    /// known by then.
    pub(super) fn spoke(
        &mut self,
        message_id: &str,
        model: Option<String>,
        usage: &MessageUsage,
    ) -> Option<EventData> {
        let read = usage
            .input_tokens
            .saturating_add(usage.cache_creation_input_tokens)
            .saturating_add(usage.cache_read_input_tokens);
        // What the CLI itself says in the model's name was read from nothing.
        if read == 0 || self.message_id == message_id {
            return None;
        }
        message_id.clone_into(&mut self.message_id);
        self.model = model;
        self.read = read;
        self.wrote = usage.output_tokens;
        self.news()
    }

    /// How much the message has become.
    pub(super) fn wrote(&mut self, usage: &MessageUsage) {
        self.wrote = self.wrote.max(usage.output_tokens);
    }

    /// A turn ended: what the last message has become, and how much fits, are known.
    pub(super) fn ended(&mut self, models: Option<&Map<String, Value>>) -> Option<EventData> {
        for (model, usage) in models.into_iter().flatten() {
            if let Some(size) = ModelUsage::of(usage).context_window {
                // A model may be named with its window, as in `model[1m]`, but not in its messages.
                let name = model.split('[').next().unwrap_or(model);
                self.sizes.insert(name.to_owned(), size);
            }
        }
        self.news()
    }

    pub(super) fn compacted(&mut self, metadata: CompactMetadata) -> EventData {
        if let Some(after) = metadata.post_tokens {
            (self.read, self.wrote) = (after, 0);
        }
        ContextCompacted {
            trigger: metadata.trigger,
            before: metadata.pre_tokens,
            after: metadata.post_tokens,
        }
        .into()
    }

    fn news(&mut self) -> Option<EventData> {
        let used = self.read.saturating_add(self.wrote);
        let size =
            self.model.as_ref().and_then(|model| self.sizes.get(model.split('[').next()?)).copied();
        let updated = ContextUpdated { used, size };
        if used == 0 || self.told.as_ref() == Some(&updated) {
            return None;
        }
        self.told = Some(updated.clone());
        Some(updated.into())
    }
}
