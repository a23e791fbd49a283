//! `maestro-guardian`: runs one agent and sees to it that no process of the agent outlives its
//! host.
//!
//! ```text
//! maestro-guardian --host-pid=N --host-start=TICKS --grace-ms=N [--journal=PATH] [--cgroup=DIR]
//!     [--lock-fd=N] [--end-request=PATH] -- PROGRAM ARGS...
//! maestro-guardian --check
//! ```
//!
//! It is a child sub-reaper: whatever the agent starts stays below it, also after a double fork or
//! `setsid`. The tree is ended (TERM to everyone, up to the grace, then KILL until nothing is left)
//! when the host dies, when the agent ends by itself, and when the guardian gets SIGTERM; one more
//! SIGTERM skips what is left of the grace. SIGINT is passed on to the agent; no other signal but
//! KILL and STOP does anything. A file that `--end-request` names asks for the end by being there; it is
//! looked for when the journal is written. `--lock-fd` is a descriptor that stays the guardian's alone, and
//! that it holds for as long as anything of the tree runs. A guardian that is killed takes the agent along (TERM), and the
//! rest stands in the journal.
//!
//! It ends as the agent did: the same exit code, or the same signal. Before the agent runs it may
//! refuse, with one line on stderr that begins with `maestro-guardian: `, and code 64 (bad
//! arguments), 70 (cannot guard: the host is gone, the journal exists, …) or 127 (the program
//! cannot be started). Once the agent runs, the guardian holds /dev/null as stdin, stdout and
//! stderr, so that their ends are the agent's.
//!
//! Not covered: what another service starts on the agent's behalf (a container daemon,
//! `systemd-run`, a tmux server that runs already), and processes that the guardian may not signal
//! (set-user-id programs).

mod arguments;
mod cgroup;
mod journal;
#[path = "../src/transport/proc_table/scan.rs"]
mod scan;
mod sys;
mod watch;

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use arguments::{Action, Guard};
use cgroup::Cgroup;
use journal::Journal;
use sys::{Host, Signals};
use watch::{Outcome, Watch};

/// Why no agent was started.
struct Refusal {
    code: u8,
    reason: String,
}

impl Refusal {
    const USAGE: u8 = 64;
    const CANNOT_GUARD: u8 = 70;
    const CANNOT_START: u8 = 127;

    fn cannot_guard(what: &str, error: &std::io::Error) -> Self {
        Self { code: Self::CANNOT_GUARD, reason: format!("{what}: {error}") }
    }
}

fn main() -> ExitCode {
    let outcome = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Action::Check) => return ExitCode::SUCCESS,
        Ok(Action::Guard(guard)) => run(&guard),
        Err(reason) => Err(Refusal { code: Refusal::USAGE, reason }),
    };
    match outcome {
        Ok(Outcome::Ended(status)) => sys::end_as(status),
        Ok(Outcome::Stuck) => ExitCode::from(Refusal::CANNOT_GUARD),
        Err(refusal) => {
            // A host that no longer reads stderr still gets the code.
            let _ = writeln!(std::io::stderr(), "maestro-guardian: {}", refusal.reason);
            ExitCode::from(refusal.code)
        }
    }
}

fn run(guard: &Guard) -> Result<Outcome, Refusal> {
    sys::set_name(c"maestro-guard");
    sys::become_subreaper()
        .map_err(|error| Refusal::cannot_guard("cannot become a sub-reaper", &error))?;
    let signals =
        Signals::take().map_err(|error| Refusal::cannot_guard("cannot take signals", &error))?;
    let host = Host::find(guard.host)
        .map_err(|error| Refusal::cannot_guard("cannot watch the host", &error))?;
    let null = File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .map_err(|error| Refusal::cannot_guard("cannot open /dev/null", &error))?;
    if let Some(fd) = guard.lock_fd {
        sys::keep_to_itself(fd)
            .map_err(|error| Refusal::cannot_guard("cannot keep the lock", &error))?;
    }
    let journal = match &guard.journal {
        Some(path) => Some(Journal::create(path, guard.host).map_err(|error| {
            Refusal::cannot_guard(&format!("cannot create the journal {}", path.display()), &error)
        })?),
        None => None,
    };

    // Where it cannot be had, the tree is guarded without it.
    let cgroup = guard.cgroup.as_deref().map(Cgroup::join);
    let cgroup = cgroup.and_then(Result::ok);

    let mut command = Command::new(&guard.program);
    // Its own group, so that an agent that signals its group does not hit its guardian.
    command.args(&guard.arguments).process_group(0);
    let agent = match sys::spawn(command) {
        Ok(agent) => agent,
        Err(error) => {
            if let Some(journal) = journal {
                journal.remove();
            }
            if let Some(cgroup) = cgroup {
                cgroup.remove();
            }
            let reason = format!("cannot start {}: {error}", guard.program.display());
            return Err(Refusal { code: Refusal::CANNOT_START, reason });
        }
    };
    if let Some(cgroup) = &cgroup {
        cgroup.leave();
    }
    sys::replace_standard_streams(&null);
    // The workspace can be removed or unmounted while the tree is still ending.
    let _ = std::env::set_current_dir("/");
    let watch = Watch::new(agent, host, signals, journal, cgroup, guard.grace);
    Ok(watch.end_request(guard.end_request.clone()).run())
}
