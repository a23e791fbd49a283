//! A scripted agent whose processes take their time to start, to be looked for in its memory and to end.
//! They say nothing before nobody else has anything to do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use maestro_core::Result;
use maestro_core::agent::scripted::ScriptedAgent;
use maestro_core::agent::{
    Agent, AgentPrompt, AgentReport, AgentSession, Evidence, OpenContext, ProbeContext,
};
use maestro_core::id::SessionId;
use maestro_core::model::{AgentPointer, AgentStatus, Decision, PlacePath, ProcessRef};
use maestro_core::runtime::Runtime;
use serde_json::Value;

use crate::support::World;

#[derive(Debug, Clone)]
pub(crate) struct Slow {
    pub(crate) inner: ScriptedAgent,
    opens: Duration,
    looks: Duration,
    closes: Duration,
    runtime: Arc<dyn Runtime>,
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    starting: usize,
    most: usize,
    started: Vec<SessionId>,
    closing: Vec<SessionId>,
    looked: usize,
}

impl Slow {
    pub(crate) fn new(world: &World, inner: ScriptedAgent) -> Self {
        let [opens, looks, closes] = [Duration::ZERO; 3];
        let runtime = Arc::new(world.runtime.clone());
        Self { inner, opens, looks, closes, runtime, log: Arc::default() }
    }

    pub(crate) fn opens_in(self, opens: Duration) -> Self {
        Self { opens, ..self }
    }

    pub(crate) fn looks_in(self, looks: Duration) -> Self {
        Self { looks, ..self }
    }

    pub(crate) fn closes_in(self, closes: Duration) -> Self {
        Self { closes, ..self }
    }

    /// How often somebody begins to look for a conversation.
    pub(crate) fn looked(&self) -> usize {
        self.log.lock().unwrap().looked
    }

    /// How many were starting at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.log.lock().unwrap().most
    }

    /// Whose processes began to start, in order.
    pub(crate) fn started(&self) -> Vec<SessionId> {
        self.log.lock().unwrap().started.clone()
    }

    /// Whose processes began to end, in order.
    pub(crate) fn closing(&self) -> Vec<SessionId> {
        self.log.lock().unwrap().closing.clone()
    }
}

/// A start under way.
struct Starting(Arc<Mutex<Log>>);

impl Drop for Starting {
    fn drop(&mut self) {
        self.0.lock().unwrap().starting -= 1;
    }
}

#[async_trait]
impl Agent for Slow {
    fn kind(&self) -> &'static str {
        "slow"
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        let id = context.session_id;
        let _starting = {
            let mut log = self.log.lock().unwrap();
            log.starting += 1;
            log.most = log.most.max(log.starting);
            log.started.push(id);
            Starting(Arc::clone(&self.log))
        };
        self.runtime.sleep(self.opens).await;
        let inner = self.inner.open(context).await?;
        let speaks_at = self.runtime.monotonic() + Duration::from_millis(1);
        Ok(Box::new(SlowSession { inner, id, speaks_at, slow: self.clone() }))
    }

    async fn probe(&self, context: ProbeContext) -> AgentStatus {
        self.inner.probe(context).await
    }

    async fn evidence(&self, cwd: &PlacePath, pointer: &AgentPointer) -> Result<Evidence> {
        self.log.lock().unwrap().looked += 1;
        self.runtime.sleep(self.looks).await;
        self.inner.evidence(cwd, pointer).await
    }
}

#[derive(Debug)]
struct SlowSession {
    inner: Box<dyn AgentSession>,
    id: SessionId,
    speaks_at: Duration,
    slow: Slow,
}

#[async_trait]
impl AgentSession for SlowSession {
    fn process(&self) -> Option<ProcessRef> {
        None
    }

    fn can_resume(&self) -> bool {
        self.inner.can_resume()
    }

    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        self.inner.prompt(prompt).await
    }

    async fn steer(&self, prompt: &AgentPrompt) -> Result<()> {
        self.inner.steer(prompt).await
    }

    async fn interrupt(&self) -> Result<()> {
        self.inner.interrupt().await
    }

    async fn answer(&self, request_id: &str, decision: &Decision) -> Result<()> {
        self.inner.answer(request_id, decision).await
    }

    async fn set_mode(&self, mode: &str) -> Result<()> {
        self.inner.set_mode(mode).await
    }

    async fn set_model(&self, model: &str) -> Result<()> {
        self.inner.set_model(model).await
    }

    async fn control(&self, request: Value) -> Result<Value> {
        self.inner.control(request).await
    }

    async fn next(&self) -> Option<AgentReport> {
        let runtime = &self.slow.runtime;
        runtime.sleep(self.speaks_at.saturating_sub(runtime.monotonic())).await;
        self.inner.next().await
    }

    async fn close(&self, hard: bool) -> Result<()> {
        self.slow.log.lock().unwrap().closing.push(self.id);
        self.slow.runtime.sleep(self.slow.closes).await;
        self.inner.close(hard).await
    }
}
