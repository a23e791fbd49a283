//! Git for one workspace: which program it is, and how its processes are marked.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::channel::oneshot;

use super::call::Call;
use super::options::GitOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
use crate::runtime::Runtime;

/// Marks git processes that Maestro started.
pub(super) const ROLE: (&str, &str) = ("MAESTRO_ROLE", "git");
/// Says which workspace a git process works for.
pub(super) const WORKSPACE: &str = "MAESTRO_WORKSPACE";

/// The oldest git that can do what is needed: `merge-tree --write-tree`.
const OLDEST: (u32, u32) = (2, 38);

/// Runs git for one workspace.
#[derive(Debug, Clone)]
pub(super) struct Git {
    shared: Arc<Shared>,
    pub(super) workspace: Option<PathBuf>,
    pub(super) node: Option<NodeId>,
}

#[derive(Debug)]
struct Shared {
    runtime: Arc<dyn Runtime>,
    options: GitOptions,
    checked: OnceLock<()>,
}

impl Git {
    pub(super) fn new(runtime: Arc<dyn Runtime>, options: GitOptions) -> Self {
        Self {
            shared: Arc::new(Shared { runtime, options, checked: OnceLock::new() }),
            workspace: None,
            node: None,
        }
    }

    /// The same git, with its processes marked as working for `workspace`.
    pub(super) fn marked(&self, workspace: &Path) -> Self {
        Self { workspace: Some(workspace.to_owned()), ..self.clone() }
    }

    /// The same git, with its processes marked as started by `node`.
    pub(super) fn owned_by(&self, node: NodeId) -> Self {
        Self { node: Some(node), ..self.clone() }
    }

    pub(super) fn runtime(&self) -> &dyn Runtime {
        &*self.shared.runtime
    }

    pub(super) fn patience(&self) -> Duration {
        self.shared.options.patience
    }

    pub(super) fn time_limit(&self) -> Duration {
        self.shared.options.time_limit
    }

    /// Makes sure, once, that git is there and new enough.
    pub(super) async fn check(&self) -> Result<()> {
        if self.shared.checked.get().is_some() {
            return Ok(());
        }
        let output = self.call().arg("--version").text().await?;
        let version = parse_version(&output).ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                format!("`git --version` says {output:?}, which names no version"),
            )
        })?;
        if version < OLDEST {
            let (major, minor) = OLDEST;
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("git {major}.{minor} or newer is needed; install a newer git"),
            )
            .with("found", output));
        }
        // Another call that checked at the same time found the same.
        let _ = self.shared.checked.set(());
        Ok(())
    }

    pub(super) fn options(&self) -> &GitOptions {
        &self.shared.options
    }

    /// A git command to fill in.
    pub(super) fn call(&self) -> Call<'_> {
        Call::new(self, None)
    }

    /// A git command in a directory.
    pub(super) fn at(&self, dir: &Path) -> Call<'_> {
        Call::new(self, Some(dir.to_owned()))
    }

    /// Runs what blocks, off the asynchronous threads.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let external = self.shared.runtime.external();
        self.shared.runtime.spawn_blocking(
            name,
            Box::new(move || {
                // Nobody waits any more when the caller was dropped; the work is done all the same.
                let _ = sender.send(work());
                drop(external);
            }),
        );
        receiver.await.map_err(|_| {
            Error::new(ErrorKind::Internal, "a blocking call ended with no result")
                .with("call", name)
        })
    }
}

fn parse_version(output: &str) -> Option<(u32, u32)> {
    let mut numbers = output.strip_prefix("git version ")?.split(['.', ' ']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_of_vendors_are_read() {
        assert_eq!(parse_version("git version 2.47.3"), Some((2, 47)));
        assert_eq!(parse_version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(parse_version("git version 2.38"), Some((2, 38)));
        assert_eq!(parse_version("hub 2"), None);
    }
}
