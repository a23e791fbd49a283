//! Accounts by name: put, used, seen, removed.

use std::sync::Arc;

use maestro_core::agent::agent_fn;
use maestro_core::model::{AccountSpec, ProjectSpec, SecretRef, SessionSpec};
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::storage::memory::Memory;
use maestro_core::transport::channel::ChannelTransport;
use maestro_core::{ErrorKind, Maestro};

use super::house::{House, Way, made_up_key};

async fn node(runtime: &ManualRuntime) -> Maestro {
    let runtime: Arc<ManualRuntime> = Arc::new(runtime.clone());
    let node = Maestro::builder()
        .runtime(runtime.clone())
        .storage(Memory::new())
        .transport(Arc::new(ChannelTransport::new(runtime)))
        .agent("echo", agent_fn(|turn| async move { Ok(turn.prompt) }));
    node.build().await.expect("a node")
}

#[test]
fn are_kept_by_name_and_hold_references_only() {
    let runtime = ManualRuntime::new(1);
    runtime.clone().block_on(async {
        let maestro = node(&runtime).await;
        let accounts = maestro.accounts();
        let value = AccountSpec::new("team").credential("KEY", SecretRef::value("sk-made-up"));
        let error = accounts.put(value).await.expect_err("a value is not kept");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(!error.to_string().contains("sk-made-up"));

        let spec = AccountSpec::new("team").credential("KEY", SecretRef::env("TEAM_KEY"));
        let first = accounts.put(spec.clone()).await.expect("it is put");
        let second = accounts.put(spec.config_dir("/srv/claude")).await.expect("it is put again");
        assert_eq!(first.id, second.id);
        assert_eq!(accounts.get("team").await.expect("it is there"), second);
        assert_eq!(accounts.list().await.expect("a list"), [second]);

        accounts.remove("team").await.expect("it is there");
        let error = accounts.get(&first.id.to_string()).await.expect_err("it was removed");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let third = accounts.put(AccountSpec::new("team")).await.expect("the name is free");
        assert_ne!(first.id, third.id);
        maestro.close(maestro_core::Running::Park).await.expect("it closes");
    });
}

#[test]
fn a_session_uses_its_own_or_its_projects_and_fails_without_the_secret() {
    let runtime = ManualRuntime::new(2);
    runtime.clone().block_on(async {
        let maestro = node(&runtime).await;
        let accounts = maestro.accounts();
        let plain = accounts.put(AccountSpec::new("plain")).await.expect("it is put");
        let missing = SecretRef::env("MAESTRO_TEST_NOT_SET");
        let spec = AccountSpec::new("missing").credential("KEY", missing);
        accounts.put(spec).await.expect("it is put");
        accounts.put(AccountSpec::new("claude").agent("claude_code")).await.expect("it is put");
        let shop = ProjectSpec::new("shop", std::env::temp_dir()).account("plain");
        maestro.projects().ensure(shop).await.expect("a project");

        let session =
            maestro.sessions().open(SessionSpec::in_project("shop")).await.expect("it opens");
        let info = session.info().await.expect("a record");
        assert_eq!(
            (info.account_id, info.account_name.as_deref()),
            (Some(plain.id), Some("plain"))
        );
        session.close().await.expect("it closes");

        let open = async |account: &str| {
            let spec = SessionSpec::in_project("shop").account(account);
            maestro.sessions().open(spec).await.expect_err("it does not open")
        };
        let error = open("missing").await;
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("env:MAESTRO_TEST_NOT_SET"), "{error}");
        assert_eq!(open("claude").await.kind(), ErrorKind::InvalidArgument);
        assert_eq!(open("nobody").await.kind(), ErrorKind::NotFound);
        maestro.close(maestro_core::Running::Park).await.expect("it closes");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_tells_what_is_there_and_no_secret() {
    let key = made_up_key();
    let Some(house) = House::build(&key, Way::Account).await else {
        return;
    };
    let file = house.directory.path().join("key");
    std::fs::write(&file, &key).expect("a disk");
    let spec = AccountSpec::new("team").credential("ANTHROPIC_API_KEY", SecretRef::file(&file));
    house.maestro.accounts().put(spec).await.expect("an account");
    let agents = house.maestro.agents();
    assert_eq!(agents.list()[0].kind, "claude_code");
    let status = agents.probe_as("claude", Some("team")).await.expect("it is registered");
    assert_eq!(status.problem, None);
    assert_eq!((status.version.as_deref(), status.tested), (Some("2.1.331"), Some(true)));
    assert_eq!(status.login, "api_key");
    assert!(status.installed && !status.models.is_empty() && !status.commands.is_empty());
    assert!(!format!("{status:?}").contains(&key));
    let error = agents.probe("nobody").await.expect_err("it is not registered");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(
        house.model.requests().iter().filter(|request| request.path.contains("messages")).count(),
        0
    );
    house.maestro.close(maestro_core::Running::Park).await.expect("it closes");
}
