//! Lists of the reference.

use std::cmp::Reverse;

use super::Reference;
use crate::model::Timestamp;
use crate::storage::{LeaseFilter, ListOrder, ListQuery, Record};

impl Reference {
    /// All records of all pages of a list.
    pub fn list(&self, query: &ListQuery, now: Timestamp) -> Vec<&Record> {
        let matching = self.records.iter().filter(|record| is_listed(record, query, now));
        let mut found: Vec<&Record> = matching.collect();
        found.sort_by_key(|record| (&record.key.id, &record.key.tenant_id));
        match query.order {
            ListOrder::Oldest => {}
            ListOrder::Newest => found.reverse(),
            // Sorting keeps the order of equals, which is by id.
            ListOrder::Priority => found.sort_by_key(|record| Reverse(record.columns.priority)),
            ListOrder::Due => {
                found
                    .sort_by_key(|record| (record.columns.due_at.is_none(), record.columns.due_at));
            }
        }
        let Some(most) = query.per_group else {
            return found;
        };
        let mut kept: Vec<&Record> = Vec::new();
        for record in found {
            let same_group = kept.iter().filter(|other| {
                other.key.tenant_id == record.key.tenant_id
                    && other.columns.group == record.columns.group
            });
            if same_group.count() < most as usize {
                kept.push(record);
            }
        }
        kept
    }
}

fn is_listed(record: &Record, query: &ListQuery, now: Timestamp) -> bool {
    let (columns, lease) = (&record.columns, &record.lease);
    if record.key.kind != query.kind {
        return false;
    }
    if query.tenant_id.as_ref().is_some_and(|tenant| *tenant != record.key.tenant_id) {
        return false;
    }
    if !query.states.is_empty() && !query.states.contains(&columns.state) {
        return false;
    }
    if query.unique_key.is_some() && query.unique_key != columns.unique_key {
        return false;
    }
    if !query.groups.is_empty() {
        match &columns.group {
            Some(group) if query.groups.contains(group) => {}
            _ => return false,
        }
    }
    if query.parent.is_some() && query.parent != columns.parent {
        return false;
    }
    if let (Some(capable), Some(required)) = (&query.capable, &columns.requires)
        && !capable.contains(required)
    {
        return false;
    }
    if let Some(link) = &query.link
        && !columns.links.contains(link)
    {
        return false;
    }
    if let Some(by) = query.due_by {
        match columns.due_at {
            Some(due) if due <= by => {}
            _ => return false,
        }
    }
    let is_held = lease.node_id.is_some();
    let has_lapsed = is_held && lease.until <= now;
    match query.lease {
        None => true,
        Some(LeaseFilter::Claimable) => !is_held || has_lapsed,
        Some(LeaseFilter::Lapsed) => has_lapsed,
        Some(LeaseFilter::HeldBy { node_id }) => lease.node_id == Some(node_id),
    }
}
