//! The facade under the bindings to other languages. No part of what semver promises.
//!
//! A binding converts and nothing else. It holds one [`Host`], opened from a [`Config`] as JSON, and
//! gives it:
//!
//! - every verb as a [`Command`] or [`Query`]: `{"command": "tasks.submit", "args": {"spec": {…}}}`,
//!   answered with JSON, or an error that [`Error::info`] makes data;
//! - every feed as a [`Feed`]: an [`EventStream`] that gives batches, each a JSON array.
//!
//! What the host language implements, the core calls through one port, [`Foreign`]. It gets back to the
//! core by verbs too: `run.…` for a task under way, `agent.…` for a conversation.
//!
//! A language whose event loop is woken, and then looks what has come, holds a [`Post`] around the host.
//!
//! A verb more is one variant and one arm here, and one method in each language.

mod cancel;
mod command;
mod config;
mod encode;
mod foreign;
mod host;
mod inbox;
mod post;
mod query;
mod stream;

pub use cancel::Cancel;
pub use command::Command;
pub use config::Config;
pub use foreign::{Foreign, Unhosted};
pub use host::Host;
pub use inbox::{Letter, What};
pub use post::{Post, written};
pub use query::Query;
pub use stream::{Batch, EventStream, Feed};

use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};
use crate::unknown::UnknownValue;

/// Reads what a binding gave. `kind` says whose mistake it is when it does not fit.
fn read<T: DeserializeOwned>(json: &str, kind: ErrorKind, what: &str) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = UnknownValue::refused(|| serde_path_to_error::deserialize(&mut reader));
    read.map_err(|error| {
        let (field, mut why) = (error.path().to_string(), error.inner().to_string());
        if why.starts_with("data did not match any variant of untagged enum") {
            "none of the values that this version knows".clone_into(&mut why);
        }
        // The place in a text that the user never saw helps nobody.
        let why = why.split(" at line ").next().unwrap_or_default();
        match field.trim_start_matches("args.") {
            "" | "." | "args" => Error::new(kind, format!("{what}: {why}")),
            field => Error::new(kind, format!("`{field}` in {what}: {why}")).with("field", field),
        }
    })
}
