//! Projects, and the workspaces that are made from them.

mod group;
mod handle;
mod record;
pub(crate) mod workspaces;

pub use group::{ProjectHandle, Projects};
pub use handle::WorkspaceHandle;

use crate::error::Result;
use crate::id::ProjectId;
use crate::model::ProjectInfo;
use crate::node::{Scope, Versioned};

/// A project by its id or name.
///
/// # Errors
/// `NotFound`.
pub(crate) async fn resolve(scope: &Scope, reference: &str) -> Result<Versioned<ProjectInfo>> {
    if let Ok(id) = reference.parse::<ProjectId>()
        && let Some(found) = scope.core.store.get(&scope.tenant, id).await?
    {
        return Ok(found);
    }
    let found = scope.core.store.by_unique_key(&scope.tenant, reference).await?;
    found.ok_or_else(|| {
        crate::error::Error::new(
            crate::error::ErrorKind::NotFound,
            format!(
                "`project` names none that exists: {reference:?}; `projects().ensure` makes one"
            ),
        )
    })
}
