//! Kinds of tasks of the host language.

use std::sync::{Arc, OnceLock};

use maestro_core::ffi::Host;
use serde_json::{Value, json};

use crate::fake::{Fake, Shop, all, command, error};

fn config() -> Value {
    json!({ "tasks": ["check"] })
}

async fn outcome(shop: &Shop, task: &str) -> Value {
    shop.query("tasks.wait", json!({ "task_id": task })).await.unwrap()
}

#[tokio::test]
async fn what_a_task_returns_is_its_outcome() {
    let fake = Fake::default().on("task.run", |run| async move {
        Ok(match run["task"]["spec"]["input"].as_str().unwrap() {
            "text" => json!({ "returned": "all good" }),
            "nothing" => json!({ "returned": null }),
            "object" => json!({ "returned": { "count": 3 } }),
            "person" => json!({ "outcome": { "outcome": "input_required", "reason": "key" } }),
            _ => json!("neither"),
        })
    });
    let shop = Shop::open(config(), fake).await;
    let expected = [
        ("text", json!({ "outcome": "succeeded", "summary": "all good" })),
        ("nothing", json!({ "outcome": "succeeded", "summary": "" })),
        ("object", json!({ "outcome": "succeeded", "summary": "", "output": { "count": 3 } })),
        ("person", json!({ "outcome": "input_required", "reason": "key" })),
    ];
    for (input, expected) in expected {
        let task = shop.submit(json!({ "kind": "check", "input": input })).await;
        assert_eq!(outcome(&shop, &task).await, expected);
    }
    assert_eq!(shop.fake.faults(), Vec::<Value>::new());
    let task = shop.submit(json!({ "kind": "check", "input": "bad" })).await;
    let failed = outcome(&shop, &task).await;
    assert_eq!(failed["error"]["kind"], "protocol", "{failed}");
    assert_eq!(shop.fake.faults()[0]["error"]["kind"], "protocol");
}

#[tokio::test]
async fn an_exception_keeps_its_text_kind_and_retryable_and_loses_nothing() {
    let fake = Fake::default().on("task.run", |run| async move {
        match run["attempt"].as_u64().unwrap() {
            1 => Err(error("unavailable", "KeyError: 'sku'", true)),
            _ => Err(error("internal", "ValueError: no such shelf", false)),
        }
    });
    let shop = Shop::open(config(), fake).await;
    let retry = json!({ "max_attempts": 5, "backoff_ms": 1 });
    let task = shop.submit(json!({ "kind": "check", "retry": retry })).await;
    let outcome = outcome(&shop, &task).await;
    assert_eq!(outcome["error"]["message"], "ValueError: no such shelf", "{outcome}");
    assert_eq!(outcome["error"]["kind"], "internal");
    assert_eq!(outcome["retryable"], false);
    let info = shop.query("tasks.get", json!({ "task_id": task })).await.unwrap();
    assert_eq!(info["attempts"].as_array().unwrap().len(), 2, "{info}");
    assert_eq!(info["attempts"][0]["error"]["message"], "KeyError: 'sku'");
    // The first was thrown for whoever asked, as its kind says; the second is a mistake.
    let faults = shop.fake.faults();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0]["error"]["message"], "ValueError: no such shelf");
    // The node goes on.
    assert_eq!(shop.query("projects.list", json!({})).await.unwrap()[0]["name"], "shop");
}

#[tokio::test]
async fn a_task_reports_and_waits_at_a_gate() {
    let host = Arc::new(OnceLock::<Host>::new());
    let of_task = host.clone();
    let fake = Fake::default().on("task.run", move |run| {
        let host = of_task.get().unwrap().clone();
        async move {
            let run = &run["run"];
            command(
                &host,
                "run.progress",
                json!({ "run": run, "message": "half", "fraction": 0.5 }),
            )
            .await?;
            command(&host, "run.emit", json!({ "run": run, "type": "x.seen", "data": [1] }))
                .await?;
            let gate = json!({ "run": run, "title": "Ship it?", "input": { "to": "all" } });
            let passed = command(&host, "run.gate", gate).await?;
            Ok(json!({ "returned": passed["state"] }))
        }
    });
    let shop = Shop::open(config(), fake).await;
    host.set(shop.host.clone()).unwrap();
    let task = shop.submit(json!({ "kind": "check" })).await;
    let feed = shop.feed("task", json!({ "task_id": task, "after": { "at": "beginning" } })).await;
    let asked = shop.until(&feed, "approval.requested").await;
    assert_eq!(asked["data"]["kind"], "gate");
    let decision = json!({ "decision": "allow" });
    let decide = json!({ "approval_id": asked["data"]["approval_id"], "decision": decision });
    shop.command("approvals.decide", decide).await.unwrap();
    assert_eq!(outcome(&shop, &task).await["summary"], "allowed");
    let feed = shop.feed("task", json!({ "task_id": task, "after": { "at": "beginning" } })).await;
    let events = all(&feed).await;
    let of_type = |of: &str| events.iter().find(|event| event["type"] == of).unwrap();
    assert_eq!(of_type("task.progress")["data"]["fraction"], 0.5);
    assert_eq!(of_type("x.seen")["data"], json!([1]));
}

#[tokio::test]
async fn a_cancel_reaches_the_task_of_the_host() {
    let (started, starts) = async_channel::unbounded();
    let fake = Fake::default().on("task.run", move |run| {
        let started = started.clone();
        async move {
            started.send(run["run"].as_u64().unwrap()).await.unwrap();
            std::future::pending().await
        }
    });
    let shop = Shop::open(config(), fake).await;
    let task = shop.submit(json!({ "kind": "check" })).await;
    let run = starts.recv().await.unwrap();
    shop.command("tasks.cancel", json!({ "task_id": task, "reason": "enough" })).await.unwrap();
    assert_eq!(outcome(&shop, &task).await["outcome"], "cancelled");
    assert_eq!(shop.fake.cancelled(), [run]);
}
