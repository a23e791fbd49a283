//! Answering approvals.

use maestro_core::Running;
use maestro_core::agent::scripted::{Script, ScriptedAgent, ToolStep};
use maestro_core::approval::ApprovalFilter;
use maestro_core::id::ApprovalId;
use maestro_core::model::{ApprovalInfo, ApprovalRequested, Decision, EventFilter, Position};
use serde_json::json;

use crate::book::Section;
use crate::den::{Den, ask, project};

pub(crate) const SECTION: &str = "Approvals";

#[tokio::test]
async fn what_is_wrong_with_an_answer_is_named() {
    let den = Den::new();
    let script = Script::new().tool(ToolStep::new("Bash").ask());
    let agent = ScriptedAgent::new().default_script(script);
    let maestro = den.builder().agent("scripted", agent).build().await.unwrap();
    let shop = project(&maestro, &den.directory("shop")).await;
    let mut events =
        maestro.events().subscribe(EventFilter::default(), Position::Now).await.unwrap();
    let task =
        maestro.tasks().submit(ask(&shop, "list the files").agent("scripted")).await.unwrap();
    let id = loop {
        let event = events.next().await.unwrap().unwrap();
        if event.event_type() == "approval.requested" {
            let pending = maestro.approvals().list(ApprovalFilter::pending()).await.unwrap();
            break pending.approvals[0].id;
        }
    };
    let approvals = maestro.approvals();
    let mut section = Section::new(SECTION);
    let nobody: ApprovalId = "00000000-0000-7000-8000-000000000000".parse().unwrap();
    let none = async { "yes".parse::<ApprovalId>() };
    section.refused(&maestro, "an id that is none", none).await;
    section.refused(&maestro, "an id that no approval has", approvals.allow(nobody)).await;
    let unasked = ApprovalRequested::default();
    section.refused(&maestro, "an event that was never recorded", approvals.allow(&unasked)).await;
    let answers = approvals.answer(id, json!({ "colour": "red" }));
    section.refused(&maestro, "answers to what is no question", answers).await;

    let denied = approvals.deny(id, "not today").await.unwrap();
    let outcome = task.wait().await.unwrap();
    section.refused(&maestro, "allowing what was denied", approvals.allow(id)).await;
    // The same answer again is no mistake, and changes nothing about it.
    let again = approvals.deny(id, "not today").await.unwrap();
    let answer = |approval: &ApprovalInfo| {
        (approval.state, approval.decision.clone(), approval.decided_by.clone())
    };
    assert_eq!(answer(&again), answer(&denied));
    assert_eq!(denied.decision, Some(Decision::deny("not today")), "{outcome:?}");
    section.check();
    maestro.close(Running::Wait).await.unwrap();
}
