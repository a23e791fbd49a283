//! All sessions to their end, and what Maestro adds to the agents.

use std::path::Path;

use futures::future::join_all;
use maestro_core::session::SessionHandle;
use maestro_core::{Maestro, Running};
use serde_json::json;

use crate::model::Model;
use crate::{Result, host, table};

/// How many sessions run before those that are counted: as many as the store has connections that read.
const WARM: u32 = 4;

/// What the guardian calls itself.
const GUARDIAN: &str = "maestro-guard";

/// Runs the sessions; false when not all of them did their work.
pub(crate) async fn run(claude: &Path, sessions: u32) -> Result<bool> {
    let model = Model::start().await?;
    let dir = tempfile::tempdir()?;
    let maestro = host::node(claude, dir.path(), &model.url).await?;
    // What the first sessions cost is paid once: threads, each with an allocator of its own, connections,
    // and the caches of the store. They stay open, so that none of their memory is used again.
    let warm = join_all((0..WARM).map(|number| work(&maestro, format!("warm-{number}")))).await;
    let warm = warm.into_iter().collect::<Result<Vec<_>>>()?;
    fill_caches(&maestro).await?;
    let own = std::process::id();
    let before = Others::below(own);
    let (memory, ticks) = (table::kib(own, "status", "RssAnon"), own_ticks()?);

    let works = (0..sessions).map(|number| work(&maestro, format!("file-{number}")));
    let done: Vec<Result<SessionHandle>> = join_all(works).await;
    for error in done.iter().filter_map(|done| done.as_ref().err()) {
        println!("fleet: {error}");
    }
    let written = (0..sessions)
        .filter(|number| dir.path().join(format!("project/file-{number}")).exists())
        .count();

    let added = table::kib(own, "status", "RssAnon").saturating_sub(memory);
    let ours = own_ticks()? - ticks;
    let after = Others::below(own);
    let agents = after.agents.saturating_sub(before.agents);
    let guarding = after.guarding.saturating_sub(before.guarding);
    let count = u64::from(sessions.max(1));
    println!("agents: {} ms of processor time", agents * 10);
    println!("host: {} ms, {} KiB more memory", ours * 10, added);
    println!("guardians: {} ms, {} KiB", guarding * 10, after.held);
    let hundredths = (ours + guarding) * 10_000 / agents.max(1);
    println!(
        "sessions {sessions} completed {written} processor {}.{:02} % host {} KiB guardian {} KiB a session",
        hundredths / 100,
        hundredths % 100,
        added / count,
        after.held / u64::from(sessions + WARM),
    );
    drop((warm, done));
    maestro.close(Running::Park).await?;
    Ok(written == sessions as usize)
}

/// Until the page that a session writes takes the place of another. Nothing is read, since memory that a
/// large answer gave back would be there for the sessions.
async fn fill_caches(maestro: &Maestro) -> Result<()> {
    let text = "x".repeat(4096);
    for _ in 0..2 * host::PAGE_CACHE / text.len() {
        maestro.events().emit("x.fill", json!({ "text": text })).await?;
    }
    Ok(())
}

/// Opens a session, lets it write a file, and leaves it open.
async fn work(maestro: &Maestro, path: impl Into<String>) -> Result<SessionHandle> {
    let session = host::open(maestro).await?;
    let prompt = format!("Do it.\n\nscenario: fleet-work path={}", path.into());
    let turn = session.prompt(prompt).await?.wait().await?;
    match turn.error {
        Some(error) => Err(error.message.into()),
        None => Ok(session),
    }
}

/// What runs below the host: times in ticks, memory in KiB.
#[derive(Debug)]
struct Others {
    agents: u64,
    guarding: u64,
    held: u64,
}

impl Others {
    fn below(own: u32) -> Self {
        let guardians: Vec<_> =
            table::below(own).into_iter().filter(|process| process.name == GUARDIAN).collect();
        let guarding = guardians.iter().map(|guardian| guardian.ticks).sum();
        let agents = guardians.iter().flat_map(|guardian| table::below(guardian.pid));
        let agents = agents.map(|agent| agent.ticks + agent.child_ticks).sum();
        let held = |guardian: &table::Process| table::kib(guardian.pid, "smaps_rollup", "Pss");
        Self { agents, guarding, held: guardians.iter().map(held).sum() }
    }
}

fn own_ticks() -> Result<u64> {
    let own = table::process(std::process::id()).ok_or("this process is not in /proc")?;
    Ok(own.ticks)
}
