//! What goes wrong on purpose, and that a stop ends everything.

use crate::support::{ask, body, post, start, stream, user};
use scripted_model::{Answer, Fault, Scenario, ScriptedModel, Step};

async fn failing(fault: Fault) -> ScriptedModel {
    let text = "one two three four";
    start(Scenario::new("fails").step(Step::new().say(text, 1).fail(fault))).await
}

fn prompt() -> Vec<serde_json::Value> {
    vec![user("scenario: fails")]
}

#[tokio::test]
async fn statuses_are_played_in_order_and_then_the_step() {
    let step = Step::new()
        .text("ok")
        .fail(Fault::status(429).header("retry-after", "1"))
        .fail(Fault::status(529).times(2u64));
    let model = start(Scenario::new("fails").step(step)).await;
    let first = stream(&model, &prompt()).await;
    assert_eq!((first.status, first.headers["retry-after"].as_str()), (429, "1"));
    assert_eq!(first.json()["error"]["type"], "rate_limit_error");
    assert_eq!(first.json()["request_id"], first.headers["request-id"].as_str());
    for _ in 0..2 {
        let reply = ask(&model, &prompt()).await;
        assert_eq!(
            (reply.status, reply.json()["error"]["type"].as_str()),
            (529, Some("overloaded_error"))
        );
    }
    assert_eq!(ask(&model, &prompt()).await.text(), "ok");
    let answers: Vec<Answer> = model.requests().into_iter().map(|request| request.answer).collect();
    let fault = |failure| Answer::Fault { scenario: "fails".to_owned(), step: 0, failure };
    let step = Answer::Step { scenario: "fails".to_owned(), step: 0 };
    assert_eq!(answers, [fault(0), fault(1), fault(2), step]);
}

#[tokio::test]
async fn failures_are_counted_for_each_session_and_prompt() {
    let model = failing(Fault::status(500)).await;
    let status = async |session: &str, messages: &[serde_json::Value]| {
        post(&model, "/v1/messages", session, &body(messages, false)).await.unwrap().status
    };
    assert_eq!(status("a", &prompt()).await, 500);
    assert_eq!(status("b", &prompt()).await, 500);
    assert_eq!(status("a", &prompt()).await, 200);
    let again = [prompt(), vec![crate::support::said("one"), user("scenario: fails")]].concat();
    assert_eq!(status("a", &again).await, 500);
    assert_eq!(status("a", &again).await, 200);
}

#[tokio::test]
async fn a_variable_says_how_often() {
    let model = start(Scenario::new("unused")).await;
    let prompt = [user("scenario: error-500 times=2")];
    for expected in [500, 500, 200] {
        assert_eq!(ask(&model, &prompt).await.status, expected);
    }
}

#[tokio::test]
async fn a_drop_before_headers_is_no_answer() {
    let model = failing(Fault::drop_before_headers()).await;
    assert!(post(&model, "/v1/messages", "s", &body(&prompt(), true)).await.is_none());
    assert!(stream(&model, &prompt()).await.whole);
}

#[tokio::test]
async fn a_drop_in_the_stream_leaves_half_of_it() {
    let model = failing(Fault::drop_mid_stream()).await;
    let reply = stream(&model, &prompt()).await;
    assert!(!reply.whole);
    assert_eq!(
        reply.event_types(),
        [
            "message_start",
            "ping",
            "content_block_start",
            "content_block_delta",
            "content_block_delta"
        ]
    );
    assert!(stream(&model, &prompt()).await.whole);
}

#[tokio::test]
async fn a_drop_of_a_whole_answer_is_no_answer() {
    let model = failing(Fault::drop_mid_stream()).await;
    assert!(post(&model, "/v1/messages", "s", &body(&prompt(), false)).await.is_none());
}

#[tokio::test]
async fn an_error_inside_the_stream_is_its_last_event() {
    let model = failing(Fault::stream_error("overloaded_error")).await;
    let reply = stream(&model, &prompt()).await;
    assert!(reply.whole);
    let last = reply.events().pop().unwrap();
    assert_eq!(
        (&last["type"], &last["error"]["type"]),
        (&"error".into(), &"overloaded_error".into())
    );
    assert!(!reply.event_types().contains(&"message_stop".to_owned()));

    let model = failing(Fault::stream_error("overloaded_error")).await;
    assert_eq!(ask(&model, &prompt()).await.status, 529);
}

#[tokio::test]
async fn a_stop_cuts_what_hangs() {
    for fault in [Fault::hang(), Fault::hang_mid_stream()] {
        let model = failing(fault.clone()).await;
        let url = model.base_url().to_owned();
        let body = body(&prompt(), true).to_string();
        let client = tokio::spawn(async move {
            crate::support::send(&url, "POST /v1/messages HTTP/1.1\r\n", &body).await
        });
        model.wait_for(|request| request.scenario() == Some("fails")).await;
        model.stop().await;
        let reply = client.await.unwrap();
        assert!(reply.is_none_or(|reply| !reply.whole), "{fault:?}");
    }
}

#[tokio::test]
async fn a_drop_of_the_endpoint_cuts_what_hangs() {
    let model = failing(Fault::hang()).await;
    let url = model.base_url().to_owned();
    let body = body(&prompt(), true).to_string();
    let client = tokio::spawn(async move {
        crate::support::send(&url, "POST /v1/messages HTTP/1.1\r\n", &body).await
    });
    model.wait_for(|request| request.scenario() == Some("fails")).await;
    drop(model);
    assert!(client.await.unwrap().is_none());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_silent_client() {
    let model = failing(Fault::hang()).await;
    let address = model.base_url().strip_prefix("http://").unwrap().to_owned();
    let mut silent = tokio::net::TcpStream::connect(&address).await.unwrap();
    let half = b"POST /v1/messages HTTP/1.1\r\ncontent-length: 9\r\n\r\n{";
    tokio::io::AsyncWriteExt::write_all(&mut silent, half).await.unwrap();
    // Another answer shows that the endpoint is up and has had the time to take the first connection.
    stream(&model, &[user("scenario: hello")]).await;
    model.stop().await;
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());
    drop(silent);
}
