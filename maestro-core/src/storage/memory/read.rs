//! Lists and feeds.

use std::collections::HashMap;
use std::sync::Arc;

use super::tables::{Kept, Tables, is_claimable};
use crate::error::{Error, Result};
use crate::id::TenantId;
use crate::model::{Cursor, CursorParts, EventQuery, Position, Timestamp};
use crate::storage::page::PageKey;
use crate::storage::{LeaseFilter, ListQuery, Record, RecordKey};

/// A page of records that still have to be copied.
pub(super) struct Rows {
    pub(super) rows: Vec<Arc<Record>>,
    pub(super) more: bool,
    pub(super) as_of: Cursor,
}

/// A page of events that still have to be copied, each with the position after it.
pub(super) struct Read {
    pub(super) events: Vec<(usize, Arc<Kept>)>,
    pub(super) next: usize,
    pub(super) more: bool,
}

impl Tables {
    /// The records of a page that starts after `after`.
    pub(super) fn list(&self, query: &ListQuery, after: Option<&PageKey>, now: Timestamp) -> Rows {
        let mut found: Vec<(PageKey, &Arc<Record>)> = self
            .of_kind(query)
            .filter(|record| matches(record, query, now))
            .map(|record| (place(record), record))
            .collect();
        found.sort_by(|(a, _), (b, _)| a.compare(b, query.order));
        if let Some(most) = query.per_group {
            let mut counts: HashMap<(&TenantId, &Option<String>), u32> = HashMap::new();
            found.retain(|(_, record)| {
                let group = (&record.key.tenant_id, &record.columns.group);
                let count = counts.entry(group).or_default();
                *count += 1;
                *count <= most
            });
        }
        let mut rows = found
            .into_iter()
            .skip_while(|(key, _)| {
                after.is_some_and(|after| key.compare(after, query.order).is_le())
            })
            .map(|(_, record)| Arc::clone(record));
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Rows {
            rows: rows.by_ref().take(limit).collect(),
            more: rows.next().is_some(),
            as_of: self.cursor(self.events.len(), None),
        }
    }

    fn of_kind(&self, query: &ListQuery) -> Box<dyn Iterator<Item = &Arc<Record>> + '_> {
        let kind = query.kind.clone();
        match &query.tenant_id {
            Some(tenant_id) => {
                let tenant_id = tenant_id.clone();
                let first = RecordKey::new(tenant_id.clone(), kind.clone(), "");
                let of_kind = move |record: &&Arc<Record>| {
                    record.key.tenant_id == tenant_id && record.key.kind == kind
                };
                Box::new(self.records.range(first..).map(|(_, record)| record).take_while(of_kind))
            }
            None => Box::new(self.records.values().filter(move |record| record.key.kind == kind)),
        }
    }

    /// The events of a page.
    pub(super) fn read_events(&self, query: &EventQuery) -> Result<Read> {
        let start = match &query.after {
            Position::Beginning => 0,
            Position::Now => self.events.len(),
            Position::After(cursor) => cursor
                .unpack(&self.epoch, &query.filter)?
                .parse::<usize>()
                .ok()
                .filter(|position| *position <= self.events.len())
                .ok_or_else(|| Error::invalid("cursor", "is not a position of this store"))?,
        };
        let mut found = self
            .events
            .iter()
            .enumerate()
            .skip(start)
            .filter(|(_, kept)| query.filter.matches(&kept.stream.tenant_id, &kept.event))
            .map(|(index, kept)| (index + 1, Arc::clone(kept)));
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let events: Vec<_> = found.by_ref().take(limit).collect();
        let more = found.next().is_some();
        let last = events.last().map_or(start, |(position, _)| *position);
        // What does not match need not be looked at again.
        let next = if more { last } else { self.events.len() };
        Ok(Read { events, next, more })
    }

    /// A cursor for a position; without a filter it fits every filter.
    pub(super) fn cursor(&self, position: usize, filter: Option<&str>) -> Cursor {
        Cursor::pack(&CursorParts {
            epoch: self.epoch.clone(),
            filter: filter.map(str::to_owned),
            position: position.to_string(),
        })
    }
}

/// Where a record stands in every order.
pub(super) fn place(record: &Record) -> PageKey {
    PageKey::new(&record.key, record.columns.priority, record.columns.due_at)
}

fn matches(record: &Record, query: &ListQuery, now: Timestamp) -> bool {
    let columns = &record.columns;
    let lease = &record.lease;
    let one_of = |wanted: &[String], found: Option<&String>| {
        wanted.is_empty() || found.is_some_and(|found| wanted.contains(found))
    };
    let capable = match (&query.capable, &columns.requires) {
        (None, _) | (_, None) => true,
        (Some(offered), Some(required)) => offered.contains(required),
    };
    let leased = match query.lease {
        None => true,
        Some(LeaseFilter::Claimable) => is_claimable(lease, now),
        Some(LeaseFilter::Lapsed) => lease.node_id.is_some() && lease.until <= now,
        Some(LeaseFilter::HeldBy { node_id }) => lease.node_id == Some(node_id),
    };
    one_of(&query.states, Some(&columns.state))
        && one_of(&query.groups, columns.group.as_ref())
        && (query.unique_key.is_none() || columns.unique_key == query.unique_key)
        && (query.parent.is_none() || columns.parent == query.parent)
        && query.link.as_ref().is_none_or(|link| columns.links.contains(link))
        && query.due_by.is_none_or(|by| columns.due_at.is_some_and(|due| due <= by))
        && capable
        && leased
}
