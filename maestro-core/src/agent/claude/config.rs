//! How Claude Code is driven.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::clean::Clean;
use super::confine;
use super::discover::{Discovery, Login};
use super::hook::{HookHandler, HookPoint, Hooked};
use super::instructions;
use super::launch::{self, Conversation};
use super::login;
use super::map::Mapper;
use super::probe;
use super::ruled;
use super::serve::Served;
use super::session::ClaudeSession;
use super::transcript;
use crate::agent::{Agent, AgentSession, Evidence, OpenContext, ProbeContext, ToolVerdict};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{AgentPointer, AgentStatus, Place, PlacePath, check};
use crate::runtime::RuntimeExt as _;
use crate::secret::{Redactor, Redactors};
use crate::transport::{EnvPolicy, ProgramSpec, StopGrace};

/// What makes the CLI run without hooks.
const BARE: &str = "--bare";
const SIMPLE: &str = "CLAUDE_CODE_SIMPLE";

/// The driver for the Claude Code CLI, over its stream of JSON lines.
///
/// # Contract
/// - Every question of the CLI waits for an answer; nothing is allowed by default, and no answer
///   ever writes a settings file.
/// - The child gets the environment of this process without marks of other products, or exactly
///   what [`ClaudeCode::env`] says.
/// - What a repository brings is content: the settings of the user are read, not those of the project
///   (hooks, tool servers, helpers, variables), unless `setting_sources` names them. Its `CLAUDE.md` is
///   given to the agent as text.
/// - Before each call of a tool, of subagents too, the host's rules are asked; what they deny or ask about
///   the CLI lets through in none of its modes. With `--bare` or `CLAUDE_CODE_SIMPLE`, which turn that off,
///   no session of the engine is opened.
/// - In the workspace of a task the agent stays there: it makes no worktrees of its own and starts no
///   agents elsewhere, whatever its permission mode. A session whose `tools.allow` has `EnterWorktree`
///   may do so.
/// - A release that this driver was not tested with is driven all the same, and `agent.warning` says
///   so; what it does not know is an error of the call that needs it.
///
/// # Examples
/// ```no_run
/// use maestro_core::agent::claude::ClaudeCode;
///
/// let found = ClaudeCode::discover()?;
/// let pinned = ClaudeCode::at("/opt/claude/bin/claude").config_dir("/var/lib/shop/claude");
/// # let _ = (found, pinned);
/// # Ok::<(), maestro_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClaudeCode {
    program: PathBuf,
    discovery: Option<Discovery>,
    config_dir: Option<PathBuf>,
    place: Option<Place>,
    env: EnvPolicy,
    extra_args: Vec<String>,
    account: Option<String>,
    hooks: Vec<Hooked>,
    login_for_tools: bool,
    redactors: Redactors,
    pub(super) limits: Limits,
}

/// How long the driver waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) handshake: Duration,
    pub(super) control: Duration,
    pub(super) quiet: Duration,
    pub(super) grace: StopGrace,
    pub(super) max_line_bytes: usize,
}

impl ClaudeCode {
    /// What is left out of an inherited environment: marks that another product, or an agent that
    /// this process itself runs in, left there for its own children. Settings of the CLI, such as
    /// `CLAUDE_CONFIG_DIR` or `CLAUDE_CODE_USE_BEDROCK`, and logins are inherited.
    pub const DENIED: &[&str] = launch::DENIED;

    /// How long the CLI may take to answer its first request by default. Twenty that start at once
    /// on two cores were seen to take 4.4 s.
    pub const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_mins(1);

    /// How long the CLI may take to answer any other request by default. It answers within
    /// milliseconds, also while a tool runs.
    pub const DEFAULT_CONTROL_TIMEOUT: Duration = Duration::from_secs(30);

    /// How long a CLI that does not say whether it is idle must be silent after a result by
    /// default.
    pub const DEFAULT_QUIET: Duration = Duration::from_secs(2);

