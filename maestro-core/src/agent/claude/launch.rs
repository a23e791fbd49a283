//! How the CLI is started: its arguments and its environment.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::confine;
use crate::agent::OpenContext;
use crate::error::{Error, Result};
use crate::model::Secret;
use crate::transport::{EnvPolicy, Handed, HandedBy};

/// See [`ClaudeCode::DENIED`](super::ClaudeCode::DENIED).
pub(super) const DENIED: &[&str] = &[
    "CLAUDECODE",
    "CLAUDE_AGENT_SDK_*",
    "CLAUDE_CODE_ACTION",
    "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
    "CLAUDE_CODE_CHILD_*",
    "CLAUDE_CODE_EMIT_*",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXECPATH",
    "CLAUDE_CODE_GATEWAY_TOKEN_FILE_DESCRIPTOR",
    "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
    "CLAUDE_CODE_PARENT_*",
    "CLAUDE_CODE_REMOTE*",
    "CLAUDE_CODE_SESSION_*",
    "CLAUDE_CODE_SIMPLE",
    "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_ENV_FILE",
    "CLAUDE_PROJECT_DIR",
    "MAESTRO_*",
];

/// What is always set: the CLI says when it has nothing to do, and stays the version that it is
/// while it runs.
const ALWAYS: [(&str, &str); 2] =
    [("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1"), ("DISABLE_AUTOUPDATER", "1")];

/// Whose settings are read unless the embedder says otherwise. Those of a project are written by
/// whoever writes to its repository, agents too, and run programs without asking.
const TRUSTED: &str = "user";

/// The longest argument that Linux gives to a program, without its terminating NUL; other systems
/// take no longer ones that matter.
const MAX_ARGUMENT: usize = 128 * 1024 - 1;

/// Stands for what no field of the first request holds: it goes through a pipe.
const BY_PIPE: &str = "";

/// Which conversation is gone on with, or the id of a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Conversation {
    New(String),
    Resume(String),
    /// A copy: of which conversation, and its own id.
    Fork {
        of: String,
        id: String,
    },
}

impl Conversation {
    /// Its id.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::New(id) | Self::Resume(id) | Self::Fork { id, .. } => id,
        }
    }
}

/// The arguments. A flag and its value are always one argument, so that no value is taken for a
/// flag.
///
/// # Errors
/// `InvalidArgument` naming the field that no argument can hold.
pub(super) fn arguments(
    context: &OpenContext,
    conversation: &Conversation,
    extra: &[String],
) -> Result<Vec<String>> {
    let spec = &context.spec;
    let mut args: Vec<String> = [
        "-p",
        "--output-format=stream-json",
        "--input-format=stream-json",
        "--verbose",
        "--permission-prompt-tool=stdio",
    ]
    .map(str::to_owned)
    .into();
    if spec.partial_messages.unwrap_or(true) {
        args.push("--include-partial-messages".to_owned());
    }
    if let Conversation::Fork { .. } = conversation {
        args.push("--fork-session".to_owned());
    }
    let mut flag = |name: &str, field: &str, value: &str| -> Result<()> {
        args.push(fitting(field, format!("--{name}={value}"))?);
        Ok(())
    };
    match conversation {
        Conversation::New(id) => flag("session-id", "session_id", id)?,
        Conversation::Resume(id) => flag("resume", "session_id", id)?,
        Conversation::Fork { of, id } => {
            flag("resume", "session_id", of)?;
            flag("session-id", "session_id", id)?;
        }
    }
    let sources = spec.setting_sources.as_ref().map(|sources| sources.join(","));
    flag("setting-sources", "setting_sources", sources.as_deref().unwrap_or(TRUSTED))?;
    if let Some(model) = &spec.model {
        flag("model", "model", model)?;
    }
    // Always said: some releases, as 2.1.290, begin in one that does not ask.
    flag("permission-mode", "mode", spec.mode.as_deref().unwrap_or("default"))?;
    if !spec.tools.allow.is_empty() {
        flag("allowedTools", "tools.allow", &spec.tools.allow.join(","))?;
    }
    let mut denied = spec.tools.deny.clone();
    if confine::applies(context) {
        denied.push(confine::TOOL.to_owned());
    }
    if !denied.is_empty() {
        flag("disallowedTools", "tools.deny", &denied.join(","))?;
    }
    if let Some(turns) = spec.max_turn_requests {
        flag("max-turns", "max_turn_requests", &turns.to_string())?;
    }
    if let Some(budget) = spec.budget_micro_usd {
        flag("max-budget-usd", "budget_micro_usd", &usd(budget))?;
    }
    for argument in extra.iter().chain(&spec.extra_args) {
        if Private::of(argument).is_none() {
            args.push(fitting("extra_args", argument.clone())?);
        }
    }
    Ok(args)
}

