//! The scripted model as a program: prints its base URL as its first line and serves until it is interrupted.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use scripted_model::{ModelConfig, ScriptedModel};

/// A Messages API endpoint on loopback that plays scenario files.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The port on 127.0.0.1; 0 is any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A scenario file, or a directory of *.toml files; may be repeated. The built-in ones are always there.
    #[arg(long, value_name = "DIR|FILE")]
    scenarios: Vec<PathBuf>,
    /// Prints the names of all scenarios and what they are for, and ends.
    #[arg(long)]
    list: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell when standard error itself is closed.
            let _closed = writeln!(std::io::stderr(), "scripted-model: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut config = ModelConfig::new().port(arguments.port);
    for path in &arguments.scenarios {
        config = config.path(path)?;
    }
    let mut out = std::io::stdout();
    if arguments.list {
        for scenario in config.scenarios() {
            writeln!(out, "{:<16} {}", scenario.name(), scenario.about())?;
        }
        return Ok(());
    }
    let model = ScriptedModel::start(config).await?;
    writeln!(out, "{}", model.base_url())?;
    out.flush()?;
    tokio::signal::ctrl_c().await?;
    model.stop().await;
    Ok(())
}
