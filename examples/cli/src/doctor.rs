//! `doctor`: what is installed and what is missing.

use std::process::Command;

use maestro_core::Result;
use serde_json::json;

use crate::args::Common;
use crate::exit::Exit;
use crate::{node, out};

pub(crate) async fn doctor(common: &Common) -> Result<Exit> {
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
    say(
        "claude",
        node::discover().map(|claude| format!("{claude:?}")).map_err(|error| error.to_string()),
    )?;
    if common.store.exists() {
        let opened = node::observe(common, async |_| Ok(())).await;
        say(
            "store",
            opened.map(|()| common.store.display().to_string()).map_err(|error| error.to_string()),
        )?;
    } else {
        say("store", Ok(format!("none yet at {}", common.store.display())))?;
    }
    Ok(if healthy { Exit::Ok } else { Exit::Unavailable })
}
