//! Rules that deny or ask hold for each call, also those that the CLI runs without asking.

use async_trait::async_trait;
use maestro_core::agent::claude::{ClaudeCode, Hook, HookHandler, HookPoint, HookReply};
use maestro_core::model::{
    ApprovalRequested, EventData, EventFilter, Position, ProjectSpec, RuleSpec, SessionSpec,
    ToolStatus,
};
use maestro_core::{ErrorKind, Maestro, Result};

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;

for_each_release! {
    what_a_rule_denies_does_not_run,
    what_a_rule_asks_about_is_asked,
    a_rule_counts_from_the_next_call_and_before_other_hooks,
    a_file_that_a_prompt_names_is_not_read_past_the_rules,
    without_hooks_no_session_is_opened,
}

const SECRET: &str = "of-nobodys-business";

/// A node over the house, with one session.
struct Ruled {
    house: House,
    maestro: Maestro,
}

/// What became of a turn.
struct Seen {
    asked: Vec<ApprovalRequested>,
    statuses: Vec<ToolStatus>,
    /// Whether the model was shown the secret.
    leaked: bool,
}

async fn node(house: &House, agent: ClaudeCode) -> Maestro {
    let maestro = Maestro::builder().agent("claude", agent).build().await.expect("a node");
    let shop = ProjectSpec::new("shop", house.work.path());
    maestro.projects().ensure(shop).await.expect("a project");
    maestro
}

impl Ruled {
    async fn build(release: Release) -> Option<Self> {
        let house = House::build(release).await?;
        std::fs::write(house.file(".env"), SECRET).expect("it is ours");
        let maestro = node(&house, house.agent.clone()).await;
        Some(Self { house, maestro })
    }

    async fn put(&self, rule: RuleSpec) {
        self.maestro.approvals().policies().put(rule).await.expect("a rule");
    }

    fn spec() -> SessionSpec {
        let mut spec = SessionSpec::in_project("shop");
        // What lets root use the mode that never asks.
        spec.env.insert("IS_SANDBOX".to_owned(), "1".to_owned());
        spec
    }

    /// Plays a scenario in a session of its own; what is asked of a person is denied.
    async fn play(&self, change: impl FnOnce(&mut SessionSpec), scenario: &str) -> Seen {
        let before = self.house.model.requests().len();
        let mut spec = Self::spec();
        change(&mut spec);
        let session = self.maestro.sessions().open(spec).await.expect("it opens");
        let mut filter = EventFilter::default();
        filter.session_ids = vec![session.id()];
        let mut events =
            self.maestro.events().subscribe(filter, Position::Now).await.expect("a feed");
        session.prompt(scenario).await.expect("it is queued");
        let mut seen = Seen { asked: Vec::new(), statuses: Vec::new(), leaked: false };
        let mut agents = 0;
        loop {
            let event = events.next().await.expect("the feed never ends").expect("an event");
            match event.data {
                EventData::ApprovalRequested(asked) => {
                    if !asked.answered {
                        let denied = self.maestro.approvals().deny(&asked, "no").await;
                        denied.expect("it waits");
                    }
                    seen.asked.push(asked);
                }
                EventData::ToolEnded(ended) => seen.statuses.push(ended.status),
                EventData::SubagentStarted(_) => agents += 1,
                EventData::SubagentEnded(_) => agents -= 1,
                EventData::SessionIdle(_) if agents == 0 => break,
                _ => {}
            }
        }
        let requests = self.house.model.requests();
        seen.leaked =
            requests.iter().skip(before).any(|asked| asked.body.to_string().contains(SECRET));
        session.close().await.expect("it closes");
        seen
    }
}

/// Rules that deny, with calls that the CLI would run by itself.
const DENIED: &[(&str, &str, &[&str])] = &[
    ("Read(.env)", "scenario: read", &[]),
    ("Read", "scenario: read", &[]),
    ("*", "scenario: read", &[]),
    ("Read(.env)", "scenario: bash command=\"cat .env\"", &[]),
    ("Bash(git log:*)", "scenario: bash command=\"git log --oneline\"", &[]),
    ("Bash(git push:*)", "scenario: bash command=\"git push nowhere main\"", &["Bash(git:*)"]),
    ("Read(.env)", "scenario: agent", &[]),
];

