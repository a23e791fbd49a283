//! Making a workspace, or finding it, or making it again.
//!
//! Everything is computed before anything is visible: the needs are merged as plain commits, one
//! transaction of refs creates the branch on top of them together with a ref that remembers the
//! base, and only then is the worktree added. Each of the three can be repeated after a kill.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::name::{self, base_ref, branch_ref, removing};
use super::needs::Need;
use super::repo::{Repo, Swap};
use super::settle::disk;
use super::{GitWorkspace, KIND};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{PlacePath, WorkspaceRef};
use crate::workspace::{PrepareSpec, Prepared, local};

/// Where the workspace's own work starts, and what does not go in.
struct Start {
    base: String,
    conflict: Option<(String, Vec<String>)>,
}

impl Start {
    fn at(base: impl Into<String>) -> Self {
        Self { base: base.into(), conflict: None }
    }
}

pub(super) async fn prepare(port: &GitWorkspace, spec: &PrepareSpec) -> Result<Prepared> {
    port.check_place(&spec.project)?;
    let git = port.git.owned_by(spec.owner);
    let project = Repo::open(&git, &spec.project.path).await?;
    let root = root(port, &project, spec).await?;
    let repo = Repo { git: project.git.marked(&root), ..project };
    repo.settle(&root).await?;
    let branch = branch(&repo, &root, spec).await?;
    let needs = repo.needs(&spec.needs).await?;
    let start = match repo.branch(&branch).await? {
        Some(tip) => resume(&repo, &root, &branch, &tip, &needs, spec).await?,
        None => begin(&repo, &branch, &needs, spec).await?,
    };
    let made = repo.check_out(&root, &branch).await?;
    repo.make_subdirectory(&root).await?;
    repo.note_seen(&root, spec.continues).await?;
    let mut merged: Vec<String> =
        repo.brought(&start.base).await?.into_iter().map(|(_, need)| need).collect();
    merged.retain(|branch| needs.iter().any(|need| need.branch == *branch));
    merged.reverse();
    let workspace = WorkspaceRef {
        kind: KIND.to_owned(),
        project: spec.project.clone(),
        root: PlacePath::new(port.place.clone(), root),
        subdirectory: repo.subdirectory.clone(),
        branch: Some(branch),
        base: Some(start.base),
    };
    Ok(match start.conflict {
        Some((with, files)) => Prepared::Conflicted { workspace, with, files },
        None => Prepared::Ready { workspace, merged, recreated: made && spec.existing.is_some() },
    })
}

/// The directory: what it was, else what is there for the task, else a new name.
async fn root(port: &GitWorkspace, repo: &Repo, spec: &PrepareSpec) -> Result<PathBuf> {
    if let Some(existing) = &spec.existing {
        port.check_place(&existing.root)?;
    }
    let known = spec.existing.as_ref().map(|existing| existing.root.path.clone());
    let parent = port.worktrees_root.join(name::project_directory(&repo.project()));
    let new = name::directory(&spec.title, spec.task_id);
    let ending = format!("-{}", spec.task_id);
    let found = repo.git.blocking("root", move || {
        let path = known.unwrap_or_else(|| parent.join(&new));
        let parent = path.parent().unwrap_or(&parent);
        local::make_private(parent)?;
        // Git gives paths without links; ours have to compare equal to them.
        let parent = fs::canonicalize(parent)?;
        let named = path.file_name().map(OsString::from).unwrap_or_default();
        for entry in fs::read_dir(&parent)? {
            // The title may have changed, and a removal may have been begun.
            let name = entry?.file_name();
            let text = name.to_string_lossy();
            let plain = text.strip_suffix(".checking").or_else(|| text.strip_suffix(".removing"));
            let plain = plain.and_then(|text| text.strip_prefix('.')).unwrap_or(&text);
            if plain.ends_with(&ending) && named.to_string_lossy().ends_with(&ending) {
                return Ok(parent.join(plain));
            }
        }
        Ok(parent.join(named))
    });
    found.await?.map_err(|error: std::io::Error| {
        disk(&error).with("worktrees_root", port.worktrees_root.display())
    })
}

/// The branch: what it was, else what is there for the task, else a new name.
async fn branch(repo: &Repo, root: &Path, spec: &PrepareSpec) -> Result<String> {
    if let Some(branch) = spec.existing.as_ref().and_then(|existing| existing.branch.clone()) {
        if repo.branch(&branch).await?.is_some() || !repo.is_worktree(root).await? {
            return Ok(branch);
        }
        // An agent may have renamed it; the work went along.
        let renamed = repo.state(root, None).await?;
        return Ok(renamed.branch.filter(|_| renamed.head.is_some()).unwrap_or(branch));
    }
    let pattern = branch_ref(&format!("{}*-{}", name::BRANCH_PREFIX, name::short(spec.task_id)));
    let found = repo.refs(&[pattern]).await?;
    let found = found.first().and_then(|(name, _)| name.strip_prefix("refs/heads/"));
    Ok(found.map_or_else(|| name::branch(&spec.title, spec.task_id), str::to_owned))
}

