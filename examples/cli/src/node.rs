//! Opens the store: as a node that works, or as one that only watches.

use std::path::Path;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::agent::scripted::{Script, ScriptedAgent};
use maestro_core::model::Place;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Error, ErrorKind, Maestro, MaestroBuilder, Result, Running};

use crate::args::{Common, Node};

/// Does something as a node that submits and watches; its store must be there.
pub(crate) async fn observe<T>(
    common: &Common,
    act: impl AsyncFnOnce(&Maestro) -> Result<T>,
) -> Result<T> {
    must_be_there(common)?;
    let maestro = placed(common)?.concurrency(0).build().await?;
    let done = act(&maestro).await;
    // A node that leaves without a word would be looked for.
    let closed = maestro.close(Running::Park).await;
    done.and_then(|done| closed.map(|()| done))
}

/// A node that works.
pub(crate) async fn work(common: &Common, node: &Node) -> Result<Maestro> {
    let builder = placed(common)?.concurrency(node.concurrency);
    let builder = match (&node.script, &node.claude) {
        (Some(script), _) => {
            let conversations = common.store.with_extension("conversations");
            let agent = ScriptedAgent::new().remember_in(conversations);
            builder.agent("claude", agent.default_script(read_script(script)?))
        }
        (None, Some(program)) => builder.agent("claude", ClaudeCode::at(program)),
        (None, None) => builder.agent("claude", discover()?),
    };
    builder.build().await
}

/// The Claude Code that is installed here.
///
/// # Errors
/// `NotFound` when there is none.
pub(crate) fn discover() -> Result<ClaudeCode> {
    ClaudeCode::discover().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::new(
            ErrorKind::NotFound,
            "there is no `claude` in PATH; install Claude Code, or name its program with --claude",
        ),
        _ => error,
    })
}

/// # Errors
/// `NotFound` when there is no store yet.
pub(crate) fn must_be_there(common: &Common) -> Result<()> {
    if common.store.exists() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::NotFound, "`store` is not there; `maestro run` makes one")
        .with("store", common.store.display()))
}

/// How this program is called for a store, for hints that can be typed as they are.
pub(crate) fn call(common: &Common) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "maestro".to_owned());
    if !common.named {
        return program;
    }
    format!("{program} --store={}", common.store.display())
}

fn read_script(path: &Path) -> Result<Script> {
    let wrong = |why: &str| Error::invalid("script", why).with("path", path.display());
    let text =
        std::fs::read_to_string(path).map_err(|error| wrong("cannot be read").caused_by(error))?;
    serde_json::from_str(&text)
        .map_err(|error| wrong("is not a JSON array of steps").caused_by(error))
}

/// A node over the store that the command line names, at the place that it names.
fn placed(common: &Common) -> Result<MaestroBuilder> {
    let place = common.place.as_deref().map(Place::new);
    let builder = builder(&common.store)?;
    if !common.named {
        close(common.store.parent().unwrap_or(&common.store))?;
    }
    Ok(place.into_iter().fold(builder, MaestroBuilder::place))
}

/// A node over a store, which is made when it is not there. Worktrees lie beside it.
pub(crate) fn builder(store: &Path) -> Result<MaestroBuilder> {
    let directory = match store.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    make(directory).map_err(|error| {
        Error::invalid("store", "lies in a directory that cannot be made")
            .with("directory", directory.display())
            .caused_by(error)
    })?;
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    Ok(Maestro::builder().storage(Sqlite::at(store)).worktrees(directory.join("worktrees")))
}

/// Makes the directory of a store. Where it lies inside of a project, its git need not see it.
fn make(directory: &Path) -> std::io::Result<()> {
    if directory.exists() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    // It holds what agents were told and have said.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    std::fs::write(directory.join(".gitignore"), "*\n")
}

/// Makes sure that the directory of a store by default is for its user alone, whoever made it.
fn close(directory: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(directory, private).map_err(|error| {
            Error::invalid("store", "lies in a directory that cannot be made private")
                .with("directory", directory.display())
                .caused_by(error)
        })?;
    }
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}
