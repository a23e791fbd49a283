//! Stores that cannot be opened or written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use maestro_core::event::EventStream;
use maestro_core::model::{Event, EventFilter, Outcome, Position, TaskSpec};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::task::task_fn;
use maestro_core::{Error, ErrorKind, LeaseTimes, Maestro, Running};
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
    wrong("a store's path with a NUL", &here.join("a\0b.db")).await;
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

    for (mistake, ways) in rights() {
        // Whatever the way, it is said in the same words.
        let mut errors = ways.iter().map(|prepare| without_rights(&den, *prepare));
        section.saw(mistake, &errors.next().unwrap());
        for error in errors {
            section.saw_again(mistake, &error);
        }
    }
    unchanged(&den, &before).await;

    for (mistake, ways) in losses() {
        let mut told = Vec::new();
        for take in ways {
            told.push(lost(take).await);
        }
        let mut told = told.iter();
        section.saw(mistake, told.next().unwrap());
        for error in told {
            section.saw_again(mistake, error);
        }
    }

    let error = full(&den).await;
    section.saw("a full disk", &error);
    section.check();
}

/// A way to lose the store of a node that is at work, by the path of the database.
type Loss = fn(&Path);

/// The ways by what the page calls them.
fn losses() -> [(&'static str, Vec<Loss>); 3] {
    fn replace(path: &Path) {
        let copy = path.with_extension("copy");
        fs::copy(path, &copy).unwrap();
        fs::rename(copy, path).unwrap();
    }
    let gone: Vec<Loss> = vec![|path| fs::remove_file(path).unwrap(), replace];
    let log: Vec<Loss> = vec![
        |path| fs::remove_file(path.with_extension("db-wal")).unwrap(),
        |path| replace(&path.with_extension("db-wal")),
        |path| fs::remove_file(path.with_extension("db-shm")).unwrap(),
    ];
    let over: Vec<Loss> = vec![
        |path| {
            let other = path.with_file_name("other.db");
            sql(&other, "CREATE TABLE theirs (a)");
            // In a process of its own: closing the file here would drop the locks of the store.
            let copied = Command::new("cp").arg(other).arg(path).status().unwrap();
            assert!(copied.success());
        },
        |path| sql(path, "UPDATE meta SET value = 'another' WHERE name = 'feed_epoch'"),
    ];
    [
        ("a database that is deleted or replaced while a node uses it", gone),
        ("a log that is deleted or replaced while a node uses it", log),
        ("a database that is written over while a node uses it", over),
    ]
}

/// Loses the store of a node at work, and gives what a task's waiter is told. Feeds, other waiters and
/// calls are told the same.
async fn lost(take: Loss) -> Error {
    let den = Den::new();
    let hang = task_fn(|_| std::future::pending::<Outcome>());
    let times = LeaseTimes::new(Duration::from_millis(1500));
    let builder = den.builder().storage(Sqlite::at(den.store())).task("hang", hang);
    let maestro = builder.lease_times(times).build().await.unwrap();
    let task = maestro.tasks().submit(TaskSpec::of_kind("hang", Value::Null)).await.unwrap();
    let mut feed =
        maestro.events().subscribe(EventFilter::default(), Position::Beginning).await.unwrap();
    let started = |event: &Event| event.event_type() == "task.started";
    while !started(&feed.next().await.unwrap().unwrap()) {}
    let of_task = task.events();
    let watching = async |mut feed: EventStream| {
        loop {
            match feed.next().await.expect("a lost store is not the end of a feed") {
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    };
    let taking = async { take(&den.store()) };
    let (waited, of_all, of_task, ()) =
        futures::join!(task.wait(), watching(feed), watching(of_task), taking);
    let waited = waited.unwrap_err();
    let refused = maestro.tasks().submit(TaskSpec::of_kind("hang", Value::Null)).await;
    for told in [&of_all, &of_task, &refused.unwrap_err()] {
        assert_eq!((told.kind(), told.message()), (waited.kind(), waited.message()));
        assert!(!told.is_retryable(), "{told}");
    }
    // There is nothing to wait for any more.
    let _ = maestro.close(Running::Park).await;
    waited
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

/// A way to take rights away from who opens a store: what it does to its directory.
type Rights = fn(&Path);

/// The ways by what the page calls them.
fn rights() -> [(&'static str, Vec<Rights>); 2] {
    let read_only: Vec<Rights> = vec![
        |directory| {
            mode(&directory.join("maestro.db"), 0o444);
            mode(directory, 0o555);
        },
        |directory| mode(&directory.join("maestro.db"), 0o444),
        |directory| mode(&directory.join("maestro.db"), 0o000),
        |directory| mode(directory, 0o555),
        |directory| {
            fs::remove_file(directory.join("maestro.db")).unwrap();
            mode(directory, 0o555);
        },
        // What another user left beside it.
        |directory| left(&directory.join("maestro.db-wal")),
        |directory| {
            left(&directory.join("maestro.db-wal"));
            left(&directory.join("maestro.db-shm"));
            mode(directory, 0o555);
        },
        |directory| left(&directory.join("maestro.db-lock")),
    ];
    let not_searched: Vec<Rights> = vec![|directory| mode(directory, 0o600)];
    [
        ("a database that is read-only", read_only),
        ("a database in a directory that may not be searched", not_searched),
    ]
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Makes a file that nobody may open.
fn left(path: &Path) {
    fs::write(path, "").unwrap();
    mode(path, 0o000);
}

/// The variable that makes this program the one that may not write.
const STORE: &str = "MAESTRO_TEST_STORE_WITHOUT_RIGHTS";

/// Opens a copy of the store after `prepare` took rights away from it.
fn without_rights(den: &Den, prepare: Rights) -> Error {
    let copy = tempfile::tempdir_in(den.path()).unwrap();
    let store = copy.path().join("maestro.db");
    fs::copy(den.store(), &store).unwrap();
    prepare(copy.path());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "stores::the_one_without_rights", "--nocapture"]);
    let output = child.env(STORE, &store).output().unwrap();
    mode(copy.path(), 0o755);
    if store.exists() {
        mode(&store, 0o600);
        assert_eq!(fs::read(&store).unwrap(), fs::read(den.store()).unwrap(), "it was changed");
    }
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find_map(|line| line.split_once("error: "));
    let (_, json) = line.unwrap_or_else(|| {
        panic!("{said}{}", String::from_utf8_lossy(&output.stderr));
    });
    Error::from(serde_json::from_str::<maestro_core::error::ErrorInfo>(json).unwrap())
}

/// Opens a store only in the process that `without_rights` starts.
#[test]
fn the_one_without_rights() {
    let Some(store) = std::env::var_os(STORE) else { return };
    be_nobody_special();
    // Its threads are like this one.
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let error = tokio.block_on(refused(Path::new(&store), "a store without rights"));
    println!("error: {}", serde_json::to_string(&error.info()).unwrap());
}

/// Modes of files say nothing to root, until it gives that up. It stays the owner of its files, as
/// another user would be.
#[cfg(target_os = "linux")]
fn be_nobody_special() {
    let none = rustix::thread::CapabilitySets {
        effective: rustix::thread::CapabilitySet::empty(),
        permitted: rustix::thread::CapabilitySet::empty(),
        inheritable: rustix::thread::CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, none).unwrap();
}

#[cfg(not(target_os = "linux"))]
fn be_nobody_special() {}
