//! Who answers first, from wherever; and what becomes of those who come too late.

use std::time::Duration;

use futures::future::join;
use maestro_core::agent::scripted::{Script, ScriptedAgent};
use maestro_core::approval::ApprovalFilter;
use maestro_core::id::TenantId;
use maestro_core::model::{
    Actor, ApprovalKind, ApprovalState, Decision, EventData, SessionSpec, SessionState,
};
use maestro_core::session::SessionHandle;
use maestro_core::{ErrorKind, Maestro, Running};
use serde_json::json;

use crate::asking::{
    context, events, nothing_waits, opened, question, resolved, until_heard, with,
};
use crate::puppet::Puppet;
use crate::support::{World, project, under_seeds};

const MINUTE: Duration = Duration::from_mins(1);

fn acting(maestro: &Maestro, name: &str) -> Maestro {
    maestro.scoped(TenantId::default(), Actor::person(name)).unwrap()
}

/// A session whose approvals wait for a minute.
async fn impatient(maestro: &Maestro) -> SessionHandle {
    let project = project(maestro).await;
    let mut spec = SessionSpec::in_project(project.id().to_string()).agent("puppet");
    spec.approval_timeout_ms = Some(60_000);
    maestro.sessions().open(spec).await.unwrap()
}

#[test]
fn an_answer_from_another_node_reaches_the_agent() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let owner = with(&world, &puppet).build().await.unwrap();
        let other = world.builder().concurrency(0).build().await.unwrap();
        let session = opened(&owner).await;
        let turn = session.prompt("ask").await.unwrap();
        let asked = question(&world, &other).await;
        acting(&other, "ana").approvals().deny(asked.id, "not today").await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("not today"));
        let said = resolved(&owner, asked.id).await;
        assert_eq!(said.by.to_string(), "person:ana");
        assert_eq!(said.reason.as_deref(), Some("not today"));
        let approval = owner.approvals().get(asked.id).await.unwrap();
        assert!(approval.delivered_at.is_some() && approval.deliver_at.is_none());
        owner.close(Running::Park).await.unwrap();
        other.close(Running::Park).await.unwrap();
    });
}

#[test]
fn of_two_answers_at_once_exactly_one_wins_and_the_other_learns_which() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let one = with(&world, &puppet).build().await.unwrap();
        let two = world.builder().concurrency(0).build().await.unwrap();
        let session = opened(&one).await;
        let turn = session.prompt("ask").await.unwrap();
        let asked = question(&world, &one).await;
        let (ana, bo) = (acting(&one, "ana").approvals(), acting(&two, "bo").approvals());
        let (allowed, denied) = (Box::pin(ana.allow(asked.id)), Box::pin(bo.deny(asked.id, "no")));
        let (allowed, denied) = join(allowed, denied).await;
        let (winner, told, error) = match (allowed, denied) {
            (Ok(_), Err(error)) => ("person:ana", "allowed", error),
            (Err(error), Ok(_)) => ("person:bo", "no", error),
            both => panic!("exactly one wins: {both:?}"),
        };
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(context(&error, "decided_by"), winner);
        assert_eq!(context(&error, "decision"), if told == "no" { "deny" } else { "allow" });
        assert!(!context(&error, "decided_at").is_empty());
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some(told));
        assert_eq!(resolved(&one, asked.id).await.by.to_string(), winner);
        assert_eq!(puppet.heard(), ["ask".to_owned(), format!("question-1: {told}")]);
        one.close(Running::Park).await.unwrap();
        two.close(Running::Park).await.unwrap();
    });
}

