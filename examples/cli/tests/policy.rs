//! Approvals and rules on the command line, beside a node in another process.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use maestro_core::model::{EventFilter, Outcome, Position, TaskSpec};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::task::task_fn;
use maestro_core::{Maestro, Running};
use serde_json::json;

fn maestro(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maestro"));
    command.arg("--store=store.db").args(arguments).current_dir(directory);
    command.stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_of_another_process_is_listed_and_passed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let deploy = task_fn(|context| async move {
        match context.gate("Deploy?", json!({ "to": "production" })).assignee("ana").await {
            Ok(gate) if gate.is_allowed() => Outcome::succeeded("deployed"),
            Ok(_) => Outcome::succeeded("not deployed"),
            Err(error) => Outcome::failed(&error),
        }
    });
    let store = Sqlite::at(path.join("store.db"));
    let node = Maestro::builder().storage(store).task("deploy", deploy).build().await.unwrap();
    let filter = EventFilter::of_types(["approval.requested"]);
    let mut asked = node.events().subscribe(filter, Position::Now).await.unwrap();
    let task = TaskSpec::of_kind("deploy", serde_json::Value::Null);
    let task = node.tasks().submit(task).await.unwrap();
    asked.next().await.unwrap().unwrap();

    let listed = said(&maestro(path, &["approvals", "ls", "--assignee=ana"]));
    assert!(listed.contains("gate") && listed.contains("Deploy?  (for ana)"), "{listed}");
    assert_eq!(said(&maestro(path, &["approvals", "ls", "--assignee=bo"])), "");
    let id = listed.split(' ').next().unwrap();
    assert_eq!(said(&maestro(path, &["approve", id])), "allowed: Deploy?\n");
    assert_eq!(task.wait().await.unwrap().summary(), "deployed");
    let late = maestro(path, &["deny", id]);
    assert_eq!(late.status.code(), Some(4));
    let error = String::from_utf8(late.stderr).unwrap();
    assert!(error.contains("decided_by: person:local"), "{error}");
    node.close(Running::Park).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_put_listed_tried_and_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let store = Sqlite::at(path.join("store.db"));
    let node = Maestro::builder().storage(store).concurrency(0).build().await.unwrap();
    node.close(Running::Park).await.unwrap();

    let put = said(&maestro(path, &["policy", "put", "deny", "Bash(git push:*)"]));
    assert!(put.contains("deny  Bash(git push:*)  (everywhere)"), "{put}");
    assert_eq!(said(&maestro(path, &["policy", "ls"])), put);
    let tried = said(&maestro(path, &["policy", "test", "Bash", "ls && git push"]));
    assert_eq!(tried, "deny: Bash(git push:*)\n");
    let tried = said(&maestro(path, &["policy", "test", "Bash", "{\"command\":\"ls\"}"]));
    assert_eq!(tried, "ask: no rule fits\n");
    let wrong = maestro(path, &["policy", "put", "allow", "Bash(git:* push)"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("position 9"));
    let id = put.split(' ').next().unwrap();
    assert_eq!(said(&maestro(path, &["policy", "rm", id])), "removed\n");
    assert_eq!(said(&maestro(path, &["policy", "ls"])), "");
}
