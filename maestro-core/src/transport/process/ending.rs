//! Ending what a dead incarnation left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::cgroup;
use super::io_thread::{blocking, sleep};
use super::owner_lock::OwnerLock;
use super::transport::Shared;
use super::tree::{not_signalled, unreadable};
use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
use crate::transport::guardian::Journal;
use crate::transport::proc_table::{self, ProcessStamp, Signal};
use crate::transport::{Ended, OWNER_VARIABLE, ROLE_VARIABLE};

/// How often it is looked who is left.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long everything may take to end after it was asked. Then it is asked again, on which
/// guardians kill what is below them.
const AFTER_TERM: Duration = Duration::from_secs(2);
/// When everything is killed, guardians too.
const KILL_AT: Duration = Duration::from_secs(3);
/// How long a git command may go on before it is asked to end.
const GIT_PATIENCE: Duration = Duration::from_secs(5);
/// How long those may take that can only be asked. The request stays, so a later call finds them ended.
const UNSEEN: Duration = Duration::from_secs(3);
/// How long all of it may take.
const ALL: Duration = Duration::from_secs(20);

/// Ends everything of a dead incarnation: `processes`, what its guardians noted down, what is in
/// its control groups, and what carries its marker.
pub(super) async fn end_all_of(
    shared: Arc<Shared>,
    owner: NodeId,
    processes: Vec<ProcessStamp>,
) -> Result<Ended> {
    if shared.registry.is_alive(owner) {
        return Err(Error::new(
            ErrorKind::Conflict,
            "the node is not dead: its programs are in use in this process",
        ));
    }
    let mut search = Search {
        owner: owner.to_string(),
        lock: shared.lock(owner),
        journals: shared.journals(),
        cgroups: shared.cgroups.clone(),
        roots: processes.into_iter().collect(),
    };
    let mut known: BTreeMap<ProcessStamp, Told> = BTreeMap::new();
    let mut now = Duration::ZERO;
    let mut clean = 0;
    let mut asked = None;
    loop {
        let found;
        (search, found) = blocking(move || {
            let found = search.run()?;
            Ok((search, found))
        })
        .await?;
        // A process that is being forked can be missing in one scan, not in two.
        clean = if found.is_empty() { clean + 1 } else { 0 };
        if clean >= 2 {
            let gone;
            (search, gone) = blocking(move || {
                let gone = search.is_all_gone()?;
                Ok((search, gone))
            })
            .await?;
            let asked = *asked.get_or_insert(now);
            if !gone && now < asked + UNSEEN {
                sleep(LOOK_EVERY).await;
                now += LOOK_EVERY;
                continue;
            }
            if !gone {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "programs of the node still run where this process cannot see them, as in another \
                     container; they were asked to end, and end with that container",
                ));
            }
            blocking(move || search.forget()).await?;
            return Ok(Ended { processes: u32::try_from(known.len()).unwrap_or(u32::MAX) });
        }
        if now > ALL {
            let pids: Vec<_> = found.keys().map(|process| process.pid.to_string()).collect();
            return Err(Error::new(ErrorKind::Timeout, "processes of a dead node do not end")
                .with("pids", pids.join(" ")));
        }
        for (process, is_git) in found {
            let patience = if is_git { GIT_PATIENCE } else { Duration::ZERO };
            let told = known.entry(process).or_insert(Told {
                // Later ones get no time of their own: what forks for ever must end too.
                since: now.min(AFTER_TERM) + patience,
                times: 0,
            });
            if let Some(signal) = told.next(now) {
                proc_table::signal(process, signal)
                    .map_err(|error| not_signalled(process, error))?;
            }
        }
        sleep(LOOK_EVERY).await;
        now += LOOK_EVERY;
    }
}

/// What a process was told so far.
struct Told {
    /// When its time begins to run.
    since: Duration,
    times: u32,
}

impl Told {
    /// What it is to be told now, if anything.
    fn next(&mut self, now: Duration) -> Option<Signal> {
        let since = now.checked_sub(self.since)?;
        if since >= KILL_AT {
            return Some(Signal::Kill);
        }
        let due = 1 + u32::from(since >= AFTER_TERM);
        if self.times >= due {
            return None;
        }
        self.times += 1;
        Some(Signal::Terminate)
    }
}

