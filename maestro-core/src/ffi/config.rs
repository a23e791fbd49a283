//! How a node is set up from another language.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::foreign::{Can, Desk, ForeignAgent, ForeignHook, ForeignPermission, ForeignTask, tools};
use crate::agent::claude::{ClaudeCode, HookPoint};
use crate::agent::scripted::{Script, ScriptedAgent};
use crate::builder::MaestroBuilder;
use crate::error::Result;
use crate::maestro::Maestro;
use crate::model::Place;
use crate::node::LeaseTimes;
use crate::storage::sqlite::{Durability, Sqlite};

/// A node's configuration. Whatever is not given has the default of [`MaestroBuilder`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each is the option of the same name of `MaestroBuilder`")]
pub struct Config {
    pub storage: Storage,
    /// By registered name.
    pub agents: BTreeMap<String, AgentConfig>,
    /// The kinds of tasks that the host language implements.
    pub tasks: Vec<String>,
    /// The tool servers that the host language implements, by name.
    pub mcp_servers: BTreeMap<String, Vec<ToolConfig>>,
    /// Whether the host language answers approvals.
    pub permission_handler: bool,
    pub concurrency: Option<u32>,
    /// How many sessions may keep an idle process; none as given means no limit.
    #[serde(deserialize_with = "given")]
    pub warm_sessions: Option<Option<u32>>,
    pub starts_at_once: Option<u32>,
    pub worktrees: Option<PathBuf>,
    pub state_directory: Option<PathBuf>,
    pub place: Option<String>,
    pub grants_last_ms: Option<u64>,
    pub lease_ttl_ms: Option<u64>,
    pub sweep_every_ms: Option<u64>,
    pub cancel_grace_ms: Option<u64>,
}

/// Where everything is kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Storage {
    /// Nowhere that outlives the process.
    #[default]
    Memory,
    /// A file.
    Sqlite {
        /// Its path.
        path: PathBuf,
        /// `true` survives a crash of the process only.
        #[serde(default)]
        relaxed: bool,
        /// How many threads read.
        readers: Option<usize>,
    },
}

/// An agent to register.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AgentConfig {
    /// Claude Code.
    ClaudeCode(Box<ClaudeConfig>),
    /// One that plays scripts.
    Scripted {
        /// What it does by default.
        #[serde(default)]
        default: Option<Script>,
        /// What else it does, by name.
        #[serde(default)]
        scripts: BTreeMap<String, Script>,
        /// Where it keeps its conversations.
        #[serde(default)]
        remember_in: Option<PathBuf>,
    },
    /// One that the host language implements.
    Foreign {
        /// What it can do beside answering prompts.
        #[serde(default)]
        can: Vec<Can>,
    },
}

/// How Claude Code is driven. Whatever is not given has the default of [`ClaudeCode`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaudeConfig {
    /// None looks for it, and reads the environment for that.
    pub program: Option<PathBuf>,
    pub config_dir: Option<PathBuf>,
    /// Whether the child starts from the environment of this process.
    pub inherit_env: Option<bool>,
    /// Names that are left out of what is inherited, beside [`ClaudeCode::DENIED`].
    pub deny_env: Vec<String>,
    /// Variables that are set in any case.
    pub env: BTreeMap<String, String>,
    pub extra_args: Vec<String>,
    pub account: Option<String>,
    pub login_for_tools: bool,
    pub handshake_timeout_ms: Option<u64>,
    pub control_timeout_ms: Option<u64>,
    pub quiet_ms: Option<u64>,
    pub max_line_bytes: Option<usize>,
    pub hooks: Vec<HookConfig>,
}

/// A hook of Claude Code that the host language answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookConfig {
    pub event: String,
    pub matcher: Option<String>,
    pub timeout_ms: Option<u64>,
    /// What the host language knows the handler by.
    pub handler: String,
}

/// A tool of the host language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolConfig {
    /// Its name.
    pub name: String,
    /// What agents are told about it.
    #[serde(default)]
    pub description: String,
    /// The JSON schema of its input.
    pub schema: Value,
}

