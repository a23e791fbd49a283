//! The agent itself.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::memory::Memory;
use super::script::Script;
use super::session::ScriptedSession;
use crate::agent::{Agent, AgentSession, Evidence, OpenContext, ProbeContext};
use crate::error::{Error, ErrorKind, Result};
use crate::id::SessionId;
use crate::model::{AgentPointer, AgentStatus, PlacePath};
use crate::runtime::RuntimeExt as _;

/// A deterministic agent in this process. Clones share their memory.
///
/// # Contract
/// - It needs no transport, and its sessions have no process.
/// - The same scripts and prompts give the same reports; ids of conversations come from the
///   runtime. Time passes by the runtime's clock only.
/// - What it remembers grows with every conversation. A process that has many thousands keeps them in
///   a directory, by [`remember_in`](Self::remember_in).
/// - A prompt without a marker goes on with a script that a crash cut off, and otherwise plays the
///   default script, which says `Done.` unless it is set.
///
/// # Examples
/// ```
/// use maestro_core::agent::scripted::{Script, ScriptedAgent};
///
/// let agent = ScriptedAgent::new()
///     .script("greet", Script::new().say("Hello, ${who}."))
///     .default_script(Script::new().say("What?"));
/// # let _ = agent;
/// ```
#[derive(Debug, Clone)]
pub struct ScriptedAgent {
    book: Book,
    shared: Arc<Shared>,
}

/// The scripts.
#[derive(Debug, Clone)]
pub(super) struct Book {
    default: Arc<Script>,
    named: BTreeMap<String, Arc<Script>>,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) memory: Memory,
    asked: Mutex<VecDeque<Asked>>,
}

/// A prompt that the agent was given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// The session.
    pub session_id: SessionId,
    /// The conversation.
    pub agent_session_id: String,
    /// The id that the prompt came with.
    pub prompt_id: uuid::Uuid,
    /// Its text.
    pub text: String,
    /// Whether it added to a turn under way.
    pub steer: bool,
}

impl Default for ScriptedAgent {
    fn default() -> Self {
        Self::new()
    }
}

impl ScriptedAgent {
    /// An agent without scripts, which says `Done.` to every prompt.
    pub fn new() -> Self {
        Self {
            book: Book { default: Arc::new(Script::new().say("Done.")), named: BTreeMap::new() },
            shared: Arc::default(),
        }
    }

    /// Adds a script, which the line `scenario: NAME` in a prompt chooses.
    pub fn script(mut self, name: impl Into<String>, script: Script) -> Self {
        self.book.named.insert(name.into(), Arc::new(script));
        self
    }

    /// Sets the script of prompts that choose none.
    pub fn default_script(mut self, script: Script) -> Self {
        self.book.default = Arc::new(script);
        self
    }

    /// Keeps conversations in a directory, one file each, so that another process can resume them.
    /// Those that it has had so far are forgotten, so it is called first.
    pub fn remember_in(mut self, directory: impl Into<PathBuf>) -> Self {
        self.shared = Arc::new(Shared {
            memory: Memory::in_directory(directory.into()),
            ..Shared::default()
        });
        self
    }

    /// What the agent was asked so far, in order; the last thousand prompts.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.shared.asked.lock();
        asked.unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Loses a conversation, as an agent does that is killed before it saved anything.
    pub fn forget(&self, agent_session_id: &str) -> Result<()> {
        let forgotten = self.shared.memory.forget(agent_session_id);
        forgotten.map_err(|error| error.during("scripted.forget"))
    }

    /// Loses the last message of a conversation, as an agent does that is killed while it saves.
    pub fn forget_last_message(&self, agent_session_id: &str) -> Result<()> {
        let memory = &self.shared.memory;
        let forgotten = memory.change(agent_session_id, |conversation| {
            conversation.messages.pop();
        });
        forgotten.map_err(|error| error.during("scripted.forget"))
    }
}

impl Shared {
    /// How many prompts are kept to be looked at.
    const ASKED: usize = 1000;

    pub(super) fn note(&self, asked: Asked) {
        let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == Self::ASKED {
            all.pop_front();
        }
        all.push_back(asked);
    }
}

impl Book {
    /// A script by name, or the default one.
    pub(super) fn get(&self, name: Option<&str>) -> Result<Arc<Script>> {
        let Some(name) = name else {
            return Ok(Arc::clone(&self.default));
        };
        self.named.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.named.keys().map(String::as_str).collect();
            Error::invalid("scenario", format!("names no script: {name:?}"))
                .with("known", known.join(", "))
        })
    }
}

#[async_trait]
impl Agent for ScriptedAgent {
    fn kind(&self) -> &'static str {
        "scripted"
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        let opened = || {
            context.without_extras()?;
            let memory = &self.shared.memory;
            let id = match &context.resume {
                None => {
                    let id = context.runtime.uuid().to_string();
                    memory.change(&id, |_| ())?;
                    id
                }
                Some(pointer) => {
                    let id = pointer.agent_session_id.clone().unwrap_or_default();
                    if memory.recall(&id)?.is_none() {
                        let message = "the agent does not remember the conversation";
                        let error = Error::new(ErrorKind::NotFound, message);
                        return Err(error.with("agent_session_id", id));
                    }
                    id
                }
            };
            let (book, shared) = (self.book.clone(), Arc::clone(&self.shared));
            Ok(ScriptedSession::new(id, book, shared, &context))
        };
        match opened() {
            Ok(session) => Ok(Box::new(session)),
            Err(error) => Err(error.during("scripted.open")),
        }
    }

    async fn probe(&self, _: ProbeContext) -> AgentStatus {
        let mut status = AgentStatus::default();
        (status.installed, status.login) = (true, "none".to_owned());
        status
    }

    async fn evidence(&self, _: &PlacePath, pointer: &AgentPointer) -> Result<Evidence> {
        let found = self.shared.memory.evidence(pointer);
        found.map_err(|error| error.during("scripted.evidence"))
    }
}
