//! What the agent remembers of its conversations.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, ErrorKind as IoKind, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::agent::Evidence;
use crate::error::{Error, ErrorKind, Result};
use crate::model::AgentPointer;

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Conversation {
    /// The ids of its prompts.
    pub(super) prompts: Vec<String>,
    /// The ids of its messages.
    pub(super) messages: Vec<String>,
    /// How many ids it has given, also to what was forgotten.
    pub(super) given: u64,
    /// The script under way, which goes on after the process was lost.
    pub(super) progress: Option<Progress>,
}

/// How far a script has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    /// The script; none is the default one.
    pub(super) script: Option<String>,
    pub(super) values: BTreeMap<String, String>,
    /// How many steps are done.
    pub(super) step: usize,
    /// How many parts of the next step are done.
    pub(super) part: usize,
}

/// All conversations: in a directory where there is one, else in memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    directory: Option<PathBuf>,
    held: Mutex<HashMap<String, Conversation>>,
}

impl Memory {
    pub(super) fn in_directory(directory: PathBuf) -> Self {
        Self { directory: Some(directory), ..Self::default() }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Conversation>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A conversation, wherever it is kept.
    pub(super) fn recall(&self, id: &str) -> Result<Option<Conversation>> {
        if let Some(conversation) = self.held().get(id) {
            return Ok(Some(conversation.clone()));
        }
        let Some(file) = self.file(id) else {
            return Ok(None);
        };
        match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                let message = "a remembered conversation cannot be read";
                Error::new(ErrorKind::Internal, message)
                    .with("file", file.display())
                    .caused_by(error)
            }),
            Err(error) if error.kind() == IoKind::NotFound => Ok(None),
            Err(error) => Err(failed(&file, error)),
        }
    }

    /// Changes a conversation, which begins where there is none.
    pub(super) fn change<T>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Conversation) -> T,
    ) -> Result<T> {
        let mut conversation = self.recall(id)?.unwrap_or_default();
        let given = change(&mut conversation);
        match self.file(id) {
            Some(file) => write(&file, &conversation).map_err(|error| failed(&file, error))?,
            None => {
                self.held().insert(id.to_owned(), conversation);
            }
        }
        Ok(given)
    }

    pub(super) fn forget(&self, id: &str) -> Result<()> {
        self.held().remove(id);
        match self.file(id).map(|file| (fs::remove_file(&file), file)) {
            Some((Err(error), file)) if error.kind() != IoKind::NotFound => {
                Err(failed(&file, error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn evidence(&self, pointer: &AgentPointer) -> Result<Evidence> {
        let id = pointer.agent_session_id.as_deref().unwrap_or_default();
        let Some(conversation) = self.recall(id)? else {
            return Ok(Evidence::Missing);
        };
        let holds = |ids: &[String], wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| ids.contains(wanted))
        };
        Ok(if !holds(&conversation.prompts, &pointer.last_prompt) {
            Evidence::Missing
        } else if holds(&conversation.messages, &pointer.last_message) {
            Evidence::Holds
        } else {
            Evidence::Behind
        })
    }

    /// Where a conversation is kept; an id that is no plain name is in no directory.
    fn file(&self, id: &str) -> Option<PathBuf> {
        let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let directory = self.directory.as_ref().filter(|_| plain)?;
        Some(directory.join(format!("{id}.json")))
    }
}

/// Replaces the file as a whole, so that a crash leaves the one before.
fn write(file: &std::path::Path, conversation: &Conversation) -> io::Result<()> {
    if let Some(directory) = file.parent() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let fresh = file.with_extension("tmp");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // What was said belongs to this user alone.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&fresh)?.write_all(&serde_json::to_vec(conversation)?)?;
    fs::rename(fresh, file)
}

fn failed(file: &std::path::Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the memory of conversations does not work")
        .with("file", file.display())
        .caused_by(error)
}
