//! The node, as JavaScript holds it.

use maestro_core::ffi::{Post, written};
use maestro_core::{Error, Result};
use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::runtime;

/// Wakes the event loop, and keeps it alive while it is held.
type Bell = ThreadsafeFunction<(), (), (), Status, false>;

/// A node; every method is the one of the same name in `maestro_core::ffi::Post`.
#[napi]
#[derive(Debug)]
pub struct Host(Post);

/// One thing to tell JavaScript.
#[napi(object, object_from_js = false)]
#[derive(Debug)]
pub struct Letter {
    /// What it is: 0 a call has its answer, 1 it failed, 2 what JavaScript implements is called, 3 what has this
    /// id is to stop.
    pub what: u32,
    /// The call that it is about.
    pub id: i64,
    /// What is called.
    pub name: Option<String>,
    /// JSON: the answer, the error or the request.
    pub text: Option<String>,
    /// With a batch of a feed, JSON of what its events have in common.
    pub common: Option<String>,
    /// With a batch of a feed, what each event has as its `raw`; none when none has any.
    pub frames: Option<Vec<Option<String>>>,
}

#[napi]
impl Host {
    /// `wake` is called when there is something to take.
    #[napi(constructor)]
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        let bell: Bell = wake.build_threadsafe_function().callee_handled::<false>().build()?;
        let ring = move || {
            // An event loop that has ended wants to hear nothing.
            let _ = bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
        };
        Ok(Self(Post::new(ring, runtime::handle()?)))
    }

    /// Takes what is in the inbox.
    #[napi]
    pub fn take(&self) -> Vec<Letter> {
        let letters = self.0.take().into_iter();
        let letters = letters.map(|letter| Letter {
            what: letter.what as u32,
            // Ids count calls, so none is near the end.
            id: i64::try_from(letter.id).unwrap_or(i64::MAX),
            name: letter.name,
            text: letter.text,
            common: letter.common,
            frames: (!letter.frames.is_empty()).then_some(letter.frames),
        });
        letters.collect()
    }

    /// Starts a call: `open`, `command`, `query`, `events` or `close`.
    #[napi]
    pub fn submit(&self, id: u32, operation: String, text: String) -> napi::Result<()> {
        told(self.0.submit(id.into(), &operation, text))
    }

    /// Starts to wait for a batch of the feed that the call `feed` opened.
    #[napi]
    pub fn next_batch(&self, id: u32, feed: u32, max: u32) {
        self.0.next_batch(id.into(), feed.into(), usize::try_from(max).unwrap_or(usize::MAX));
    }

    /// Ends a feed.
    #[napi]
    pub fn end_feed(&self, feed: u32) {
        self.0.end_feed(feed.into());
    }

    /// Gives up a call. It is not answered any more, unless it was just now.
    #[napi]
    pub fn cancel(&self, id: u32) {
        self.0.cancel(id.into());
    }

    /// Answers what JavaScript was called for: with JSON, or with an error as JSON.
    #[napi]
    pub fn reply(
        &self,
        id: i64,
        answer: Option<String>,
        error: Option<String>,
    ) -> napi::Result<()> {
        // None that was given out is below 0.
        let id = u64::try_from(id).unwrap_or(u64::MAX);
        told(self.0.reply(id, answer, error.as_deref()))
    }

    /// The same node for a tenant and an actor, with the same inbox.
    #[napi]
    pub fn scoped(&self, tenant: Option<String>, actor: Option<String>) -> napi::Result<Self> {
        told(self.0.scoped(tenant.as_deref(), actor.as_deref())).map(Self)
    }

    /// Nobody takes from the inbox any more. The event loop is not kept alive from here on.
    #[napi]
    pub fn end(&self) {
        self.0.end();
    }
}

/// What is thrown has the error as JSON for its message.
fn told<T>(result: Result<T>) -> napi::Result<T> {
    result.map_err(|error: Error| napi::Error::from_reason(written(&error)))
}
