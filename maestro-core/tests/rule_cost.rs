//! What it costs to judge long calls by rules: the time by length, and what a host notices while twenty
//! sessions send such calls. `cargo test --release -p maestro-core --all-features --test rule_cost -- --ignored
//! --nocapture`; the times by length stand in `docs/performance.md`.
#![cfg(all(target_os = "linux", feature = "sqlite", feature = "tokio"))]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and prints"
)]

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use maestro_core::agent::scripted::{Script, ScriptedAgent, ToolStep};
use maestro_core::approval::rules::{MAX_JUDGED_BYTES, simple_commands};
use maestro_core::event::EventStream;
use maestro_core::model::{
    EventData, EventFilter, EventPage, EventQuery, Position, ProjectSpec, RuleSpec, SessionSpec,
};
use maestro_core::runtime::Runtime;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::storage::{
    Claim, ClaimOutcome, Commit, ListPage, ListQuery, Receipt, Record, RecordKey, Renew, Renewed,
    Storage, StorageConfig, Watch,
};
use maestro_core::{LeaseTimes, Maestro, Result, Running};
use serde_json::json;

/// Repeated to a length, each of these is read in a way of its own.
const SHAPES: [&str; 8] = ["! ", "((((", "\"$(", "a=b ", "sudo ", "'a' ", "; echo x ", "x "];
const SESSIONS: usize = 20;
const CALLS: usize = 20;
const TTL: Duration = Duration::from_secs(3);

fn command(shape: &str, bytes: usize) -> String {
    let mut text = format!("echo {}", shape.repeat(bytes / shape.len() + 1));
    text.truncate(bytes);
    text
}

#[test]
#[ignore = "measures"]
fn time_by_length() {
    println!("| repeated | 16 kB | 32 kB | 64 kB | 100 kB | 200 kB | 64 kB / 16 kB |");
    println!("|---|---|---|---|---|---|---|");
    for shape in SHAPES {
        let time = |bytes: usize| {
            let text = command(shape, bytes);
            let mut times: Vec<Duration> = (0..21)
                .map(|_| {
                    let start = worked();
                    std::hint::black_box(simple_commands(&text));
                    worked() - start
                })
                .collect();
            times.sort_unstable();
            times[times.len() / 2]
        };
        let sizes =
            [MAX_JUDGED_BYTES / 4, MAX_JUDGED_BYTES / 2, MAX_JUDGED_BYTES, 100_000, 200_000];
        let times = sizes.map(time);
        let micros = times.map(|time| format!("{:.0} µs", time.as_secs_f64() * 1e6));
        let ratio = times[2].as_secs_f64() / times[0].as_secs_f64();
        println!("| `{shape}` | {} | {ratio:.1} |", micros.join(" | "));
    }
}

/// A store that notes when leases are renewed: the heartbeats.
#[derive(Debug, Clone)]
struct Watched {
    config: Arc<Sqlite>,
    beats: Arc<Mutex<Vec<Instant>>>,
}

#[async_trait]
impl StorageConfig for Watched {
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
        let inner = self.config.open(runtime).await?;
        Ok(Arc::new(Noting { inner, beats: Arc::clone(&self.beats) }))
    }

    fn state_directory(&self) -> Option<PathBuf> {
        self.config.state_directory()
    }
}

#[derive(Debug)]
struct Noting {
    inner: Arc<dyn Storage>,
    beats: Arc<Mutex<Vec<Instant>>>,
}

impl fmt::Display for Noting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

#[async_trait]
impl Storage for Noting {
    async fn commit(&self, commit: Commit) -> Result<Receipt> {
        self.inner.commit(commit).await
    }

    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Record>>> {
        self.inner.get(keys).await
    }