/// Looks for the processes of one incarnation.
struct Search {
    owner: String,
    lock: Option<OwnerLock>,
    journals: Option<PathBuf>,
    cgroups: Option<PathBuf>,
    /// Processes known from elsewhere; believed only if they carry the marker.
    roots: BTreeSet<ProcessStamp>,
}

impl Search {
    /// Everyone who runs, and whether it is a git command. Never this process, nor those that it
    /// descends from.
    fn run(&self) -> Result<BTreeMap<ProcessStamp, bool>> {
        let marked: BTreeSet<_> = proc_table::with_marker(OWNER_VARIABLE, &self.owner)
            .map_err(unreadable)?
            .into_iter()
            .collect();
        let mut found = marked.clone();
        for root in self.roots.intersection(&marked) {
            found.extend(proc_table::descendants(root.pid).map_err(unreadable)?);
        }
        for (_, journal) in self.read_journals()? {
            found.extend(journal.alive().map_err(unreadable)?);
        }
        for group in self.groups() {
            found.extend(cgroup::members(&group));
        }
        found.retain(ProcessStamp::is_alive);
        if found.is_empty() {
            return Ok(BTreeMap::new());
        }
        spare_ourselves(&marked, &mut found)?;
        let git: BTreeSet<_> = proc_table::with_marker(ROLE_VARIABLE, "git")
            .map_err(unreadable)?
            .into_iter()
            .collect();
        Ok(found.into_iter().map(|process| (process, git.contains(&process))).collect())
    }

    /// Whether nothing of the incarnation runs that nobody here sees. What does is asked to end.
    fn is_all_gone(&self) -> Result<bool> {
        let Some(lock) = &self.lock else { return Ok(true) };
        if lock.is_free().map_err(no_lock)? {
            return Ok(true);
        }
        lock.ask_to_end().map_err(no_lock).map(|()| false)
    }

    /// The control groups of the incarnation.
    fn groups(&self) -> Vec<PathBuf> {
        self.cgroups.iter().flat_map(|base| cgroup::of(base, &self.owner)).collect()
    }

    fn read_journals(&self) -> Result<Vec<(PathBuf, Journal)>> {
        let Some(directory) = &self.journals else {
            return Ok(Vec::new());
        };
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            // No program was ever started with it.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(no_journals(error)),
        };
        let mut journals = Vec::new();
        for entry in entries {
            let entry = entry.map_err(no_journals)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let ours = name.strip_prefix(&self.owner).is_some_and(|rest| rest.starts_with('.'));
            if !ours {
                continue;
            }
            match Journal::read(&entry.path()) {
                Ok(Some(journal)) => journals.push((entry.path(), journal)),
                // Its guardian finished meanwhile.
                Ok(None) => {}
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    tracing::warn!(%error, "a guardian's journal cannot be understood");
                }
                Err(error) => return Err(no_journals(error)),
            }
        }
        Ok(journals)
    }

    /// Removes the journals and the control groups: nothing that they name runs.
    fn forget(&self) -> Result<()> {
        for group in self.groups() {
            // One that holds a zombie which nobody has waited for stays; it takes no more than a
            // name.
            let _ = fs::remove_dir(group);
        }
        for (path, _) in self.read_journals()? {
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(no_journals(error));
            }
        }
        Ok(())
    }
}

/// Takes out this process, which may itself have been started by a program of the dead node,
/// and then carries its marker and hands it down.
fn spare_ourselves(
    marked: &BTreeSet<ProcessStamp>,
    found: &mut BTreeSet<ProcessStamp>,
) -> Result<()> {
    let own = std::process::id();
    for process in found.clone() {
        let below = proc_table::descendants(process.pid).map_err(unreadable)?;
        if process.pid == own || below.iter().any(|below| below.pid == own) {
            found.remove(&process);
        }
    }
    if marked.iter().any(|process| process.pid == own) {
        for below in proc_table::descendants(own).map_err(unreadable)? {
            found.remove(&below);
        }
    }
    Ok(())
}

fn no_lock(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the lock of a node's programs cannot be looked at")
        .caused_by(error)
}

fn no_journals(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the journals of guardians cannot be read").caused_by(error)
}
