//! Many callers, one transaction: each gets the answer to what it asked for.

use std::collections::HashSet;
use std::sync::Arc;

use futures::future::join_all;
use maestro_core::ErrorKind;
use maestro_core::id::NodeId;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::storage::{Claim, ClaimOutcome, Expect, Guard, Permit, Renew, Want};
use uuid::Uuid;

use crate::support::{append, commit, create, feed, file, integrity, key, open, spawn};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appends_get_consecutive_places() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    let callers = (0..64).map(|_| {
        let store = Arc::clone(&store);
        spawn(async move {
            let mut firsts = Vec::new();
            for _ in 0..20 {
                let receipt = store.commit(append("shared", 2)).await.unwrap();
                firsts.push(receipt.first_seqs[0]);
            }
            firsts
        })
    });
    let mut firsts = Vec::new();
    for caller in join_all(callers).await {
        firsts.extend(caller);
    }
    firsts.sort_unstable();
    let expected: Vec<u64> = (0..64 * 20).map(|index| index * 2 + 1).collect();
    assert_eq!(firsts, expected);
    let seqs: Vec<u64> = feed(&*store, 333).await.iter().map(|e| e.seq).collect();
    assert_eq!(seqs, (1..=64 * 20 * 2).collect::<Vec<u64>>());
    store.close().await.unwrap();
    assert_eq!(integrity(&file(&directory)), "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_refusal_leaves_its_neighbours_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    store.commit(create("there", 3)).await.unwrap();
    // Every third is refused after it has written: the put is of a record that exists already, but
    // the guard names another one.
    let calls = (0..96).map(|index| {
        let store = Arc::clone(&store);
        async move {
            let mut commit = append(&format!("stream-{index}"), 1);
            commit.guards = create(&format!("record-{index}"), 3).guards;
            commit.puts = create(&format!("record-{index}"), 3).puts;
            if index % 3 == 0 {
                commit.puts[0].columns.unique_key = Some("only-one".into());
            }
            (index, store.commit(commit).await)
        }
    });
    let mut winners = 0;
    for (index, result) in join_all(calls).await {
        match result {
            Ok(_) if index % 3 == 0 => winners += 1,
            Ok(_) => {}
            Err(error) => {
                assert_eq!(index % 3, 0, "{error}");
                assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
            }
        }
    }
    assert_eq!(winners, 1);
    // What was refused left nothing: neither records nor events.
    let keys: Vec<_> = (0..96).map(|i| key(&format!("record-{i}"))).collect();
    let found = store.get(&keys).await.unwrap();
    assert_eq!(found.iter().flatten().count(), 64 + 1);
    assert_eq!(feed(&*store, 100).await.len(), 64 + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_id_is_applied_once_whoever_sends_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    let mut commit = append("s", 3);
    commit.guards = create("r", 3).guards;
    commit.puts = create("r", 3).puts;
    let calls = (0..32).map(|_| store.commit(commit.clone()));
    let receipts: HashSet<String> = join_all(calls)
        .await
        .into_iter()
        .map(|receipt| format!("{:?}", receipt.unwrap()))
        .collect();
    assert_eq!(receipts.len(), 1, "{receipts:?}");
    assert_eq!(feed(&*store, 10).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_record_is_claimed_by_one_of_many() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    for index in 0..10 {
        store.commit(create(&format!("{index}"), 3)).await.unwrap();
    }
    let claims = (0..40).map(|index| {
        let store = Arc::clone(&store);
        async move {
            let node_id = NodeId::from_uuid(Uuid::from_u128(fastrand::u128(..)));
            let claim = Claim {
                node_id,
                ttl_ms: 60_000,
                wants: vec![Want {
                    key: key(&format!("{}", index % 10)),
                    version: Some(1),
                    seize_from: None,
                    permits: vec![Permit { scope: "all".into(), max: 4 }],
                }],
            };
            (node_id, store.claim(&claim).await.unwrap().remove(0))
        }
    });
    let mut held = Vec::new();
    for (node_id, outcome) in join_all(claims).await {
        match outcome {
            ClaimOutcome::Claimed { record } => held.push((node_id, *record)),
            ClaimOutcome::Held { .. } | ClaimOutcome::Limited { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(held.len(), 4);
    for (node_id, record) in held {
        let token = record.lease.token;
        let renew = Renew { node_id, ttl_ms: 1, leases: vec![(record.key.clone(), token)] };
        assert_eq!(store.renew(&renew).await.unwrap().lost, []);
        let mut guarded = commit();
        guarded.guards.push(Guard { key: record.key, expect: Expect::Lease { node_id, token } });
        store.commit(guarded).await.unwrap();
    }
}
