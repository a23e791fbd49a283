//! A home, a working directory, a model, and the real program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use maestro_core::Result;
use maestro_core::agent::claude::ClaudeCode;
use maestro_core::agent::{
    Agent as _, AgentEvent, AgentPrompt, AgentSession, AgentTurnEnd, Evidence, OpenContext,
};
use maestro_core::id::{NodeId, SessionId};
use maestro_core::model::{AgentPointer, ContentBlock, Decision, PlacePath, SessionSpec};
use maestro_core::runtime::tokio::TokioRuntime;
use maestro_core::runtime::{Runtime, RuntimeExt as _};
use maestro_core::transport::process::{ProcessConfig, ProcessTransport};
use maestro_core::transport::{EnvPolicy, Transport};
use scripted_model::{ModelConfig, ScriptedModel};
use tempfile::TempDir;

/// Everything that a test with the real program needs.
pub(crate) struct Stage {
    claude: ClaudeCode,
    model: ScriptedModel,
    runtime: Arc<dyn Runtime>,
    transport: Arc<dyn Transport>,
    work: TempDir,
    home: TempDir,
    decision: Mutex<Decision>,
}

impl Stage {
    /// Sets the stage, or says why the real program cannot be had here.
    pub(crate) async fn set() -> Option<Self> {
        let program = fetch()?;
        let model = ScriptedModel::start(ModelConfig::new()).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        let mut env = EnvPolicy::default();
        for (name, value) in [
            ("PATH", std::env::var_os("PATH").unwrap().to_string_lossy().into_owned()),
            ("HOME", home.path().display().to_string()),
            ("ANTHROPIC_BASE_URL", model.base_url().to_string()),
            ("ANTHROPIC_API_KEY", "sk-fake".to_owned()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
        ] {
            env.set.insert(name.to_owned(), value);
        }
        Some(Self {
            claude: ClaudeCode::at(program).env(env),
            model,
            runtime: Arc::new(TokioRuntime::current().unwrap()),
            transport: Arc::new(ProcessTransport::new(ProcessConfig::default()).unwrap()),
            work: tempfile::tempdir().unwrap(),
            home,
            decision: Mutex::new(Decision::allow()),
        })
    }

    pub(crate) fn work(&self) -> &Path {
        self.work.path()
    }

    pub(crate) fn model(&self) -> &ScriptedModel {
        &self.model
    }

    pub(crate) fn answer_with(&self, decision: Decision) {
        *self.decision.lock().unwrap() = decision;
    }

    fn cwd(&self) -> PlacePath {
        PlacePath::new(self.transport.place(), self.work.path())
    }

    pub(crate) async fn open(
        &self,
        resume: Option<AgentPointer>,
    ) -> Result<Box<dyn AgentSession>> {
        let context = OpenContext {
            session_id: self.runtime.id::<SessionId>(),
            owner: self.runtime.id::<NodeId>(),
            spec: SessionSpec::default(),
            cwd: self.cwd(),
            resume,
            env: std::collections::BTreeMap::new(),
            transport: Arc::clone(&self.transport),
            runtime: Arc::clone(&self.runtime),
        };
        self.claude.open(context).await
    }

    pub(crate) async fn evidence(&self, pointer: &AgentPointer) -> Evidence {
        self.claude.evidence(&self.cwd(), pointer).await.unwrap()
    }

    /// Sends a prompt and gives its id.
    pub(crate) async fn prompt(&self, session: &dyn AgentSession, text: &str) -> String {
        let prompt = AgentPrompt { id: self.runtime.uuid(), blocks: vec![ContentBlock::text(text)] };
        session.prompt(&prompt).await.unwrap();
        prompt.id.to_string()
    }

    /// Reads until the agent has nothing more to do, answering what it asks.
    pub(crate) async fn until_idle(&self, session: &dyn AgentSession) -> Vec<AgentEvent> {
        let mut seen = Vec::new();
        loop {
            let report = session.next().await.expect("the session has ended");
            for event in report.events {
                if let AgentEvent::Approval { request_id, .. } = &event {
                    let decision = self.decision.lock().unwrap().clone();
                    session.answer(request_id, &decision).await.unwrap();
                }
                let idle = event == AgentEvent::Idle;
                seen.push(event);
                if idle && seen.iter().any(|event| matches!(event, AgentEvent::TurnEnded(_))) {
                    return seen;
                }
            }
        }
    }

    pub(crate) async fn turn(&self, session: &dyn AgentSession, text: &str) -> Vec<AgentEvent> {
        self.prompt(session, text).await;
        self.until_idle(session).await
    }

    pub(crate) async fn strike(self) {
        self.transport.close().await.unwrap();
        self.model.stop().await;
        drop((self.work, self.home));
    }
}

pub(crate) fn end(seen: &[AgentEvent]) -> AgentTurnEnd {
    let end = seen.iter().rev().find_map(|event| match event {
        AgentEvent::TurnEnded(end) => Some(end.clone()),
        _ => None,
    });
    end.unwrap_or_else(|| panic!("no turn ended: {seen:?}"))
}

/// Where the conversation stands after what was seen.
pub(crate) fn pointer(seen: &[AgentEvent], prompt: &str) -> AgentPointer {
    let mut pointer =
        AgentPointer { last_prompt: Some(prompt.to_owned()), ..AgentPointer::default() };
    for event in seen {
        if let AgentEvent::Pointer { agent_session_id, last_message } = event {
            pointer.agent_session_id = agent_session_id.clone().or(pointer.agent_session_id);
            pointer.last_message = last_message.clone().or(pointer.last_message);
        }
    }
    pointer
}

fn fetch() -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/fetch-claude.sh");
    let output = Command::new(script).output().unwrap();
    let reason = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Some(PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())),
        Some(3) => {
            eprintln!("skipped: {reason}");
            None
        }
        code => panic!("fetch-claude.sh ended with {code:?}: {reason}"),
    }
}
