//! Commands to the owner of a session, and what comes of them.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::command::Delivery;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ApprovalId, TurnId};
use crate::model::{SessionUpdated, Verb};
use crate::session::actor::{End, SessionActor};
use crate::session::writer::Then;

/// A call to the agent that has come back.
#[derive(Debug)]
pub(super) enum Called {
    /// Nothing is left to do.
    Nothing,
    /// A prompt was sent, or not.
    Prompted { turn_id: TurnId, result: Result<()> },
    /// An answer was passed on, or not.
    Answered { delivery: Option<Delivery>, approval_id: ApprovalId, result: Result<()> },
    /// A prompt was sent into the turn `into`, or not.
    Steered { delivery: Delivery, message: String, into: TurnId, result: Result<()> },
    /// A setting was changed, or not.
    Changed { delivery: Delivery, change: Change, result: Result<()> },
}

/// A setting that a person changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Mode(String),
    Model(String),
}

impl SessionActor {
    /// Takes up a command. Gives the end of the actor, if it asks for that.
    pub(super) async fn take(&mut self, delivery: Delivery) -> Result<Option<End>> {
        match &delivery.verb {
            Verb::SessionClose => {
                if delivery.begin(&self.core, &self.lease.fence).await? {
                    return Ok(Some(End::Close(delivery)));
                }
            }
            Verb::SessionPrompt { .. } => {
                // The prompt itself is in the record; this only says that it is time to look.
                self.refresh().await?;
                self.reply(delivery, Ok(Value::Null));
            }
            Verb::SessionSteer { turn_id, prompt } => {
                let (turn_id, prompt) = (*turn_id, prompt.clone());
                self.lease.verify()?;
                self.steer(delivery, turn_id, prompt).await?;
            }
            Verb::TaskCancel | Verb::Unknown(_) => {
                let error = Error::new(ErrorKind::Unsupported, "a session takes no such command");
                self.reply(delivery, Err(error));
            }
            Verb::ApprovalDeliver { approval_id, .. } => {
                self.lease.verify()?;
                let approval_id = *approval_id;
                if self.note_delivery(approval_id).await? {
                    self.call(delivery);
                } else {
                    let error =
                        Error::new(ErrorKind::Conflict, "the agent does not wait for it any more")
                            .with("approval_id", approval_id);
                    self.reply(delivery, Err(error));
                }
            }
            _ => {
                self.core.confirm(&self.lease).await?;
                if delivery.begin(&self.core, &self.lease.fence).await? {
                    self.call(delivery);
                }
            }
        }
        Ok(None)
    }

    /// Writes down that the agent is about to be told an answer. False when it is not to be told: it
    /// does not wait any more, or was told before.
    async fn note_delivery(&mut self, id: ApprovalId) -> Result<bool> {
        if !self.pending.contains_key(&id) {
            return Ok(false);
        }
        let written = self.write(Then::Stay, |work| {
            work.deliver(id);
            Ok(())
        });
        let delivers = written.await?.delivers;
        self.lease.verify()?;
        Ok(delivers)
    }

