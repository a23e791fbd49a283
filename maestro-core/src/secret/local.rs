//! Secrets of this machine: variables, files, and what programs write.

use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::oneshot;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Secret, SecretRef};
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::secret::SecretStore;

/// Resolves `env:`, `file:` and `command:` on this machine.
///
/// A file may be of any mode; one that others can read is told in the log, once per reading. A
/// command runs without a shell, with the environment of this process, no input, and its standard
/// error discarded, since that may repeat the secret.
pub struct LocalSecrets {
    runtime: Arc<dyn Runtime>,
    timeout: Duration,
}

impl LocalSecrets {
    /// How long a command may take by default: a password manager may ask a person.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);
    /// The most bytes of a secret.
    pub const MAX_BYTES: usize = 32 * 1024;

    /// Over a runtime, which times commands.
    pub fn new(runtime: Arc<dyn Runtime>) -> Self {
        Self { runtime, timeout: Self::DEFAULT_TIMEOUT }
    }

    /// Sets how long a file or a command may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs what may block on a thread of its own.
    async fn blocking(&self, work: Work) -> Result<Secret> {
        let child: Running = Arc::default();
        let (done, result) = oneshot::channel();
        let running = Arc::clone(&child);
        let job = move || {
            // Nobody waits any more when the receiver is gone.
            let _ = done.send(work(&running));
        };
        let thread = std::thread::Builder::new().name("maestro-secret".to_owned());
        thread.spawn(job).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "no thread to read a secret with").caused_by(error)
        })?;
        let _end = EndOnDrop(child);
        match self.runtime.timeout(self.timeout, result).await {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(Error::new(ErrorKind::Internal, "the reading thread is gone")),
            None => Err(Error::new(ErrorKind::Timeout, "the secret does not come")
                .with("timeout_ms", self.timeout.as_millis())),
        }
    }
}

type Work = Box<dyn FnOnce(&Running) -> Result<Secret> + Send>;
type Running = Arc<Mutex<Option<Child>>>;

/// Ends the command when nobody waits for it any more.
struct EndOnDrop(Running);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        if let Some(child) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            // It may have ended by itself.
            let _ = child.kill();
        }
    }
}

#[async_trait]
impl SecretStore for LocalSecrets {
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret> {
        let resolved = match reference {
            SecretRef::Value(secret) => Ok(secret.clone()),
            SecretRef::Env { name } => variable(name),
            SecretRef::File { path } => {
                let path = path.clone();
                self.blocking(Box::new(move |_| file(&path))).await
            }
            SecretRef::Command { argv } => {
                let argv = argv.clone();
                self.blocking(Box::new(move |running| command(&argv, running))).await
            }
            SecretRef::Other { scheme, .. } => Err(Error::new(
                ErrorKind::Unsupported,
                "no secret store for references of this scheme; give the builder one",
            )
            .with("scheme", scheme)),
        };
        resolved.map_err(|error| error.during("secret.resolve").with("reference", reference))
    }
}

fn variable(name: &str) -> Result<Secret> {
    let value = std::env::var_os(name).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "the variable is not set in the environment of this node")
    })?;
    let value = value.into_string().map_err(|_| not_text())?;
    trimmed(Zeroizing::new(value).as_bytes())
}

fn file(path: &Path) -> Result<Secret> {
    let failed = |error: std::io::Error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, "the file cannot be read").caused_by(error)
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    warn_if_open_to_others(path, &file);
    trimmed(&read(file).map_err(failed)?)
}

#[cfg(unix)]
fn warn_if_open_to_others(path: &Path, file: &std::fs::File) {
    use std::os::unix::fs::PermissionsExt as _;
    if file.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
        tracing::warn!(path = %path.display(), "others can read this file with a secret");
    }
}

#[cfg(not(unix))]
fn warn_if_open_to_others(_: &Path, _: &std::fs::File) {}

fn command(argv: &[String], running: &Running) -> Result<Secret> {
    let (program, arguments) =
        argv.split_first().ok_or_else(|| Error::invalid("command", "names no program"))?;
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| {
        Error::new(ErrorKind::NotFound, "the command cannot be started").caused_by(error)
    })?;
    let output = child.stdout.take();
    let lock = || running.lock().unwrap_or_else(PoisonError::into_inner);
    *lock() = Some(child);
    let value = output.map(read).transpose();
    // The end of its output is near its own end; holding the lock meanwhile hurts nobody.
    let status = lock().take().map(|mut child| child.wait()).transpose();
    let unavailable = |error: std::io::Error| {
        Error::new(ErrorKind::Unavailable, "the command cannot be read").caused_by(error)
    };
    let (value, status) = (value.map_err(unavailable)?, status.map_err(unavailable)?);
    match status {
        Some(status) if status.success() => trimmed(&value.unwrap_or_default()),
        Some(status) => Err(Error::new(ErrorKind::Unavailable, "the command failed")
            .with("exit", status)
            .retryable(false)),
        None => Err(Error::new(ErrorKind::Internal, "the command is gone")),
    }
}

/// At most a byte more than a secret may have.
fn read(source: impl std::io::Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it, so that growing leaves no copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LocalSecrets::MAX_BYTES + 2));
    source.take(LocalSecrets::MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn trimmed(bytes: &[u8]) -> Result<Secret> {
    if bytes.len() > LocalSecrets::MAX_BYTES {
        return Err(Error::new(ErrorKind::InvalidArgument, "the secret is too long")
            .with("max_bytes", LocalSecrets::MAX_BYTES));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| not_text())?.trim_end();
    if text.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "the secret is empty"));
    }
    Ok(Secret::new(text))
}

fn not_text() -> Error {
    Error::new(ErrorKind::InvalidArgument, "the secret is not UTF-8 text")
}

impl fmt::Debug for LocalSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSecrets").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
