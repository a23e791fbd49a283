//! Files that are deleted or replaced under a store, damaged, or readable by others.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use maestro_core::storage::sqlite::Sqlite;
use maestro_core::storage::{Hint, Renew, Storage, StorageConfig as _};
use maestro_core::{Error, ErrorKind};

use crate::support::{append, create, file, key, open, runtime};

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn is_lost(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
    assert!(!error.is_retryable(), "{error}");
    let text = error.to_string();
    assert!(text.contains("maestro.db") && text.contains("start again"), "{text}");
}

/// What a node asks when nobody else asks anything.
async fn heartbeat(store: &dyn Storage) -> Result<(), Error> {
    let node_id = maestro_core::id::NodeId::from_uuid(uuid::Uuid::from_u128(7));
    store.renew(&Renew { node_id, ttl_ms: 1000, leases: Vec::new() }).await.map(drop)
}

/// A way to take a file of the store away, and what it is called.
type Way = (&'static str, fn(&Path));

fn ways() -> Vec<Way> {
    fn replace(path: &Path) {
        let copy = beside(path, ".copy");
        fs::copy(path, &copy).unwrap();
        fs::rename(copy, path).unwrap();
    }
    vec![
        ("the database is deleted", |path| fs::remove_file(path).unwrap()),
        ("the database is moved", |path| fs::rename(path, beside(path, ".old")).unwrap()),
        ("a copy takes its place", replace),
        ("an empty file takes its place", |path| {
            fs::remove_file(path).unwrap();
            fs::write(path, "").unwrap();
        }),
        ("all files are deleted", |path| {
            for suffix in ["", "-wal", "-shm", "-lock"] {
                fs::remove_file(beside(path, suffix)).unwrap();
            }
        }),
        ("its directory is moved", |path| {
            let directory = path.parent().unwrap();
            fs::rename(directory, beside(directory, ".old")).unwrap();
        }),
        ("the log is deleted", |path| fs::remove_file(beside(path, "-wal")).unwrap()),
        ("the log is replaced", |path| replace(&beside(path, "-wal"))),
        ("the index of the log is deleted", |path| fs::remove_file(beside(path, "-shm")).unwrap()),
    ]
}

fn scene() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let inner = directory.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let path = inner.join("maestro.db");
    (directory, path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_commit_is_answered_after_a_file_was_taken_away() {
    for (way, take) in ways() {
        let (_directory, path) = scene();
        let store = open(Sqlite::at(&path)).await;
        store.commit(create("before", 3)).await.unwrap();
        take(&path);
        let refused = store.commit(create("after", 3)).await.expect_err(way);
        is_lost(&refused);
        is_lost(&heartbeat(&*store).await.expect_err(way));
        is_lost(&store.get(&[key("before")]).await.expect_err(way));
        is_lost(&store.commit(append("s", 1)).await.expect_err(way));
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_watches_is_told_although_nobody_writes() {
    for (way, take) in ways() {
        let (_directory, path) = scene();
        let store = open(Sqlite::at(&path)).await;
        store.commit(create("before", 3)).await.unwrap();
        let watch = store.watch();
        take(&path);
        while reading(&*store).await.is_ok() {
            let hint = watch.next().await.expect(way);
            assert_eq!(*hint, Hint::Anything, "{way}");
        }
        store.close().await.unwrap();
    }
}

/// What a node asks at a hint: nothing that writes.
async fn reading(store: &dyn Storage) -> Result<(), Error> {
    store.get(&[]).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_notices_another_database_in_the_same_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    let store = open(Sqlite::at(&path)).await;
    store.commit(create("before", 3)).await.unwrap();
    heartbeat(&*store).await.unwrap();
    // As `.restore` of the command line does: another database, through SQLite.
    sql(&path, "UPDATE meta SET value = 'another' WHERE name = 'feed_epoch'");
    is_lost(&heartbeat(&*store).await.unwrap_err());
    is_lost(&store.commit(create("after", 3)).await.unwrap_err());
    store.close().await.unwrap();
}

fn sql(path: &Path, text: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(text).unwrap();
}

/// How many locks the descriptors of this process hold on a file.
#[cfg(target_os = "linux")]
fn locks(path: &Path) -> usize {
    let mut count = 0;
    for descriptor in fs::read_dir("/proc/self/fd").unwrap().map(Result::unwrap) {
        if fs::read_link(descriptor.path()).is_ok_and(|target| target == path) {
            let info = Path::new("/proc/self/fdinfo").join(descriptor.file_name());
            let info = fs::read_to_string(info).unwrap_or_default();
            count += info.lines().filter(|line| line.starts_with("lock:")).count();
        }
    }
    count
}

/// A descriptor of the database that is closed anywhere in this process takes its locks along.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_leaves_the_locks_of_the_store_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    let store = open(Sqlite::at(&path)).await;
    store.get(&[key("any")]).await.unwrap();
    let before = locks(&path);
    assert!(before > 0);
    for _ in 0..3 {
        heartbeat(&*store).await.unwrap();
        assert_eq!(locks(&path), before);
    }
    store.close().await.unwrap();
}

/// Writes a file over another one in its place, in a process of its own: closing a database here would
/// drop the locks of the store.
fn copy_over(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_written_over_in_its_place_is_lost() {
    let elsewhere = tempfile::tempdir().unwrap();
    let ours = file(&elsewhere);
    let other = open(Sqlite::at(&ours)).await;
    other.commit(create("of the other", 3)).await.unwrap();
    other.close().await.unwrap();
    let theirs = elsewhere.path().join("theirs.db");
    sql(&theirs, "CREATE TABLE meta (theirs); INSERT INTO meta VALUES (1)");
    for from in [&ours, &theirs] {
        // With all of it in the file, and with some of it in the log.
        for fresh in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let path = file(&directory);
            if !fresh {
                open(Sqlite::at(&path)).await.close().await.unwrap();
            }
            let store = open(Sqlite::at(&path)).await;
            store.commit(create("before", 3)).await.unwrap();
            copy_over(from, &path);
            is_lost(&heartbeat(&*store).await.expect_err("written over"));
            is_lost(&store.commit(create("after", 3)).await.unwrap_err());
            is_lost(&store.get(&[key("before")]).await.unwrap_err());
            store.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_database_is_opened_while_somebody_works_with_the_one_before() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    let first = open(Sqlite::at(&path)).await;
    let beside_it = open(Sqlite::at(&path)).await;
    first.commit(create("one", 3)).await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(beside(&path, suffix)).unwrap();
    }
    let refused = Sqlite::at(&path).open(runtime()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
    assert!(refused.to_string().contains("replaced while other nodes"), "{refused}");
    first.close().await.unwrap();
    Sqlite::at(&path).open(runtime()).await.expect_err("the other one still works");
    beside_it.close().await.unwrap();
    let next = open(Sqlite::at(&path)).await;
    assert!(next.get(&[key("one")]).await.unwrap()[0].is_none());
    next.commit(create("two", 3)).await.unwrap();
    next.close().await.unwrap();
    // Those that were lost have not taken its log along.
    let again = open(Sqlite::at(&path)).await;
    assert!(again.get(&[key("two")]).await.unwrap()[0].is_some());
    again.close().await.unwrap();
}

/// What was answered before the log was deleted is moved into the database by the last connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_log_takes_nothing_along_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    let store = open(Sqlite::at(&path)).await;
    store.commit(create("answered", 3)).await.unwrap();
    fs::remove_file(beside(&path, "-wal")).unwrap();
    store.commit(create("refused", 3)).await.unwrap_err();
    store.close().await.unwrap();
    let store = open(Sqlite::at(&path)).await;
    assert!(store.get(&[key("answered")]).await.unwrap()[0].is_some());
    store.close().await.unwrap();
    assert_eq!(crate::support::integrity(&path), "ok");
}

/// Each way to damage a file in its place.
fn damages() -> [(&'static str, Damage); 5] {
    [
        ("noise behind the first page", |file, length| write(file, 4096, length - 4096)),
        ("noise in the first page", |file, _| write(file, 0, 4096)),
        ("noise everywhere", |file, length| write(file, 0, length)),
        ("cut after a page", |file, _| file.set_len(4096).unwrap()),
        ("emptied", |file, _| file.set_len(0).unwrap()),
    ]
}

/// What is done to a file of some length.
type Damage = fn(&fs::File, u64);

fn write(file: &fs::File, at: u64, length: u64) {
    let noise = vec![0xA5; usize::try_from(length).unwrap()];
    std::os::unix::fs::FileExt::write_all_at(file, &noise, at).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_damaged_while_it_is_used_is_not_tried_again() {
    for (what, damage) in damages() {
        let directory = tempfile::tempdir().unwrap();
        let path = file(&directory);
        let store = open(Sqlite::at(&path)).await;
        for id in 0..50 {
            store.commit(create(&format!("{id}"), 20_000)).await.unwrap();
        }
        // The pages have to come from the file.
        store.close().await.unwrap();
        let store = open(Sqlite::at(&path)).await;
        let opened = fs::OpenOptions::new().write(true).open(&path).unwrap();
        damage(&opened, fs::metadata(&path).unwrap().len());
        // Closing it would drop the locks of the store.
        std::mem::forget(opened);
        let is_final = |error: &Error| {
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{what}: {error}");
            assert!(!error.is_retryable(), "{what}: {error}");
        };
        // Whether these need what is damaged is up to the caches.
        for key in ["7", "49"].map(key) {
            store.get(&[key]).await.err().iter().for_each(is_final);
        }
        store.commit(create("more", 3)).await.err().iter().for_each(is_final);
        is_final(&heartbeat(&*store).await.expect_err(what));
        drop(store);
    }
}

fn modes(directory: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let mode = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, entry.metadata().unwrap().permissions().mode() & 0o777)
    };
    let mut modes: Vec<_> = entries.map(mode).collect();
    modes.sort();
    modes
}

const PRIVATE: [(&str, u32); 4] = [
    ("maestro.db", 0o600),
    ("maestro.db-lock", 0o600),
    ("maestro.db-shm", 0o600),
    ("maestro.db-wal", 0o600),
];

#[test]
#[ignore = "a role: another test starts it with a umask"]
fn role_opener() {
    let Some(path) = std::env::var_os("MAESTRO_TEST_STORE") else { return };
    let tokio = tokio::runtime::Runtime::new().unwrap();
    tokio.block_on(async {
        let path = PathBuf::from(path);
        let store = open(Sqlite::at(&path)).await;
        store.commit(create("one", 3)).await.unwrap();
        let found = modes(path.parent().unwrap());
        assert_eq!(found, PRIVATE.map(|(name, mode)| (name.to_owned(), mode)));
        store.close().await.unwrap();
    });
}

#[test]
fn the_files_are_private_whatever_the_umask() {
    for umask in ["000", "022", "077", "002"] {
        // New, and made world-readable by somebody else before.
        for before in [None, Some(0o644), Some(0o666)] {
            let directory = tempfile::tempdir().unwrap();
            let path = file(&directory);
            if let Some(mode) = before {
                fs::write(&path, "").unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
            let own = fs::metadata(directory.path()).unwrap().permissions().mode();
            let role = std::process::Command::new("sh")
                .args(["-c", "umask $1; shift; exec \"$@\"", "sh", umask])
                .arg(std::env::current_exe().unwrap())
                .args(["--exact", "lost::role_opener", "--ignored", "--nocapture"])
                .env("MAESTRO_TEST_STORE", &path)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&role.stderr);
            assert!(role.status.success(), "umask {umask}, before {before:?}: {said}");
            // The user's own directory is left as it is.
            let now = fs::metadata(directory.path()).unwrap().permissions().mode();
            assert_eq!(now, own);
        }
    }
}
