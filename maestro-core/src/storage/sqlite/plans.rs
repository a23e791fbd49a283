//! What SQLite makes of our queries: they seek, also among a million rows.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::feed::{index, seeks};
use super::list::statement;
use super::part::parts;
use super::schema;
use crate::id::{NodeId, TenantId};
use crate::model::{EventFilter, Timestamp};
use crate::storage::page::PageKey;
use crate::storage::{LeaseFilter, Link, ListOrder, ListQuery, RecordKind};

fn empty() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let patience = std::time::Duration::ZERO;
    schema::migrate(&connection, patience, Timestamp::default(), "epoch").unwrap();
    connection
}

fn explain(connection: &Connection, sql: &str, values: Vec<Value>) -> Vec<String> {
    connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap()
        .query_map(params_from_iter(values), |row| row.get(3))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap()
}

fn plans(connection: &Connection, query: &ListQuery) -> Vec<String> {
    let after = PageKey {
        id: "7".into(),
        tenant_id: TenantId::default(),
        priority: 0,
        due_at: Some(Timestamp::default()),
    };
    let now = Timestamp::default();
    let mut plans = Vec::new();
    for part in parts(connection, query, now).unwrap() {
        let (sql, values) = statement(query, part, Some(&after), now);
        let plan = explain(connection, &sql, values);
        plans.push(plan.join("; "));
    }
    assert!(!plans.is_empty());
    plans
}

/// The lists that nodes ask for all the time read no more rows than they give.
#[test]
fn common_lists_seek_and_do_not_sort() {
    let connection = empty();
    let all = ListQuery::new(Some(TenantId::default()), RecordKind::TASK);
    let states = vec!["queued".to_owned(), "running".to_owned()];
    let sorted = [
        all.clone(),
        ListQuery { states: states.clone(), ..all.clone() },
        ListQuery { states: states.clone(), order: ListOrder::Newest, ..all.clone() },
        ListQuery {
            states: states.clone(),
            order: ListOrder::Priority,
            groups: vec!["a".into(), "b".into()],
            capable: Some(vec!["agent:claude".into()]),
            lease: Some(LeaseFilter::Claimable),
            per_group: Some(3),
            ..all.clone()
        },
        ListQuery { parent: Some("p".into()), ..all.clone() },
        ListQuery { unique_key: Some("u".into()), ..all.clone() },
        ListQuery {
            tenant_id: None,
            order: ListOrder::Due,
            due_by: Some(Timestamp::default()),
            ..all.clone()
        },
    ];
    for query in &sorted {
        for plan in plans(&connection, query) {
            assert!(plan.starts_with("SEARCH"), "{query:?}: {plan}");
            assert!(!plan.contains("SCAN"), "{query:?}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{query:?}: {plan}");
        }
    }
    // Few records point to one, a node holds few leases and few have lapsed: found by index, then
    // sorted.
    let node_id = NodeId::from_uuid(uuid::Uuid::nil());
    let few = [
        ListQuery { link: Some(Link { rel: "needs".into(), target: "t".into() }), ..all.clone() },
        ListQuery { tenant_id: None, lease: Some(LeaseFilter::Lapsed), ..all.clone() },
        ListQuery { tenant_id: None, lease: Some(LeaseFilter::HeldBy { node_id }), ..all.clone() },
    ];
    for query in &few {
        for plan in plans(&connection, query) {
            assert!(plan.starts_with("SEARCH"), "{query:?}: {plan}");
            assert!(!plan.contains("SCAN"), "{query:?}: {plan}");
        }
    }
}

/// Every reading by id seeks in its index and sorts nothing.
#[test]
fn ids_are_found_by_index() {
    let connection = empty();
    let (a, b) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    let filters = [
        EventFilter {
            task_ids: vec![a.into(), b.into()],
            types: vec!["task.*".into()],
            ..EventFilter::default()
        },
        EventFilter { session_ids: vec![a.into(), b.into()], ..EventFilter::default() },
        EventFilter { project_ids: vec![a.into()], ..EventFilter::default() },
    ];
    for filter in filters {
        let index = index(&filter).unwrap();
        for (sql, values) in seeks(&filter, &index, "default", 7, 100) {
            let plan = explain(&connection, &sql, values);
            let [step] = &plan[..] else {
                panic!("{sql}: {plan:?}");
            };
            assert!(step.starts_with("SEARCH event USING"), "{sql}: {step}");
            assert!(step.contains("rowid>?"), "{sql}: {step}");
        }
    }
}
