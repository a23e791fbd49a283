//! A home, a directory to work in and a model for one test.

use std::path::PathBuf;
use std::sync::Arc;

use maestro_core::Result;
use maestro_core::agent::claude::ClaudeCode;
use maestro_core::agent::{Agent, Evidence, McpServer, OpenContext};
use maestro_core::model::{AgentPointer, PlacePath, SessionSpec};
use maestro_core::runtime::tokio::TokioRuntime;
use maestro_core::runtime::{Runtime, RuntimeExt as _};
use maestro_core::testing::record::Recorder;
use maestro_core::transport::process::{ProcessConfig, ProcessTransport};
use maestro_core::transport::{EnvPolicy, Transport};
use scripted_model::ScriptedModel;
use tempfile::TempDir;

use crate::program::Release;
use crate::scenarios;
use crate::talk::Talk;

pub(crate) struct House {
    pub(crate) release: Release,
    pub(crate) model: ScriptedModel,
    pub(crate) home: TempDir,
    pub(crate) work: TempDir,
    pub(crate) agent: ClaudeCode,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) recorder: Arc<Recorder>,
}

/// How a conversation is opened.
#[derive(Default)]
pub(crate) struct Opening {
    pub(crate) spec: SessionSpec,
    pub(crate) resume: Option<AgentPointer>,
    pub(crate) fork: bool,
    pub(crate) mcp: Vec<Arc<dyn McpServer>>,
    pub(crate) confined: bool,
}

impl House {
    pub(crate) async fn build(release: Release) -> Option<Self> {
        let program = release.program()?;
        let model = ScriptedModel::start(scenarios::all()).await.expect("a model");
        let transport = ProcessTransport::new(ProcessConfig::default()).expect("a transport");
        let home = tempfile::tempdir().expect("a directory");
        let path = std::env::var_os("PATH").expect("a PATH");
        let set = [
            ("PATH", path.to_str().expect("UTF-8")),
            ("HOME", home.path().to_str().expect("UTF-8")),
            ("ANTHROPIC_BASE_URL", model.base_url()),
            ("ANTHROPIC_API_KEY", "sk-fake"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("CLAUDE_CODE_MAX_RETRIES", "2"),
        ];
        let env = EnvPolicy::exactly(set);
        let agent = ClaudeCode::at(program).env(env).config_dir(home.path().join(".claude"));
        let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime::current().expect("a runtime"));
        let recorder = Arc::new(Recorder::new(Arc::new(transport), Arc::clone(&runtime)));
        Some(Self {
            release,
            model,
            home,
            work: tempfile::tempdir().expect("a directory"),
            agent,
            runtime,
            transport: Arc::clone(&recorder) as Arc<dyn Transport>,
            recorder,
        })
    }

    pub(crate) fn cwd(&self) -> PlacePath {
        PlacePath::new(self.transport.place(), self.work.path())
    }

    pub(crate) async fn try_open(&self, opening: Opening) -> Result<Talk> {
        let Opening { spec, resume, fork, mcp, confined } = opening;
        let env = [("MAESTRO_TASK_ID".to_owned(), "task-7".to_owned())];
        let mut context = OpenContext::new(
            self.runtime.id(),
            self.runtime.id(),
            self.cwd(),
            Arc::clone(&self.transport),
            Arc::clone(&self.runtime),
        );
        (context.spec, context.env, context.mcp) = (spec, env.into(), mcp);
        (context.confined, context.resume, context.fork) = (confined, resume.clone(), fork);
        let session = self.agent.open(context).await?;
        Ok(Talk::new(session, Arc::clone(&self.runtime), resume.unwrap_or_default()))
    }

    pub(crate) async fn open(&self) -> Talk {
        self.try_open(Opening::default()).await.expect("it opens")
    }

    pub(crate) async fn open_with(&self, change: impl FnOnce(&mut SessionSpec)) -> Talk {
        let mut opening = Opening::default();
        change(&mut opening.spec);
        self.try_open(opening).await.expect("it opens")
    }

    pub(crate) async fn try_resume(&self, pointer: &AgentPointer) -> Result<Talk> {
        let resume = Some(pointer.clone());
        self.try_open(Opening { resume, ..Opening::default() }).await
    }

    pub(crate) async fn evidence(&self, pointer: &AgentPointer) -> Evidence {
        let evidence = self.agent.evidence(&self.cwd(), pointer).await;
        evidence.expect("the place is here")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }

    /// What the model was last asked.
    pub(crate) fn last_request(&self) -> String {
        self.model.requests().last().expect("it was asked").body.to_string()
    }
}
