//! The questions of one process that are open, by names that none of them shares.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use super::permission::Question;

/// The questions that are open.
///
/// The CLI chooses the ids of its requests, so it can use one twice. A question that was taken back may
/// still get its answer, so its name is not given again: an answer that comes late is heard by nobody
/// instead of by a later question. One that was answered gets no other answer.
#[derive(Debug, Default)]
pub(super) struct Questions {
    open: HashMap<String, Question>,
    /// The hashes of the names that were taken back: 8 bytes each. Two names with one hash only cost the
    /// later one a number that it does not need.
    taken_back: HashSet<u64>,
    hasher: RandomState,
    numbered: u64,
}

impl Questions {
    /// A name for a question: its id, with a number where that may still be meant by an answer.
    pub(super) fn name(&mut self, wire_id: &str) -> String {
        let mut name = wire_id.to_owned();
        while self.open.contains_key(&name)
            || self.taken_back.contains(&self.hasher.hash_one(&name))
        {
            self.numbered += 1;
            name = format!("{wire_id}#{}", self.numbered);
        }
        name
    }

    pub(super) fn insert(&mut self, name: String, question: Question) {
        self.open.insert(name, question);
    }

    pub(super) fn get(&self, name: &str) -> Option<&Question> {
        self.open.get(name)
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.open.remove(name);
    }

    /// Removes the open question with this id of the CLI's, and gives its name.
    pub(super) fn withdraw(&mut self, wire_id: &str) -> Option<String> {
        let (name, _) = self.open.iter().find(|(_, question)| question.wire_id == wire_id)?;
        let name = name.clone();
        self.open.remove(&name);
        self.taken_back.insert(self.hasher.hash_one(&name));
        Some(name)
    }

    pub(super) fn clear(&mut self) {
        self.open.clear();
    }
}