    /// Looks for the CLI on this machine, and reads the environment for it: the only call that
    /// does.
    ///
    /// # Errors
    /// `NotFound` when it is not installed.
    pub fn discover() -> Result<Self> {
        let found = Discovery::look()?;
        let mut claude = Self::at(found.program.clone());
        claude.discovery = Some(found);
        Ok(claude)
    }

    /// The CLI at a path, or by a name that is looked up in the child's `PATH`.
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            discovery: None,
            config_dir: None,
            place: None,
            env: EnvPolicy {
                inherit: true,
                deny: Self::DENIED.iter().map(|&name| name.to_owned()).collect(),
                ..EnvPolicy::default()
            },
            extra_args: Vec::new(),
            account: None,
            hooks: Vec::new(),
            login_for_tools: false,
            redactors: Redactors::default(),
            limits: Limits {
                handshake: Self::DEFAULT_HANDSHAKE_TIMEOUT,
                control: Self::DEFAULT_CONTROL_TIMEOUT,
                quiet: Self::DEFAULT_QUIET,
                grace: StopGrace::default(),
                max_line_bytes: ProgramSpec::DEFAULT_MAX_LINE_BYTES,
            },
        }
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What [`ClaudeCode::discover`] found, if it was called.
    pub fn found(&self) -> Option<&Discovery> {
        self.discovery.as_ref()
    }

    /// What the child's environment is made of.
    pub fn environment(&self) -> &EnvPolicy {
        &self.env
    }

    /// How the CLI is going to log in, as far as was seen.
    pub fn login(&self) -> Login {
        let found = self.discovery.as_ref();
        found.map_or(Login::None, |found| found.login)
    }

    /// Gives the CLI a configuration directory of its own, for settings, login and transcripts.
    /// It is a directory of this machine. Default: `CLAUDE_CONFIG_DIR` of its environment, else
    /// `.claude` in its `HOME`.
    pub fn config_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.config_dir = Some(directory.into());
        self
    }

    /// Names the place that the configuration directory is at. Conversations at other places have
    /// the evidence `unknown`. Default: every place is this machine.
    pub fn at_place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Sets the child's environment. Default: what this process has, without the marks that other
    /// products leave there for their own children; see [`ClaudeCode::DENIED`].
    pub fn env(mut self, env: EnvPolicy) -> Self {
        self.env = env;
        self
    }

    /// Lets the tools that the CLI runs see its API key or OAuth token in their environment, as the
    /// CLI by itself does with an API key. Default: they do not; the CLI alone reads it, from a pipe.
    ///
    /// Other logins, such as `ANTHROPIC_AUTH_TOKEN` and those of cloud providers, the CLI takes from
    /// its environment only, and its tools inherit them. With `--bare` it takes any login from there
    /// only.
    pub fn login_for_tools(mut self, shown: bool) -> Self {
        self.login_for_tools = shown;
        self
    }

    /// Adds arguments to the CLI's command line, for what has no field. A flag and its value
    /// belong into one argument: `--flag=value`.
    ///
    /// Every user of the machine can read a command line. Prompts, agents, schemas and tool servers that
    /// are given as text in these arguments do not go there; everything else does, so what it says
    /// must be no secret: name a file, as in `--settings=FILE`.
    pub fn extra_args<I: IntoIterator<Item: Into<String>>>(mut self, args: I) -> Self {
        self.extra_args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Names the account that this configuration is billed and limited by, for what is reported of
    /// its limits. Default: none.
    pub fn account(mut self, name: impl Into<String>) -> Self {
        self.account = Some(name.into());
        self
    }

    /// Lets a handler answer at a point of the CLI's work, in every session. Several may be added; of
    /// those at one point the CLI asks all.
    pub fn hook(mut self, point: HookPoint, handler: impl HookHandler) -> Self {
        self.hooks.push(Hooked { point, handler: Arc::new(handler) });
        self
    }

    /// Sets how long the CLI may take to start.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake = timeout;
        self
    }

    /// Sets how long the CLI may take to answer a request.
    pub fn control_timeout(mut self, timeout: Duration) -> Self {
        self.limits.control = timeout;
        self
    }

    /// Sets how long a CLI that does not say whether it is idle must be silent after a result.
    pub fn quiet(mut self, quiet: Duration) -> Self {
        self.limits.quiet = quiet;
        self
    }

    /// Sets how patiently the CLI is stopped.
    pub fn grace(mut self, grace: StopGrace) -> Self {
        self.limits.grace = grace;
        self
    }

    /// Sets how long a line of the CLI may be. Default
    /// [`ProgramSpec::DEFAULT_MAX_LINE_BYTES`].
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_line_bytes = bytes;
        self
    }

    /// Where transcripts are, as far as is known without reading the environment.
    pub(super) fn transcripts(&self) -> Option<PathBuf> {
        let set = &self.env.set;
        let named = || set.get("CLAUDE_CONFIG_DIR").map(PathBuf::from);
        let at_home = || Some(Path::new(set.get("HOME")?).join(".claude"));
        let found = || self.discovery.as_ref()?.config_dir.clone();
        let explicit = self.config_dir.clone();
        explicit.or_else(named).or_else(at_home).or_else(found)
    }

    pub(super) fn program_name(&self) -> Result<&str> {
        check::path("program", &self.program)?;
        if let Some(directory) = &self.config_dir {
            check::path("config_dir", directory)?;
        }
        Ok(self.program.to_str().unwrap_or_default())
    }

    /// What a process needs that logs in nowhere.
    pub(super) fn environment_without_login(&self) -> EnvPolicy {
        let nobody = crate::agent::AgentAccount {
            name: String::new(),
            credentials: std::collections::BTreeMap::new(),
            config_dir: None,
        };
        login::Login::of(self.env.clone(), Some(&nobody), false, false).env
    }

    /// # Errors
    /// `InvalidArgument` where the CLI would run no hooks, which is how rules reach it.
    fn can_be_ruled(&self, context: &OpenContext) -> Result<()> {
        if context.policy.is_none() {
            return Ok(());
        }
        let why = "makes Claude Code run no hooks, so that no rule which denies or asks would hold";
        if self.extra_args.iter().chain(&context.spec.extra_args).any(|argument| argument == BARE) {
            return Err(Error::invalid("extra_args", format!("has {BARE}, which {why}")));
        }
        let set = self.env.set.iter().chain(&context.spec.env).chain(&context.env);
        if set.into_iter().any(|(name, value)| name == SIMPLE && !value.is_empty()) {
            return Err(Error::invalid("env", format!("has {SIMPLE}, which {why}")));
        }
        Ok(())
    }

    /// What the project says to agents, where the CLI does not read that itself.
    async fn instructions(&self, context: &OpenContext) -> Result<Option<String>> {
        let is_told = |argument: &String| argument.starts_with("--setting-sources");
        let chosen = context.spec.setting_sources.is_some()
            || self.extra_args.iter().chain(&context.spec.extra_args).any(is_told);
        if chosen || context.transport.own_process().is_none() {
            return Ok(None);
        }
        let cwd = context.cwd.path.clone();
        let find = move || instructions::find(&cwd);
        let mut files = context.runtime.blocking("claude.instructions", find).await?;
        if let Some(policy) = &context.policy {
            let mut readable = Vec::new();
            for file in files {
                // Nobody is there to be asked.
                let path = file.written.to_string_lossy();
                if ruled::read(&**policy, &path).await? == ToolVerdict::Unruled {
                    readable.push(file);
                }
            }
            files = readable;
        }
        let read = move || instructions::text(&files);
        context.runtime.blocking("claude.instructions", read).await
    }

    /// What to start, and what to keep out of all that it says.
    fn program_spec(
        &self,
        context: &OpenContext,
        conversation: &Conversation,
        instructions: Option<&str>,
    ) -> Result<(ProgramSpec, Arc<Redactor>, Map<String, Value>)> {
        let private = launch::Private::collect(context, &self.extra_args, instructions)?;
        let mut spec = ProgramSpec::new(self.program_name()?, context.cwd.clone(), context.owner);
        spec.args = launch::arguments(context, conversation, &self.extra_args)?;
        let account = context.account.as_ref();
        let is_local = context.transport.own_process().is_some();
        let is_bare = spec.args.iter().any(|argument| argument == BARE);
        let hide = cfg!(unix) && !self.login_for_tools && !is_bare;
        let mut login = login::Login::of(self.env.clone(), account, is_local, hide);
        login.note(context.spec.env.iter().chain(&context.env));
        let own = account.and_then(|account| account.config_dir.as_deref());
        let config_dir = own.or(self.config_dir.as_deref());
        spec.env = launch::environment(&login.env, config_dir, context);
        spec.handed = login.handed;
        spec.handed.extend(private.handed);
        spec.max_line_bytes = self.limits.max_line_bytes;
        Ok((spec, self.redactors.of(&login.secrets), private.hello))
    }
}

