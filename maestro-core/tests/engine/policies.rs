//! Rules that answer before a person is asked.

use async_trait::async_trait;
use maestro_core::approval::{PermissionHandler, RuleFilter};
use maestro_core::model::{
    ApprovalInfo, ApprovalState, Decision, Effect, EventData, ProjectSpec, Remember, RuleLevel,
    RuleSpec, ToolUse,
};
use maestro_core::{ErrorKind, Maestro, Result, Running};
use serde_json::json;

use crate::asking::{context, events, newest, nothing_waits, opened, question, resolved, with};
use crate::puppet::Puppet;
use crate::support::{project, under_seeds};

async fn put(maestro: &Maestro, rule: RuleSpec) -> maestro_core::model::RuleInfo {
    maestro.approvals().policies().put(rule).await.unwrap()
}

#[test]
fn a_rule_answers_before_anybody_is_asked_and_the_event_names_it() {
    under_seeds(|world| async move {
        let maestro = with(&world, &Puppet::default()).build().await.unwrap();
        let other = world.builder().concurrency(0).build().await.unwrap();
        // It holds from wherever it was put.
        let rule = put(&other, RuleSpec::allow("Bash(ls:*)")).await;
        let session = opened(&maestro).await;
        let turn = session.prompt("ask ls -la").await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        let approval = newest(&maestro).await;
        assert_eq!(approval.state, ApprovalState::Allowed);
        let said = resolved(&maestro, approval.id).await;
        assert_eq!(said.rule.as_deref(), Some("Bash(ls:*)"));
        assert_eq!(said.by.to_string(), format!("policy:{}", rule.id));
        assert_eq!(said.input, Some(json!({ "command": "ls -la" })));
        assert!(events(&maestro, &["session.requires_action"]).await.is_empty());

        let turn = session.prompt("ask ls && rm x").await.unwrap();
        let asked = question(&world, &maestro).await;
        maestro.approvals().deny(asked.id, "no").await.unwrap();
        turn.wait().await.unwrap();

        put(&maestro, RuleSpec::deny("Bash(rm:*)").session(session.id()).reason("keep files"))
            .await;
        let turn = session.prompt("ask ls && rm x").await.unwrap();
        let told = turn.wait().await.unwrap().result;
        assert_eq!(told.as_deref(), Some("Denied by the rule Bash(rm:*): keep files"));
        maestro.close(Running::Park).await.unwrap();
        other.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_rule_for_one_question_does_not_answer_another_that_has_its_name() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        put(&maestro, RuleSpec::allow("Bash(ls)")).await;
        let session = opened(&maestro).await;
        let turn = session.prompt("twice ls reboot").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!(asked.input, json!({ "command": "reboot" }));
        assert_eq!(asked.rule, None);
        // Whoever hears the answer to the first one takes it for that to the second.
        assert!(!puppet.heard().iter().any(|heard| heard.starts_with("question-1")));
        maestro.approvals().deny(asked.id, "no").await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("no"));

        // Two that wait: the first takes no answer any more.
        let turn = session.prompt("twice mount reboot").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!(asked.input, json!({ "command": "reboot" }));
        let both = events(&maestro, &["approval.requested"]).await;
        let EventData::ApprovalRequested(first) = &both[both.len() - 2].data else { panic!() };
        let first = maestro.approvals().get(first.approval_id.unwrap()).await.unwrap();
        assert_eq!(first.input, json!({ "command": "mount" }));
        assert_eq!(first.state, ApprovalState::Withdrawn);
        let late = maestro.approvals().allow(first.id).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Conflict);
        maestro.approvals().deny(asked.id, "still no").await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("still no"));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[derive(Debug)]
struct Yes;

#[async_trait]
impl PermissionHandler for Yes {
    async fn decide(&self, _approval: &ApprovalInfo) -> Result<Option<Decision>> {
        Ok(Some(Decision::allow()))
    }
}

