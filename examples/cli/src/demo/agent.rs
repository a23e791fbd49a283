//! Which agent the demo drives: the real one against the scripted model, the real one with the
//! user's own login, or the scripted one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::agent::scripted::{Script, ScriptedAgent};
use maestro_core::transport::EnvPolicy;
use maestro_core::{Error, ErrorKind, Result};
use scripted_model::{ModelConfig, Scenario, ScriptedModel};

use crate::demo::plan::{PARTS, Part};

/// The real Claude Code and the model that it talks to.
pub(crate) struct Scripted {
    pub(crate) claude: ClaudeCode,
    pub(crate) program: PathBuf,
    pub(crate) model: ScriptedModel,
}

/// Fetches the pinned Claude Code and starts the scripted model. The error is a reason for people.
pub(crate) async fn scripted(dir: &Path) -> Result<Scripted> {
    let program = fetch()?;
    let mut config = ModelConfig::new();
    for text in [
        include_str!("scenarios/theme.toml"),
        include_str!("scenarios/guide.toml"),
        include_str!("scenarios/release.toml"),
    ] {
        config = config.scenario(Scenario::from_toml(text).map_err(internal)?);
    }
    let model = ScriptedModel::start(config).await.map_err(internal)?;
    let home = dir.join("home");
    std::fs::create_dir_all(&home).map_err(internal)?;
    let mut env = EnvPolicy::default();
    let mut set = |name: &str, value: String| env.set.insert(name.to_owned(), value);
    set("PATH", std::env::var_os("PATH").unwrap_or_default().to_string_lossy().into_owned());
    set("HOME", home.display().to_string());
    set("ANTHROPIC_BASE_URL", model.base_url().to_string());
    set("ANTHROPIC_API_KEY", "sk-scripted".to_owned());
    set("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned());
    let claude = ClaudeCode::at(&program).env(env);
    Ok(Scripted { claude, program, model })
}

/// The agent of the demo where the real one cannot be had. It writes the same files.
pub(crate) fn stand_in(dir: &Path) -> ScriptedAgent {
    let mut agent = ScriptedAgent::new().remember_in(dir.join("conversations"));
    for Part { name, file: (path, content), .. } in PARTS {
        let script = Script::new()
            .say_slowly(format!("I write {path}."), Duration::from_millis(50))
            .write(path, content)
            .wait(Duration::from_secs(1))
            .say(format!("{path} is written."));
        agent = agent.script(format!("demo-{name}"), script);
    }
    agent
}

/// The path of the pinned program, which is fetched once into the cache of this repository.
fn fetch() -> Result<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../fetch-claude.sh");
    let output = std::process::Command::new(script).output().map_err(|error| {
        Error::new(ErrorKind::Unavailable, "examples/fetch-claude.sh does not start")
            .caused_by(error)
    })?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::new(ErrorKind::Unavailable, why));
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Internal, "the scripted model does not start").caused_by(error)
}
