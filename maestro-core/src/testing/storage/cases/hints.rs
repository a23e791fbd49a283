//! Hints, the end of a handle, and tenants.

use crate::error::ErrorKind;
use crate::id::TenantId;
use crate::model::{EventFilter, EventQuery, Position, StreamKey};
use crate::storage::{Claim, Hint, Renew};
use crate::testing::storage::change::events;
use crate::testing::storage::ctx::{
    Ctx, TTL_MS, key, must, must_fail, of_default_tenant, stream, tasks, tenant_id, want,
};

async fn hinted(cx: &Ctx, other: &Ctx, expected: fn(&Hint) -> bool) {
    // Watchers are told before or soon after the call returns; the wait ends with the hint.
    for (who, watch) in [("this handle", cx), ("another handle", other)] {
        let watch = watch.storage.watch();
        let id = format!("{who} {}", cx.node());
        let change = cx.change().create(&key(&id)).append(&stream("s"), events(&["1"]));
        cx.ok(change).await;
        loop {
            let hint = watch.next().await;
            let hint = hint.unwrap_or_else(|| panic!("{who} stopped watching"));
            if expected(&hint) {
                break;
            }
        }
    }
}

pub(super) async fn hints_come_after_a_commit(cx: Ctx) {
    let other = cx.open_again().await;
    hinted(&cx, &other, |hint| match hint {
        Hint::Touched { records, streams } => {
            records.iter().any(|record| record.kind == key("").kind) && streams == &[stream("s")]
        }
        Hint::Anything => true,
    })
    .await;
}

pub(super) async fn hints_come_after_a_claim(cx: Ctx) {
    let a = key("a");
    cx.have(&[&a]).await;
    let watch = cx.storage.watch();
    cx.take(cx.node(), want(&a)).await;
    let hint = watch.next().await.unwrap_or_else(|| panic!("the watch ended"));
    let told = match &*hint {
        Hint::Touched { records, .. } => records.contains(&a),
        Hint::Anything => true,
    };
    assert!(told, "{hint:?}");
}

pub(super) async fn hints_are_bounded(cx: Ctx) {
    let watch = cx.storage.watch();
    for n in 0..500 {
        cx.have(&[&key(&n.to_string())]).await;
    }
    let mut last = watch.next().await;
    let mut count = 1;
    while let Some(hint) = watch.try_next() {
        last = Some(hint);
        count += 1;
    }
    assert!(count < 500, "a watcher that sleeps holds {count} hints");
    assert!(last.is_some());
}

pub(super) async fn closing_ends_every_call(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let token = cx.take(node, want(&a)).await;
    let watch = cx.storage.watch();
    must(cx.storage.close().await, "close");

    let store = &cx.storage;
    must_fail(store.commit(cx.change().update(&a, 1).0).await, ErrorKind::Closed);
    must_fail(store.get(std::slice::from_ref(&a)).await, ErrorKind::Closed);
    must_fail(store.list(&tasks()).await, ErrorKind::Closed);
    let claim = Claim { node_id: node, ttl_ms: TTL_MS, wants: vec![want(&a)] };
    must_fail(store.claim(&claim).await, ErrorKind::Closed);
    let renew = Renew { node_id: node, ttl_ms: TTL_MS, leases: vec![(a.clone(), token)] };
    must_fail(store.renew(&renew).await, ErrorKind::Closed);
    let query = EventQuery { filter: of_default_tenant(), after: Position::Beginning, limit: 1 };
    must_fail(store.read_events(&query).await, ErrorKind::Closed);
    while watch.next().await.is_some() {}
    while store.watch().next().await.is_some() {}
    must(store.close().await, "closing twice");
    assert_eq!(cx.open_again().await.record(&a).await.version, 1);
}

pub(super) async fn tenants_are_apart(cx: Ctx) {
    let names = [TenantId::default(), tenant_id("a"), tenant_id("a.b")];
    for (n, tenant) in names.iter().enumerate() {
        let key = key_of_tenant(tenant);
        let home = StreamKey::of(tenant.clone(), "task", "same");
        let change = cx.change().create(&key).append(&home, events(&[&n.to_string()]));
        assert_eq!(cx.ok(change).await.first_seqs, [1]);
    }
    cx.ok(cx.change().update(&key_of_tenant(&names[1]), 1)).await;
    cx.ok(cx.change().delete(&key_of_tenant(&names[2]), 1)).await;
    cx.take(cx.node(), want(&key_of_tenant(&names[0]))).await;
    let [first, second, third] = names.each_ref().map(key_of_tenant);
    let found = cx.get(&[first, second, third]).await;
    let versions: Vec<_> = found.iter().map(|r| r.as_ref().map(|r| r.version)).collect();
    assert_eq!(versions, [Some(1), Some(2), None]);
    let second = found[1].as_ref().map(|record| record.lease.node_id);
    assert_eq!(second, Some(None), "a lease is of one tenant");
    for (n, tenant) in names.iter().enumerate() {
        let filter = EventFilter { tenant_id: Some(tenant.clone()), ..EventFilter::default() };
        let mut feed = cx.feed(filter, Position::Beginning);
        assert_eq!(feed.texts(1).await, [n.to_string()]);
        feed.ends().await;
    }
}

fn key_of_tenant(tenant: &TenantId) -> crate::storage::RecordKey {
    crate::storage::RecordKey { tenant_id: tenant.clone(), ..key("same") }
}
