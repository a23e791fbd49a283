//! A host of an agent that never gets ready; `examples/guarded.sh` kills it: `host PROJECT PROGRAM`.

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::{ProjectSpec, SessionSpec};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Maestro, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(project), Some(program)) = (arguments.next(), arguments.next()) else {
        panic!("usage: host PROJECT PROGRAM");
    };
    let maestro = Maestro::builder()
        .storage(Sqlite::at(format!("{project}.db")))
        .agent("claude", ClaudeCode::at(program))
        .build()
        .await?;
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", &project)).await?;
    maestro.sessions().open(SessionSpec::in_project(&shop)).await?;
    Ok(())
}
