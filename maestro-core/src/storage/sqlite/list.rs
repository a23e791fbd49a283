//! Listing records: what the indexes give, merged.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::convert::{self, RECORD, RECORD_LEASE};
use super::fault::Fault;
use super::part::{Part, narrow, parts, start};
use super::read::latest;
use crate::id::TenantId;
use crate::model::{Cursor, CursorParts, Timestamp};
use crate::storage::page::{self, PageKey};
use crate::storage::{ListOrder, ListPage, ListQuery};

/// A row that matches, without its content.
struct Candidate {
    rowid: i64,
    group: Option<String>,
    key: PageKey,
}

impl Candidate {
    const COLUMNS: &str = "r.rowid, r.tenant_id, r.id, r.priority, r.due_at, r.grp";

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let tenant: String = row.get(1)?;
        Ok(Self {
            rowid: row.get(0)?,
            group: row.get(5)?,
            key: PageKey {
                id: row.get(2)?,
                tenant_id: TenantId::new(tenant).map_err(|error| {
                    let error = Box::new(error);
                    rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error)
                })?,
                priority: row.get(3)?,
                due_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_micros),
            },
        })
    }
}

/// Lists one page as of one moment.
pub(super) fn list(
    connection: &Connection,
    query: &ListQuery,
    after: Option<&PageKey>,
    now: Timestamp,
    epoch: &str,
) -> Result<ListPage, Fault> {
    let limit = query.limit as usize;
    let mut found = Vec::new();
    for part in parts(connection, query, now)? {
        found.extend(run(connection, query, part, after, now)?);
    }
    found.sort_by(|a, b| a.key.compare(&b.key, query.order));
    if let Some(most) = query.per_group {
        let mut counts: HashMap<(TenantId, Option<String>), u32> = HashMap::new();
        found.retain(|row| {
            let group = (row.key.tenant_id.clone(), row.group.clone());
            let count = counts.entry(group).or_default();
            *count += 1;
            *count <= most
        });
        if let Some(after) = after {
            found.retain(|row| row.key.compare(after, query.order).is_gt());
        }
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let sql = format!("SELECT {RECORD} FROM record r {RECORD_LEASE} WHERE r.rowid = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let records = found
        .iter()
        .map(|row| statement.query_row([row.rowid], convert::record))
        .collect::<rusqlite::Result<_>>()?;
    Ok(ListPage {
        records,
        next: match found.pop() {
            Some(last) if more => Some(page::pack(query, last.key)),
            _ => None,
        },
        as_of: Cursor::pack(&CursorParts {
            epoch: epoch.to_owned(),
            filter: None,
            position: latest(connection)?.to_string(),
        }),
    })
}

fn run(
    connection: &Connection,
    query: &ListQuery,
    part: Part,
    after: Option<&PageKey>,
    now: Timestamp,
) -> rusqlite::Result<Vec<Candidate>> {
    let (sql, values) = statement(query, part, after, now);
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), Candidate::from_row)?
        .collect()
}

/// The query of one part.
pub(super) fn statement(
    query: &ListQuery,
    part: Part,
    after: Option<&PageKey>,
    now: Timestamp,
) -> (String, Vec<Value>) {
    let by_group = part.from.ends_with("record_ready");
    let mut part = narrow(part, query, now);
    // Ranks are counted among all rows that match, so the page starts after the counting.
    if let (Some(after), None) = (after, query.per_group) {
        part = start(part, after, query.order);
    }
    let order = match query.order {
        ListOrder::Oldest => "r.id, r.tenant_id",
        ListOrder::Newest => "r.id DESC, r.tenant_id DESC",
        ListOrder::Priority => "r.priority DESC, r.id, r.tenant_id",
        ListOrder::Due if query.due_by.is_some() => "r.due_at, r.id, r.tenant_id",
        ListOrder::Due => "r.due_at IS NULL, r.due_at, r.id, r.tenant_id",
    };
    let limit = match query.per_group {
        None => i64::from(query.limit) + 1,
        Some(most) if by_group => i64::from(most),
        Some(_) => -1,
    };
    let sql = format!(
        "SELECT {} FROM {} WHERE {} ORDER BY {order} LIMIT {limit}",
        Candidate::COLUMNS,
        part.from,
        part.conditions.join(" AND ")
    );
    (sql, part.values)
}
