//! An agent of the host language.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Desk;
use super::conversation::{Conversation, ForeignSession};
use crate::agent::{Agent, AgentSession, Evidence, OpenContext, ProbeContext};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{AgentPointer, AgentStatus, PlacePath};

/// An agent of the host language.
#[derive(Debug)]
pub(in crate::ffi) struct ForeignAgent {
    name: String,
    can: Vec<Can>,
    desk: Arc<Desk>,
}

/// What an agent of the host language can do beside answering prompts; the rest is `Unsupported`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Can {
    /// Go on in a conversation that it had: it is then asked for evidence.
    Resume,
    /// Copy a conversation.
    Fork,
    /// Take a prompt into the turn.
    Steer,
    /// Change its mode.
    SetMode,
    /// Change its model.
    SetModel,
    /// Take requests of its own protocol.
    Control,
    /// Clean up when a conversation is closed.
    Close,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Opened {
    agent_session_id: Option<String>,
}

impl ForeignAgent {
    pub(in crate::ffi) fn new(name: String, can: Vec<Can>, desk: Arc<Desk>) -> Self {
        Self { name, can, desk }
    }

    fn check(&self, context: &OpenContext) -> Result<()> {
        let cannot = |what: &str| {
            let why = format!("the agent {:?} cannot {what}", self.name);
            Err(Error::new(ErrorKind::Unsupported, why))
        };
        if !context.mcp.is_empty() {
            return cannot("use tool servers of this process");
        }
        if context.fork && !self.can.contains(&Can::Fork) {
            return cannot("copy a conversation");
        }
        if context.resume.is_some() && !self.can.contains(&Can::Resume) {
            let why = format!("the agent {:?} remembers no conversation", self.name);
            return Err(Error::new(ErrorKind::NotFound, why));
        }
        Ok(())
    }
}

#[async_trait]
impl Agent for ForeignAgent {
    fn kind(&self) -> &'static str {
        "foreign"
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        self.check(&context)?;
        let id = self.desk.id();
        let account = context.account.as_ref().map(|account| {
            let credentials = account.credentials.iter();
            let credentials = credentials.map(|(name, secret)| (name, secret.expose()));
            json!({
                "name": account.name, "config_dir": account.config_dir,
                "credentials": credentials.collect::<std::collections::BTreeMap<_, _>>(),
            })
        });
        let request = json!({
            "agent": self.name,
            "conversation": id,
            "session_id": context.session_id,
            "spec": context.spec,
            "cwd": context.cwd.path,
            "resume": context.resume,
            "fork": context.fork,
            "env": context.env,
            "account": account,
        });
        let conversation = Arc::new(Conversation::new(Arc::clone(&context.runtime)));
        // Known from now on, since it may report before it has answered.
        self.desk.note_conversation(id, Arc::clone(&conversation));
        let session =
            ForeignSession::new(id, self.can.clone(), Arc::clone(&self.desk), conversation);
        let opened: Option<Opened> = self.desk.call(id, "agent.open", &request).await?;
        session.opened(opened.unwrap_or_default().agent_session_id);
        Ok(Box::new(session))
    }

    async fn probe(&self, _: ProbeContext) -> AgentStatus {
        let mut status = AgentStatus::default();
        (status.installed, status.login) = (true, "none".to_owned());
        status
    }

    async fn evidence(&self, cwd: &PlacePath, pointer: &AgentPointer) -> Result<Evidence> {
        if !self.can.contains(&Can::Resume) {
            return Ok(Evidence::Missing);
        }
        let request = json!({ "agent": self.name, "cwd": cwd.path, "pointer": pointer });
        let found: Value = self.desk.call(self.desk.id(), "agent.evidence", &request).await?;
        match found.as_str() {
            Some("holds") => Ok(Evidence::Holds),
            Some("behind") => Ok(Evidence::Behind),
            Some("missing") => Ok(Evidence::Missing),
            Some("unknown") => Ok(Evidence::Unknown),
            _ => {
                let why = "the answer to `agent.evidence` must be `holds`, `behind`, `missing` or `unknown`";
                Err(Error::new(ErrorKind::Protocol, format!("{why}, and is {found}")))
            }
        }
    }
}