/// The commit that the caller wants to start from.
async fn base(repo: &Repo, spec: &PrepareSpec) -> Result<String> {
    let Some(base) = &spec.base else {
        return repo.commit("HEAD").await?.ok_or_else(|| {
            Error::invalid(
                "base",
                "is not given and the repository has no commit yet; make a first commit",
            )
            .with("project", repo.path.display())
        });
    };
    // A branch wins over a tag of the same name.
    if repo.is_branch_name(base).await?
        && let Some(commit) = repo.branch(base).await?
    {
        return Ok(commit);
    }
    let found = if base.is_empty() { None } else { repo.commit(base).await? };
    found.ok_or_else(|| {
        Error::invalid("base", format!("names no commit of the project: {base:?}"))
            .with("project", repo.path.display())
    })
}

/// There is no branch yet, or no longer.
async fn begin(repo: &Repo, branch: &str, needs: &[Need], spec: &PrepareSpec) -> Result<Start> {
    let base = base(repo, spec).await?;
    let brought = repo.bring_in(&base, needs, spec.task_id).await?;
    repo.require_subdirectory(&brought.commit).await?;
    let mut lines = vec![format!("create {} {}", branch_ref(branch), brought.commit)];
    if brought.conflict.is_none() {
        lines.push(format!("update {} {}", base_ref(branch), brought.commit));
    } else if repo.commit(&base_ref(branch)).await?.is_some() {
        // Of an earlier branch of this name, which somebody deleted.
        lines.push(format!("delete {}", base_ref(branch)));
    }
    change(repo, branch, &lines).await?;
    Ok(Start { base: brought.commit, conflict: brought.conflict })
}

/// There is a branch: what was finished stays as it is, and what was not is tried again.
async fn resume(
    repo: &Repo,
    root: &Path,
    branch: &str,
    tip: &str,
    needs: &[Need],
    spec: &PrepareSpec,
) -> Result<Start> {
    if let Some(base) = repo.commit(&base_ref(branch)).await? {
        return Ok(Start::at(base));
    }
    // No ref says that all needs went in: they conflicted, or the branch has another name now.
    let worktree = repo.is_worktree(root).await?;
    let head = if worktree { repo.commit_in(root, "HEAD").await? } else { None };
    let head = head.unwrap_or_else(|| tip.to_owned());
    let known = spec.existing.as_ref().and_then(|existing| existing.base.clone());
    let brought = repo.bring_in(&head, needs, spec.task_id).await?;
    if brought.conflict.is_some() {
        let base = match known {
            Some(base) => base,
            None => first_own(repo, &head, spec).await?,
        };
        return Ok(Start { base, conflict: brought.conflict });
    }
    let base = if brought.commit == head {
        // Somebody merged them by hand: the work starts after the last of them.
        match known {
            Some(base) if contains(repo, &base, needs).await? => base,
            _ if needs.is_empty() => first_own(repo, &head, spec).await?,
            _ => head.clone(),
        }
    } else {
        if worktree {
            set_aside(repo, root, branch, &head, tip).await?;
        }
        brought.commit.clone()
    };
    let mut lines = vec![format!("update {} {base}", base_ref(branch))];
    if brought.commit != head {
        lines.push(format!("update {} {} {tip}", branch_ref(branch), brought.commit));
    }
    change(repo, branch, &lines).await?;
    Ok(Start::at(base))
}

/// Where a branch left the commit that the caller starts from.
async fn first_own(repo: &Repo, head: &str, spec: &PrepareSpec) -> Result<String> {
    let base = base(repo, spec).await?;
    Ok(repo.merge_base(head, &base).await?.unwrap_or(base))
}

async fn contains(repo: &Repo, base: &str, needs: &[Need]) -> Result<bool> {
    for need in needs {
        if !repo.is_ancestor(&need.tip, base).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes a clean worktree away, since making it again can be repeated and moving it on cannot.
async fn set_aside(repo: &Repo, root: &Path, branch: &str, head: &str, tip: &str) -> Result<()> {
    let state = repo.state(root, None).await?;
    if head != tip || state.branch.as_deref() != Some(branch) || !state.clean() {
        return Err(Error::new(
            ErrorKind::Conflict,
            "the needs merge now, but the workspace holds uncommitted work; commit or discard it, then try again",
        )
        .with("workspace", root.display()));
    }
    repo.rename(root.to_owned(), removing(root)).await?;
    repo.forget(root, false).await?;
    repo.delete(&removing(root)).await
}

/// Changes the workspace's own refs.
async fn change(repo: &Repo, branch: &str, lines: &[String]) -> Result<()> {
    match repo.swap(lines).await? {
        Swap::Done => Ok(()),
        Swap::Lost(said) => Err(Error::new(
            ErrorKind::Conflict,
            "the workspace's branch was changed meanwhile; try again",
        )
        .retryable(true)
        .with("branch", branch)
        .with("said", said)),
        Swap::InTheWay(said) => Err(Error::new(
            ErrorKind::Conflict,
            "another branch is in the way of the workspace's branch; rename or remove that one",
        )
        .with("branch", branch)
        .with("said", said)),
    }
}
