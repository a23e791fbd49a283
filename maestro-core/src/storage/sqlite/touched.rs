//! What a transaction touched.

use super::queue::{Done, Op};
use crate::model::StreamKey;
use crate::storage::{ClaimOutcome, Hint, Hints, LeaseChange, RecordKey};

/// What a transaction touched, for one hint.
#[derive(Debug, Default)]
pub(super) struct Touched {
    records: Vec<RecordKey>,
    streams: Vec<StreamKey>,
}

impl Touched {
    /// Adds what came of one operation.
    pub(super) fn add(&mut self, op: &Op, done: &Done) {
        match (op, done) {
            (Op::Commit(commit), _) => {
                let leases = commit.leases.iter().map(|change| match change {
                    LeaseChange::Acquire { key, .. } | LeaseChange::Release { key, .. } => key,
                });
                let puts = commit.puts.iter().map(|put| &put.key);
                let keys = puts.chain(&commit.deletes).chain(leases);
                self.records.extend(keys.cloned());
                let streams = commit.appends.iter().map(|append| &append.stream);
                self.streams.extend(streams.cloned());
            }
            (_, Done::Claim(outcomes)) => {
                self.records.extend(outcomes.iter().filter_map(|outcome| match outcome {
                    ClaimOutcome::Claimed { record } => Some(record.key.clone()),
                    _ => None,
                }));
            }
            _ => {}
        }
    }

    /// Tells watchers, if there is anything to tell.
    pub(super) fn send(self, hints: &Hints) {
        let Self { records, streams } = self;
        if !records.is_empty() || !streams.is_empty() {
            hints.send(Hint::Touched { records, streams });
        }
    }
}
