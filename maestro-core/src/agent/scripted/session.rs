//! A conversation with the scripted agent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_channel::Receiver;
use async_trait::async_trait;
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{Either, select};
use serde_json::Value;

use super::agent::{Asked, Book, Shared};
use super::marker::Marker;
use super::memory::Progress;
use super::permission::Permissions;
use super::play::{Curtain, Player};
use super::stage::{Stage, State, Tally, Turn};
use crate::agent::{AgentEvent, AgentPrompt, AgentReport, AgentSession, OpenContext};
use crate::error::{Error, ErrorKind, Result};
use crate::id::SessionId;
use crate::model::{
    ContentBlock, Decision, Message, Origin, ProcessRef, SessionUpdated, StopReason,
};

/// A conversation with the scripted agent.
#[derive(Debug)]
pub(super) struct ScriptedSession {
    session_id: SessionId,
    stage: Arc<Stage>,
    book: Book,
    env: BTreeMap<String, String>,
    reports: Receiver<AgentReport>,
}

impl ScriptedSession {
    pub(super) fn new(id: String, book: Book, shared: Arc<Shared>, context: &OpenContext) -> Self {
        let (sender, reports) = async_channel::unbounded();
        let state = State::new(Permissions::new(&context.spec));
        let stage = Stage {
            id,
            cwd: context.cwd.path.clone(),
            runtime: Arc::clone(&context.runtime),
            shared,
            reports: sender,
            policy: context.policy.clone(),
            state: Mutex::new(state),
        };
        let updated = SessionUpdated {
            agent_session_id: Some(stage.id.clone()),
            agent_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            model: context.spec.model.clone(),
            mode: context.spec.mode.clone(),
            ..SessionUpdated::default()
        };
        stage.report(vec![
            AgentEvent::Pointer { agent_session_id: Some(stage.id.clone()), last_message: None },
            AgentEvent::Fact(updated.into()),
        ]);
        let mut env = context.spec.env.clone();
        env.extend(context.env.clone());
        Self { session_id: context.session_id, stage: Arc::new(stage), book, env, reports }
    }

    /// What a prompt asks for: the script that it names, or the one that was cut off.
    fn choose(&self, text: &str) -> Result<Progress> {
        if let Some(marker) = Marker::find(text) {
            return Ok(Progress {
                script: Some(marker.name),
                values: marker.values,
                ..Progress::default()
            });
        }
        let remembered = self.stage.shared.memory.recall(&self.stage.id)?;
        Ok(remembered.and_then(|it| it.progress).unwrap_or_default())
    }

    fn note(&self, prompt: &AgentPrompt, steer: bool) -> Result<String> {
        let text = ContentBlock::join_text(&prompt.blocks);
        self.stage.shared.note(Asked {
            session_id: self.session_id,
            agent_session_id: self.stage.id.clone(),
            prompt_id: prompt.id,
            text: text.clone(),
            steer,
        });
        let memory = &self.stage.shared.memory;
        memory.change(&self.stage.id, |it| it.prompts.push(prompt.id.to_string()))?;
        Ok(text)
    }

    fn begin(&self, prompt: &AgentPrompt) -> Result<()> {
        let (stop, stopped) = oneshot::channel();
        let (ending, done) = async_channel::bounded(1);
        {
            let mut state = self.stage.state();
            state.alive()?;
            if state.turn.is_some() {
                return Err(Error::new(ErrorKind::Conflict, "a prompt is in flight"));
            }
            state.turn = Some(Turn { stop: Some(stop), done });
        }
        let chosen = self.note(prompt, false).and_then(|text| self.choose(&text));
        let from = match chosen {
            Ok(from) => from,
            Err(error) => {
                self.stage.state().turn = None;
                return Err(error);
            }
        };
        let mut values = self.env.clone();
        values.extend(from.values.clone());
        let script = self.book.get(from.script.as_deref());
        let stage = Arc::clone(&self.stage);
        let prompt_id = Some(prompt.id.to_string());
        let play = async move {
            let tally = Arc::<Mutex<Tally>>::default();
            stage.report(vec![AgentEvent::TurnStarted { origin: Origin::Prompt, prompt_id }]);
            let player = script.map(|script| Player {
                stage: Arc::clone(&stage),
                script,
                from,
                values,
                tally: Arc::clone(&tally),
            });
            turn(&stage, player, &tally, stopped).await;
            drop(ending);
        };
        self.stage.runtime.spawn("scripted.turn", play.boxed());
        Ok(())
    }

    /// Stops the turn under way, if there is one, and gives what is closed when it has ended.
    fn stop(&self) -> Option<Receiver<()>> {
        let mut state = self.stage.state();
        let turn = state.turn.as_mut()?;
        if let Some(stop) = turn.stop.take() {
            // It may just have ended by itself.
            let _ = stop.send(());
        }
        Some(turn.done.clone())
    }
}

