//! One round: a new demo, kills, and a run to its end.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use fastrand::Rng;
use futures::future::{Either, select};
use maestro_core::model::Position;
use tokio::process::{Child, Command};

use crate::check::{self, Counts};
use crate::phase;

/// How long a demo may take to its end before it counts as stuck. Ten times what it takes here.
const STUCK_AFTER: Duration = Duration::from_mins(3);

/// What a round came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) counts: Counts,
    pub(crate) findings: Vec<String>,
    pub(crate) phases: Vec<&'static str>,
}

/// Runs a demo undisturbed and says how long it took.
pub(crate) async fn calibrate(maestro: &Path) -> Result<Duration, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let begin = clock();
    let status = to_the_end(maestro, dir.path()).await?;
    if !status {
        return Err(output(dir.path()));
    }
    let mut outcome = Outcome::default();
    check::check(dir.path(), &mut outcome).await;
    if outcome.counts != Counts::default() {
        return Err(outcome.findings.join("; "));
    }
    Ok(clock().saturating_sub(begin))
}

/// Plays one round. `whole` is how long an undisturbed demo takes.
pub(crate) async fn play(maestro: &Path, whole: Duration, random: &mut Rng, keep: bool) -> Outcome {
    let mut outcome = Outcome::default();
    let dir = match tempfile::tempdir() {
        Ok(dir) => dir,
        Err(error) => {
            outcome.counts.lost += 1;
            outcome.findings.push(format!("no directory: {error}"));
            return outcome;
        }
    };
    for _ in 0..random.u32(1..=3) {
        // Half of the kills come at any moment, which is mostly while the model speaks or a tool
        // runs; the other half begins in a phase of its own choice, so that short ones are met too.
        let moment = if random.bool() {
            Moment::After(whole.mul_f64(random.f64() * 1.1))
        } else {
            let phase = phase::ALL[random.usize(..phase::ALL.len())];
            let most = if random.bool() { 2_000 } else { 40_000 };
            Moment::In(phase, Duration::from_micros(random.u64(0..most)))
        };
        match kill(maestro, dir.path(), moment).await {
            Ok(true) => outcome.phases.push(match check::events(dir.path()).await {
                Ok(Some(events)) => phase::of(&events),
                Ok(None) => "before the store",
                Err(why) => {
                    outcome.counts.lost += 1;
                    outcome.findings.push(format!("after a kill: {why}"));
                    "before the store"
                }
            }),
            // It was faster than the kill.
            Ok(false) => break,
            Err(why) => {
                outcome.counts.stuck += 1;
                outcome.findings.push(why);
            }
        }
    }
    match to_the_end(maestro, dir.path()).await {
        Ok(true) => {}
        Ok(false) => {
            outcome.counts.lost += 1;
            outcome.findings.push(output(dir.path()));
        }
        Err(why) => {
            outcome.counts.stuck += 1;
            outcome.findings.push(format!("{why}\n{}", output(dir.path())));
        }
    }
    check::check(dir.path(), &mut outcome).await;
    if keep && outcome.counts != Counts::default() {
        outcome.findings.push(format!("kept {}", dir.keep().display()));
    }
    outcome
}

/// When to kill.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after the start.
    After(Duration),
    /// So long after the first sight of a phase.
    In(&'static str, Duration),
}

/// Starts the demo and kills it. False when it had ended by itself.
async fn kill(maestro: &Path, dir: &Path, moment: Moment) -> Result<bool, String> {
    let mut child = start(maestro, dir)?;
    let ended = match moment {
        Moment::After(time) => timeout(time, child.wait()).await.is_some(),
        Moment::In(phase, time) => {
            let seen = Box::pin(async {
                reached(dir, phase).await;
                pause(time).await;
            });
            matches!(select(Box::pin(child.wait()), seen).await, Either::Left(_))
        }
    };
    if ended {
        return Ok(false);
    }
    child.start_kill().map_err(|error| error.to_string())?;
    child.wait().await.map_err(|error| error.to_string())?;
    Ok(true)
}

/// Watches the store until the demo is in a phase. A store that is not whole yet is looked at again.
async fn reached(dir: &Path, phase: &str) {
    let store = dir.join("demo/maestro.db");
    while !store.exists() {
        if phase == phase::ALL[0] {
            return;
        }
        pause(Duration::from_millis(1)).await;
    }
    let maestro = loop {
        match check::observe(&store).await {
            Ok(maestro) => break maestro,
            Err(_) => pause(Duration::from_millis(5)).await,
        }
    };
    let mut after = Position::Beginning;
    let mut events = Vec::new();
    while phase::of(&events) != phase {
        if let Ok(next) = check::more(&maestro, after.clone(), &mut events).await {
            after = next;
        } else {
            // The next look begins again, so that nothing counts twice.
            (after, events) = (Position::Beginning, Vec::new());
        }
        pause(Duration::from_millis(2)).await;
    }
}

/// Runs the demo to its end. False when it says that it failed.
async fn to_the_end(maestro: &Path, dir: &Path) -> Result<bool, String> {
    let mut child = start(maestro, dir)?;
    if let Some(status) = timeout(STUCK_AFTER, child.wait()).await {
        return Ok(status.map_err(|error| error.to_string())?.success());
    }
    child.start_kill().map_err(|error| error.to_string())?;
    Err(format!("stuck for {} s", STUCK_AFTER.as_secs()))
}

fn start(maestro: &Path, dir: &Path) -> Result<Child, String> {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(dir.join("output.log"))
        .map_err(|error| error.to_string())?;
    let errors = log.try_clone().map_err(|error| error.to_string())?;
    Command::new(maestro)
        .args(["demo", "--log=warn", "--dir"])
        .arg(dir.join("demo"))
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())
}

fn output(dir: &Path) -> String {
    let text = std::fs::read_to_string(dir.join("output.log")).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

#[expect(clippy::disallowed_methods, reason = "this program measures and waits for real time")]
async fn timeout<F: Future>(time: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(time, future).await.ok()
}

#[expect(clippy::disallowed_methods, reason = "this program measures and waits for real time")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

#[expect(clippy::disallowed_methods, reason = "this program measures and waits for real time")]
fn clock() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}
