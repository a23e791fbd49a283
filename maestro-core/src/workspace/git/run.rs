//! Git for one workspace: which program it is, and how its processes are marked.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::channel::oneshot;

use super::call::{self, Call};
use super::child::{Finished, KillSwitch, Launch};
use super::environment;
use super::layout::{Layout, Target, stranger};
use super::options::GitOptions;
use super::seal::Seals;
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
    /// The repository, when it is known. Until then git looks for it.
    layout: Option<Arc<Layout>>,
    pub(super) workspace: Option<PathBuf>,
    pub(super) node: Option<NodeId>,
}

#[derive(Debug)]
struct Shared {
    runtime: Arc<dyn Runtime>,
    options: GitOptions,
    seals: Seals,
    checked: OnceLock<()>,
}

/// Where a command works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In no repository.
    Nowhere,
    /// On the list of worktrees, in the shared git directory.
    Shared,
    /// In the repository that this directory belongs to.
    At(PathBuf),
    /// In this git directory, with these files.
    Given(PathBuf, Option<PathBuf>),
}

impl Git {
    /// Git with its settings in directories below `seals`.
    pub(super) fn new(runtime: Arc<dyn Runtime>, options: GitOptions, seals: PathBuf) -> Self {
        let seals = Seals::new(seals, options.repository_filters);
        Self {
            shared: Arc::new(Shared { runtime, options, seals, checked: OnceLock::new() }),
            layout: None,
            workspace: None,
            node: None,
        }
    }

    /// The same git, with its processes marked as working for `workspace`.
    pub(super) fn marked(&self, workspace: &Path) -> Self {
        Self { workspace: Some(workspace.to_owned()), ..self.clone() }
    }

    /// The same git, which knows the repository that it works in.
    pub(super) fn within(&self, layout: Layout) -> Self {
        Self { layout: Some(Arc::new(layout)), ..self.clone() }
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

    /// The directory that all worktrees of the repository share, if it is known.
    pub(super) fn common(&self) -> Option<&Path> {
        self.layout.as_ref().map(|layout| layout.common.as_path())
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

    /// Runs a command where it belongs, with the settings that count there. Blocks.
    pub(super) fn run_in(
        &self,
        mut launch: Launch,
        place: &Place,
        limit: usize,
        switch: &KillSwitch,
    ) -> Result<io::Result<Finished>> {
        let Some(layout) = &self.layout else {
            return Ok(launch.run(limit, switch));
        };
        let target = match place {
            Place::Nowhere => None,
            Place::Shared => {
                // It works on the list, and has to do with no history.
                let env = [
                    ("GIT_DIR".into(), layout.common.clone().into()),
                    ("GIT_SHALLOW_FILE".into(), "".into()),
                ];
                launch.env.splice(0..0, env);
                None
            }
            Place::At(dir) => Some(self.target(layout, dir)?),
            Place::Given(git_dir, work_tree) => Some(Target {
                git_dir: git_dir.clone(),
                common: layout.common.clone(),
                work_tree: work_tree.clone(),
            }),
        };
        let Some(target) = target else {
            return Ok(launch.run(limit, switch));
        };
        let helper = |args: &[&str], env, input| self.help(args, env, input, switch);
        let entered = self.shared.seals.enter(&target, &helper);
        let entered = entered.map_err(|error| apart(&error, &target.common))?;
        // What the call itself sets comes later, and wins.
        launch.env.splice(0..0, entered.env);
        let mut finished = match launch.run(limit, switch) {
            Ok(finished) => finished,
            Err(error) => return Ok(Err(error)),
        };
        // People know the repository by its own path.
        let seal = entered.seal.to_string_lossy();
        finished.stderr = finished.stderr.replace(&*seal, &target.common.to_string_lossy());
        Ok(Ok(finished))
    }

    /// The filters that the repository of a directory defines, and that do not run. Blocks.
    pub(super) fn withheld(&self, dir: &Path) -> Result<BTreeSet<Vec<u8>>> {
        let Some(layout) = &self.layout else {
            return Ok(BTreeSet::new());
        };
        let target = self.target(layout, dir)?;
        let switch = KillSwitch::default();
        let helper = |args: &[&str], env, input| self.help(args, env, input, &switch);
        let settings = self.shared.seals.settings(&target, &helper);
        Ok(settings.map_err(|error| apart(&error, &target.common))?.withheld.clone())
    }

    fn target(&self, layout: &Layout, dir: &Path) -> Result<Target> {
        let failed =
            |error: io::Error| apart(&error, &layout.common).with("directory", dir.display());
        if let Some(target) = layout.target(dir).map_err(failed)? {
            return Ok(target);
        }
        // What a workspace's own `.git` says does not count.
        let found = if self.workspace.as_deref() == Some(dir) {
            None
        } else {
            stranger(dir).map_err(failed)?
        };
        found.ok_or_else(|| {
            Error::new(
                ErrorKind::Conflict,
                "the directory is no worktree of the project's repository; move it away, then prepare the workspace again",
            )
            .with("directory", dir.display())
            .with("repository", layout.common.display())
        })
    }

    /// Runs a command that tells how another one is to be run.
    fn help(
        &self,
        args: &[&str],
        mut env: Vec<(OsString, OsString)>,
        input: Vec<u8>,
        switch: &KillSwitch,
    ) -> io::Result<Finished> {
        let options = self.options();
        let mut all = call::fixed_args();
        all.extend(args.iter().map(Into::into));
        env.extend(call::fixed_env());
        let launch = Launch {
            program: options.program.clone(),
            args: all,
            base: environment::base(&options.environment),
            env,
            input,
            lock: None,
        };
        launch.run(options.max_output, switch)
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

/// Git cannot be run apart from the repository's own configuration.
fn apart(error: &io::Error, common: &Path) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        io::ErrorKind::InvalidData => ErrorKind::Conflict,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, format!("git cannot be set up for the repository: {error}"))
        .with("repository", common.display())
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
