//! Agents and permission handlers of the host language.

use std::sync::{Arc, OnceLock};

use maestro_core::ffi::Host;
use serde_json::{Map, Value, json};

use crate::fake::{Fake, Shop, all, command, error};

/// A line of an agent's own, with what JSON has to escape.
const FRAME: &str = "{\"said\":\"\\\"I\\\" ä\\n\"}\u{1}";

/// An agent that does what it is asked: `say`, `frame`, `ask`, `fail`, `hang`, `lie`.
fn agent(host: &Arc<OnceLock<Host>>) -> Fake {
    let host = host.clone();
    Fake::default()
        .on("agent.open", |open| async move {
            assert_eq!(open["agent"], "mine");
            Ok(json!({ "agent_session_id": "mine-1" }))
        })
        .on("agent.prompt", move |prompt| {
            let host = host.get().unwrap().clone();
            async move {
                let conversation = &prompt["conversation"];
                let message = |text: &str| {
                    let blocks = json!([{ "type": "text", "text": text }]);
                    let data = json!({ "message_id": "m", "role": "assistant", "blocks": blocks });
                    json!({ "type": "message", "data": data })
                };
                let report = |event: Value| {
                    let args = json!({ "conversation": conversation, "events": [event] });
                    command(&host, "agent.report", args)
                };
                match prompt["text"].as_str().unwrap() {
                    "say" => report(message("I am here.")).await?,
                    "frame" => {
                        let (events, raw) = (json!([message("I am here.")]), FRAME);
                        let args = json!({
                            "conversation": conversation, "events": events, "raw": raw,
                        });
                        command(&host, "agent.report", args).await?
                    }
                    "lie" => report(json!({ "type": "task.ended", "data": {} })).await?,
                    "ask" => {
                        let ask =
                            json!({ "tool": "Deploy", "title": "Deploy?", "input": { "n": 1 } });
                        let args = json!({ "conversation": conversation, "approval": ask });
                        let decision = command(&host, "agent.ask", args).await?;
                        report(message(decision["decision"].as_str().unwrap())).await?
                    }
                    "fail" => return Err(error("unavailable", "KeyError: 'mood'", true)),
                    _ => std::future::pending().await,
                };
                Ok(json!({ "usage": { "output_tokens": 7 }, "cost_micro_usd": 12 }))
            }
        })
}

async fn mine(permission_handler: bool) -> (Shop, String) {
    let host = Arc::new(OnceLock::new());
    let fake = agent(&host).on("permission.decide", |asked| async move {
        match asked["approval"]["input"]["n"].as_i64() {
            Some(1) => Ok(json!({ "decision": "deny", "message": "not today" })),
            _ => Err(error("internal", "TypeError: no", false)),
        }
    });
    let agents = json!({ "mine": { "kind": "foreign" } });
    let config = json!({ "agents": agents, "permission_handler": permission_handler });
    let shop = Shop::open(config, fake).await;
    host.set(shop.host.clone()).unwrap();
    let session = shop.session().await;
    (shop, session)
}

#[tokio::test]
async fn frames_and_what_events_have_in_common_come_in_the_json_or_beside_it() {
    let (shop, session) = mine(false).await;
    shop.turn(&session, "frame").await;
    shop.command("sessions.close", json!({ "session_id": session })).await.unwrap();
    let args = json!({ "session_id": session, "after": { "at": "beginning" } });
    let within = all(&shop.feed("session", args.clone()).await).await;
    let framed: Vec<_> = within.iter().filter(|event| event["raw"] == FRAME).collect();
    assert_eq!((framed.len(), &framed[0]["type"]), (1, &json!("message")), "{within:?}");

    // From everywhere: what events have in common is what the first of them has.
    let (mut said, mut nulls) = (0, 0);
    for (start, before) in within.iter().enumerate().filter(|(_, event)| event["seq"].is_u64()) {
        let after = json!({ "at": "after", "cursor": before["cursor"] });
        let feed = shop.feed("session", json!({ "session_id": session, "after": after })).await;
        let mut beside = Vec::new();
        while let Some(batch) = feed.next_apart(100).await.unwrap() {
            let events: Vec<Map<String, Value>> = serde_json::from_str(&batch.json).unwrap();
            let common = batch.common.map(|common| serde_json::from_str(&common).unwrap());
            let common: Map<String, Value> = common.unwrap_or_default();
            assert!(batch.frames.is_empty() || batch.frames.len() == events.len());
            let frames = batch.frames.into_iter().chain(std::iter::repeat(None));
            for (event, frame) in events.into_iter().zip(frames) {
                assert!(event.get("raw").is_none(), "{event:?}");
                let frame = frame.map(|frame| ("raw".to_owned(), json!(frame)));
                if !event.contains_key("seq") {
                    beside.push(event);
                    continue;
                }
                said += usize::from(event.contains_key("actor"));
                nulls += event.values().filter(|value| value.is_null()).count();
                let mut whole = common.clone();
                whole.extend(event.into_iter().chain(frame));
                whole.retain(|_, value| !value.is_null());
                beside.push(whole);
            }
        }
        assert_eq!(json!(beside), json!(within[start + 1..]));
    }
    assert!(said > 0 && nulls > 0, "some say what is another, and some that they have none");
}

