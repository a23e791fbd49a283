//! `doctor`: what is installed and what is missing.

use std::path::PathBuf;
use std::process::Command;

use maestro_core::{Maestro, Result, Running};
use serde_json::json;

use crate::args::Given;
use crate::exit::Exit;
use crate::{node, out};

pub(crate) async fn doctor(given: &Given) -> Result<Exit> {
    let store = given.settle();
    // Of these only how to print counts here.
    let common = &given.over(PathBuf::new());
    let mut healthy = true;
    let mut say = |name: &str, found: std::result::Result<String, String>| {
        healthy &= found.is_ok();
        let ok = found.is_ok();
        let (Ok(detail) | Err(detail)) = found;
        let text = format!("{:<8} {name}: {detail}", if ok { "ok" } else { "missing" });
        out::say(common, &json!({ "name": name, "ok": ok, "detail": detail }), text)
    };
    let git = Command::new("git").arg("--version").output();
    say(
        "git",
        match git {
            Ok(output) if output.status.success() => {
                Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
            }
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(format!("{error}; install git 2.38 or newer")),
        },
    )?;
    say("claude", claude().await.map_err(|error| error.to_string()))?;
    let store = match &store {
        Ok(store) if !store.store.exists() => Ok(format!("none yet at {}", store.store.display())),
        Ok(store) => {
            let opened = node::observe(store, async |_| Ok(())).await;
            opened.map(|()| store.store.display().to_string()).map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    say("store", store)?;
    Ok(if healthy { Exit::Ok } else { Exit::Unavailable })
}

/// Looks for Claude Code, and asks it what it is. It asks no model anything.
async fn claude() -> Result<String> {
    let found = node::discover()?;
    let maestro = Maestro::builder().agent("claude", found).concurrency(0).build().await?;
    let status = maestro.agents().probe("claude").await;
    maestro.close(Running::Park).await?;
    let status = status?;
    if let Some(problem) = status.problem {
        return Err(problem.into());
    }
    let tested =
        if status.tested == Some(true) { "tested" } else { "not tested with this Maestro" };
    Ok(format!(
        "{} at {} ({tested}); login: {}; {} models, {} commands; configuration: {}",
        status.version.unwrap_or_default(),
        status.program.unwrap_or_default(),
        status.login,
        status.models.len(),
        status.commands.len(),
        status.config_dir.unwrap_or_default(),
    ))
}
