//! The sessions.

use async_trait::async_trait;
use futures::future::try_join_all;
use maestro_core::agent::agent_fn;
use maestro_core::agent::scripted::{Script, ScriptedAgent, ToolStep};
use maestro_core::approval::PermissionHandler;
use maestro_core::model::{ApprovalInfo, Decision, EventData, ProjectSpec, SessionSpec};
use maestro_core::storage::sqlite::{Durability, Sqlite};
use maestro_core::{Maestro, Running};

use crate::{Result, memory};

/// After how many sessions memory is looked at, when none is open.
const BATCH: u64 = 100;
/// How many are open at once.
const AT_ONCE: u64 = 10;

#[derive(Debug)]
struct AllowAll;

#[async_trait]
impl PermissionHandler for AllowAll {
    async fn decide(&self, _: &ApprovalInfo) -> maestro_core::Result<Option<Decision>> {
        Ok(Some(Decision::allow()))
    }
}

/// Half of the sessions are of a scripted agent that asks the permission handler for a tool, half of
/// a closure. Each is opened, prompted, followed to the end of its turn, and closed.
///
/// The store is a file: with `Memory` the records that sessions leave would be memory in use. The
/// scripted agent remembers in a directory, for the same reason.
pub(crate) async fn run(sessions: u64) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let script = Script::new().tool(ToolStep::new("Bash").ask().result("ok")).say("Hello there.");
    let scripted =
        ScriptedAgent::new().remember_in(directory.path().join("memory")).default_script(script);
    let own = agent_fn(|turn| async move { Ok(format!("Noted: {}", turn.prompt)) });
    let store = Sqlite::at(directory.path().join("maestro.db")).profile(Durability::Relaxed);
    let maestro = Maestro::builder()
        .storage(store)
        .agent("scripted", scripted)
        .agent("own", own)
        .permission_handler(AllowAll)
        .build()
        .await?;
    let project = maestro.projects().ensure(ProjectSpec::new("shop", directory.path())).await?;
    let spec = SessionSpec::in_project(&project);
    for batch in 1..=sessions.div_ceil(BATCH) {
        for _ in 0..BATCH / AT_ONCE {
            let at_once = (0..AT_ONCE).map(|number| {
                let agent = if number % 2 == 0 { "scripted" } else { "own" };
                one(&maestro, spec.clone().agent(agent))
            });
            try_join_all(at_once).await?;
        }
        println!("sample {} {} {}", batch * BATCH, memory::in_use(), memory::resident());
    }
    maestro.close(Running::Park).await?;
    Ok(())
}

async fn one(maestro: &Maestro, spec: SessionSpec) -> Result<()> {
    let session = maestro.sessions().open(spec).await?;
    let mut events = session.events();
    session.prompt("Say hello").await?;
    loop {
        let event = events.next().await.ok_or("the session ended before its turn")??;
        if let EventData::TurnEnded(ended) = event.data {
            if let Some(error) = ended.error {
                return Err(error.message.into());
            }
            break;
        }
    }
    drop(events);
    session.close().await?;
    Ok(())
}
