//! Calls, their answers and their errors.

use std::sync::Arc;

use maestro_core::ErrorKind;
use maestro_core::ffi::{Cancel, Host, Unhosted};
use serde_json::json;

use crate::fake::{Fake, Shop, command};

#[tokio::test]
async fn a_session_is_opened_prompted_and_closed() {
    let config = json!({ "agents": { "scripted": {
        "kind": "scripted", "default": [{ "do": "say", "text": "Hello from the shop." }],
    } } });
    let shop = Shop::open(config, Fake::default()).await;
    let session = shop.session().await;
    let turn = shop.turn(&session, "Say hello").await;
    assert_eq!(turn["result"], "Hello from the shop.");
    assert_eq!(turn["stop_reason"], "end_turn");
    let view = shop.query("sessions.view", json!({ "session_id": session })).await.unwrap();
    assert_eq!(view["state"], "idle");
    shop.command("sessions.close", json!({ "session_id": session })).await.unwrap();
    let listed = shop.query("sessions.list", json!({ "filter": {} })).await.unwrap();
    assert_eq!(listed["sessions"][0]["state"], "closed");
    assert!(listed["as_of"].is_string());
    shop.host.close("park").await.unwrap();
    let after = shop.command("sessions.open", json!({ "spec": { "project": "shop" } })).await;
    assert_eq!(after.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_by_its_name() {
    let shop = Shop::open(json!({}), Fake::default()).await;
    let wrong = [
        ("tasks.submitt", json!({}), "tasks.submitt"),
        ("tasks.submit", json!({}), "spec"),
        ("tasks.submit", json!({ "spec": { "priority": "high" } }), "`spec.priority`"),
        ("tasks.submit", json!({ "spec": {}, "extra": 1 }), "extra"),
        ("tasks.retry", json!({ "task_id": "nine" }), "`task_id`"),
        ("run.progress", json!({ "run": 7, "message": "" }), "the attempt is over"),
    ];
    for (verb, args, named) in wrong {
        let error = shop.command(verb, args).await.unwrap_err();
        assert!(error.message().contains(named), "{verb}: {error}");
        assert!(!error.message().contains("column"), "{error}");
    }
    let error = shop.command("tasks.submit", json!({ "spec": { "priority": "high" } })).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(error.context().collect::<Vec<_>>(), [("field", "spec.priority")]);
}

#[tokio::test]
async fn a_configuration_that_does_not_fit_is_refused_by_its_name() {
    let wrong = [
        (json!({ "concurency": 3 }), "concurency"),
        (json!({ "concurrency": "three" }), "`concurrency`"),
        (json!({ "sweep_every_ms": 1 }), "sweep_every"),
        (json!({ "agents": { "a": { "kind": "robot" } } }), "robot"),
    ];
    for (config, named) in wrong {
        let error = Host::open(&config.to_string(), Arc::new(Unhosted)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
        assert!(error.message().contains(named), "{error}");
    }
}

#[tokio::test]
async fn what_is_given_as_null_is_given() {
    for config in
        [json!({ "warm_sessions": null, "starts_at_once": 1 }), json!({ "warm_sessions": 0 })]
    {
        Host::open(&config.to_string(), Arc::new(Unhosted)).await.unwrap();
    }
}

#[tokio::test]
async fn a_scope_confines_and_a_store_is_a_file() {
    let shop = Shop::open(json!({}), Fake::default()).await;
    let actor = json!({ "kind": "person", "id": "ada" }).to_string();
    let other = shop.host.scoped(Some("acme"), Some(&actor)).unwrap();
    let spec = json!({ "name": "shop", "path": shop.directory.path() });
    let project = command(&other, "projects.ensure", json!({ "spec": spec })).await.unwrap();
    assert_eq!(project["tenant_id"], "acme");
    assert!(shop.host.scoped(Some("a b"), None).is_err());

    // What is confined stays so, and what is not given is as before.
    for (tenant, actor) in [
        (Some("default"), None),
        (Some("acme2"), None),
        (None, Some("eve")),
        (Some("acme"), Some("eve")),
    ] {
        let actor = actor.map(|id| json!({ "kind": "person", "id": id }).to_string());
        let error = other.scoped(tenant, actor.as_deref()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{tenant:?} {actor:?}: {error}");
    }
    let same = other.scoped(None, None).unwrap();
    let found = command(&same, "projects.ensure", json!({ "spec": spec })).await.unwrap();
    assert_eq!(found["id"], project["id"]);

    let path = shop.directory.path().join("maestro.db");
    let config = json!({ "storage": { "kind": "sqlite", "path": path, "relaxed": true } });
    let on_disk = Host::open(&config.to_string(), Arc::new(Unhosted)).await.unwrap();
    let kept = command(&on_disk, "projects.ensure", json!({ "spec": spec })).await.unwrap();
    on_disk.close("wait").await.unwrap();
    let again = Host::open(&config.to_string(), Arc::new(Unhosted)).await.unwrap();
    let found = command(&again, "projects.ensure", json!({ "spec": spec })).await.unwrap();
    assert_eq!(found["id"], kept["id"]);
    again.close("park").await.unwrap();
}

/// As Python writes a path of bytes that are no text, and Node a string that was cut within a character.
#[tokio::test]
async fn text_that_is_none_names_its_field() {
    let shop = Shop::open(json!({}), Fake::default()).await;
    for (call, field) in [
        (
            r#"{"command":"projects.ensure","args":{"spec":{"name":"a","path":"/tmp/proj\udce9"}}}"#,
            "path",
        ),
        (
            r#"{"command":"projects.ensure","args":{"spec":{"name":"a\ud83d","path":"/tmp"}}}"#,
            "name",
        ),
        (
            r#"{"command":"projects.ensure","args":{"spec":{"name":"a","path":{"type":"Buffer","data":[47]}}}}"#,
            "path",
        ),
        (
            r#"{"command":"tasks.submit","args":{"spec":{"prompt":"a\udce9","project":"x"}}}"#,
            "prompt",
        ),
    ] {
        let error = shop.host.command(call, &Cancel::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{call}: {error}");
        let named =
            error.context().find(|(key, _)| *key == "field").map(|(_, named)| named.to_owned());
        let named = named.unwrap_or_default();
        assert_eq!(named.rsplit('.').next(), Some(field), "{call}: {error}");
    }
}

#[tokio::test]
async fn giving_up_a_wait_leaves_the_work() {
    let config =
        json!({ "agents": { "s": { "kind": "scripted", "default": [{ "do": "hang" }] } } });
    let shop = Shop::open(config, Fake::default()).await;
    let session = shop.session().await;
    let turn = shop.prompt(&session, "Wait").await;
    let args = json!({ "session_id": session, "turn_id": turn });
    let (cancel, query) =
        (Cancel::new(), json!({ "query": "turns.wait", "args": args }).to_string());
    let waiting = shop.host.query(&query, &cancel);
    let (waited, ()) = futures::join!(waiting, async { cancel.cancel() });
    assert_eq!(waited.unwrap_err().kind(), ErrorKind::Cancelled);
    let info = shop.query("sessions.get", json!({ "session_id": session })).await.unwrap();
    assert!(info["turn"]["ended_at"].is_null(), "{info}");
    shop.command("turns.cancel", args.clone()).await.unwrap();
    let turn = shop.query("turns.wait", args).await.unwrap();
    assert_eq!(turn["stop_reason"], "cancelled");
}