/// Tells what is given as `null` from what is not given.
fn given<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Config {
    pub(super) fn builder(self, desk: &Arc<Desk>) -> Result<MaestroBuilder> {
        let mut builder = Maestro::builder();
        if let Storage::Sqlite { path, relaxed, readers } = self.storage {
            let durability = if relaxed { Durability::Relaxed } else { Durability::Full };
            let store = Sqlite::at(path).profile(durability);
            builder = builder.storage(readers.into_iter().fold(store, Sqlite::readers));
        }
        for (name, agent) in self.agents {
            builder = match agent {
                AgentConfig::ClaudeCode(config) => builder.agent(name, config.agent(desk)?),
                AgentConfig::Scripted { default, scripts, remember_in } => {
                    let agent = ScriptedAgent::new();
                    let agent = remember_in.into_iter().fold(agent, ScriptedAgent::remember_in);
                    let agent = default.into_iter().fold(agent, ScriptedAgent::default_script);
                    let add = |agent: ScriptedAgent, (name, script)| agent.script(name, script);
                    builder.agent(name, scripts.into_iter().fold(agent, add))
                }
                AgentConfig::Foreign { can } => {
                    let agent = ForeignAgent::new(name.clone(), can, Arc::clone(desk));
                    builder.agent(name, agent)
                }
            };
        }
        for kind in self.tasks {
            let task = ForeignTask::new(kind.clone(), Arc::clone(desk));
            builder = builder.task(kind, task);
        }
        for (name, of_server) in self.mcp_servers {
            builder = builder.mcp_server(tools(&name, of_server, desk));
        }
        if self.permission_handler {
            builder = builder.permission_handler(ForeignPermission::new(Arc::clone(desk)));
        }
        let ms = |given: Option<u64>| given.map(Duration::from_millis).into_iter();
        let times = |ttl| LeaseTimes { ttl };
        builder = self.concurrency.into_iter().fold(builder, MaestroBuilder::concurrency);
        builder = self.warm_sessions.into_iter().fold(builder, MaestroBuilder::warm_sessions);
        builder = self.starts_at_once.into_iter().fold(builder, MaestroBuilder::starts_at_once);
        builder = self.worktrees.into_iter().fold(builder, MaestroBuilder::worktrees);
        builder = self.state_directory.into_iter().fold(builder, MaestroBuilder::state_directory);
        let place = self.place.map(Place::new).into_iter();
        builder = place.fold(builder, MaestroBuilder::place);
        builder = ms(self.grants_last_ms).fold(builder, MaestroBuilder::grants_last);
        builder = ms(self.lease_ttl_ms).map(times).fold(builder, MaestroBuilder::lease_times);
        builder = ms(self.sweep_every_ms).fold(builder, MaestroBuilder::sweep_every);
        Ok(ms(self.cancel_grace_ms).fold(builder, MaestroBuilder::cancel_grace))
    }
}

impl ClaudeConfig {
    fn agent(self, desk: &Arc<Desk>) -> Result<ClaudeCode> {
        let mut claude =
            self.program.map_or_else(ClaudeCode::discover, |at| Ok(ClaudeCode::at(at)))?;
        let mut env = claude.environment().clone();
        env.inherit = self.inherit_env.unwrap_or(env.inherit);
        env.deny.extend(self.deny_env);
        env.set.extend(self.env);
        claude = claude.env(env).extra_args(self.extra_args).login_for_tools(self.login_for_tools);
        claude = self.config_dir.into_iter().fold(claude, ClaudeCode::config_dir);
        claude = self.account.into_iter().fold(claude, ClaudeCode::account);
        let ms = |given: Option<u64>| given.map(Duration::from_millis).into_iter();
        claude = ms(self.handshake_timeout_ms).fold(claude, ClaudeCode::handshake_timeout);
        claude = ms(self.control_timeout_ms).fold(claude, ClaudeCode::control_timeout);
        claude = ms(self.quiet_ms).fold(claude, ClaudeCode::quiet);
        claude = self.max_line_bytes.into_iter().fold(claude, ClaudeCode::max_line_bytes);
        for hook in self.hooks {
            let point = HookPoint::new(hook.event);
            let point = hook.matcher.into_iter().fold(point, HookPoint::matcher);
            let point = ms(hook.timeout_ms).fold(point, HookPoint::timeout);
            claude = claude.hook(point, ForeignHook::new(hook.handler, Arc::clone(desk)));
        }
        Ok(claude)
    }
}
