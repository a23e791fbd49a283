//! Finding and ending what dead nodes left behind.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
use crate::transport::Ended;
use crate::transport::proc_table::{self, ProcessStamp, Signal};

/// Names the incarnation that a process belongs to, in its environment.
pub(super) const MARKER: &str = "MAESTRO_NODE";
/// Names what a process does for Maestro itself, in its environment.
const ROLE: &str = "MAESTRO_ROLE";
/// How long a git command of a dead node may go on: stopping it half-way would leave its locks.
const GIT_PATIENCE: u32 = 50;
/// How often it is looked whether everything is gone, every 100 ms.
const ROUNDS: u32 = 150;

/// Ends everything of a dead incarnation.
pub(super) async fn end_all(
    handle: &Handle,
    owner: NodeId,
    guardians: Vec<ProcessStamp>,
) -> Result<Ended> {
    let ending = handle.spawn(async move {
        let mut seen = BTreeSet::new();
        for guardian in &guardians {
            // Twice means at once: it ends its tree, also what has no marker.
            for _ in 0..2 {
                signal(*guardian, Signal::Terminate)?;
            }
        }
        for round in 0..ROUNDS {
            let left = left(owner, &guardians)?;
            seen.extend(left.iter().copied());
            if left.is_empty() {
                let processes = u32::try_from(seen.len()).unwrap_or(u32::MAX);
                return Ok(Ended { processes });
            }
            // The guardians get two seconds to do it properly.
            if round >= 20 {
                let git = marked(ROLE, "git")?;
                for process in left {
                    if round >= GIT_PATIENCE || !git.contains(&process) {
                        signal(process, Signal::Kill)?;
                    }
                }
            } else {
                let own: BTreeSet<_> = guardians.iter().copied().collect();
                let git = marked(ROLE, "git")?;
                for process in left {
                    if !own.contains(&process) && !git.contains(&process) {
                        signal(process, Signal::Terminate)?;
                    }
                }
            }
            pause().await;
        }
        Err(
            Error::new(ErrorKind::Timeout, "processes of a dead node do not end")
                .with("node_id", owner),
        )
    });
    ending.await.map_err(|error| {
        Error::new(ErrorKind::Closed, "the transport was closed meanwhile").caused_by(error)
    })?
}

fn left(owner: NodeId, guardians: &[ProcessStamp]) -> Result<BTreeSet<ProcessStamp>> {
    let mut left = marked(MARKER, &owner.to_string())?;
    for guardian in guardians.iter().filter(|guardian| guardian.is_alive()) {
        left.insert(*guardian);
        left.extend(proc_table::descendants(guardian.pid).map_err(unreadable)?);
    }
    left.retain(|process| process.pid != std::process::id() && process.is_alive());
    Ok(left)
}

fn marked(name: &str, value: &str) -> Result<BTreeSet<ProcessStamp>> {
    Ok(proc_table::with_marker(name, value)
        .map_err(unreadable)?
        .into_iter()
        .collect())
}

fn signal(process: ProcessStamp, signal: Signal) -> Result<()> {
    proc_table::signal(process, signal)
        .map(|_| ())
        .map_err(|error| {
            Error::new(
                ErrorKind::PermissionDenied,
                "a process of a dead node cannot be ended",
            )
            .with("pid", process.pid)
            .caused_by(error)
        })
}

fn unreadable(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the process table cannot be read").caused_by(error)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the event loop of this thread has its own clock"
)]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}
