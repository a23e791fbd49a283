//! Waits for a reason to end the tree, then ends it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::cgroup::Cgroup;
use crate::journal::Journal;
use crate::scan::{self, ProcessStamp};
use crate::sys::{self, Host, Reaped, Signals};

/// How often the tree is written to the journal while it changes. Without a journal there is no
/// scan.
const SCAN: Duration = Duration::from_millis(250);
/// How far apart scans may drift while nothing changes.
const QUIET_SCAN: Duration = Duration::from_secs(1);
/// How often a tree that is being ended is looked at, besides each time a process of it ends.
const ENDING_TICK: Duration = Duration::from_millis(20);
/// Scans in a row within one tick while a tree under KILL still grows.
const KILL_PASSES: usize = 16;
/// How long after the first KILL the guardian waits for what cannot be killed (an uninterruptible
/// disk wait, a process of another user) before it gives up and leaves the journal behind.
const KILL_PATIENCE: Duration = Duration::from_secs(10);

/// How it went.
pub(crate) enum Outcome {
    /// The agent ended with this wait status.
    Ended(i32),
    /// The agent itself could not be killed.
    Stuck,
}

enum Phase {
    Running { next_scan: Instant, interval: Duration },
    Ending { kill_at: Instant },
}

pub(crate) struct Watch {
    agent: u32,
    status: Option<i32>,
    host: Host,
    signals: Signals,
    journal: Option<Journal>,
    cgroup: Option<Cgroup>,
    end_request: Option<PathBuf>,
    grace: Duration,
    phase: Phase,
    /// Who was asked to end already.
    asked: BTreeSet<ProcessStamp>,
}

impl Watch {
    pub(crate) fn new(
        agent: u32,
        host: Host,
        signals: Signals,
        journal: Option<Journal>,
        cgroup: Option<Cgroup>,
        grace: Duration,
    ) -> Self {
        let phase = Phase::Running { next_scan: Instant::now(), interval: SCAN };
        Self {
            agent,
            status: None,
            host,
            signals,
            journal,
            cgroup,
            end_request: None,
            grace,
            phase,
            asked: BTreeSet::new(),
        }
    }

    /// Ends the tree when this file is there. It is looked for together with the tree, so only where a
    /// journal is kept.
    pub(crate) fn end_request(mut self, file: Option<PathBuf>) -> Self {
        self.end_request = file;
        self
    }

    /// Returns when nothing is left below the guardian, or what is left cannot be killed.
    pub(crate) fn run(mut self) -> Outcome {
        loop {
            // A sub-reaper without children has no descendants at all: this is the proof, scans
            // only find whom to end.
            if !self.reap() {
                if let Some(journal) = self.journal.take() {
                    journal.remove();
                }
                if let Some(cgroup) = self.cgroup.take() {
                    cgroup.remove();
                }
                break;
            }
            let now = Instant::now();
            if self.status.is_some() {
                self.begin_ending(now);
            }
            let timeout = match self.phase {
                Phase::Running { .. } => self.keep_journal(now),
                Phase::Ending { kill_at } if now >= kill_at + KILL_PATIENCE => break,
                Phase::Ending { kill_at } => {
                    self.end_tree(now >= kill_at);
                    let until_kill = kill_at.saturating_duration_since(now);
                    Some(if until_kill.is_zero() {
                        ENDING_TICK
                    } else {
                        ENDING_TICK.min(until_kill)
                    })
                }
            };
            if sys::wait(&self.signals, &self.host, timeout) {
                self.host.forget();
                self.begin_ending(Instant::now());
            }
            self.heed_signals();
        }
        self.status.map_or(Outcome::Stuck, Outcome::Ended)
    }

    /// Collects everyone who ended; false when no child is left.
    fn reap(&mut self) -> bool {
        loop {
            match sys::reap() {
                Reaped::Ended { pid, status } if pid == self.agent => self.status = Some(status),
                Reaped::Ended { .. } => {}
                Reaped::NoneYet => return true,
                Reaped::NoChildren => return false,
            }
        }
    }

    fn begin_ending(&mut self, now: Instant) {
        if let Phase::Running { .. } = self.phase {
            // A grace beyond what a clock can hold is no bound: treat it as a year.
            let grace = self.grace.min(Duration::from_hours(365 * 24));
            self.phase = Phase::Ending { kill_at: now + grace };
        }
    }

    fn heed_signals(&mut self) {
        while let Some(signal) = self.signals.next() {
            let now = Instant::now();
            match (signal, &mut self.phase) {
                (sys::SIGTERM, Phase::Running { .. }) => self.begin_ending(now),
                (sys::SIGTERM, Phase::Ending { kill_at }) => *kill_at = now.min(*kill_at),
                (sys::SIGINT, _) if self.status.is_none() => sys::send(self.agent, sys::SIGINT),
                _ => {}
            }
        }
    }

    /// Writes the tree to the journal when a scan is due; returns how long to wait.
    fn keep_journal(&mut self, now: Instant) -> Option<Duration> {
        let Phase::Running { next_scan, interval } = &mut self.phase else {
            return None;
        };
        let Some(journal) = &mut self.journal else {
            // Without a pidfd the host has to be looked at from time to time.
            return (!self.host.wakes()).then_some(SCAN);
        };
        if now >= *next_scan {
            let changed =
                scan::descendants(std::process::id()).is_ok_and(|seen| journal.record(seen));
            *interval = if changed { SCAN } else { (*interval * 2).min(QUIET_SCAN) };
            *next_scan = now + *interval;
            if self.end_request.as_ref().is_some_and(|file| file.exists()) {
                self.begin_ending(now);
                return Some(Duration::ZERO);
            }
        }
        let next = next_scan.saturating_duration_since(now);
        Some(if self.host.wakes() { next } else { next.min(SCAN) })
    }

    fn end_tree(&mut self, kill: bool) {
        let mut passes = if kill { KILL_PASSES } else { 1 };
        while passes > 0 {
            passes -= 1;
            // Without /proc only the children that this process can name are left: the agent
            // itself.
            let mut found = scan::descendants(std::process::id()).unwrap_or_default();
            // A process that is being forked can be missing in a scan, and is in the group.
            found.extend(self.cgroup.iter().flat_map(Cgroup::processes));
            let mut grew = false;
            for process in found {
                let new = self.asked.insert(process);
                grew |= new;
                if kill {
                    sys::signal(process, sys::SIGKILL);
                } else if new {
                    sys::signal(process, sys::SIGTERM);
                    // A stopped process would sit out its grace.
                    sys::signal(process, sys::SIGCONT);
                }
            }
            if kill && self.status.is_none() {
                sys::send(self.agent, sys::SIGKILL);
            }
            if !grew {
                break;
            }
        }
    }
}