    async fn list(&self, query: &ListQuery) -> Result<ListPage> {
        self.inner.list(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<ClaimOutcome>> {
        self.inner.claim(claim).await
    }

    async fn renew(&self, renew: &Renew) -> Result<Renewed> {
        let renewed = self.inner.renew(renew).await;
        self.beats.lock().expect("nobody panics").push(Instant::now());
        renewed
    }

    async fn read_events(&self, query: &EventQuery) -> Result<EventPage> {
        self.inner.read_events(query).await
    }

    fn watch(&self) -> Watch {
        self.inner.watch()
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }
}

/// Allows what rules leave to a person, as a person would.
async fn answer(maestro: Maestro, mut asked: EventStream) {
    while let Some(event) = asked.next().await {
        let event = event.expect("the feed goes on");
        if let EventData::ApprovalRequested(asked) = event.data
            && let (Some(id), false) = (asked.approval_id, asked.answered)
        {
            maestro.approvals().allow(id).await.expect("it waits");
        }
    }
}

/// How long this thread has worked.
fn worked() -> Duration {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        at.tv_sec.try_into().expect("it is positive"),
        at.tv_nsec.try_into().expect("it is positive"),
    )
}

/// A figure of `/proc/self/status`, in MB.
fn memory(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("`/proc` is there");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("it is said");
    let kib: f64 = line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().expect("a number");
    kib * 1024.0 / 1e6
}

/// Sends calls of one length from all sessions at once.
async fn send(bytes: usize) {
    let place = tempfile::tempdir().expect("a disk");
    let beats = Arc::<Mutex<Vec<Instant>>>::default();
    let config = Arc::new(Sqlite::at(place.path().join("maestro.db")));
    let mut script = Script::new();
    for call in 0..CALLS {
        let text = command(SHAPES[call % SHAPES.len()], bytes);
        script = script.tool(ToolStep::new("Bash").input(json!({ "command": text })).ask());
    }
    let maestro = Maestro::builder()
        .storage(Watched { config, beats: Arc::clone(&beats) })
        .agent("claude", ScriptedAgent::new().default_script(script.say("Done.")))
        .lease_times(LeaseTimes::new(TTL))
        .build()
        .await
        .expect("a node");
    for rule in [
        RuleSpec::allow("Bash(echo:*)"),
        RuleSpec::deny("Bash(rm:*)"),
        RuleSpec::deny("Read(./secret/**)"),
        RuleSpec::ask("Bash(git push:*)"),
    ] {
        maestro.approvals().policies().put(rule).await.expect("a rule");
    }
    let filter = EventFilter::of_types(["approval.requested"]);
    let asked = maestro.events().subscribe(filter, Position::Beginning).await.expect("a feed");
    let answers = tokio::spawn(answer(maestro.clone(), asked));
    let shop = ProjectSpec::new("shop", place.path());
    let shop = maestro.projects().ensure(shop).await.expect("a project");
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let spec = SessionSpec::in_project(shop.id().to_string()).agent("claude");
        sessions.push(maestro.sessions().open(spec).await.expect("a session"));
    }
    // Forgets the most that there was until now.
    std::fs::write("/proc/self/clear_refs", "5").expect("it is ours");
    let before = memory("VmRSS");
    let late = Arc::new(Mutex::new(Duration::ZERO));
    let noted = Arc::clone(&late);
    let ticks = tokio::spawn(async move {
        loop {
            let start = Instant::now();
            tokio::time::sleep(Duration::from_millis(5)).await;
            let over = start.elapsed().saturating_sub(Duration::from_millis(5));
            let mut most = noted.lock().expect("nobody panics");
            *most = over.max(*most);
        }
    });
    let start = Instant::now();
    let mut turns = Vec::new();
    for session in &sessions {
        turns.push(session.prompt("go").await.expect("a turn"));
    }
    for turn in turns {
        turn.wait().await.expect("it ends");
    }
    let took = start.elapsed();
    ticks.abort();
    answers.abort();
    let beats = beats.lock().expect("nobody panics").clone();
    let beats: Vec<Instant> = beats.into_iter().filter(|beat| *beat >= start).collect();
    let ends = [start, start + took];
    let mut all: Vec<Instant> = beats.iter().copied().chain(ends).collect();
    all.sort_unstable();
    let gap = all.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
    println!(
        "| {} kB | {:.1} s | {:.2} ms | {before:.0} | {:.0} | {} | {:.2} s | {:.0} ms |",
        bytes / 1000,
        took.as_secs_f64(),
        took.as_secs_f64() * 1e3 / (SESSIONS * CALLS) as f64,
        memory("VmHWM"),
        beats.len(),
        gap.as_secs_f64(),
        late.lock().expect("nobody panics").as_secs_f64() * 1e3,
    );
    maestro.close(Running::Park).await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn twenty_sessions_send_long_calls() {
    println!("{SESSIONS} sessions, {CALLS} calls each; a heartbeat is due each {:?}", TTL / 3);
    println!(
        "| a call | all | each | MB before | MB at most | heartbeats | largest gap | executor late by |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for bytes in [100, 25_000, 50_000, MAX_JUDGED_BYTES, 100_000, 200_000] {
        send(bytes).await;
    }
}
