//! What a node leaves behind is found by the next one on the same store, with nothing configured.

use std::path::Path;

use async_trait::async_trait;
use maestro_core::agent::{
    Agent, AgentEvent, AgentPrompt, AgentReport, AgentSession, Evidence, OpenContext, ProbeContext,
};
use maestro_core::model::{
    AgentPointer, AgentStatus, Decision, PlacePath, ProcessRef, ProjectSpec, SessionSpec,
};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::transport::proc_table::{self, ProcessStamp, Signal};
use maestro_core::transport::{Connection, ProgramSpec, StopGrace};
use maestro_core::{Maestro, MaestroBuilder, Result, Running};
use serde_json::Value;

use super::leftovers::TOOLS;
use super::scene::{PATH, Scene, eventually, pause, role};

/// An agent that is a shell script.
#[derive(Debug)]
struct Shell;

#[async_trait]
impl Agent for Shell {
    fn kind(&self) -> &'static str {
        "shell"
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        let mut spec = ProgramSpec::new("sh", context.cwd, context.owner);
        spec.args = vec!["-c".to_owned(), TOOLS.to_owned()];
        spec.env.set.insert("PATH".to_owned(), PATH.to_owned());
        Ok(Box::new(Script(context.transport.start(spec).await?)))
    }

    async fn probe(&self, _: ProbeContext) -> AgentStatus {
        AgentStatus::default()
    }

    async fn evidence(&self, _cwd: &PlacePath, _pointer: &AgentPointer) -> Result<Evidence> {
        Ok(Evidence::Missing)
    }
}

#[derive(Debug)]
struct Script(Box<dyn Connection>);

#[async_trait]
impl AgentSession for Script {
    fn process(&self) -> Option<ProcessRef> {
        Some(self.0.process().clone())
    }

    fn can_resume(&self) -> bool {
        false
    }

    async fn prompt(&self, _prompt: &AgentPrompt) -> Result<()> {
        Ok(())
    }

    async fn steer(&self, _prompt: &AgentPrompt) -> Result<()> {
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        Ok(())
    }

    async fn answer(&self, _request_id: &str, _decision: &Decision) -> Result<()> {
        Ok(())
    }

    async fn set_mode(&self, _mode: &str) -> Result<()> {
        Ok(())
    }

    async fn set_model(&self, _model: &str) -> Result<()> {
        Ok(())
    }

    async fn control(&self, request: Value) -> Result<Value> {
        Ok(request)
    }

    async fn next(&self) -> Option<AgentReport> {
        while self.0.next().await.is_some() {}
        Some(AgentReport::of(AgentEvent::Ended { error: None, exit: "gone".to_owned() }))
    }

    async fn close(&self, _hard: bool) -> Result<()> {
        self.0.stop(StopGrace::NONE).await.map(|_| ())
    }
}

fn node(directory: &Path) -> MaestroBuilder {
    Maestro::builder().storage(Sqlite::at(directory.join("maestro.db"))).agent("shell", Shell)
}

#[test]
#[ignore = "a role: another test starts it"]
fn role_node() {
    let Some((directory, _)) = role() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let maestro = node(&directory).build().await.expect("a node");
        let project = ProjectSpec::new("here", &directory);
        let project = maestro.projects().ensure(project).await.expect("a project");
        let spec = SessionSpec::in_project(project.id().to_string());
        maestro.sessions().open(spec).await.expect("a session");
        loop {
            pause();
        }
    });
}

#[test]
fn a_tool_without_its_environment_is_ended_by_the_next_node_on_the_store() {
    let scene = Scene::new();
    let mut host = scene.role("beside::role_node").spawn().expect("this executable");
    let bare = scene.written("bare");
    let journals = scene.path("maestro.db-state").join("journals");
    let journal = || {
        let entries = std::fs::read_dir(&journals).into_iter().flatten().flatten();
        entries.filter_map(|entry| std::fs::read_to_string(entry.path()).ok()).collect::<String>()
    };
    let seen = format!("seen {} ", bare.pid);
    eventually("the journal names the tool", || journal().contains(&seen));
    let text = journal();
    let guardian = text.lines().find_map(|line| line.strip_prefix("guardian "));
    let pid = guardian.and_then(|line| line.split(' ').next()).expect("a guardian");
    let guardian = ProcessStamp::of(pid.parse().expect("a pid")).expect("it runs");
    proc_table::signal(guardian, Signal::Kill).expect("it is ours");
    host.kill().expect("it runs");
    host.wait().expect("it ended");
    eventually("the guardian is gone", || !guardian.is_alive());
    assert!(bare.is_alive(), "nothing has ended it so far");

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let next = runtime.block_on(node(&scene.path("")).build()).expect("a node");
    eventually("the next node has ended it", || !bare.is_alive());
    runtime.block_on(next.close(Running::Park)).expect("it closes");
}