#[test]
fn when_the_time_is_up_the_timeout_has_denied_it_once_and_nothing_runs() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let owner = with(&world, &puppet).build().await.unwrap();
        let other = world.builder().concurrency(0).build().await.unwrap();
        let session = impatient(&owner).await;
        let turn = session.prompt("ask").await.unwrap();
        let asked = question(&world, &owner).await;
        assert_eq!(asked.expires_at, Some(asked.created_at + MINUTE));
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("Nobody answered in time."));
        world.sleep(MINUTE).await;
        let approval = other.approvals().get(asked.id).await.unwrap();
        assert_eq!(approval.state, ApprovalState::Expired);
        assert_eq!(approval.decided_by, Some(Actor::timeout()));
        let expired = events(&owner, &["approval.expired"]).await;
        assert_eq!(expired.len(), 1, "by one sweeper only");
        assert_eq!(expired[0].actor, Actor::timeout());
        assert!(events(&owner, &["approval.resolved"]).await.is_empty());
        let error = other.approvals().allow(asked.id).await.unwrap_err();
        assert_eq!(
            (error.kind(), context(&error, "state")),
            (ErrorKind::Conflict, "expired".into())
        );
        assert_eq!(context(&error, "decided_by"), "policy:timeout");
        assert_eq!(puppet.heard().len(), 2, "the agent was told once: {:?}", puppet.heard());
        owner.close(Running::Park).await.unwrap();
        other.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_answer_at_the_very_moment_of_expiry_is_too_late() {
    under_seeds(|world| async move {
        // Nobody sweeps: whoever answers has to see by himself that the time is up.
        let puppet = Puppet::default();
        let slow = Duration::from_hours(100);
        let maestro = with(&world, &puppet).sweep_every(slow).build().await.unwrap();
        let session = impatient(&maestro).await;
        let turn = session.prompt("ask").await.unwrap();
        let asked = question(&world, &maestro).await;
        let left = |now| asked.expires_at.unwrap().since(now);
        world.sleep(left(world.now())).await;
        assert_eq!(world.now(), asked.expires_at.unwrap());
        let error = maestro.approvals().allow(asked.id).await.unwrap_err();
        assert_eq!(
            (error.kind(), context(&error, "state")),
            (ErrorKind::Conflict, "expired".into())
        );
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("Nobody answered in time."));
        let error = maestro.approvals().extend(asked.id, MINUTE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn more_time_can_be_given_and_is_never_taken() {
    under_seeds(|world| async move {
        let maestro = with(&world, &Puppet::default()).build().await.unwrap();
        let session = impatient(&maestro).await;
        let turn = session.prompt("ask").await.unwrap();
        let asked = question(&world, &maestro).await;
        let longer = maestro.approvals().extend(asked.id, 10 * MINUTE).await.unwrap();
        assert!(longer.expires_at > asked.expires_at);
        let same = maestro.approvals().extend(asked.id, MINUTE).await.unwrap();
        assert_eq!(same.expires_at, longer.expires_at);
        world.sleep(5 * MINUTE).await;
        maestro.approvals().allow(asked.id).await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        let updated = events(&maestro, &["approval.updated"]).await;
        assert_eq!(updated.len(), 1);
        let EventData::ApprovalUpdated(data) = &updated[0].data else { panic!("{updated:?}") };
        assert_eq!(data.expires_at, longer.expires_at);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn without_a_timeout_it_waits_for_ever() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        let turn = session.prompt("ask").await.unwrap();
        let asked = question(&world, &maestro).await;
        world.sleep(20 * MINUTE).await;
        assert_eq!(session.info().await.unwrap().state, SessionState::RequiresAction);
        let extended = maestro.approvals().extend(asked.id, MINUTE).await.unwrap();
        assert_eq!(extended.expires_at, None, "for ever is not shortened");
        maestro.approvals().allow(asked.id).await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_answer_has_to_fit_its_question() {
    under_seeds(|world| async move {
        let maestro = with(&world, &Puppet::default()).build().await.unwrap();
        let session = opened(&maestro).await;
        session.prompt("ask").await.unwrap();
        let asked = question(&world, &maestro).await;
        let wrong = [
            ("answers", Decision::Answer { answers: json!({ "a": "b" }) }),
            (
                "remember",
                Decision::Allow {
                    input: Some(json!({})),
                    remember: maestro_core::model::Remember::Session,
                },
            ),
        ];
        for (field, decision) in wrong {
            let error = maestro.approvals().decide(asked.id, decision).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert_eq!(context(&error, "field"), field);
        }
        assert!(!nothing_waits(&maestro).await, "it still waits");
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_question_is_answered_or_denied_and_not_allowed() {
    under_seeds(|world| async move {
        let script = Script::new().ask("Which colour?", ["Blue", "Red"]).say("Thanks.");
        let agent = ScriptedAgent::new().default_script(script);
        let maestro = world.builder().agent("scripted", agent).build().await.unwrap();
        let shop = project(&maestro).await;
        let spec = SessionSpec::in_project(shop.id().to_string()).agent("scripted");
        let session = maestro.sessions().open(spec).await.unwrap();
        let turn = session.prompt("Paint it.").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!(asked.kind, ApprovalKind::Question);
        let wrong = [
            ("decision", Decision::allow()),
            ("answers", Decision::Answer { answers: json!("Blue") }),
        ];
        for (field, decision) in wrong {
            let error = maestro.approvals().decide(asked.id, decision).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert_eq!(context(&error, "field"), field);
        }
        let answers = json!({ "Which colour?": "Blue" });
        maestro.approvals().answer(asked.id, answers.clone()).await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("Thanks."));
        assert_eq!(resolved(&maestro, asked.id).await.decision, Decision::Answer { answers });
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn approvals_are_listed_by_what_they_are_about_and_who_is_to_answer() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let (one, two) = (opened(&maestro).await, opened(&maestro).await);
        one.prompt("ask").await.unwrap();
        two.prompt("ask").await.unwrap();
        while maestro.approvals().list(ApprovalFilter::pending()).await.unwrap().approvals.len() < 2
        {
            world.sleep(Duration::from_secs(1)).await;
        }
        let approvals = maestro.approvals();
        let list = |filter: ApprovalFilter| {
            let approvals = approvals.clone();
            async move { approvals.list(filter).await.unwrap().approvals }
        };
        let of_one = list(ApprovalFilter::pending().session(one.id())).await;
        assert_eq!(of_one.len(), 1);
        let id = of_one[0].id;
        let assigned = approvals.assign(id, Some("ana")).await.unwrap();
        assert_eq!(assigned.assignee.as_deref(), Some("ana"));
        assert_eq!(approvals.assign(id, Some("ana")).await.unwrap(), assigned);
        let for_ana = list(ApprovalFilter::pending().assignee("ana")).await;
        assert_eq!(for_ana, std::slice::from_ref(&assigned));
        let wrong_kind = ApprovalFilter::pending().assignee("ana").kind(ApprovalKind::Gate);
        assert!(list(wrong_kind).await.is_empty());
        let both = ApprovalFilter::pending().kind(ApprovalKind::Tool);
        assert_eq!(list(both).await.len(), 2);
        assert_eq!(approvals.assign(id, None).await.unwrap().assignee, None);
        assert!(list(ApprovalFilter::pending().assignee("ana")).await.is_empty());
        // Anybody may answer, whoever was to.
        approvals.assign(id, Some("bo")).await.unwrap();
        acting(&maestro, "ana").approvals().allow(id).await.unwrap();
        let error = approvals.assign(id, Some("ana")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        until_heard(&world, &puppet, "question-1: allowed").await;
        maestro.close(Running::Park).await.unwrap();
    });
}

impl World {
    fn now(&self) -> maestro_core::model::Timestamp {
        maestro_core::runtime::Runtime::now(&self.runtime)
    }
}
