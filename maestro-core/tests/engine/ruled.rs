//! Rules that deny or ask hold for calls that an agent would run without asking.

use maestro_core::Running;
use maestro_core::agent::scripted::{Script, ScriptedAgent, ToolStep};
use maestro_core::model::{ApprovalState, EventData, RuleSpec, SessionSpec, ToolStatus};
use serde_json::json;

use crate::asking::{events, newest, question, resolved};
use crate::support::{project, under_seeds};

#[test]
fn a_call_that_an_agent_would_not_ask_about_is_denied_or_asked_about() {
    under_seeds(|world| async move {
        let read = ToolStep::new("Read").input(json!({ "file_path": ".env" })).result("a secret");
        let agent = ScriptedAgent::new().default_script(Script::new().tool(read).say("Done."));
        let maestro = world.builder().agent("scripted", agent).build().await.unwrap();
        project(&maestro).await;
        let spec = SessionSpec::in_project("shop").agent("scripted").mode("bypassPermissions");
        let session = maestro.sessions().open(spec).await.unwrap();
        let statuses = async || {
            let ended = events(&maestro, &["tool.ended"]).await;
            let status = |event: &maestro_core::model::Event| match &event.data {
                EventData::ToolEnded(ended) => ended.status,
                other => panic!("not asked for: {other:?}"),
            };
            ended.iter().map(status).collect::<Vec<_>>()
        };
        let (done, denied_call) = (ToolStatus::Completed, ToolStatus::Denied);
        session.prompt("go").await.unwrap().wait().await.unwrap();
        assert!(events(&maestro, &["approval.requested"]).await.is_empty());

        let ask = maestro.approvals().policies().put(RuleSpec::ask("Read")).await.unwrap();
        let turn = session.prompt("go").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!(asked.rule.as_deref(), Some("Read"));
        maestro.approvals().allow(asked.id).await.unwrap();
        turn.wait().await.unwrap();

        let deny = RuleSpec::deny("Read(.env)").reason("keep out");
        let deny = maestro.approvals().policies().put(deny).await.unwrap();
        session.prompt("go").await.unwrap().wait().await.unwrap();
        let denied = newest(&maestro).await;
        assert_eq!(denied.state, ApprovalState::Denied);
        assert_eq!(
            resolved(&maestro, denied.id).await.by.to_string(),
            format!("policy:{}", deny.id)
        );
        assert_eq!(statuses().await, [done, done, denied_call]);

        for rule in [ask, deny] {
            maestro.approvals().policies().remove(rule.id).await.unwrap();
        }
        session.prompt("go").await.unwrap().wait().await.unwrap();
        assert_eq!(statuses().await, [done, done, denied_call, done]);
        maestro.close(Running::Park).await.unwrap();
    });
}