async fn what_a_rule_denies_does_not_run(release: Release) {
    for (rule, scenario, allow) in DENIED {
        let Some(ruled) = Ruled::build(release).await else { return };
        ruled.put(RuleSpec::deny(*rule)).await;
        for mode in ["default", "bypassPermissions"] {
            let change = |spec: &mut SessionSpec| {
                spec.mode = Some(mode.to_owned());
                spec.tools.allow = allow.iter().map(|&rule| rule.to_owned()).collect();
            };
            let seen = ruled.play(change, scenario).await;
            assert!(!seen.leaked, "{rule}: {scenario} in {mode}");
            assert!(seen.statuses.contains(&ToolStatus::Denied), "{rule}: {scenario} in {mode}");
            let [asked] = &seen.asked[..] else {
                panic!("{rule}: {scenario} in {mode}: {:?}", seen.asked)
            };
            assert!(asked.answered, "{asked:?}");
            assert_eq!(asked.rule.as_deref(), Some(*rule));
        }
        let free = Ruled::build(release).await.expect("it was there");
        if !scenario.contains("git") {
            assert!(free.play(|_| {}, scenario).await.leaked, "without a rule it runs: {scenario}");
        }
    }
}

async fn what_a_rule_asks_about_is_asked(release: Release) {
    let Some(ruled) = Ruled::build(release).await else { return };
    ruled.put(RuleSpec::ask("Read")).await;
    for mode in ["default", "acceptEdits", "bypassPermissions"] {
        for scenario in ["scenario: read", "scenario: agent"] {
            let change = |spec: &mut SessionSpec| {
                spec.mode = Some(mode.to_owned());
                spec.tools.allow = vec!["Read".to_owned()];
            };
            let seen = ruled.play(change, scenario).await;
            assert!(!seen.leaked, "{scenario} in {mode}");
            let [asked] = &seen.asked[..] else { panic!("{scenario} in {mode}: {:?}", seen.asked) };
            assert!(!asked.answered, "a person is asked: {asked:?}");
            assert_eq!(asked.rule.as_deref(), Some("Read"));
        }
    }
}

#[derive(Debug)]
struct Lax;

#[async_trait]
impl HookHandler for Lax {
    async fn call(&self, _: Hook) -> Result<HookReply> {
        Ok(HookReply::Allow { reason: "Why not.".to_owned() })
    }
}

async fn a_rule_counts_from_the_next_call_and_before_other_hooks(release: Release) {
    let Some(mut ruled) = Ruled::build(release).await else { return };
    let agent = ruled.house.agent.clone().hook(HookPoint::new("PreToolUse"), Lax);
    ruled.maestro = node(&ruled.house, agent).await;
    let session = ruled.maestro.sessions().open(Ruled::spec()).await.expect("it opens");
    let shown = || ruled.house.last_request().matches(SECRET).count();
    session.prompt("scenario: read").await.expect("it is queued").wait().await.expect("it ends");
    assert_eq!(shown(), 1);
    ruled.put(RuleSpec::deny("Read(.env)")).await;
    session.prompt("scenario: read").await.expect("it is queued").wait().await.expect("it ends");
    assert_eq!(shown(), 1, "it was not read again");
}

async fn a_file_that_a_prompt_names_is_not_read_past_the_rules(release: Release) {
    let Some(ruled) = Ruled::build(release).await else { return };
    let named = "scenario: hello\nLook at @.env please.";
    let told = "scenario: agent prompt=\"look at @.env please\"";
    assert!(ruled.play(|_| {}, named).await.leaked && ruled.play(|_| {}, told).await.leaked);
    std::os::unix::fs::symlink(".env", ruled.house.file("CLAUDE.md")).expect("it is ours");
    for rule in [RuleSpec::ask("Read(.env)"), RuleSpec::deny("Read(.env)")] {
        ruled.put(rule).await;
        for scenario in [named, told] {
            assert!(!ruled.play(|_| {}, scenario).await.leaked, "{scenario}");
        }
    }
}

/// A field, and what makes it turn hooks off.
type Change = (&'static str, fn(&mut SessionSpec));

async fn without_hooks_no_session_is_opened(release: Release) {
    let Some(ruled) = Ruled::build(release).await else { return };
    let changes: [Change; 2] = [
        ("extra_args", |spec| spec.extra_args.push("--bare".to_owned())),
        ("env", |spec| {
            spec.env.insert("CLAUDE_CODE_SIMPLE".to_owned(), "1".to_owned());
        }),
    ];
    for (field, change) in changes {
        let mut spec = Ruled::spec();
        change(&mut spec);
        let opened = ruled.maestro.sessions().open(spec).await;
        let error = opened.map(drop).expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(field), "{error}");
    }
}
