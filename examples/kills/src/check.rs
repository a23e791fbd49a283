//! What has to hold after a round.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use maestro_core::model::{Event, EventData, EventFilter, Position, TaskState};
use maestro_core::runtime::tokio::TokioRuntime;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::task::TaskFilter;
use maestro_core::transport::channel::ChannelTransport;
use maestro_core::{Maestro, Running};

use crate::round::Outcome;

/// What the demo has to leave on `main`.
const FILES: [(&str, &str); 3] = [
    ("src/theme.txt", "background = black\ntext = white\n"),
    ("docs/guide.txt", "Choose Settings, Theme, Dark.\n"),
    ("RELEASE.txt", "Dark theme: src/theme.txt, docs/guide.txt\n"),
];

/// How many of each were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Files, tasks or worktrees that are not as they have to be.
    pub(crate) lost: u32,
    /// Lines that an attempt wrote after it had lost its authority.
    pub(crate) stale: u32,
    /// Demos that did not come to an end.
    pub(crate) stuck: u32,
    /// Processes that were left when the demo had ended.
    pub(crate) orphans: u32,
    /// Holes and repetitions in streams.
    pub(crate) gaps: u32,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.lost += other.lost;
        self.stale += other.stale;
        self.stuck += other.stuck;
        self.orphans += other.orphans;
        self.gaps += other.gaps;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, stale, stuck, orphans, gaps } = self;
        write!(f, "lost {lost} stale {stale} stuck {stuck} orphans {orphans} gaps {gaps}")
    }
}

/// Checks everything that a finished demo has to be.
pub(crate) async fn check(dir: &Path, outcome: &mut Outcome) {
    orphans(dir, outcome);
    files(dir, outcome);
    match events(dir).await {
        Ok(Some(events)) => {
            streams(&events, outcome);
            attempts(dir, &events, outcome);
        }
        Ok(None) => lost(outcome, "there is no store".to_owned()),
        Err(why) => lost(outcome, why),
    }
    if let Err(why) = tasks(dir, outcome).await {
        lost(outcome, why.to_string());
    }
}

/// A look at a store that leaves it alone: the place of this node has no processes, so it can know
/// of no node that it is dead, and recovers nothing.
pub(crate) async fn observe(store: &Path) -> maestro_core::Result<Maestro> {
    let runtime = TokioRuntime::try_current()?;
    let transport = ChannelTransport::new(Arc::new(runtime));
    let builder = Maestro::builder().storage(Sqlite::at(store)).transport(Arc::new(transport));
    builder.concurrency(0).build().await
}

/// All events of the store, or none when there is no store yet.
pub(crate) async fn events(dir: &Path) -> Result<Option<Vec<Event>>, String> {
    let store = dir.join("demo/maestro.db");
    if !store.exists() {
        return Ok(None);
    }
    let read = async {
        let maestro = observe(&store).await?;
        let mut all = Vec::new();
        more(&maestro, Position::Beginning, &mut all).await?;
        maestro.close(Running::Park).await?;
        Ok::<_, maestro_core::Error>(all)
    };
    read.await.map(Some).map_err(|error| error.to_string())
}

/// Reads what there is after a position, and says where to go on.
pub(crate) async fn more(
    maestro: &Maestro,
    mut after: Position,
    all: &mut Vec<Event>,
) -> maestro_core::Result<Position> {
    loop {
        let (page, next) = maestro.events().read(EventFilter::default(), after, 1000).await?;
        let done = page.is_empty();
        all.extend(page);
        after = Position::After(next);
        if done {
            return Ok(after);
        }
    }
}

fn streams(events: &[Event], outcome: &mut Outcome) {
    let mut last: HashMap<&str, u64> = HashMap::new();
    for event in events {
        let seq = event.seq.unwrap_or_default();
        let before = last.insert(&event.stream, seq).unwrap_or_default();
        if seq != before + 1 {
            outcome.counts.gaps += 1;
            outcome.findings.push(format!("{}: {seq} comes after {before}", event.stream));
        }
    }
}

