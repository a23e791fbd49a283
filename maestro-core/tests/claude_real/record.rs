//! Makes the recordings that the mapper is tested with: `make record`.

use std::path::Path;
use std::sync::Arc;

use maestro_core::agent::AgentEvent;
use maestro_core::agent::claude::HookPoint;
use maestro_core::model::{Decision, EventData, Remember};
use maestro_core::testing::record::Neutral;
use serde_json::json;

use crate::basics::with_lists;
use crate::house::{House, Opening};
use crate::program::Release;
use crate::served::{Strict, stock};

/// How many bytes a recording may have.
const LARGEST: u64 = 32 * 1024;

macro_rules! scenes {
    ($($name:ident,)*) => {
        async fn play(scene: &str, house: &mut House) {
            match scene {
                $(stringify!($name) => $name(house).await,)*
                other => panic!("there is no scene {other}"),
            }
        }
        const SCENES: &[&str] = &[$(stringify!($name)),*];
    };
}

scenes! {
    text, thought, tool_allowed, tool_denied, tool_changed, question, plan_mode, todo, tasks,
    subagent, two_subagents, interrupt_message, interrupt_tool, steer, error_529, error_400,
    stream_error, drop_mid, structured, hook_deny, mcp_tool, resume, fork, write_session,
}

#[tokio::test]
#[ignore = "writes fixtures: make record"]
async fn record() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/claude");
    for release in Release::ALL {
        let folder = fixtures.join(release.version());
        for scene in SCENES {
            let mut house = House::build(release).await.expect("a program");
            play(scene, &mut house).await;
            let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
            let base = house.model.base_url().to_owned();
            let mut neutral = Neutral::new()
                .path(path(house.work.path()), "/work-dir")
                .path(path(house.home.path()), "/home-dir")
                .path(base, "http://127.0.0.1:1");
            house.recorder.recording().write(&folder, scene, &mut neutral).expect("it is written");
            let size = std::fs::metadata(folder.join(format!("{scene}.jsonl")))
                .expect("it is there")
                .len();
            eprintln!("{} {scene}: {size}", release.version());
            assert!(size <= LARGEST, "{scene} of {} has {size} bytes", release.version());
        }
    }
}

async fn say(house: &mut House, prompt: &str) {
    let mut talk = house.open().await;
    talk.ask(prompt).await;
    talk.session.close(false).await.expect("it closes");
    talk.until_ended().await;
}

async fn decide(house: &mut House, prompt: &str, decision: Decision) {
    let mut talk = house.open().await;
    talk.prompt(prompt).await;
    let asked = talk.question().await;
    talk.answer(&asked, decision).await;
    talk.until_idle().await;
}

async fn text(house: &mut House) {
    say(house, "scenario: slow count=3 delay_ms=1").await;
}

async fn thought(house: &mut House) {
    say(house, "scenario: think").await;
}

async fn tool_allowed(house: &mut House) {
    decide(house, "scenario: bash command=\"touch x.txt\"", Decision::allow()).await;
}

async fn tool_denied(house: &mut House) {
    decide(house, "scenario: bash command=\"touch x.txt\"", Decision::deny("No.")).await;
}

async fn tool_changed(house: &mut House) {
    let input = json!({ "command": "touch y.txt" });
    let changed = Decision::Allow { input: Some(input), remember: Remember::Once };
    decide(house, "scenario: bash command=\"touch x.txt\"", changed).await;
}

async fn write_session(house: &mut House) {
    let remember = Decision::Allow { input: None, remember: Remember::Session };
    decide(house, "scenario: write-file path=a.txt content=\"one\\ntwo\\n\"", remember).await;
}

async fn question(house: &mut House) {
    let answers = json!({ "Which colour?": "Blue" });
    decide(house, "scenario: ask", Decision::Answer { answers }).await;
}