    /// Calls the agent beside the loop.
    fn call(&mut self, delivery: Delivery) {
        let agent = Arc::clone(&self.agent);
        let call: BoxFuture<'static, Called> = match delivery.verb.clone() {
            verb @ (Verb::SessionInterrupt | Verb::TurnCancel { .. }) => {
                let runs = match verb {
                    Verb::TurnCancel { turn_id } => {
                        self.session.value.open_turn().is_some_and(|turn| turn.id == turn_id)
                    }
                    _ => self.is_busy(),
                };
                if !runs {
                    return self.reply(delivery, Ok(Value::Null));
                }
                let core = Arc::clone(&self.core);
                async move {
                    let result = agent.interrupt().await.map(|()| Value::Null);
                    delivery.reply(&core, result).await;
                    Called::Nothing
                }
                .boxed()
            }
            Verb::SessionControl { request } => {
                let core = Arc::clone(&self.core);
                async move {
                    let result = agent.control(request).await;
                    delivery.reply(&core, result).await;
                    Called::Nothing
                }
                .boxed()
            }
            Verb::ApprovalDeliver { approval_id, decision } => {
                let request_id = self.pending.get(&approval_id).cloned().unwrap_or_default();
                async move {
                    let result = agent.answer(&request_id, &decision).await;
                    Called::Answered { delivery: Some(delivery), approval_id, result }
                }
                .boxed()
            }
            Verb::SessionSetMode { mode } => async move {
                let result = agent.set_mode(&mode).await;
                Called::Changed { delivery, change: Change::Mode(mode), result }
            }
            .boxed(),
            Verb::SessionSetModel { model } => async move {
                let result = agent.set_model(&model).await;
                Called::Changed { delivery, change: Change::Model(model), result }
            }
            .boxed(),
            // Taken up before a call is made.
            Verb::SessionPrompt { .. }
            | Verb::SessionSteer { .. }
            | Verb::SessionClose
            | Verb::TaskCancel
            | Verb::Unknown(_) => return,
        };
        self.calls.push(call);
    }

    /// Writes down what came of a command, beside the loop.
    pub(super) fn reply(&mut self, delivery: Delivery, result: Result<Value>) {
        let core = Arc::clone(&self.core);
        let reply = async move {
            delivery.reply(&core, result).await;
            Called::Nothing
        };
        self.calls.push(reply.boxed());
    }

    /// Takes in what came of a call.
    pub(super) async fn settle(&mut self, called: Called) -> Result<()> {
        match called {
            Called::Nothing | Called::Prompted { result: Ok(()), .. } => {}
            Called::Prompted { turn_id, result: Err(error) } => {
                tracing::warn!(%error, turn = %turn_id, "the agent did not take a prompt");
                self.refused(turn_id, &error).await?;
            }
            Called::Answered { delivery, approval_id, result } => {
                // Also when it failed: the question is decided, and nobody answers it again.
                self.pending.remove(&approval_id);
                #[expect(
                    clippy::redundant_closure_for_method_calls,
                    reason = "the method itself is not general enough over the lifetime of `Work`"
                )]
                let resumed = self.write(Then::Stay, |work| work.resume_running());
                resumed.await?;
                match (delivery, result) {
                    (Some(delivery), result) => self.reply(delivery, result.map(|()| Value::Null)),
                    (None, Err(error)) => {
                        tracing::warn!(%error, approval = %approval_id, "an answer did not arrive");
                    }
                    (None, Ok(())) => {}
                }
            }
            Called::Steered { delivery, message, into, result } => {
                if result.is_err() {
                    self.write(Then::Stay, |work| work.drop_steer(&message, "not_taken")).await?;
                }
                self.reply(delivery, result.map(|()| json!(into)));
            }
            Called::Changed { delivery, change, result } => {
                if result.is_ok() {
                    self.changed(&change).await?;
                }
                self.reply(delivery, result.map(|()| Value::Null));
            }
        }
        Ok(())
    }

    /// Keeps a setting, so that the next process starts with it.
    async fn changed(&mut self, change: &Change) -> Result<()> {
        self.write(Then::Stay, |work| {
            let session = &mut work.session;
            let updated = match change {
                Change::Mode(mode) => {
                    session.mode = Some(mode.clone());
                    session.spec.mode = Some(mode.clone());
                    SessionUpdated { mode: Some(mode.clone()), ..SessionUpdated::default() }
                }
                Change::Model(model) => {
                    session.model = Some(model.clone());
                    session.spec.model = Some(model.clone());
                    SessionUpdated { model: Some(model.clone()), ..SessionUpdated::default() }
                }
            };
            let by = work.core.actor();
            work.tell(&by, updated)
        })
        .await
        .map(|_| ())
    }
}
