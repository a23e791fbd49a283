//! Bytes that are no text, and NULs, wherever a path or an argument of a program is given.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::{AccountSpec, Outcome, RuleSpec, SecretRef, SessionSpec};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Error, ErrorKind, Maestro};
use serde_json::{Value, json};

use crate::den::{Den, ask, project};

fn latin(name: &str) -> PathBuf {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(0xe9);
    PathBuf::from(OsStr::from_bytes(&bytes))
}

fn field(error: &Error) -> (ErrorKind, String) {
    let field = error.context().find(|(key, _)| *key == "field");
    (error.kind(), field.map(|(_, field)| field.to_owned()).unwrap_or_default())
}

#[tokio::test]
async fn an_account_names_what_is_no_text() {
    let den = Den::new();
    let maestro = den.observer().await;
    let bad = den.path().join(latin("keys"));
    let file = |path: &PathBuf| AccountSpec::new("a").credential("KEY", SecretRef::file(path));
    let nul = den.path().join("a\0b");
    let command = SecretRef::command(["pass", "a\0b"]);
    let cases = [
        ("config_dir", AccountSpec::new("a").config_dir(&bad)),
        ("config_dir", AccountSpec::new("a").config_dir(&nul)),
        ("credentials", file(&bad)),
        ("credentials", file(&nul)),
        ("credentials", AccountSpec::new("a").credential("KEY", command)),
    ];
    for (of, spec) in cases {
        let error = maestro.accounts().put(spec.clone()).await.unwrap_err();
        assert_eq!(field(&error), (ErrorKind::InvalidArgument, of.to_owned()), "{spec:?}: {error}");
    }
}

#[tokio::test]
async fn a_session_names_what_no_program_can_be_given() {
    let den = Den::new();
    let maestro = den.observer().await;
    let shop = project(&maestro, &den.directory("shop")).await;
    let nul = || vec!["a\0b".to_owned()];
    type Change = (&'static str, fn(&mut SessionSpec, Vec<String>));
    let cases: [Change; 7] = [
        ("extra_args", |spec, nul| spec.extra_args = nul),
        ("setting_sources", |spec, nul| spec.setting_sources = Some(nul)),
        ("tools.allow", |spec, nul| spec.tools.allow = nul),
        ("tools.deny", |spec, nul| spec.tools.deny = nul),
        ("mcp", |spec, nul| spec.mcp = nul.into_iter().map(|name| (name, Value::Null)).collect()),
        ("model", |spec, nul| spec.model = nul.into_iter().next()),
        ("env", |spec, nul| spec.env = nul.into_iter().map(|of| ("NAME".to_owned(), of)).collect()),
    ];
    for (of, change) in cases {
        let mut spec = SessionSpec::in_project(&shop).agent("echo");
        change(&mut spec, nul());
        let error = maestro.sessions().open(spec.clone()).await.unwrap_err();
        assert_eq!(field(&error), (ErrorKind::InvalidArgument, of.to_owned()), "{error}");
        let mut task = ask(&shop, "hello");
        task.session = spec;
        task.session.project = None;
        let error = maestro.tasks().submit(task).await.unwrap_err();
        let of = format!("session.{of}");
        assert_eq!(field(&error), (ErrorKind::InvalidArgument, of), "{error}");
    }
}

/// What the driver is set up with is found out by the first task that uses it.
#[tokio::test]
async fn a_driver_names_what_is_no_text() {
    let den = Den::new();
    let program = den.program("claude", "exit 1");
    let bad = den.path().join(latin("claude"));
    fs::copy(&program, &bad).unwrap();
    for (of, claude) in [
        ("program", ClaudeCode::at(&bad)),
        ("config_dir", ClaudeCode::at(&program).config_dir(den.path().join(latin("home")))),
    ] {
        let builder = den.builder().agent(of, claude);
        let maestro = builder.build().await.unwrap();
        let shop = project(&maestro, &den.directory("shop")).await;
        let task = maestro.tasks().submit(ask(&shop, "hello").agent(of)).await.unwrap();
        let Outcome::Failed { error, .. } = task.wait().await.unwrap() else {
            panic!("{of}: it did not fail");
        };
        let error = Error::from(error);
        assert_eq!(field(&error), (ErrorKind::InvalidArgument, of.to_owned()), "{error}");
    }
}

/// The directories that only the system is given may have any name.
#[tokio::test]
async fn a_store_may_have_any_name_that_the_system_takes() {
    let den = Den::new();
    let within = den.path().join(latin("stores"));
    fs::create_dir(&within).unwrap();
    let path = within.join(latin("maestro"));
    let maestro = Maestro::builder().storage(Sqlite::at(&path)).build().await.unwrap();
    project(&maestro, &den.directory("shop")).await;
    maestro.close(maestro_core::Running::Wait).await.unwrap();
    assert!(path.is_file());
    let nul = Maestro::builder().storage(Sqlite::at(den.path().join("a\0b"))).build().await;
    let error = nul.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
    assert!(error.message().contains("`path`"), "{error}");
}

/// A value that only a newer version can mean is kept where it is read, and refused where it is given.
#[tokio::test]
async fn a_value_that_is_not_known_is_refused_where_it_is_given() {
    let den = Den::new();
    let maestro = den.observer().await;
    let shop = project(&maestro, &den.directory("shop")).await;
    let name = shop.info.name.clone();
    for of in ["when", "workspace"] {
        let spec = json!({ "kind": "done", "project": name, of: "x-new-value" });
        let error =
            maestro.tasks().submit(serde_json::from_value(spec).unwrap()).await.unwrap_err();
        assert_eq!(field(&error), (ErrorKind::InvalidArgument, of.to_owned()), "{error}");
    }
    let rule: RuleSpec =
        serde_json::from_value(json!({ "rule": "Read", "effect": "alow" })).unwrap();
    let error = maestro.approvals().policies().put(rule).await.unwrap_err();
    assert_eq!(field(&error), (ErrorKind::InvalidArgument, "effect".to_owned()), "{error}");
    let odd = || json!({ "states": ["odd"] });
    let (tasks, sessions, approvals) = (maestro.tasks(), maestro.sessions(), maestro.approvals());
    for error in [
        tasks.list(serde_json::from_value(odd()).unwrap()).await.map(drop).unwrap_err(),
        sessions.list(serde_json::from_value(odd()).unwrap()).await.map(drop).unwrap_err(),
        approvals.list(serde_json::from_value(odd()).unwrap()).await.map(drop).unwrap_err(),
    ] {
        assert_eq!(field(&error), (ErrorKind::InvalidArgument, "states".to_owned()), "{error}");
    }
}