#[async_trait]
impl Agent for ClaudeCode {
    fn kind(&self) -> &'static str {
        "claude_code"
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        let resume = context.resume.as_ref();
        let conversation = match resume.map(|pointer| pointer.agent_session_id.clone()) {
            None => Conversation::New(context.runtime.uuid().to_string()),
            Some(Some(of)) if !of.is_empty() && context.fork => {
                Conversation::Fork { of, id: context.runtime.uuid().to_string() }
            }
            Some(Some(id)) if !id.is_empty() => Conversation::Resume(id),
            Some(_) => {
                let why = "the pointer names no conversation of the agent";
                return Err(Error::new(ErrorKind::NotFound, why).during("claude.open"));
            }
        };
        let opened = async {
            self.can_be_ruled(&context)?;
            let instructions = self.instructions(&context).await?;
            let instructions = instructions.as_deref();
            let (program, redactor, hello) =
                self.program_spec(&context, &conversation, instructions)?;
            let started = context.transport.start(program).await;
            let connection = started.map_err(|error| redactor.error(error))?;
            let connection = Clean::around(connection, redactor);
            let extra = &self.extra_args;
            let mapper = Mapper::new(context.cwd.as_path())
                .budget(context.spec.budget_micro_usd)
                .resumed(context.resume.is_some())
                .account(self.account.clone());
            let mut hooks = confine::hooks(&context);
            hooks.extend(self.hooks.iter().cloned());
            let policy = context.policy.clone();
            let served = Served { hooks, servers: context.mcp.clone(), policy, hello };
            let limits = self.limits;
            ClaudeSession::open(connection, &context, mapper, served, conversation, limits, extra)
                .await
        };
        let session = opened.await.map_err(|error| {
            let named = error.context().any(|(key, _)| key == "program");
            let error = error.during("claude.open").with("session_id", context.session_id);
            if named { error } else { error.with("program", self.program.display()) }
        })?;
        Ok(Box::new(session))
    }

    async fn probe(&self, context: ProbeContext) -> AgentStatus {
        probe::probe(self, context).await
    }

    /// Reads the transcript, on a thread of its own since it may be long.
    async fn evidence(&self, cwd: &PlacePath, pointer: &AgentPointer) -> Result<Evidence> {
        let elsewhere = self.place.as_ref().is_some_and(|place| *place != cwd.place);
        let directory = pointer.config_dir.clone().or_else(|| self.transcripts());
        let Some(directory) = directory.filter(|_| !elsewhere) else {
            return Ok(Evidence::Unknown);
        };
        let (cwd, pointer) = (cwd.path.clone(), pointer.clone());
        let (found, finding) = futures::channel::oneshot::channel();
        let look = move || {
            // Nobody waits any more when the receiver is gone.
            let _ = found.send(transcript::look(&directory, &cwd, &pointer));
        };
        let thread = std::thread::Builder::new().name("maestro-transcript".to_owned());
        thread.spawn(look).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "no thread to read a transcript with")
                .during("claude.evidence")
                .caused_by(error)
        })?;
        Ok(finding.await.unwrap_or(Evidence::Unknown))
    }
}
