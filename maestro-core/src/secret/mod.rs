//! The secret port: turns references into values, at the moment and on the node that needs them.

mod forms;
pub mod local;
mod redact;
mod shared;

use std::fmt;

use async_trait::async_trait;

pub use redact::{Redacted, Redactor, Tail};
pub(crate) use shared::Redactors;

use crate::error::Result;
use crate::model::{Secret, SecretRef};

/// Resolves references to secrets.
///
/// # Contract
/// - It is asked when a process starts, on the node that starts it, and every time anew: what it
///   gives is kept no longer than that process.
/// - No error and no log line of it repeats a value, or what a program wrote instead of one.
#[async_trait]
pub trait SecretStore: fmt::Debug + Send + Sync + 'static {
    /// The value that a reference stands for.
    ///
    /// # Errors
    /// `NotFound` when there is no such variable, file or entry, or it is empty; `Unsupported` for
    /// a scheme that it does not know; `PermissionDenied`, `Timeout`, `Unavailable`.
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret>;
}
