//! Opens the store: as a node that works, or as one that only watches.

use std::path::Path;

use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Error, Maestro, MaestroBuilder, Result};

use crate::args::Common;

/// A node that submits and watches; its store must be there.
pub(crate) async fn observe(common: &Common) -> Result<Maestro> {
    if !common.store.exists() {
        return Err(Error::new(
            maestro_core::ErrorKind::NotFound,
            "`store` is not there; `maestro run` makes one",
        )
        .with("store", common.store.display()));
    }
    builder(&common.store)?.concurrency(0).build().await
}

/// A node over a store, which is made when it is not there. Worktrees lie beside it.
pub(crate) fn builder(store: &Path) -> Result<MaestroBuilder> {
    let directory = match store.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(directory).map_err(|error| {
        Error::invalid("store", "lies in a directory that cannot be made")
            .with("directory", directory.display())
            .caused_by(error)
    })?;
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    Ok(Maestro::builder().storage(Sqlite::at(store)).worktrees(directory.join("worktrees")))
}
