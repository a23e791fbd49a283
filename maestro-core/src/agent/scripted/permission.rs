//! What may run without asking.

use std::collections::BTreeSet;

use crate::model::SessionSpec;

/// What may run without asking.
#[derive(Debug, Default)]
pub(super) struct Permissions {
    mode: String,
    allowed: BTreeSet<String>,
    denied: BTreeSet<String>,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Run,
    Ask,
    Deny,
}

impl Permissions {
    pub(super) fn new(spec: &SessionSpec) -> Self {
        Self {
            mode: spec.mode.clone().unwrap_or_default(),
            allowed: spec.tools.allow.iter().cloned().collect(),
            denied: spec.tools.deny.iter().cloned().collect(),
        }
    }

    pub(super) fn set_mode(&mut self, mode: &str) {
        mode.clone_into(&mut self.mode);
    }

    /// From now on calls of this tool run without asking.
    pub(super) fn remember(&mut self, tool: &str) {
        self.allowed.insert(tool.to_owned());
    }

    pub(super) fn verdict(&self, tool: &str, asks: bool, edits: bool) -> Verdict {
        let mode = match self.mode.as_str() {
            "bypassPermissions" => true,
            "acceptEdits" => edits,
            _ => false,
        };
        if self.denied.contains(tool) {
            Verdict::Deny
        } else if !asks || mode || self.allowed.contains(tool) {
            Verdict::Run
        } else {
            Verdict::Ask
        }
    }
}