#[test]
fn a_rule_that_asks_wants_a_person_whatever_else_would_answer() {
    under_seeds(|world| async move {
        let builder = with(&world, &Puppet::default()).permission_handler(Yes);
        let maestro = builder.build().await.unwrap();
        put(&maestro, RuleSpec::allow("Bash")).await;
        let session = opened(&maestro).await;
        put(&maestro, RuleSpec::ask("Bash(ls)").session(session.id())).await;
        let turn = session.prompt("ask").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!(asked.rule.as_deref(), Some("Bash(ls)"));
        world.sleep(std::time::Duration::from_mins(1)).await;
        assert!(!nothing_waits(&maestro).await, "no handler answered");
        maestro.approvals().allow(asked.id).await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_remembered_answer_becomes_a_rule_of_its_level() {
    under_seeds(|world| async move {
        let maestro = with(&world, &Puppet::default()).build().await.unwrap();
        let (one, two) = (opened(&maestro).await, opened(&maestro).await);
        let turn = one.prompt("ask").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!(asked.remembered_rules, ["Bash(ls)"], "what is kept is shown before");
        let approvals = maestro.approvals();
        approvals.allow_with(asked.id, None, Remember::Session).await.unwrap();
        turn.wait().await.unwrap();
        let level = RuleLevel::Session { session_id: one.id() };
        let page = approvals.policies().list(RuleFilter::level(level)).await.unwrap();
        assert_eq!(page.rules.len(), 1);
        let rule = &page.rules[0];
        assert_eq!((rule.rule.as_str(), rule.effect), ("Bash(ls)", Effect::Allow));
        assert_eq!(rule.approval_id, Some(asked.id));

        let turn = one.prompt("ask").await.unwrap().wait().await.unwrap();
        assert_eq!(turn.result.as_deref(), Some("allowed"));
        assert_eq!(newest(&maestro).await.decided_by.unwrap().id, rule.id.to_string());

        // The other session is asked, and remembers for the project.
        let turn = two.prompt("ask").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!(asked.session_id, Some(two.id()));
        approvals.allow_with(asked.id, None, Remember::Project).await.unwrap();
        turn.wait().await.unwrap();
        let three = opened(&maestro).await;
        three.prompt("ask").await.unwrap().wait().await.unwrap();
        assert!(nothing_waits(&maestro).await);
        let project_id = project(&maestro).await.id();
        let level = RuleLevel::Project { project_id };
        let page = approvals.policies().list(RuleFilter::level(level)).await.unwrap();
        let rules: Vec<_> = page.rules.iter().map(|rule| rule.rule.as_str()).collect();
        assert_eq!(rules, ["Bash(ls)"]);
        assert_eq!(events(&maestro, &["policy.updated"]).await.len(), 2);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn rules_are_put_once_tried_without_asking_and_removed() {
    under_seeds(|world| async move {
        let maestro = with(&world, &Puppet::default()).build().await.unwrap();
        let shop = project(&maestro).await;
        let policies = maestro.approvals().policies();
        let first = put(&maestro, RuleSpec::allow("Bash(make:*)").project(&shop)).await;
        let again = put(&maestro, RuleSpec::allow("Bash(make:*)").project(&shop)).await;
        assert_eq!(first, again);
        let stricter = put(&maestro, RuleSpec::ask(" Bash(make:*) ").project(&shop)).await;
        assert_eq!((stricter.id, stricter.effect), (first.id, Effect::Ask));
        let listed = policies.list(RuleFilter::default()).await.unwrap().rules;
        assert_eq!(listed, std::slice::from_ref(&stricter));

        let call = ToolUse::new("Bash", json!({ "command": "make all" }));
        let ruling = policies.test(call.clone().project(&shop)).await.unwrap();
        assert_eq!((ruling.effect, ruling.rules), (Some(Effect::Ask), vec![stricter]));
        let elsewhere = policies.test(call.clone()).await.unwrap();
        assert_eq!((elsewhere.effect, elsewhere.rules.len()), (None, 0));
        assert!(
            nothing_waits(&maestro).await
                && events(&maestro, &["approval.requested"]).await.is_empty()
        );

        policies.remove(first.id).await.unwrap();
        assert_eq!(policies.test(call.project(&shop)).await.unwrap().effect, None);
        let error = policies.remove(first.id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(events(&maestro, &["policy.removed"]).await.len(), 1);

        let error = policies.put(RuleSpec::allow("Bash(git:* push)")).await.unwrap_err();
        assert_eq!(
            (error.kind(), context(&error, "position")),
            (ErrorKind::InvalidArgument, "9".into())
        );
        assert!(policies.list(RuleFilter::default()).await.unwrap().rules.is_empty());
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_link_in_the_workspace_does_not_lead_out_of_a_rule() {
    under_seeds(|world| async move {
        let directory = tempfile::tempdir().unwrap();
        let shop = directory.path().join("shop");
        std::fs::create_dir_all(shop.join("src")).unwrap();
        std::os::unix::fs::symlink("/etc", shop.join("src/out")).unwrap();
        std::os::unix::fs::symlink("/nowhere/at-all", shop.join("src/dangling")).unwrap();
        std::os::unix::fs::symlink(shop.join("src"), shop.join("src/loop")).unwrap();
        let maestro = world.node().await;
        maestro.projects().ensure(ProjectSpec::new("linked", &shop)).await.unwrap();
        put(&maestro, RuleSpec::allow("Edit(src/**)").project("linked")).await;
        let policies = maestro.approvals().policies();
        let cases = [
            ("src/new.rs", Some(Effect::Allow)),
            ("src/loop/new.rs", Some(Effect::Allow)),
            ("src/out/passwd", None),
            ("src/dangling", None),
            ("src/out/../shop/src/a.rs", None),
            ("src/../../other", None),
        ];
        for (path, expected) in cases {
            let call = ToolUse::new("Edit", json!({ "file_path": path })).project("linked");
            let ruling = policies.test(call).await.unwrap();
            assert_eq!(ruling.effect, expected, "{path}");
            assert!(ruling.followed_links);
        }
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn links_are_followed_for_whatever_names_a_file() {
    under_seeds(|world| async move {
        let directory = tempfile::tempdir().unwrap();
        let shop = directory.path().join("shop");
        for made in ["docs", "sub", ".claude"] {
            std::fs::create_dir_all(shop.join(made)).unwrap();
        }
        for (link, leads) in [
            ("conf", ".claude"),
            ("docs/e", "../.env"),
            ("own", "/proc/self/cwd"),
            ("docs/fd", "/dev/fd/3"),
        ] {
            std::os::unix::fs::symlink(leads, shop.join(link)).unwrap();
        }
        let maestro = world.node().await;
        maestro.projects().ensure(ProjectSpec::new("linked", &shop)).await.unwrap();
        for rule in ["Bash(cp:*)", "Bash(cat:*)", "Bash(cd:*)", "Read", "Edit", "mcp__fs"] {
            put(&maestro, RuleSpec::allow(rule).project("linked")).await;
        }
        put(&maestro, RuleSpec::deny("Read(./.env)").project("linked")).await;
        let policies = maestro.approvals().policies();
        let run = |command: &str| ToolUse::new("Bash", json!({ "command": command }));
        let file = |tool: &str, path: &str| ToolUse::new(tool, json!({ "file_path": path }));
        let served = |input| ToolUse::new("mcp__fs__write", input);
        let absolute = |path: &str| shop.join(path).to_str().unwrap().to_owned();
        let (allow, ask, deny) = (Some(Effect::Allow), Some(Effect::Ask), Some(Effect::Deny));
        let cases = [
            (run("cp x conf/settings.json"), None),
            (run("cp x conf"), None),
            (run("cd sub && cp x ../conf/a"), None),
            (run("cp x sub/../conf/a"), None),
            (run(&format!("cp x {}", absolute("conf/a"))), None),
            (run("cp x sub/settings.json"), allow),
            (run("cat conf/settings.json"), allow),
            (run("cat docs/e"), deny),
            (run("cd docs && cat e"), ask),
            (run("cat own/x"), ask),
            (run("cat docs/x"), allow),
            (file("Read", "docs/e"), deny),
            (file("Read", "own/.env"), ask),
            (file("Read", "docs/fd"), ask),
            (file("Read", "/proc/self/cwd/.env"), deny),
            (file("Read", "docs/x"), allow),
            (file("Edit", "conf/settings.json"), None),
            (file("Edit", "own/x"), None),
            (served(json!({ "name": "conf" })), None),
            (served(json!({ "q": { "conf/a": "x" } })), None),
            (served(json!({ "q": "docs/e" })), ask),
            (served(json!({ "q": "docs/x" })), allow),
        ];
        for (call, expected) in cases {
            let said = format!("{call:?}");
            let ruling = policies.test(call.project("linked")).await.unwrap();
            assert_eq!(ruling.effect, expected, "{said}");
        }
        maestro.close(Running::Park).await.unwrap();
    });
}
