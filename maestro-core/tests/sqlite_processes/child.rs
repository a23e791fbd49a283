//! The other process: a writer that says what was acknowledged.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use futures::future::join_all;
use maestro_core::id::{CommitId, TenantId};
use maestro_core::model::{
    Actor, Envelope, EventFilter, EventQuery, EventRefs, NewEvent, Position, StoredEvent,
    StreamKey, Timestamp,
};
use maestro_core::runtime::tokio::TokioRuntime;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::storage::{Append, Commit, Receipt, Storage, StorageConfig as _};
use uuid::Uuid;

/// What the other process is told, in one variable: file, name, callers, commits of each.
const ORDERS: &str = "MAESTRO_TEST_SQLITE_WRITER";

/// What starts a line that acknowledges a commit; the test harness prints lines of its own.
const ACKNOWLEDGED: &str = "acknowledged ";

pub(crate) async fn open(path: &Path) -> Arc<dyn Storage> {
    let runtime = TokioRuntime::current().expect("tests run on tokio");
    Sqlite::at(path).readers(1).open(Arc::new(runtime)).await.expect("the store opens")
}

/// The commit with this id: one event in a stream that all share, one in a stream of the name.
pub(crate) fn commit(id: Uuid, name: &str) -> Commit {
    let mut commit = Commit::new(CommitId::from_uuid(id));
    for stream in ["shared", name] {
        commit.appends.push(Append {
            stream: StreamKey::of(TenantId::default(), "task", stream),
            events: vec![Arc::new(NewEvent {
                at: Timestamp::from_micros(1),
                event_type: "task.progress".into(),
                actor: Actor::default(),
                refs: EventRefs::default(),
                schema: 1,
                data: Envelope::json(&id).expect("an id is JSON"),
                raw: None,
            })],
        });
    }
    commit
}

/// The body of the other process. Without orders it is no test and does nothing.
#[test]
#[ignore = "run by the other tests, in another process"]
fn writer() {
    let Some(orders) = std::env::var_os(ORDERS) else {
        return;
    };
    let orders = orders.into_string().expect("orders are text");
    let [path, name, callers, commits] = orders.split('|').collect::<Vec<_>>()[..] else {
        panic!("orders have four parts");
    };
    let (callers, commits): (u32, u32) = (callers.parse().unwrap(), commits.parse().unwrap());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = open(Path::new(path)).await;
        let callers = (0..callers).map(|_| async {
            for _ in 0..commits {
                let id = Uuid::from_u128(fastrand::u128(..));
                let receipt = store.commit(commit(id, name)).await.expect("the commit succeeds");
                let receipt = serde_json::to_string(&receipt).expect("a receipt is JSON");
                // One write for each line, so that a kill leaves no half of one.
                let line = format!("\n{ACKNOWLEDGED}{id} {receipt}\n");
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
        });
        join_all(callers).await;
        store.close().await.unwrap();
    });
}

/// A running writer. Dropping it kills it.
pub(crate) struct Writer {
    pub(crate) name: String,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Writer {
    pub(crate) fn start(path: &Path, name: &str, callers: u32, commits: u32) -> Self {
        let orders = format!("{}|{name}|{callers}|{commits}", path.display());
        let mut child = Command::new(std::env::current_exe().expect("this is a program"))
            .args(["--ignored", "--exact", "child::writer", "--nocapture"])
            .env(ORDERS, orders)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the test program runs again");
        let stdout = child.stdout.take().expect("it is piped");
        Self { name: name.to_owned(), child, lines: BufReader::new(stdout).lines() }
    }

    /// The next acknowledged commit; none when the process has ended.
    pub(crate) fn next(&mut self) -> Option<(Uuid, Receipt)> {
        loop {
            let line = self.lines.next()?.expect("the output is text");
            if let Some(said) = line.strip_prefix(ACKNOWLEDGED) {
                let (id, receipt) = said.split_once(' ').expect("an id and a receipt");
                let receipt = serde_json::from_str(receipt).expect("a receipt");
                return Some((id.parse().expect("an id"), receipt));
            }
        }
    }

    /// Ends the process at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the process is ours");
    }

    /// Waits for the process, and says whether it succeeded.
    pub(crate) fn succeeded(&mut self) -> bool {
        self.child.wait().expect("the process is ours").success()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It has ended already where the test passed.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Everything after a position, page by page.
pub(crate) async fn read(store: &dyn Storage, after: &mut Position) -> Vec<StoredEvent> {
    let mut events = Vec::new();
    loop {
        let page = store
            .read_events(&EventQuery {
                filter: EventFilter::default(),
                after: after.clone(),
                limit: 500,
            })
            .await
            .expect("the feed is read");
        *after = Position::After(page.next);
        events.extend(page.events);
        if !page.more {
            return events;
        }
    }
}