fn files(dir: &Path, outcome: &mut Outcome) {
    for (path, expected) in FILES {
        let output = Command::new("git")
            .arg("-C")
            .arg(dir.join("demo/shop"))
            .arg("show")
            .arg(format!("main:{path}"))
            .output();
        let found = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        if found.as_deref().unwrap_or_default() != expected {
            lost(outcome, format!("main:{path} is {found:?}"));
        }
    }
}

async fn tasks(dir: &Path, outcome: &mut Outcome) -> maestro_core::Result<()> {
    let store = dir.join("demo/maestro.db");
    let maestro = observe(&store).await?;
    let page = maestro.tasks().list(TaskFilter::default()).await?;
    if page.tasks.len() != FILES.len() {
        lost(outcome, format!("{} tasks instead of {}", page.tasks.len(), FILES.len()));
    }
    for task in page.tasks {
        if task.state != TaskState::Succeeded {
            lost(outcome, format!("task {} is {}", task.title(), task.state));
        }
        let workspace = maestro.tasks().handle(task.id).workspace().info().await?;
        if !workspace.workspace.root.as_path().is_dir() {
            lost(outcome, format!("the worktree of {} is not there", task.title()));
        }
    }
    maestro.close(Running::Park).await
}

/// Whether the demo had no real agent, which its first line says. Then no attempt runs a check.
pub(crate) fn is_scripted(dir: &Path) -> bool {
    let log = std::fs::read_to_string(dir.join("output.log")).unwrap_or_default();
    log.starts_with("demo: a scripted agent")
}

/// The lines that the attempts wrote outside the store: after a higher token has begun no lower one
/// may write, and after the task succeeded none may.
fn attempts(dir: &Path, events: &[Event], outcome: &mut Outcome) {
    let mut ended: BTreeMap<String, i64> = BTreeMap::new();
    for event in events {
        if let (EventData::TaskEnded(_), Some(task_id)) = (&event.data, event.refs.task_id) {
            ended.insert(task_id.to_string(), event.at.as_micros());
        }
    }
    let text = std::fs::read_to_string(dir.join("demo/attempts.log")).unwrap_or_default();
    let mut highest: HashMap<&str, u64> = HashMap::new();
    for line in text.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let [task, _attempt, token, _stage, nanos] = words[..] else {
            lost(outcome, format!("a broken line: {line:?}"));
            continue;
        };
        let (Ok(token), Ok(nanos)) = (token.parse::<u64>(), nanos.parse::<i64>()) else {
            lost(outcome, format!("a broken line: {line:?}"));
            continue;
        };
        let known = highest.entry(task).or_default();
        let late = ended.get(task).is_some_and(|micros| nanos / 1000 > *micros);
        if token < *known || late {
            outcome.counts.stale += 1;
            outcome.findings.push(format!("stale (highest {known}, late {late}): {line}"));
        }
        *known = token.max(*known);
    }
    if is_scripted(dir) {
        return;
    }
    for task in ended.keys().filter(|task| !highest.contains_key(task.as_str())) {
        lost(outcome, format!("no attempt of task {task} ran its check"));
    }
}

/// Processes whose environment names this demo.
fn orphans(dir: &Path, outcome: &mut Outcome) {
    let marker = format!("MAESTRO_DEMO_ATTEMPTS={}", dir.join("demo/attempts.log").display());
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for process in processes {
        let environ = std::fs::read(process.path().join("environ")).unwrap_or_default();
        if environ.split(|byte| *byte == 0).any(|variable| variable == marker.as_bytes()) {
            outcome.counts.orphans += 1;
            outcome.findings.push(format!("orphan: process {}", process.file_name().display()));
        }
    }
}

fn lost(outcome: &mut Outcome, why: String) {
    outcome.counts.lost += 1;
    outcome.findings.push(why);
}
