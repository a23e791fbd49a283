//! `doctor`: what is installed and what is missing.

use std::process::Command;

use maestro_core::Result;
use maestro_core::agent::claude::ClaudeCode;

use crate::args::Common;
use crate::exit::Exit;
use crate::node;

pub(crate) async fn doctor(common: &Common) -> Result<Exit> {
    let mut healthy = true;
    let mut say = |name: &str, found: std::result::Result<String, String>| match found {
        Ok(found) => println!("ok       {name}: {found}"),
        Err(missing) => {
            healthy = false;
            println!("missing  {name}: {missing}");
        }
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
    );
    say(
        "claude",
        ClaudeCode::discover()
            .map(|claude| format!("{claude:?}"))
            .map_err(|error| error.to_string()),
    );
    if common.store.exists() {
        let opened = node::observe(common).await;
        say(
            "store",
            opened.map(|_| common.store.display().to_string()).map_err(|error| error.to_string()),
        );
    } else {
        say("store", Ok(format!("none yet at {}", common.store.display())));
    }
    Ok(if healthy { Exit::Ok } else { Exit::Unavailable })
}
