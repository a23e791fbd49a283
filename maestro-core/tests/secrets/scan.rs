//! One session that spills a key in every way that it can; then everything is searched for the key.
//!
//! The agent's own transcript, below its configuration directory, is the agent's, and so is what its
//! tools write into the workspace: neither is searched.

use maestro_core::model::{
    AccountSpec, ActorKind, ApprovalState, EventData, EventFilter, LoginState, Position, SecretRef,
    SessionSpec, TurnInfo,
};
use maestro_core::session::SessionHandle;
use maestro_core::{Error, Running};

use super::house::{House, Way, count, made_up_key};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_the_environment_is_shown_nowhere() {
    let key = made_up_key();
    let Some(house) = House::build(&key, Way::Shown).await else {
        return;
    };
    let seen = spill(house, None).await;
    assert!(
        seen.tool_env.contains(&key),
        "the tool was to see the key, so that there is a key to hide"
    );
}

/// The same in a process of its own, since a test cannot change the environment that it runs in.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_inherited_is_shown_nowhere() {
    let test = std::env::current_exe().expect("a path");
    let output = std::process::Command::new(test)
        .args(["--exact", "scan::inherits", "--ignored", "--nocapture"])
        .env("ANTHROPIC_API_KEY", made_up_key())
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{errors}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a role of another test"]
async fn inherits() {
    let key = std::env::var_os("ANTHROPIC_API_KEY").expect("a key").into_string().expect("text");
    assert!(key.starts_with("sk-ant-test-"));
    let Some(house) = House::build(&key, Way::Inherited).await else {
        return;
    };
    let seen = spill(house, None).await;
    assert!(seen.tool_env.contains(&key));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_an_account_is_shown_nowhere_and_to_no_tool() {
    let key = made_up_key();
    let Some(house) = House::build(&key, Way::Account).await else {
        return;
    };
    let file = house.directory.path().join("key");
    std::fs::write(&file, format!("{key}\n")).expect("a disk");
    let spec = AccountSpec::new("team")
        .agent("claude_code")
        .credential("ANTHROPIC_API_KEY", SecretRef::file(&file));
    house.maestro.accounts().put(spec).await.expect("an account");
    let seen = spill(house, Some("team")).await;
    assert!(seen.tool_env.contains("CLAUDECODE=1"), "{}", seen.tool_env);
    assert!(!seen.tool_env.contains(&key) && !seen.tool_env.contains("ANTHROPIC_API_KEY"));
}

struct Seen {
    tool_env: String,
}

#[expect(clippy::disallowed_methods, reason = "the test reads beside its session, on tokio")]
async fn spill(house: House, account: Option<&str>) -> Seen {
    let maestro = house.maestro.clone();
    let mut live =
        maestro.events().subscribe(EventFilter::default(), Position::Now).await.expect("a feed");
    let collecting = tokio::spawn(async move {
        let mut text = Vec::new();
        let (mut deltas, mut stderr) = (String::new(), String::new());
        while let Some(Ok(event)) = live.next().await {
            text.extend(serde_json::to_vec(&event).expect("JSON"));
            match &event.data {
                EventData::MessageDelta(delta) => deltas.push_str(&delta.text),
                EventData::ThoughtDelta(delta) => deltas.push_str(&delta.text),
                EventData::AgentStderr(said) => stderr.push_str(&said.text),
                _ => {}
            }
        }
        (text, deltas, stderr)
    });

    let mut spec = SessionSpec::in_project("shop");
    spec.account = account.map(str::to_owned);
    spec.tools.allow = vec!["Bash(env:*)".to_owned(), "Bash".to_owned()];
    let session = maestro.sessions().open(spec).await.expect("it opens");
    let mut given = vec![run(&session, "scenario: spill").await];
    given.push(run(&session, "scenario: fails").await);
    let failed = given.last().expect("it was just pushed");
    assert!(
        count(&failed.1, b"[redacted:ANTHROPIC_API_KEY] is not allowed") > 0,
        "{}",
        text(&failed.1)
    );
    let refused = session.control(serde_json::json!({ "subtype": "nonsense" })).await;
    given.push(("an error".to_owned(), said(&refused.expect_err("there is no such request"))));
    let account_id = session.info().await.expect("a record").account_id;
    session.close().await.expect("it closes");
    ask(&house, account, &mut given).await;

    let stored = maestro.events().read(EventFilter::default(), Position::Beginning, 1000).await;
    let stored = stored.expect("a page").0;
    // Who answers an approval spends nothing.
    let billed = stored.iter().filter(|event| {
        event.refs.session_id.is_some()
            && event.refs.turn_id.is_some()
            && event.actor.kind == ActorKind::Agent
    });
    assert!(billed.clone().count() > 0);
    billed.for_each(|event| assert_eq!(event.refs.account_id, account_id, "{event:?}"));
    given.push(("the stored events".to_owned(), serde_json::to_vec(&stored).expect("JSON")));
    if let Some(account) = account {
        let status = maestro.accounts().status(account).await.expect("an account");
        assert_eq!(status.login, LoginState::Ok);
    }
    maestro.close(Running::Park).await.expect("it closes");
    let (events, deltas, stderr) = collecting.await.expect("it collects");
    // A whole message may take the place of its last pieces; what did come is searched joined up, so
    // that a key in two pieces is found.
    given.push(("the pieces of text".to_owned(), deltas.into_bytes()));
    assert!(stderr.contains("warning: key [redacted:ANTHROPIC_API_KEY] is old"), "{stderr}");
    if account.is_none() {
        // As it is, twice in base64, in hexadecimal, and on standard error.
        assert!(count(&events, b"[redacted:ANTHROPIC_API_KEY]") > 20, "{}", text(&events));
    }
    given.push(("the live events".to_owned(), events));
    let tool_env =
        std::fs::read_to_string(house.directory.path().join("shop/env.txt")).expect("the tool ran");
    house.scan(given);
    Seen { tool_env }
}

/// A call that holds the key is asked about without it, and runs with it.
async fn ask(house: &House, account: Option<&str>, given: &mut Vec<(String, Vec<u8>)>) {
    let mut spec = SessionSpec::in_project("shop");
    spec.account = account.map(str::to_owned);
    let session = house.maestro.sessions().open(spec).await.expect("it opens");
    let mut events = session.events();
    let turn = session.prompt("scenario: asks").await.expect("it is taken");
    let id = loop {
        let event = events.next().await.expect("it asks first").expect("an event");
        if let EventData::ApprovalRequested(asked) = &event.data {
            assert_eq!(asked.input["command"], "printf %s [redacted:ANTHROPIC_API_KEY] > key.txt");
            break asked.approval_id.expect("it has an id");
        }
    };
    let approval = house.maestro.approvals().allow(id).await.expect("it waits");
    assert_ne!(approval.state, ApprovalState::Pending);
    turn.wait().await.expect("it ends");
    given.push(("the approval".to_owned(), format!("{approval:?}").into_bytes()));
    let written = std::fs::read_to_string(house.directory.path().join("shop/key.txt"));
    assert_eq!(written.expect("the tool ran"), house.key);
    session.close().await.expect("it closes");
}

async fn run(session: &SessionHandle, prompt: &str) -> (String, Vec<u8>) {
    let turn: TurnInfo =
        session.prompt(prompt).await.expect("it is taken").wait().await.expect("it ends");
    (format!("the turn of {prompt}"), format!("{turn:?}").into_bytes())
}

fn said(error: &Error) -> Vec<u8> {
    format!("{error} {error:?} {}", serde_json::to_string(&error.info()).expect("JSON"))
        .into_bytes()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