#[tokio::test]
async fn an_agent_answers_and_is_counted() {
    let (shop, session) = mine(false).await;
    let turn = shop.turn(&session, "say").await;
    assert_eq!(turn["result"], "I am here.");
    assert_eq!(
        (&turn["usage"]["output_tokens"], &turn["usage"]["cost_micro_usd"]),
        (&json!(7), &json!(12))
    );
    let info = shop.query("sessions.get", json!({ "session_id": session })).await.unwrap();
    assert_eq!(info["pointer"]["agent_session_id"], "mine-1");
    shop.command("sessions.close", json!({ "session_id": session })).await.unwrap();
    assert_eq!(shop.fake.cancelled().len(), 1, "the host hears that the conversation is over");
}

#[tokio::test]
async fn an_agent_s_exception_ends_the_turn_with_its_text() {
    let (shop, session) = mine(false).await;
    let turn = shop.turn(&session, "fail").await;
    assert_eq!(turn["error"]["message"], "KeyError: 'mood'", "{turn}");
    assert_eq!(turn["error"]["kind"], "unavailable");
    assert_eq!(turn["error"]["retryable"], true);
    let lied = shop.turn(&session, "lie").await;
    assert!(lied["error"]["message"].as_str().unwrap().contains("task.ended"), "{lied}");
    assert_eq!(shop.turn(&session, "say").await["result"], "I am here.", "nothing is lost");
}

#[tokio::test]
async fn an_agent_asks_a_person_and_is_interrupted() {
    let (shop, session) = mine(false).await;
    let args = json!({ "session_id": session, "after": { "at": "beginning" } });
    let feed = shop.feed("session", args).await;
    let turn = shop.prompt(&session, "ask").await;
    let asked = shop.until(&feed, "approval.requested").await;
    assert_eq!(asked["data"]["tool"], "Deploy");
    let decision = json!({ "decision": "allow" });
    let decide = json!({ "approval_id": asked["data"]["approval_id"], "decision": decision });
    shop.command("approvals.decide", decide).await.unwrap();
    let args = json!({ "session_id": session, "turn_id": turn });
    assert_eq!(shop.query("turns.wait", args).await.unwrap()["result"], "allow");

    let turn = shop.prompt(&session, "hang").await;
    shop.until(&feed, "turn.started").await;
    shop.command("sessions.interrupt", json!({ "session_id": session })).await.unwrap();
    let args = json!({ "session_id": session, "turn_id": turn });
    assert_eq!(shop.query("turns.wait", args).await.unwrap()["stop_reason"], "cancelled");
    let unsupported = json!({ "session_id": session, "mode": "plan" });
    let error = shop.command("sessions.set_mode", unsupported).await.unwrap_err();
    assert_eq!(error.kind(), maestro_core::ErrorKind::Unsupported, "{error}");
}

#[tokio::test]
async fn a_permission_handler_answers_for_the_person() {
    let (shop, session) = mine(true).await;
    assert_eq!(shop.turn(&session, "ask").await["result"], "deny");
    assert_eq!(shop.fake.faults(), Vec::<Value>::new());
}

#[tokio::test]
async fn the_host_is_told_what_its_users_code_failed_with_and_only_that() {
    /// What a handler does, and what the host is told of it.
    const CASES: [(&str, &str); 4] = [
        ("raise", "TypeError: no"),
        // Of a permission handler errors of Maestro's own are told too: nobody else hears them.
        ("own", "the line is dead"),
        ("wrong", "the answer to `permission.decide`"),
        ("misshapen", "the answer to `permission.decide`"),
    ];
    for (what, why) in CASES {
        let host = Arc::new(OnceLock::new());
        let fake = agent(&host).on("permission.decide", move |_| async move {
            match what {
                "raise" => Err(error("internal", "TypeError: no", false)),
                "own" => Err(error("unavailable", "the line is dead", true)),
                "wrong" => Ok(json!("allow")),
                _ => Ok(json!({ "decision": "allow_all" })),
            }
        });
        let agents = json!({ "mine": { "kind": "foreign" } });
        let config = json!({ "agents": agents, "permission_handler": true });
        let shop = Shop::open(config, fake).await;
        host.set(shop.host.clone()).unwrap();
        let session = shop.session().await;
        shop.prompt(&session, "ask").await;
        let args = json!({ "session_id": session, "after": { "at": "beginning" } });
        let feed = shop.feed("session", args).await;
        let updated = shop.until(&feed, "approval.updated").await;
        let faults = shop.fake.faults();
        assert_eq!(faults.len(), 1, "{what}: {faults:?}");
        let message = faults[0]["message"].as_str().unwrap();
        assert_eq!(message, "the permission handler failed; the question waits for a person");
        assert!(
            faults[0]["error"]["message"].as_str().unwrap().contains(why),
            "{what}: {faults:?}"
        );
        assert_eq!(updated["data"]["handler_error"]["message"], faults[0]["error"]["message"]);
    }
}
