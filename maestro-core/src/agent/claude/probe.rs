//! A look at the CLI: its version, and what it says of itself when it is asked.

use serde_json::{Value, json};

use super::config::ClaudeCode;
use super::discover::Login;
use super::version;
use crate::agent::{Agent as _, OpenContext, ProbeContext};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{AgentCommand, AgentModel, AgentStatus, SessionSpec};
use crate::runtime::RuntimeExt as _;
use crate::transport::{Frame, ProgramSpec, StopGrace};

/// The permission modes that a session can be opened with.
const MODES: [&str; 6] = ["default", "acceptEdits", "plan", "auto", "dontAsk", "bypassPermissions"];

pub(super) async fn probe(claude: &ClaudeCode, context: ProbeContext) -> AgentStatus {
    let login = match &context.account {
        None => claude.login(),
        Some(account) => Login::of_account(account),
    };
    let own = context.account.as_ref().and_then(|account| account.config_dir.clone());
    let config_dir = own.or_else(|| claude.transcripts());
    let mut status = AgentStatus {
        program: Some(claude.program().display().to_string()),
        login: login.as_str().to_owned(),
        config_dir: config_dir.map(|directory| directory.display().to_string()),
        modes: MODES.map(str::to_owned).into(),
        ..AgentStatus::default()
    };
    let runtime = std::sync::Arc::clone(&context.runtime);
    let timeout = context.timeout;
    let looked = runtime.timeout(timeout, look(claude, context, &mut status)).await;
    let problem = match looked {
        Some(looked) => looked.err(),
        None => Some(
            Error::new(ErrorKind::Timeout, "the agent does not answer")
                .with("timeout_ms", timeout.as_millis()),
        ),
    };
    status.problem = problem.map(|error| error.during("claude.probe").info());
    status
}

async fn look(claude: &ClaudeCode, context: ProbeContext, status: &mut AgentStatus) -> Result<()> {
    let version = ask_version(claude, &context).await?;
    status.installed = true;
    status.tested = Some(version::is_tested(&version));
    status.version = Some(version);
    let context = OpenContext {
        session_id: context.runtime.id(),
        owner: context.owner,
        spec: SessionSpec::default(),
        cwd: context.cwd,
        confined: false,
        resume: None,
        fork: false,
        mcp: Vec::new(),
        env: std::collections::BTreeMap::new(),
        account: context.account,
        policy: None,
        transport: context.transport,
        runtime: context.runtime,
    };
    let session = claude.open(context).await?;
    // It may be asked again, and answers the same.
    let hello = session.control(json!({ "subtype": "initialize", "hooks": null })).await;
    let closed = session.close(true).await;
    read(&hello?, status);
    closed
}

/// Runs `--version`, with the environment but without a login.
async fn ask_version(claude: &ClaudeCode, context: &ProbeContext) -> Result<String> {
    let mut spec = ProgramSpec::new(claude.program_name()?, context.cwd.clone(), context.owner);
    spec.args = vec!["--version".to_owned()];
    spec.env = claude.environment_without_login();
    let program = context.transport.start(spec).await?;
    program.close_input().await?;
    let mut said = Vec::new();
    while let Some(frame) = program.next().await {
        match frame {
            Frame::Line(line) => said.push(line),
            Frame::Exited(status) if !status.is_success() => {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "the program does not tell its version",
                )
                .with("exit", status));
            }
            _ => {}
        }
    }
    // It has ended; this ends what it may have left behind.
    let _ = program.stop(StopGrace::NONE).await;
    let first = said.first().and_then(|line| line.split_whitespace().next());
    first
        .map(str::to_owned)
        .ok_or_else(|| Error::new(ErrorKind::Protocol, "the program does not tell its version"))
}

fn read(hello: &Value, status: &mut AgentStatus) {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let list = |name: &str| hello[name].as_array().cloned().unwrap_or_default();
    let models = list("models");
    status.models = models
        .iter()
        .map(|model| AgentModel {
            id: text(model, "value"),
            name: text(model, "displayName"),
            about: text(model, "description"),
        })
        .collect();
    let commands = list("commands");
    status.commands = commands
        .iter()
        .map(|command| AgentCommand {
            name: text(command, "name"),
            about: text(command, "description"),
        })
        .collect();
}
