//! A host of sessions: what an embedder's process would be.

use std::path::{Path, PathBuf};

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::{ProjectSpec, SessionSpec};
use maestro_core::session::SessionHandle;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::transport::EnvPolicy;
use maestro_core::{Maestro, Running};
use tokio::io::AsyncReadExt as _;

use crate::Result;

/// So little that it is full before the sessions begin, and no session is charged for it.
pub(crate) const PAGE_CACHE: usize = 1024 * 1024;

#[derive(Debug, clap::Args)]
pub(crate) struct HostArgs {
    /// Where the store, the home of the agents and the project are.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// The model's URL.
    #[arg(long)]
    pub(crate) model: String,
    #[arg(long, default_value_t = 0)]
    pub(crate) sessions: u32,
    /// What each session is asked.
    #[arg(long, default_value = "")]
    pub(crate) prompt: String,
}

/// Opens the sessions, asks each, says `busy`, and closes when its input ends.
pub(crate) async fn run(claude: &Path, args: HostArgs) -> Result<()> {
    let maestro = node(claude, &args.dir, &args.model).await?;
    let mut turns = Vec::new();
    for _ in 0..args.sessions {
        let session = open(&maestro).await?;
        turns.push(session.prompt(args.prompt.as_str()).await?);
    }
    println!("busy");
    let mut rest = Vec::new();
    tokio::io::stdin().read_to_end(&mut rest).await?;
    maestro.close(Running::Park).await?;
    Ok(())
}

/// A node on the store of a directory; its agents share one home.
pub(crate) async fn node(claude: &Path, dir: &Path, model: &str) -> Result<Maestro> {
    let home = dir.join("home");
    let project = dir.join("project");
    std::fs::create_dir_all(&home)?;
    std::fs::create_dir_all(&project)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut env = EnvPolicy::default();
    for (name, value) in [
        ("PATH", path.to_string_lossy().into_owned()),
        ("HOME", home.display().to_string()),
        ("ANTHROPIC_BASE_URL", model.to_owned()),
        ("ANTHROPIC_API_KEY", "sk-scripted".to_owned()),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
    ] {
        env.set.insert(name.to_owned(), value);
    }
    let maestro = Maestro::builder()
        .storage(Sqlite::at(dir.join("maestro.db")).page_cache(PAGE_CACHE))
        .agent("claude", ClaudeCode::at(claude).env(env))
        // All at once, each with its process, is what is counted here.
        .warm_sessions(None)
        .build()
        .await?;
    maestro.projects().ensure(ProjectSpec::new("fleet", &project)).await?;
    Ok(maestro)
}

/// A session that may write and run commands without asking.
pub(crate) async fn open(maestro: &Maestro) -> Result<SessionHandle> {
    let mut spec = SessionSpec::in_project("fleet");
    spec.tools.allow = vec!["Bash".to_owned(), "Write".to_owned()];
    Ok(maestro.sessions().open(spec).await?)
}
