//! Answers: bodies whole and streamed, variables, and what is refused.

use crate::support::{ask, body, post, send, start, stream, user};
use scripted_model::{Answer, Block, ModelConfig, Pace, Scenario, ScriptedModel, Step, Usage};
use serde_json::{Value, json};

fn rich() -> Scenario {
    Scenario::new("rich").default("who", "you").step(
        Step::new()
            .thinking("Hm.")
            .block(Block::Text {
                text: "Hello ${who}, $HOME and $${x}.".to_owned(),
                pace: Pace { chunk_chars: Some(5.into()), ..Pace::default() },
            })
            .tool("Bash", json!({"command": "echo ${who}", "timeout": 5}))
            .usage(Usage { cache_read_input_tokens: Some(7), ..Usage::new(11, 13) })
            .header("x-extra", "yes")
            .pings(2u64),
    )
}

#[tokio::test]
async fn a_whole_answer_has_the_shape_of_the_api() {
    let model = start(rich()).await;
    let reply = ask(&model, &[user("scenario: rich who=\"all of you\"")]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.headers["x-extra"], "yes");
    assert!(reply.headers["request-id"].starts_with("req_"));
    let body = reply.json();
    assert_eq!(
        (&body["type"], &body["role"], &body["model"]),
        (&json!("message"), &json!("assistant"), &json!("claude-test"))
    );
    assert_eq!(body["stop_reason"], "tool_use");
    assert_eq!(body["content"][0]["thinking"], "Hm.");
    assert_eq!(body["content"][1]["text"], "Hello all of you, $HOME and ${x}.");
    assert_eq!(body["content"][2]["input"], json!({"command": "echo all of you", "timeout": 5}));
    assert_eq!(body["usage"]["input_tokens"], 11);
    assert_eq!(body["usage"]["output_tokens"], 13);
    assert_eq!(body["usage"]["cache_read_input_tokens"], 7);
}

#[tokio::test]
async fn a_stream_adds_up_to_the_whole_answer() {
    let model = start(rich()).await;
    let reply = stream(&model, &[user("scenario: rich")]).await;
    assert!(reply.whole);
    assert!(reply.headers["content-type"].starts_with("text/event-stream"));
    let types = reply.event_types();
    assert_eq!(types[..3], ["message_start", "ping", "ping"]);
    assert_eq!(types[types.len() - 3..], ["content_block_stop", "message_delta", "message_stop"]);
    let (mut text, mut thinking, mut input, mut signature) =
        <(String, String, String, String)>::default();
    let mut text_deltas = 0;
    for event in reply.events() {
        let delta = &event["delta"];
        let add = |to: &mut String, field: &str| to.push_str(delta[field].as_str().unwrap());
        match delta["type"].as_str() {
            Some("text_delta") => {
                add(&mut text, "text");
                text_deltas += 1;
            }
            Some("thinking_delta") => add(&mut thinking, "thinking"),
            Some("input_json_delta") => add(&mut input, "partial_json"),
            Some("signature_delta") => add(&mut signature, "signature"),
            _ => {}
        }
    }
    assert_eq!(
        (text.as_str(), thinking.as_str(), text_deltas),
        ("Hello you, $HOME and ${x}.", "Hm.", 6)
    );
    assert_eq!(
        serde_json::from_str::<Value>(&input).unwrap(),
        json!({"command": "echo you", "timeout": 5})
    );
    assert!(!signature.is_empty());
    let events = reply.events();
    let message = &events[0]["message"];
    assert_eq!((&message["content"], &message["stop_reason"]), (&json!([]), &Value::Null));
    assert_eq!(message["usage"]["output_tokens"], 1);
    let end = &events[events.len() - 2];
    assert_eq!(
        (&end["delta"]["stop_reason"], &end["usage"]["output_tokens"]),
        (&json!("tool_use"), &json!(13))
    );
}

#[tokio::test]
async fn a_text_with_a_delay_comes_word_by_word() {
    let model = start(Scenario::new("said").step(Step::new().say("one two three", 1))).await;
    let reply = stream(&model, &[user("scenario: said")]).await;
    let deltas: Vec<String> = reply
        .events()
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(deltas, ["one ", "two ", "three"]);
}

