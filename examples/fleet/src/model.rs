//! The scripted model, as a process of its own: what it needs is not counted to Maestro.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::Result;

/// A scripted model that runs. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) url: String,
    _program: Child,
}

impl Model {
    /// Starts the program `scripted-model` that lies beside this one.
    pub(crate) async fn start() -> Result<Self> {
        let beside = std::env::current_exe()?.with_file_name("scripted-model");
        let mut program = Command::new(&beside)
            .args(["--scenarios", concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", beside.display()))?;
        let out = program.stdout.take().ok_or("the model has no output")?;
        let line = BufReader::new(out).lines().next_line().await?;
        let url = line.ok_or("the scripted model ended without a word")?;
        Ok(Self { url, _program: program })
    }
}
