//! Calls by number, answered in an inbox.

use std::sync::Arc;

use maestro_core::ErrorKind;
use maestro_core::ffi::{Letter, Post, What};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// A post, and what its bell wakes.
struct Office {
    post: Post,
    rung: Arc<Notify>,
}

impl Office {
    async fn open() -> Self {
        let rung = Arc::new(Notify::new());
        let bell = Arc::clone(&rung);
        let office = Self { post: Post::new(move || bell.notify_one(), Handle::current()), rung };
        let config = json!({ "storage": { "kind": "memory" }, "tasks": ["check"] });
        office.post.submit(1, "open", config.to_string()).unwrap();
        assert_eq!(office.letters(1).await[0].what, What::Answer);
        office
    }

    /// What comes after rings, until there are so many.
    async fn letters(&self, count: usize) -> Vec<Letter> {
        let mut letters = Vec::new();
        while letters.len() < count {
            self.rung.notified().await;
            letters.extend(self.post.take());
        }
        letters
    }

    fn submit(&self, id: u64, operation: &str, text: &Value) {
        self.post.submit(id, operation, text.to_string()).unwrap();
    }

    fn check(&self, id: u64) {
        let spec = json!({ "kind": "check" });
        let submit = json!({ "command": "tasks.submit", "args": { "spec": spec } });
        self.submit(id, "command", &submit);
    }
}

fn text(letter: &Letter) -> Value {
    serde_json::from_str(letter.text.as_deref().unwrap()).unwrap()
}

#[tokio::test]
async fn a_call_is_answered_by_a_letter_with_its_id() {
    let office = Office::open().await;
    office.submit(2, "query", &json!({ "query": "projects.list", "args": {} }));
    let answered = office.letters(1).await.remove(0);
    assert_eq!((answered.what, answered.id, text(&answered)), (What::Answer, 2, json!([])));
    office.submit(3, "query", &json!({ "query": "projects.get", "args": { "project": "none" } }));
    let failed = office.letters(1).await.remove(0);
    assert_eq!((failed.what, failed.id), (What::Error, 3));
    assert_eq!(text(&failed)["kind"], "not_found");
    let error = office.post.submit(4, "nonsense", String::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn what_the_host_language_implements_is_called_and_replies() {
    let office = Office::open().await;
    office.check(2);
    let letters = office.letters(2).await;
    let submitted = letters.iter().find(|letter| letter.id == 2).unwrap();
    let called = letters.iter().find(|letter| letter.what == What::Call).unwrap();
    assert_eq!(called.name.as_deref(), Some("task.run"));
    for (answer, error) in [(None, None), (Some("{}".to_owned()), Some("{}"))] {
        let error = office.post.reply(called.id, answer, error).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    let returned = json!({ "returned": "all good" }).to_string();
    office.post.reply(called.id, Some(returned), None).unwrap();
    let wait = json!({ "query": "tasks.wait", "args": text(submitted) });
    office.submit(3, "query", &wait);
    let outcome = office.letters(1).await.remove(0);
    assert_eq!((outcome.id, &text(&outcome)["summary"]), (3, &json!("all good")));
}

#[tokio::test]
async fn a_feed_gives_batches_until_it_is_ended() {
    let office = Office::open().await;
    let after = json!({ "at": "beginning" });
    office.submit(2, "events", &json!({ "feed": "events", "args": { "after": after } }));
    assert_eq!(office.letters(1).await[0].what, What::Answer);
    let emit = json!({ "type": "x.one", "data": 1 });
    office.submit(3, "command", &json!({ "command": "events.emit", "args": emit }));
    office.letters(1).await;
    office.post.next_batch(4, 2, 100);
    let batch = office.letters(1).await.remove(0);
    assert!(text(&batch).as_array().unwrap().iter().any(|event| event["type"] == "x.one"));
    office.post.next_batch(5, 2, 100);
    office.post.end_feed(2);
    let end = office.letters(1).await.remove(0);
    assert_eq!((end.what, end.id, end.text), (What::Answer, 5, None));
}

#[tokio::test]
async fn whoever_waits_for_a_language_that_is_gone_is_told() {
    let office = Office::open().await;
    office.check(2);
    let letters = office.letters(2).await;
    let submitted = letters.iter().find(|letter| letter.id == 2).unwrap();
    office.submit(3, "query", &json!({ "query": "tasks.wait", "args": text(submitted) }));
    office.post.end();
    // It rings no more.
    let outcome = loop {
        match office.post.take().pop() {
            Some(letter) => break letter,
            None => tokio::task::yield_now().await,
        }
    };
    let outcome = text(&outcome);
    assert_eq!(outcome["outcome"], "failed");
    assert!(outcome["error"]["message"].as_str().unwrap().contains("is gone"), "{outcome}");
}
