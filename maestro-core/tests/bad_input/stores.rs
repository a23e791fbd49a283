//! Stores that cannot be opened or written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use maestro_core::model::TaskSpec;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Error, ErrorKind, Maestro, Running};
use serde_json::Value;

use crate::book::Section;
use crate::den::{Den, Everything, ask, everything, project};

pub(crate) const SECTION: &str = "Stores";

/// A store with a project and a task, closed again, and what is in it.
async fn filled(den: &Den) -> Everything {
    let maestro = den.observer().await;
    let shop = project(&maestro, &den.directory("shop")).await;
    maestro.tasks().submit(ask(&shop, "hello")).await.unwrap();
    let before = everything(&maestro).await;
    maestro.close(Running::Wait).await.unwrap();
    before
}

async fn unchanged(den: &Den, before: &Everything) {
    let maestro = den.observer().await;
    let after = everything(&maestro).await;
    assert_eq!(after.tasks, before.tasks);
    assert_eq!(after.projects, before.projects);
    maestro.close(Running::Wait).await.unwrap();
}

async fn refused(path: &Path, mistake: &str) -> Error {
    let built = Maestro::builder().storage(Sqlite::at(path)).build().await;
    built.expect_err(mistake)
}

fn sql(path: &Path, text: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(text).unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_a_store_is_named() {
    let den = Den::new();
    let mut section = Section::new(SECTION);
    let mut wrong = async |mistake: &str, path: &Path| {
        let before = fs::read(path).ok();
        let error = refused(path, mistake).await;
        assert_eq!(fs::read(path).ok(), before, "{mistake}: the file was changed");
        section.saw(mistake, &error);
    };
    let here = den.path();
    wrong("a directory for a file", &here).await;
    wrong("a directory that is not there", &here.join("nowhere/maestro.db")).await;
    let text = here.join("text");
    fs::write(&text, "this is no database, whatever its name says ".repeat(200)).unwrap();
    wrong("a file that is no database", &text).await;
    let theirs = here.join("theirs.db");
    sql(&theirs, "CREATE TABLE theirs (a)");
    wrong("the database of another program", &theirs).await;

    let before = filled(&den).await;
    sql(&den.store(), "UPDATE meta SET value = 2 WHERE name = 'min_writer'");
    wrong("a database that a newer version has changed", &den.store()).await;
    sql(&den.store(), "UPDATE meta SET value = 1 WHERE name = 'min_writer'");
    unchanged(&den, &before).await;

    let damaged = here.join("damaged.db");
    let mut bytes = fs::read(den.store()).unwrap();
    // The root of the schema stays, what follows it does not.
    bytes[4096..].fill(0xA5);
    fs::write(&damaged, bytes).unwrap();
    wrong("a database that is damaged", &damaged).await;

    let error = read_only(&den);
    section.saw("a database that is read-only", &error);
    unchanged(&den, &before).await;

    let error = full(&den).await;
    section.saw("a full disk", &error);
    section.check();
}

/// Submits until the disk is full: what was answered is there, what was refused is not, and with
/// room again it goes on.
async fn full(den: &Den) -> Error {
    let path = den.path().join("full.db");
    // 2 MiB.
    let small = Sqlite::at(&path).max_pages(512);
    let maestro = den.builder().storage(small).concurrency(0).build().await.unwrap();
    let task = || TaskSpec::of_kind("done", Value::from("x".repeat(50_000)));
    let mut submitted = Vec::new();
    let error = loop {
        match maestro.tasks().submit(task()).await {
            Ok(task) => submitted.push(task.id()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{error}");
    assert!(error.is_retryable() && !error.is_unknown_outcome(), "{error}");
    // Reading needs no room.
    let ids = |all: Everything| all.tasks.iter().map(|task| task.id).collect::<Vec<_>>();
    assert_eq!(ids(everything(&maestro).await), submitted);
    drop(maestro);
    let roomy = den.builder().storage(Sqlite::at(&path)).build().await.unwrap();
    assert_eq!(ids(everything(&roomy).await), submitted);
    for id in submitted {
        let outcome = roomy.tasks().handle(id).wait().await.unwrap();
        assert!(outcome.is_success(), "{outcome:?}");
    }
    roomy.close(Running::Wait).await.unwrap();
    error
}

/// The variable that makes this program the one that may not write.
const STORE: &str = "MAESTRO_TEST_READ_ONLY_STORE";

/// Opens the store as somebody who may only read it. Root may write everything, so the tests of
/// root do it in a process of `nobody`.
fn read_only(den: &Den) -> Error {
    let mode = |mode| {
        for path in [den.store(), den.path()] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    // Searchable, readable, and nothing else.
    mode(0o555);
    let mut child = Command::new("/proc/self/exe");
    child.args(["--exact", "stores::the_one_who_may_not_write", "--nocapture"]);
    child.env(STORE, den.store()).current_dir("/");
    if rustix::process::geteuid().is_root() {
        child.uid(65534).gid(65534);
    }
    let output = child.output().unwrap();
    mode(0o755);
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find_map(|line| line.split_once("error: "));
    let (_, json) = line.unwrap_or_else(|| {
        panic!("{said}{}", String::from_utf8_lossy(&output.stderr));
    });
    Error::from(serde_json::from_str::<maestro_core::error::ErrorInfo>(json).unwrap())
}

/// Does something only in the process that `read_only` starts.
#[tokio::test]
async fn the_one_who_may_not_write() {
    let Some(store) = std::env::var_os(STORE) else { return };
    let error = refused(Path::new(&store), "a read-only store").await;
    println!("error: {}", serde_json::to_string(&error.info()).unwrap());
}
