//! Which indexes lead to the records of a list.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::read::distinct;
use crate::model::Timestamp;
use crate::storage::page::PageKey;
use crate::storage::{LeaseFilter, ListOrder, ListQuery};

const TENANTS: &str = "SELECT min(tenant_id) FROM record WHERE tenant_id > coalesce(?1, '')";
const STATES: &str = "SELECT min(state) FROM record INDEXED BY record_state \
     WHERE tenant_id = ?1 AND kind = ?2 AND state > coalesce(?3, '')";
const GROUPS: &str = "SELECT min(grp) FROM record INDEXED BY record_ready \
     WHERE tenant_id = ?1 AND kind = ?2 AND state = ?3 AND grp > coalesce(?4, '')";

/// One part of the answer: rows that one index gives in the order wanted, or few enough to sort.
pub(super) struct Part {
    pub(super) from: String,
    pub(super) conditions: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Part {
    fn new(from: impl Into<String>) -> Self {
        Self { from: from.into(), conditions: Vec::new(), values: Vec::new() }
    }

    fn with(mut self, condition: &str, values: impl IntoIterator<Item = Value>) -> Self {
        self.conditions.push(condition.to_owned());
        self.values.extend(values);
        self
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Which indexes to go by. Each part names its own: SQLite would have to guess, since the store
/// keeps no statistics.
pub(super) fn parts(
    connection: &Connection,
    query: &ListQuery,
    now: Timestamp,
) -> rusqlite::Result<Vec<Part>> {
    let kind = query.kind.as_str();
    // What sweepers ask for: few rows, of all tenants.
    match &query.lease {
        Some(LeaseFilter::Lapsed) => {
            let from = "lease l INDEXED BY lease_lapse CROSS JOIN record r \
                 ON r.tenant_id = l.tenant_id AND r.kind = l.kind AND r.id = l.id";
            return Ok(vec![Part::new(from).with(
                "l.kind = ? AND l.node_id IS NOT NULL AND l.until <= ?",
                [text(kind), Value::Integer(now.as_micros())],
            )]);
        }
        Some(LeaseFilter::HeldBy { node_id }) => {
            let from = "lease l INDEXED BY lease_holder CROSS JOIN record r \
                 ON r.tenant_id = l.tenant_id AND r.kind = l.kind AND r.id = l.id";
            return Ok(vec![Part::new(from).with(
                "l.kind = ? AND l.node_id = ?",
                [text(kind), Value::Text(node_id.to_string())],
            )]);
        }
        Some(LeaseFilter::Claimable) | None => {}
    }
    let pointed = query.unique_key.is_some() || query.link.is_some() || query.parent.is_some();
    if let Some(due_by) = query.due_by
        && !pointed
    {
        return Ok(vec![Part::new("record r INDEXED BY record_due").with(
            "r.kind = ? AND r.due_at <= ?",
            [text(kind), Value::Integer(due_by.as_micros())],
        )]);
    }
    let tenants = match &query.tenant_id {
        Some(tenant) => vec![tenant.as_str().to_owned()],
        None => distinct(connection, TENANTS, &[])?,
    };
    let mut parts = Vec::new();
    for tenant in &tenants {
        of_tenant(connection, query, tenant, &mut parts)?;
    }
    Ok(parts)
}

fn of_tenant(
    connection: &Connection,
    query: &ListQuery,
    tenant: &str,
    parts: &mut Vec<Part>,
) -> rusqlite::Result<()> {
    let kind = query.kind.as_str();
    let within = |index: &str| {
        Part::new(format!("record r INDEXED BY {index}"))
            .with("r.tenant_id = ? AND r.kind = ?", [text(tenant), text(kind)])
    };
    if let Some(key) = &query.unique_key {
        parts.push(within("record_unique").with("r.unique_key = ?", [text(key)]));
        return Ok(());
    }
    if let Some(link) = &query.link {
        let from = "record_link k CROSS JOIN record r \
             ON r.tenant_id = k.tenant_id AND r.kind = k.kind AND r.id = k.id";
        parts.push(Part::new(from).with(
            "k.tenant_id = ? AND k.kind = ? AND k.rel = ? AND k.target = ?",
            [text(tenant), text(kind), text(&link.rel), text(&link.target)],
        ));
        return Ok(());
    }
    if let Some(parent) = &query.parent {
        parts.push(within("record_parent").with("r.parent = ?", [text(parent)]));
        return Ok(());
    }
    let grouped =
        query.per_group.is_some() || !query.groups.is_empty() || query.order == ListOrder::Priority;
    if !grouped && query.states.is_empty() {
        parts.push(within("record_key"));
        return Ok(());
    }
    let mut states = query.states.clone();
    if states.is_empty() {
        states = distinct(connection, STATES, &[tenant, kind])?;
        states.push(String::new());
    }
    states.sort_unstable();
    states.dedup();
    for state in &states {
        if !grouped {
            parts.push(within("record_state").with("r.state = ?", [text(state)]));
            continue;
        }
        let mut groups = query.groups.clone();
        if groups.is_empty() {
            groups = distinct(connection, GROUPS, &[tenant, kind, state])?;
            groups.push(String::new());
            parts.push(within("record_ready").with("r.state = ? AND r.grp IS NULL", [text(state)]));
        }
        groups.sort_unstable();
        groups.dedup();
        for group in &groups {
            let values = [text(state), text(group)];
            parts.push(within("record_ready").with("r.state = ? AND r.grp = ?", values));
        }
    }
    Ok(())
}

/// Everything that the query asks for, whether the index has decided it or not.
pub(super) fn narrow(mut part: Part, query: &ListQuery, now: Timestamp) -> Part {
    let marks = |count: usize| vec!["?"; count].join(", ");
    if let Some(tenant) = &query.tenant_id {
        part = part.with("+r.tenant_id = ?", [text(tenant.as_str())]);
    }
    if !query.states.is_empty() {
        let condition = format!("+r.state IN ({})", marks(query.states.len()));
        part = part.with(&condition, query.states.iter().map(|state| text(state)));
    }
    if let Some(key) = &query.unique_key {
        part = part.with("+r.unique_key = ?", [text(key)]);
    }
    if !query.groups.is_empty() {
        let condition = format!("+r.grp IN ({})", marks(query.groups.len()));
        part = part.with(&condition, query.groups.iter().map(|group| text(group)));
    }
    if let Some(parent) = &query.parent {
        part = part.with("+r.parent = ?", [text(parent)]);
    }
    if let Some(capable) = &query.capable {
        let condition = format!("(r.requires IS NULL OR r.requires IN ({}))", marks(capable.len()));
        part = part.with(&condition, capable.iter().map(|name| text(name)));
    }
    if let Some(link) = &query.link
        && !part.from.starts_with("record_link")
    {
        part = part.with(
            "EXISTS (SELECT 1 FROM record_link x WHERE x.tenant_id = r.tenant_id \
             AND x.kind = r.kind AND x.rel = ? AND x.target = ? AND x.id = r.id)",
            [text(&link.rel), text(&link.target)],
        );
    }
    if let Some(due_by) = query.due_by {
        part = part.with("+r.due_at <= ?", [Value::Integer(due_by.as_micros())]);
    }
    if query.lease == Some(LeaseFilter::Claimable) {
        part = part.with(
            "NOT EXISTS (SELECT 1 FROM lease x WHERE x.tenant_id = r.tenant_id \
             AND x.kind = r.kind AND x.id = r.id AND x.node_id IS NOT NULL AND x.until > ?)",
            [Value::Integer(now.as_micros())],
        );
    }
    part
}

/// Starts after a row. The first term of each condition is what an index can seek to.
pub(super) fn start(part: Part, after: &PageKey, order: ListOrder) -> Part {
    let id = || text(&after.id);
    let tenant = || text(after.tenant_id.as_str());
    let priority = || Value::Integer(after.priority.into());
    match (order, after.due_at.map(Timestamp::as_micros)) {
        (ListOrder::Oldest, _) => {
            part.with("r.id >= ? AND (r.id, r.tenant_id) > (?, ?)", [id(), id(), tenant()])
        }
        (ListOrder::Newest, _) => {
            part.with("r.id <= ? AND (r.id, r.tenant_id) < (?, ?)", [id(), id(), tenant()])
        }
        (ListOrder::Priority, _) => part.with(
            "r.priority <= ? AND (r.priority < ? OR (r.id, r.tenant_id) > (?, ?))",
            [priority(), priority(), id(), tenant()],
        ),
        (ListOrder::Due, Some(due)) => part.with(
            "(r.due_at IS NULL OR (r.due_at, r.id, r.tenant_id) > (?, ?, ?))",
            [Value::Integer(due), id(), tenant()],
        ),
        (ListOrder::Due, None) => {
            part.with("r.due_at IS NULL AND (r.id, r.tenant_id) > (?, ?)", [id(), tenant()])
        }
    }
}
