//! Reads one turn of the stand-in for Claude Code: with all of Maestro, or with next to nothing.
#![expect(clippy::print_stdout, reason = "a command line talks to its caller")]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use benches::{Meter, Tally};
use clap::{Parser, ValueEnum};
use maestro_core::agent::claude::ClaudeCode;
use maestro_core::event::EventStream;
use maestro_core::model::{EventData, ProjectSpec, SessionSpec};
use maestro_core::storage::memory::Memory;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::transport::EnvPolicy;
use maestro_core::{Maestro, MaestroBuilder, Running};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Debug, Parser)]
struct Args {
    /// The program that stands in for Claude Code.
    #[arg(long)]
    claude: PathBuf,
    /// The lines that it writes.
    #[arg(long)]
    lines: PathBuf,
    /// What reads them.
    reader: Reader,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Reader {
    /// Maestro with its storage in memory.
    Memory,
    /// Maestro with SQLite.
    Sqlite,
    /// A pipe, split into lines.
    Split,
    /// A pipe, split into lines, each parsed into a tree.
    Parse,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let dir = tempfile::tempdir()?;
    let told = match args.reader {
        Reader::Memory => {
            let maestro = Maestro::builder().storage(Memory::new());
            maestro_reads(maestro, &args, dir.path()).await?
        }
        Reader::Sqlite => {
            let maestro = Maestro::builder().storage(Sqlite::at(dir.path().join("bench.db")));
            maestro_reads(maestro, &args, dir.path()).await?
        }
        Reader::Split => pipe_reads(&args, |_| Ok(false)).await?,
        Reader::Parse => {
            pipe_reads(&args, |line| Ok(serde_json::from_slice::<Value>(line)?["type"] == "result"))
                .await?
        }
    };
    println!("{told}");
    Ok(())
}

async fn maestro_reads(builder: MaestroBuilder, args: &Args, dir: &Path) -> Result<Value> {
    let mut env = EnvPolicy::inherited();
    env.set.insert("BENCH_LINES".to_owned(), args.lines.display().to_string());
    let claude = ClaudeCode::at(&args.claude).env(env);
    let maestro = builder.agent("claude", claude).build().await?;
    let project = maestro.projects().ensure(ProjectSpec::new("bench", dir)).await?;
    let session = maestro.sessions().open(SessionSpec::in_project(&project)).await?;
    let events = session.events();

    let meter = Meter::start();
    session.prompt("Go.").await?;
    let tally = read(events).await?;
    let mut told = tally.report(meter.spent());

    let meter = Meter::start();
    let tally = read(session.events()).await?;
    let spent = meter.spent();
    told["again_events"] = json!(tally.events());
    told["again_seconds"] = json!(spent.wall.as_secs_f64());
    told["again_cpu_seconds"] = json!(spent.cpu.as_secs_f64());
    session.close().await?;
    maestro.close(Running::Park).await?;
    Ok(told)
}

/// Looks at all that comes, to the end of the turn.
async fn read(mut events: EventStream) -> Result<Tally> {
    let mut tally = Tally::default();
    while let Some(event) = events.next().await {
        let event = event?;
        tally.event(&event);
        if let EventData::TurnEnded(_) = event.data {
            break;
        }
    }
    Ok(tally)
}

/// Reads until a line ends it or there are no more.
async fn pipe_reads(args: &Args, read: impl Fn(&[u8]) -> Result<bool>) -> Result<Value> {
    let mut child = Command::new(&args.claude)
        .env("BENCH_LINES", &args.lines)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("no pipes".into());
    };
    let mut stdout = BufReader::with_capacity(64 * 1024, stdout);
    let mut line = Vec::new();
    stdin.write_all(b"{\"type\":\"control_request\",\"request\":{}}\n").await?;
    stdout.read_until(b'\n', &mut line).await?;
    let prompt = json!({ "type": "user", "uuid": "1" });

    let meter = Meter::start();
    stdin.write_all(format!("{prompt}\n").as_bytes()).await?;
    drop(stdin);
    loop {
        line.clear();
        if stdout.read_until(b'\n', &mut line).await? == 0 || read(&line)? {
            break;
        }
    }
    let spent = meter.spent();
    child.kill().await?;
    Ok(Tally::default().report(spent))
}
