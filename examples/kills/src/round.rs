//! One round: a new demo, kills, and a run to its end.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use fastrand::Rng;
use futures::future::{Either, select};
use maestro_core::model::{Event, Position};
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
}

/// How an undisturbed demo goes.
#[derive(Debug)]
pub(crate) struct Course {
    /// How long it takes.
    pub(crate) whole: Duration,
    /// Whether there is no real agent here, whose checks could be counted.
    pub(crate) scripted: bool,
    /// When after its start it is in which phase: one entry for each stretch.
    windows: Vec<(&'static str, Duration, Duration)>,
}

/// Runs a demo undisturbed and says how it went.
pub(crate) async fn calibrate(maestro: &Path) -> Result<Course, String> {
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
    let whole = clock().saturating_sub(begin);
    let events = check::events(dir.path()).await?.unwrap_or_default();
    let since = |event: &Event| {
        let at = u64::try_from(event.at.as_micros()).unwrap_or_default();
        Duration::from_micros(at).saturating_sub(begin)
    };
    let windows = (0..events.len()).map(|last| {
        let until = events.get(last + 1).map_or(whole, since);
        (phase::of(&events[..=last]), since(&events[last]), until)
    });
    Ok(Course { whole, scripted: check::is_scripted(dir.path()), windows: windows.collect() })
}

/// Plays one round. `hits` counts the kills in each phase so far, of all rounds.
pub(crate) async fn play(
    maestro: &Path,
    course: &Course,
    hits: &mut BTreeMap<&'static str, u32>,
    random: &mut Rng,
    keep: bool,
) -> Outcome {
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
        let moment = Moment::choose(course, hits, random);
        match kill(maestro, dir.path(), moment).await {
            Ok(true) => {
                let phase = match check::events(dir.path()).await {
                    Ok(Some(events)) => phase::of(&events),
                    Ok(None) => phase::ALL[0],
                    Err(why) => {
                        outcome.counts.lost += 1;
                        outcome.findings.push(format!("after a kill: {why}"));
                        phase::ALL[0]
                    }
                };
                *hits.entry(phase).or_default() += 1;
            }
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

impl Moment {
    /// Half of the kills come at any moment, which is mostly while the model speaks or a tool runs.
    /// The others aim at the phase that was met least: half of them by the clock of the undisturbed
    /// demo, since some phases are shorter than a look at the store takes, and half by watching.
    fn choose(course: &Course, hits: &BTreeMap<&'static str, u32>, random: &mut Rng) -> Self {
        if random.bool() {
            return Self::After(course.whole.mul_f64(random.f64() * 1.1));
        }
        let met = |phase: &&str| hits.get(*phase).copied().unwrap_or_default();
        let least = phase::ALL.iter().map(met).min().unwrap_or_default();
        let rare: Vec<_> = phase::ALL.iter().filter(|phase| met(phase) == least).collect();
        let phase = *rare[random.usize(..rare.len())];
        let windows: Vec<_> = course.windows.iter().filter(|window| window.0 == phase).collect();
        if windows.is_empty() || random.bool() {
            let most = if random.bool() { 2_000 } else { 40_000 };
            return Self::In(phase, Duration::from_micros(random.u64(0..most)));
        }
        let (_, from, until) = *windows[random.usize(..windows.len())];
        Self::After(from + until.saturating_sub(from).mul_f64(random.f64()))
    }
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