async fn plan_mode(house: &mut House) {
    let mut talk = house.open_with(|spec| spec.mode = Some("plan".to_owned())).await;
    talk.prompt("scenario: plan").await;
    let asked = talk.question().await;
    talk.answer(&asked, Decision::allow()).await;
    talk.until_idle().await;
}

async fn todo(house: &mut House) {
    let mut talk = house.open_with(|spec| spec.env = with_lists(false)).await;
    talk.ask("scenario: todo").await;
}

async fn tasks(house: &mut House) {
    let mut talk = house.open_with(|spec| spec.env = with_lists(true)).await;
    talk.ask("scenario: tasks").await;
}

async fn subagent(house: &mut House) {
    say(house, "scenario: subagent").await;
}

async fn two_subagents(house: &mut House) {
    let mut talk = house.open_with(|spec| spec.partial_messages = Some(false)).await;
    talk.prompt("scenario: two-agents").await;
    let (first, second) = (talk.question().await, talk.question().await);
    talk.answer(&second, Decision::allow()).await;
    talk.answer(&first, Decision::allow()).await;
    talk.until_idle().await;
}

async fn interrupt_message(house: &mut House) {
    let mut talk = house.open().await;
    talk.prompt("scenario: slow count=1000 delay_ms=50").await;
    talk.until_delta().await;
    talk.session.interrupt().await.expect("it is told");
    talk.until_idle().await;
}

async fn interrupt_tool(house: &mut House) {
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch runs.txt; sleep 60\"").await;
    let asked = talk.question().await;
    talk.answer(&asked, Decision::allow()).await;
    while !house.file("runs.txt").exists() {
        tokio::task::yield_now().await;
    }
    talk.session.interrupt().await.expect("it is told");
    talk.until_idle().await;
}

async fn steer(house: &mut House) {
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch x.txt\"").await;
    let asked = talk.question().await;
    talk.steer("And mind the gap.").await;
    if house.release.says_what_it_read() {
        talk.until(|event| {
            matches!(event, AgentEvent::Fact(EventData::AgentFrame(frame))
                if frame.frame_type == "command_lifecycle")
        })
        .await;
    }
    talk.answer(&asked, Decision::allow()).await;
    talk.until_idle().await;
}

async fn error_529(house: &mut House) {
    say(house, "scenario: error-529").await;
}

async fn error_400(house: &mut House) {
    say(house, "scenario: error-400").await;
}

async fn stream_error(house: &mut House) {
    say(house, "scenario: stream-error").await;
}

async fn drop_mid(house: &mut House) {
    say(house, "scenario: drop-mid").await;
}

async fn structured(house: &mut House) {
    let schema = json!({ "type": "object", "properties": { "answer": { "type": "number" } } });
    let mut talk = house.open_with(|spec| spec.output_schema = schema).await;
    talk.ask("scenario: structured").await;
}

async fn hook_deny(house: &mut House) {
    house.agent = house.agent.clone().hook(HookPoint::new("PreToolUse"), Strict);
    say(house, "scenario: bash command=\"rm x.txt\"").await;
}

async fn mcp_tool(house: &mut House) {
    let opening = Opening { mcp: vec![Arc::new(stock())], ..Opening::default() };
    let mut talk = house.try_open(opening).await.expect("it opens");
    talk.prompt("scenario: use").await;
    let asked = talk.question().await;
    talk.answer(&asked, Decision::allow()).await;
    talk.until_idle().await;
}

async fn resume(house: &mut House) {
    go_on(house, false).await;
}

async fn fork(house: &mut House) {
    go_on(house, true).await;
}

async fn go_on(house: &mut House, fork: bool) {
    let mut talk = house.open().await;
    talk.ask("scenario: hello text=\"First.\"").await;
    talk.session.close(false).await.expect("it closes");
    talk.until_ended().await;
    let resume = Some(talk.pointer.clone());
    let opening = Opening { resume, fork, ..Opening::default() };
    let mut talk = house.try_open(opening).await.expect("it opens");
    talk.ask("scenario: hello text=\"Second.\"").await;
}