/// Plays a turn to its end, or until it is stopped.
async fn turn(
    stage: &Stage,
    player: Result<Player>,
    tally: &Mutex<Tally>,
    stopped: oneshot::Receiver<()>,
) {
    let play = async {
        match &player {
            Ok(player) => player.play().await,
            Err(error) => Ok(Curtain::End(
                StopReason::Other("error".to_owned()),
                Some(Error::from(error.info())),
            )),
        }
    };
    let curtain = match select(Box::pin(play), stopped).await {
        Either::Left((curtain, _)) => curtain,
        Either::Right((Ok(()), _)) => Ok(Curtain::End(StopReason::Cancelled, None)),
        // The session is gone; so is the agent.
        Either::Right((Err(_), _)) => return,
    };
    let failed = |error: Error| {
        let stop = StopReason::Other("error".to_owned());
        (stop, Some(error))
    };
    let (stop, error) = match curtain {
        Ok(Curtain::Exit) => {
            let message = "the scripted agent ended itself";
            let error = Error::new(ErrorKind::Unavailable, message);
            stage.end(Some(error.info()), "exit code 1");
            return;
        }
        Ok(Curtain::End(stop, error)) => (stop, error),
        Err(error) => failed(error),
    };
    let memory = &stage.shared.memory;
    let forgotten = memory.change(&stage.id, |it| it.progress = None);
    let (stop, error) = match forgotten {
        Ok(()) => (stop, error),
        Err(error) => failed(error),
    };
    let tally = std::mem::take(&mut *tally.lock().unwrap_or_else(PoisonError::into_inner));
    stage.end_turn(stop, error.map(|error| error.info()), tally);
}

#[async_trait]
impl AgentSession for ScriptedSession {
    fn process(&self) -> Option<ProcessRef> {
        None
    }

    fn can_resume(&self) -> bool {
        true
    }

    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        self.begin(prompt).map_err(|error| error.during("scripted.prompt"))
    }

    async fn steer(&self, prompt: &AgentPrompt) -> Result<()> {
        let in_turn = {
            let state = self.stage.state();
            state.alive().map_err(|error| error.during("scripted.steer"))?;
            state.turn.is_some()
        };
        if !in_turn {
            return self.prompt(prompt).await;
        }
        self.note(prompt, true).map_err(|error| error.during("scripted.steer"))?;
        self.stage.fact(Message {
            message_id: prompt.id.to_string(),
            role: "user".to_owned(),
            blocks: prompt.blocks.clone(),
            ..Message::default()
        });
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        let alive = self.stage.state().alive();
        alive.map_err(|error| error.during("scripted.interrupt"))?;
        self.stop();
        Ok(())
    }

    async fn answer(&self, request_id: &str, decision: &Decision) -> Result<()> {
        let answered = self.stage.answer(request_id, decision);
        answered.map_err(|error| error.during("scripted.answer"))
    }

    async fn set_mode(&self, mode: &str) -> Result<()> {
        {
            let mut state = self.stage.state();
            state.alive().map_err(|error| error.during("scripted.set_mode"))?;
            state.permissions.set_mode(mode);
        }
        self.stage
            .fact(SessionUpdated { mode: Some(mode.to_owned()), ..SessionUpdated::default() });
        Ok(())
    }

    async fn set_model(&self, model: &str) -> Result<()> {
        let alive = self.stage.state().alive();
        alive.map_err(|error| error.during("scripted.set_model"))?;
        self.stage
            .fact(SessionUpdated { model: Some(model.to_owned()), ..SessionUpdated::default() });
        Ok(())
    }

    async fn control(&self, _: Value) -> Result<Value> {
        let alive = self.stage.state().alive();
        alive.map_err(|error| error.during("scripted.control"))?;
        let message = "the scripted agent has no protocol of its own";
        Err(Error::new(ErrorKind::Unsupported, message).during("scripted.control"))
    }

    async fn next(&self) -> Option<AgentReport> {
        self.reports.recv().await.ok()
    }

    async fn close(&self, hard: bool) -> Result<()> {
        let alive = self.stage.state().alive();
        alive.map_err(|error| error.during("scripted.close"))?;
        let done = if hard {
            let turn = self.stage.state().turn.take();
            turn.map(|turn| turn.done)
        } else {
            self.stop()
        };
        if let Some(done) = done {
            // Nothing is ever sent; it is closed when the turn has ended.
            let _ = done.recv().await;
        }
        self.stage.end(None, "closed");
        Ok(())
    }
}

impl Drop for ScriptedSession {
    fn drop(&mut self) {
        self.stage.end(None, "dropped");
    }
}
