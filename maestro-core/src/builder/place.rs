//! Which place a node is at, when nobody says.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::channel::oneshot;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Place, ProjectInfo, SessionInfo};
use crate::node::Store;
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::storage::{ListQuery, RecordKind};

/// The name of the file that says it.
const FILE: &str = "place";

/// The longest name of a place in bytes.
const LONGEST: usize = 200;

/// The name as a user gives it.
///
/// # Errors
/// `InvalidConfig` naming `place`.
pub(super) fn check(place: &Place) -> Result<()> {
    let name = place.as_str();
    if (1..=LONGEST).contains(&name.len()) && !name.contains(char::is_control) {
        return Ok(());
    }
    let message =
        format!("`place` must have 1 to {LONGEST} bytes and no control characters, not {name:?}");
    Err(Error::new(ErrorKind::InvalidConfig, message))
}

/// The place of a store: what is written beside it, else the one place that its records are at, else a
/// new one, which is written down. None where its records are at several, so that nothing but the host
/// can tell.
///
/// Whatever runs with this store is at one place: a SQLite file is used by one machine at a time, and
/// a container that is made anew over the same volume sees the same paths by another host name.
///
/// # Errors
/// `InvalidConfig` when the file cannot be read, written or understood.
pub(super) async fn of_store(
    store: &Store,
    runtime: &Arc<dyn Runtime>,
    directory: PathBuf,
) -> Result<Option<Place>> {
    let file = directory.join(FILE);
    let known = blocking(runtime, &file, read).await?;
    if known.is_some() {
        return Ok(known);
    }
    let mut used = used(store).await?;
    let place = match (used.pop_first(), used.is_empty()) {
        (None, _) => Place::new(format!("store:{}", runtime.uuid().simple())),
        (Some(only), true) => only,
        (Some(_), false) => return Ok(None),
    };
    blocking(runtime, &file, move |file| write(file, &place)).await.map(Some)
}

/// The places that records of the store are at.
async fn used(store: &Store) -> Result<BTreeSet<Place>> {
    let projects = store.list_all::<ProjectInfo>(ListQuery::new(None, RecordKind::PROJECT)).await?;
    let mut used: BTreeSet<Place> =
        projects.into_iter().map(|project| project.value.path.place).collect();
    if used.is_empty() {
        // There are no tasks without projects, and few sessions.
        let sessions = ListQuery::new(None, RecordKind::SESSION);
        let sessions = store.list_all::<SessionInfo>(sessions).await?;
        used.extend(sessions.into_iter().map(|session| session.value.cwd.place));
    }
    Ok(used)
}

async fn blocking<T: Send + 'static>(
    runtime: &Arc<dyn Runtime>,
    file: &Path,
    call: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = oneshot::channel();
    let external = runtime.external();
    let on_thread = file.to_owned();
    runtime.spawn_blocking(
        "place",
        Box::new(move || {
            // Nobody waits any more when the caller was dropped.
            drop(sender.send((call(&on_thread), external)));
        }),
    );
    let (done, _external) = receiver.await.map_err(|oneshot::Canceled| {
        Error::new(ErrorKind::Internal, "looking for the place of the store was given up")
    })?;
    done.map_err(|error| {
        let message = "the file that names the place of the store cannot be used; give `place`, or \
                       make the file usable";
        Error::new(ErrorKind::InvalidConfig, message).with("file", file.display()).caused_by(error)
    })
}

fn read(file: &Path) -> io::Result<Option<Place>> {
    match fs::read_to_string(file) {
        Ok(text) => {
            let place = Place::new(text.trim());
            let wrong =
                |error: Error| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
            check(&place).map_err(wrong).map(|()| Some(place))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the file unless another node was faster, whose place it is then.
fn write(file: &Path, place: &Place) -> io::Result<Place> {
    let directory = file.parent().unwrap_or(file);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.create(directory)?;
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let fresh = directory.join(format!(".{FILE}-{:016x}", u64::from_ne_bytes(random)));
    let mut written = options.open(&fresh)?;
    // It is whole as soon as it has its name.
    let named = written
        .write_all(format!("{place}\n").as_bytes())
        .and_then(|()| written.sync_all())
        .and_then(|()| fs::hard_link(&fresh, file));
    let removed = fs::remove_file(&fresh);
    match named {
        Ok(()) => removed.map(|()| place.clone()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read(file)?.ok_or_else(|| io::ErrorKind::NotFound.into())
        }
        Err(error) => Err(error),
    }
}