/// What does not go into a command line, which every user of the machine can read.
#[derive(Debug, Default)]
pub(super) struct Private {
    /// Fields of the first request.
    pub(super) hello: Map<String, Value>,
    /// What the process reads from a pipe.
    pub(super) handed: Vec<Handed>,
}

impl Private {
    /// Collects it from the project's instructions, the specification and the arguments that the
    /// user added.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field that is longer than can be handed over.
    pub(super) fn collect(
        context: &OpenContext,
        extra: &[String],
        instructions: Option<&str>,
    ) -> Result<Self> {
        let spec = &context.spec;
        let mut all = Self::default();
        let texts: Vec<&str> =
            instructions.into_iter().chain(spec.system_prompt.as_deref()).collect();
        if !texts.is_empty() {
            all.hello.insert("appendSystemPrompt".to_owned(), json!(texts.join("\n\n")));
        }
        if !spec.output_schema.is_null() {
            all.hello.insert("jsonSchema".to_owned(), spec.output_schema.clone());
        }
        let own = |(_, config): &(&String, &Value)| !config.is_null();
        let servers: BTreeMap<_, _> = spec.mcp.iter().filter(own).collect();
        if !servers.is_empty() {
            all.hand("mcp", json!({ "mcpServers": servers }).to_string())?;
        }
        for argument in extra.iter().chain(&spec.extra_args) {
            match Self::of(argument) {
                Some((BY_PIPE, value)) => {
                    all.hand("extra_args", value.as_str().unwrap_or_default().to_owned())?;
                }
                Some(("appendSystemPrompt", Value::String(added))) => {
                    let texts = all.hello.get("appendSystemPrompt").and_then(Value::as_str);
                    let texts = texts.map_or(added.clone(), |first| format!("{first}\n\n{added}"));
                    all.hello.insert("appendSystemPrompt".to_owned(), Value::String(texts));
                }
                Some((field, value)) => {
                    all.hello.insert(field.to_owned(), value);
                }
                None => {}
            }
        }
        Ok(all)
    }

    /// What an argument of the user says that belongs here: the field of the first request, and its
    /// value.
    fn of(argument: &str) -> Option<(&'static str, Value)> {
        let (option, value) = argument.split_once('=')?;
        let json = || serde_json::from_str::<Value>(value).ok().filter(Value::is_object);
        match option {
            "--append-system-prompt" => Some(("appendSystemPrompt", json!(value))),
            "--system-prompt" => Some(("systemPrompt", json!([value]))),
            // Those that name a file hold nothing.
            "--agents" => json().map(|agents| ("agents", agents)),
            "--json-schema" => json().map(|schema| ("jsonSchema", schema)),
            "--mcp-config" => json().map(|_| (BY_PIPE, json!(value))),
            _ => None,
        }
    }

    fn hand(&mut self, field: &str, text: String) -> Result<()> {
        if text.len() > Handed::MAX_BYTES {
            let why = format!(
                "goes to the agent through a pipe of at most {} bytes, and needs {}",
                Handed::MAX_BYTES,
                text.len()
            );
            return Err(Error::invalid(field, why));
        }
        let by = HandedBy::Option("--mcp-config".to_owned());
        self.handed.push(Handed { by, secret: Secret::new(text) });
        Ok(())
    }
}

/// An argument that a program can be given.
fn fitting(field: &str, argument: String) -> Result<String> {
    if argument.contains('\0') {
        let why = "has a NUL character, which no argument of a program can hold";
        return Err(Error::invalid(field, why));
    }
    if argument.len() > MAX_ARGUMENT {
        let why = format!(
            "goes to the agent as an argument of at most {MAX_ARGUMENT} bytes, and needs {}",
            argument.len()
        );
        return Err(Error::invalid(field, why));
    }
    Ok(argument)
}

/// The environment: the policy's, then what is always set, the configuration directory, the
/// session's own, and what Maestro adds for the tools.
pub(super) fn environment(
    policy: &EnvPolicy,
    config_dir: Option<&Path>,
    context: &OpenContext,
) -> EnvPolicy {
    let mut env = policy.clone();
    let always = ALWAYS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut set = BTreeMap::from(always);
    set.append(&mut env.set);
    if let Some(directory) = config_dir {
        let directory = directory.to_string_lossy().into_owned();
        set.insert("CLAUDE_CONFIG_DIR".to_owned(), directory);
    }
    set.extend(context.spec.env.clone());
    set.extend(context.env.clone());
    env.set = set;
    env
}

/// Millionths as decimal dollars, without rounding.
fn usd(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
