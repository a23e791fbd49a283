//! What is left when a host of busy agents ends.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::model::Model;
use crate::{Result, table};

/// How long after the end the count is taken.
const COUNTED_AFTER: Duration = Duration::from_secs(5);
/// How long agents may take until all that they start runs.
const BUSY_WITHIN: Duration = Duration::from_mins(2);
/// How long guardians have for a look at their tree, see `transport::guardian`: a kill of host and
/// guardian within it can miss what cleared its environment in the meantime.
const JOURNAL_INTERVAL: Duration = Duration::from_millis(1100);
/// How many processes each agent lets go, beside the command that it waits for.
const STRAYS: usize = 4;

/// How the host is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Close,
    KillHost,
    KillAll,
}

/// Counts in all three ways; false when anything was left.
pub(crate) async fn run(claude: &Path, sessions: u32) -> Result<bool> {
    let model = Model::start().await?;
    let mut counts = Vec::new();
    for way in [Way::Close, Way::KillHost, Way::KillAll] {
        let left = scene(claude, &model.url, sessions, way).await?;
        for (pid, command) in &left {
            println!("left after {way:?}: {pid} {command}");
        }
        counts.push(left.len());
    }
    println!(
        "leftovers of {sessions} sessions: closed {} host killed {} host and guardians killed {}",
        counts[0], counts[1], counts[2]
    );
    Ok(counts.iter().all(|count| *count == 0))
}

async fn scene(claude: &Path, model: &str, sessions: u32, way: Way) -> Result<Vec<(u32, String)>> {
    let dir = tempfile::tempdir()?;
    // In the command lines of what the agents start, also where the environment is cleared.
    let token = format!("{:09}", fastrand::u32(..1_000_000_000));
    let prompt = format!("Begin.\n\nscenario: fleet-stray command={:?}", stray(&token));
    let mut host = Host::start(claude, dir.path(), model, sessions, &prompt).await?;
    let expected = sessions as usize * (STRAYS + 1);
    let begun = until(BUSY_WITHIN, || strays(&token) >= expected).await;
    if !begun {
        return Err(format!("only {} of {expected} processes run", strays(&token)).into());
    }
    match way {
        Way::Close => {
            host.close();
            host.program.wait().await?;
        }
        Way::KillHost => host.kill().await?,
        Way::KillAll => {
            pause(JOURNAL_INTERVAL).await;
            let below = table::below(host.program.id().unwrap_or_default());
            host.kill().await?;
            for guardian in below.iter().filter(|process| process.name == "maestro-guard") {
                signal(guardian.pid);
            }
            let mut next = Host::start(claude, dir.path(), model, 0, "").await?;
            // It recovers what the dead node left before it is asked to close.
            until(BUSY_WITHIN, || table::mentioning(&token).is_empty()).await;
            next.close();
            next.program.wait().await?;
        }
    }
    pause(COUNTED_AFTER).await;
    let mut left = table::mentioning(&token);
    left.extend(table::mentioning(&dir.path().display().to_string()));
    for (pid, _) in &left {
        signal(*pid);
    }
    Ok(left)
}

/// A command that lets four processes go, each in another way, and waits.
fn stray(token: &str) -> String {
    let quiet = "</dev/null >/dev/null 2>&1";
    format!(
        "/bin/sleep 4001.{token} {quiet} & \
         setsid env -i /bin/sleep 4002.{token} {quiet} & \
         ( ( /bin/sleep 4003.{token} {quiet} & ) & ) ; \
         setsid env -i /bin/sh -c '( /bin/sleep 4004.{token} {quiet} & )' {quiet} ; \
         /bin/sleep 4005.{token}"
    )
}

/// How many of the sleeping processes run.
fn strays(token: &str) -> usize {
    let sleeping = table::mentioning(token);
    sleeping.iter().filter(|(_, command)| command.starts_with("/bin/sleep")).count()
}

/// A host process.
struct Host {
    program: Child,
    input: Option<ChildStdin>,
}

impl Host {
    async fn start(
        claude: &Path,
        dir: &Path,
        model: &str,
        sessions: u32,
        prompt: &str,
    ) -> Result<Self> {
        let mut program = Command::new(std::env::current_exe()?)
            .arg("--claude")
            .arg(claude)
            .arg("host")
            .arg("--dir")
            .arg(dir)
            .args(["--model", model, "--sessions", &sessions.to_string()])
            .arg(format!("--prompt={prompt}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = program.stdout.take().ok_or("the host has no output")?;
        let mut lines = BufReader::new(out).lines();
        match lines.next_line().await? {
            Some(line) if line == "busy" => {}
            other => return Err(format!("the host says {other:?}").into()),
        }
        let input = program.stdin.take();
        Ok(Self { program, input })
    }

    fn close(&mut self) {
        self.input = None;
    }

    async fn kill(&mut self) -> Result<()> {
        self.program.start_kill()?;
        self.program.wait().await?;
        Ok(())
    }
}

fn signal(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // Gone already is what is wanted.
    let _gone = pid.map(|pid| kill_process(pid, Signal::KILL));
}

/// Looks until something is so; false when it did not get so in time.
async fn until(time: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    const LOOK_EVERY: Duration = Duration::from_millis(50);
    let looks = time.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        if is_so() {
            return true;
        }
        pause(LOOK_EVERY).await;
    }
    is_so()
}

#[expect(clippy::disallowed_methods, reason = "this program waits for real processes")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