#[tokio::test]
async fn tool_ids_are_never_repeated() {
    let model = start(rich()).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let reply = ask(&model, &[user("scenario: rich")]).await;
        ids.push(reply.json()["content"][2]["id"].as_str().unwrap().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[tokio::test]
async fn tokens_are_counted_and_the_root_answers() {
    let model = start(rich()).await;
    let short = body(&[user("hi")], false);
    let long = body(&[user(&"hi".repeat(1000))], false);
    let count = async |body| {
        let reply = post(&model, "/v1/messages/count_tokens?beta=true", "s", body).await.unwrap();
        reply.json()["input_tokens"].as_u64().unwrap()
    };
    assert!(count(&long).await > count(&short).await + 400);
    let root = send(model.base_url(), "GET / HTTP/1.1\r\n", "").await.unwrap();
    assert!(root.json()["scenarios"].as_array().unwrap().contains(&json!("hello")));
    let head = send(model.base_url(), "HEAD / HTTP/1.1\r\n", "").await.unwrap();
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn what_is_wrong_is_refused_as_the_api_does() {
    let model = start(Scenario::new("needs").step(Step::new().text("${who}"))).await;
    let url = model.base_url();
    let unknown = send(url, "POST /v1/nothing HTTP/1.1\r\n", "{}").await.unwrap();
    let method = send(url, "GET /v1/messages HTTP/1.1\r\n", "").await.unwrap();
    let garbage = send(url, "POST /v1/messages HTTP/1.1\r\n", "{").await.unwrap();
    let no_model = post(&model, "/v1/messages", "s", &json!({"messages": []})).await.unwrap();
    let no_messages =
        post(&model, "/v1/messages", "s", &json!({"model": "m", "max_tokens": 1})).await.unwrap();
    let name = ask(&model, &[user("scenario: absent")]).await;
    let variable = ask(&model, &[user("scenario: needs")]).await;
    let cases = [
        (unknown, 404, "not_found_error", "/v1/nothing"),
        (method, 405, "api_error", "does not take GET"),
        (garbage, 400, "invalid_request_error", "body: "),
        (no_model, 400, "invalid_request_error", "model: "),
        (no_messages, 400, "invalid_request_error", "messages: "),
        (name, 400, "invalid_request_error", "no scenario is called `absent`; there are ask, bash"),
        (
            variable,
            400,
            "invalid_request_error",
            "scenario `needs`: steps[0]: blocks[0]: `${who}` has no value",
        ),
    ];
    for (reply, status, kind, message) in cases {
        let body = reply.json();
        assert_eq!((reply.status, body["type"].as_str()), (status, Some("error")), "{body}");
        assert_eq!(body["error"]["type"], kind, "{body}");
        assert!(body["error"]["message"].as_str().unwrap().contains(message), "{body}");
    }
    let last = model.requests().pop().unwrap();
    assert!(matches!(last.answer, Answer::Refused { status: 400, .. }), "{last:?}");
}

#[tokio::test]
async fn the_log_says_what_was_asked_and_holds_no_key() {
    let config = ModelConfig::new().scenario(rich()).keep_requests(2);
    let model = ScriptedModel::start(config).await.unwrap();
    for text in ["nothing", "scenario: hello", "scenario: rich"] {
        let head =
            "POST /v1/messages HTTP/1.1\r\nx-api-key: sk-fake\r\nX-Claude-Code-Session-Id: abc\r\n";
        send(model.base_url(), head, &body(&[user(text)], false).to_string()).await.unwrap();
    }
    let requests = model.requests();
    assert_eq!(requests.iter().map(|request| request.number).collect::<Vec<_>>(), [2, 3]);
    let last = &requests[1];
    assert_eq!(
        (last.session(), last.scenario(), last.step()),
        (Some("abc"), Some("rich"), Some(0))
    );
    assert_eq!(last.body["messages"][0]["content"], "scenario: rich");
    assert!(!last.headers.contains_key("x-api-key"));
    assert_eq!(model.wait_for(|request| request.scenario() == Some("hello")).await.number, 2);
}

#[tokio::test]
async fn without_a_marker_the_fallback_plays() {
    let model = start(rich()).await;
    let reply = ask(&model, &[user("hi")]).await;
    assert!(reply.text().contains("scenario: NAME"));
    let config = ModelConfig::new().scenario(crate::support::four()).fallback("four");
    let model = ScriptedModel::start(config).await.unwrap();
    assert_eq!(ask(&model, &[user("hi")]).await.text(), "step 0");
    let later =
        [user("hi"), crate::support::called(&["a"]), crate::support::results(&[("a", false, "")])];
    assert_eq!(ask(&model, &later).await.text(), "step 1");
    assert_eq!(ask(&model, &[user("scenario: hello text=x")]).await.text(), "x");
}

#[tokio::test]
async fn a_key_is_asked_for_where_one_is_set() {
    let config = ModelConfig::new().scenario(rich()).api_key("sk-made-up");
    let model = ScriptedModel::start(config).await.expect("it starts");
    let reply = ask(&model, &[user("scenario: rich")]).await;
    assert_eq!(reply.status, 401);
    assert!(matches!(model.requests()[0].answer, Answer::Refused { status: 401, .. }));
}
