//! Submitting, finding and changing tasks.

use std::time::Duration;

use maestro_core::id::TaskId;
use maestro_core::model::{
    Cursor, EventFilter, Position, RetryPolicy, SessionSpec, TaskSpec, TaskState, When,
    WorkspaceKind,
};
use maestro_core::task::TaskFilter;
use maestro_core::{Maestro, Running};
use serde_json::{Value, json};

use crate::book::Section;
use crate::den::{Den, ask, project};

pub(crate) const SECTION: &str = "Tasks";

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// A change of a good task's specification that makes it a bad one.
type Mistake = (&'static str, fn(&mut TaskSpec));

const MISTAKES: &[Mistake] = &[
    ("no prompt", |spec| " \n".clone_into(&mut spec.prompt)),
    ("a prompt of more than 16 MiB", |spec| {
        spec.prompt = "x".repeat(SessionSpec::MAX_PROMPT_BYTES + 1);
    }),
    ("no project", |spec| spec.project = None),
    ("a project that is not there", |spec| spec.project = Some("shpo".to_owned())),
    ("a need that is not there", |spec| spec.needs = vec![NOBODY.parse().unwrap()]),
    ("a condition on no needs", |spec| spec.when = When::Failure),
    ("a title of 501 bytes", |spec| spec.title = "t".repeat(501)),
    ("a title of two lines", |spec| "one\ntwo".clone_into(&mut spec.title)),
    ("an empty idempotency key", |spec| spec.idempotency_key = Some(String::new())),
    ("an idempotency key of 1 MB", |spec| spec.idempotency_key = Some("k".repeat(1_000_000))),
    ("a used idempotency key", |spec| spec.idempotency_key = Some("used".to_owned())),
    ("no attempt", |spec| spec.retry = RetryPolicy::attempts(0)),
    ("101 attempts", |spec| spec.retry = RetryPolicy::attempts(101)),
    ("a longest wait below the first", |spec| spec.retry.max_backoff_ms = 10),
    ("no time at all", |spec| spec.deadline_ms = Some(0)),
    ("an empty base", |spec| {
        spec.base = Some(String::new());
        spec.workspace = WorkspaceKind::Git;
    }),
    ("a base for the project directory itself", |spec| spec.base = Some("main".to_owned())),
    ("a kind of two lines", |spec| "a\nb".clone_into(&mut spec.kind)),
    ("no model", |spec| spec.session.model = Some(String::new())),
    ("no money", |spec| spec.session.budget_micro_usd = Some(0)),
    ("a debt", |spec| spec.session.budget_micro_usd = Some(-5)),
    ("no model call", |spec| spec.session.max_turn_requests = Some(0)),
    ("a schema that is none", |spec| spec.session.output_schema = json!("string")),
    ("a variable with a bad name", |spec| {
        spec.session.env = [("A=B".to_owned(), String::new())].into();
    }),
    ("a variable with a NUL", |spec| {
        spec.session.env = [("A".to_owned(), "\0".to_owned())].into();
    }),
];

/// An observer, and a project whose task has used the key `used`.
async fn scene(den: &Den) -> (Maestro, TaskSpec, TaskId) {
    let maestro = den.observer().await;
    let shop = project(&maestro, &den.directory("shop")).await;
    let used = ask(&shop, "first").idempotency_key("used");
    let used = maestro.tasks().submit(used).await.unwrap();
    (maestro, ask(&shop, "hello"), used.id())
}

#[tokio::test]
async fn what_is_wrong_with_a_task_is_named() {
    let den = Den::new();
    let (maestro, good, used) = scene(&den).await;
    let tasks = maestro.tasks();
    let mut section = Section::new(SECTION);
    for (mistake, make) in MISTAKES {
        let mut spec = good.clone();
        make(&mut spec);
        section.refused(&maestro, mistake, tasks.submit(spec)).await;
    }
    let unknown: TaskId = NOBODY.parse().unwrap();
    section.refused(&maestro, "an id that is none", async { "42".parse::<TaskId>() }).await;
    section.refused(&maestro, "an id that no task has", tasks.get(unknown)).await;
    section.refused(&maestro, "waiting for nobody", tasks.handle(unknown).wait()).await;
    let mut events = tasks.handle(unknown).events();
    let followed = async { events.next().await.expect("it says so").map(|_| ()) };
    section.refused(&maestro, "following nobody", followed).await;
    section.refused(&maestro, "cancelling nobody", tasks.cancel(unknown, "")).await;
    section.refused(&maestro, "trying a waiting task again", tasks.retry(used)).await;
    let page = |change: fn(&mut TaskFilter)| {
        let mut filter = TaskFilter::default();
        change(&mut filter);
        tasks.list(filter)
    };
    section.refused(&maestro, "a page of nothing", page(|filter| filter.limit = Some(0))).await;
    let token = page(|filter| filter.page_token = Some("next".to_owned()));
    section.refused(&maestro, "a page token that is none", token).await;
    let cursor = Position::After(Cursor::from_text("42".to_owned()));
    let feed = maestro.events();
    let read = feed.read(EventFilter::default(), cursor, 10);
    section.refused(&maestro, "a cursor that is none", read).await;
    let emitted = feed.emit("shipped", Value::Null);
    section.refused(&maestro, "an event type of Maestro's", emitted).await;
    section.check();
}

#[tokio::test]
async fn what_no_node_offers_waits_and_says_for_what() {
    let den = Den::new();
    let (observer, good, _) = scene(&den).await;
    let typo = observer.tasks().submit(good.clone().agent("ehco")).await.unwrap();
    let kind = observer.tasks().submit(TaskSpec::of_kind("dnoe", Value::Null)).await.unwrap();
    let reasons = observer.tasks().explain(typo.id()).await.unwrap();
    assert!(reasons[0].fix.contains("no node works now"), "{reasons:?}");
    let node = den.node().await;
    for (id, wanted) in [(typo.id(), "agent:ehco@"), (kind.id(), "task:dnoe")] {
        let reasons = observer.tasks().explain(id).await.unwrap();
        let [reason] = &reasons[..] else { panic!("{reasons:?}") };
        assert_eq!(reason.code, "no_capable_node");
        assert!(reason.reference.as_ref().unwrap().starts_with(wanted), "{reason:?}");
        let fix = &reason.fix;
        assert!(fix.contains("agent:echo@") && fix.contains("task:done"), "{reason:?}");
    }
    // What is offered is done meanwhile, and what is not is still there.
    let outcome = observer.tasks().submit(good).await.unwrap().wait().await.unwrap();
    assert!(outcome.is_success(), "{outcome:?}");
    assert_eq!(typo.info().await.unwrap().state, TaskState::Queued);
    node.close(Running::Wait).await.unwrap();
}

#[tokio::test]
async fn a_huge_deadline_is_no_deadline_that_has_passed() {
    let den = Den::new();
    let (observer, good, _) = scene(&den).await;
    let spec = good.deadline(Duration::MAX);
    let node = den.node().await;
    let outcome = observer.tasks().submit(spec).await.unwrap().wait().await.unwrap();
    assert!(outcome.is_success(), "{outcome:?}");
    node.close(Running::Wait).await.unwrap();
}
