//! What is over leaves nothing behind between the languages.

use std::sync::Arc;

use maestro_core::ffi::{Post, What};
use maestro_core::testing::held;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::Notify;

const SESSIONS: usize = 300;

/// A host language that agrees to everything.
struct Host {
    post: Post,
    rung: Arc<Notify>,
    last: u64,
}

impl Host {
    fn new() -> Self {
        let rung = Arc::new(Notify::new());
        let bell = Arc::clone(&rung);
        Self { post: Post::new(move || bell.notify_one(), Handle::current()), rung, last: 0 }
    }

    fn id(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Waits for an answer, and answers meanwhile.
    async fn answer(&self, id: u64) -> Option<String> {
        let mut found = None;
        loop {
            for letter in self.post.take() {
                match letter.what {
                    What::Answer if letter.id == id => found = Some(letter.text),
                    What::Answer | What::Cancel => {}
                    What::Error => panic!("{:?}", letter.text),
                    What::Call => {
                        let answer = match letter.name.as_deref() {
                            Some("permission.decide") => json!({ "decision": "allow" }),
                            Some("agent.open") => json!({ "agent_session_id": "one" }),
                            Some("agent.prompt") => json!({ "result": "Done." }),
                            _ => Value::Null,
                        };
                        self.post.reply(letter.id, Some(answer.to_string()), None).unwrap();
                    }
                }
            }
            if let Some(found) = found {
                return found;
            }
            self.rung.notified().await;
        }
    }

    async fn call(&mut self, operation: &str, text: String) -> Value {
        let id = self.id();
        self.post.submit(id, operation, text).unwrap();
        let answer = self.answer(id).await;
        answer.map_or(Value::Null, |answer| serde_json::from_str(&answer).unwrap())
    }

    async fn command(&mut self, verb: &str, args: Value) -> Value {
        self.call("command", json!({ "command": verb, "args": args }).to_string()).await
    }

    /// One session: opened, prompted, followed to the end of its turn, closed.
    async fn session(&mut self, agent: &str) {
        let spec = json!({ "project": "shop", "agent": agent });
        let session = self.command("sessions.open", json!({ "spec": spec })).await;
        let args = json!({ "session_id": session["session_id"], "after": { "at": "beginning" } });
        let feed = self.id();
        let text = json!({ "feed": "session", "args": args }).to_string();
        self.post.submit(feed, "events", text).unwrap();
        self.answer(feed).await;
        let prompt = json!([{ "type": "text", "text": "Go" }]);
        let args = json!({ "session_id": session["session_id"], "prompt": prompt });
        self.command("sessions.prompt", args).await;
        loop {
            let id = self.id();
            self.post.next_batch(id, feed, 100);
            let batch = self.answer(id).await.expect("the session goes on");
            if batch.contains("\"turn.ended\"") {
                break;
            }
        }
        // Nobody waits for this batch when the feed ends.
        let waiting = self.id();
        self.post.next_batch(waiting, feed, 100);
        self.post.end_feed(feed);
        // This one is given up while it is opened.
        let given_up = self.id();
        let text = json!({ "feed": "events", "args": { "after": { "at": "now" } } }).to_string();
        self.post.submit(given_up, "events", text).unwrap();
        self.post.cancel(given_up);
        self.post.end_feed(given_up);
        self.command("sessions.close", json!({ "session_id": session["session_id"] })).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_is_held_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let mut host = Host::new();
    let script =
        json!([{ "do": "tool", "name": "Bash", "ask": true }, { "do": "say", "text": "Hi" }]);
    let config = json!({
        "storage": { "kind": "memory" },
        "agents": {
            "own": { "kind": "foreign", "can": ["close"] },
            "scripted": { "kind": "scripted", "default": script },
        },
        "permission_handler": true,
    });
    host.call("open", config.to_string()).await;
    let spec = json!({ "name": "shop", "path": directory.path() });
    host.command("projects.ensure", json!({ "spec": spec })).await;
    let left = |host: &Host| {
        let node = host.post.node().unwrap();
        (held(node.maestro()), node.known(), host.post.under_way())
    };
    let before = left(&host);
    for number in 0..SESSIONS {
        host.session(if number % 2 == 0 { "own" } else { "scripted" }).await;
    }
    // What was told to end does so by itself, and soon.
    for _ in 0..1000 {
        if left(&host) == before {
            break;
        }
        host.command("events.emit", json!({ "type": "x.waits", "data": null })).await;
    }
    assert_eq!(left(&host), before);
}
