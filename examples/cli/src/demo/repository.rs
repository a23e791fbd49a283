//! The scratch repository of the demo.

use std::path::{Path, PathBuf};
use std::process::Command;

use maestro_core::{Error, ErrorKind, Result};

/// The repository, made when it is not there. It appears whole or not at all.
pub(crate) fn ensure(dir: &Path) -> Result<PathBuf> {
    let repository = dir.join("shop");
    if repository.exists() {
        return Ok(repository);
    }
    let unfinished = dir.join(format!("shop-{}", std::process::id()));
    let made = make(&unfinished).and_then(|()| std::fs::rename(&unfinished, &repository));
    made.map_err(|error| {
        Error::new(ErrorKind::Unavailable, "the demo's repository cannot be made")
            .with("path", repository.display())
            .caused_by(error)
    })?;
    Ok(repository)
}

fn make(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)?;
    std::fs::write(path.join("README.txt"), "A shop.\n")?;
    git(path, &["init", "--quiet", "--initial-branch=main"])?;
    git(path, &["config", "user.name", "Demo"])?;
    git(path, &["config", "user.email", "demo@localhost"])?;
    git(path, &["add", "--all"])?;
    git(path, &["commit", "--quiet", "--no-gpg-sign", "--message=Begin"])
}

fn git(path: &Path, args: &[&str]) -> std::io::Result<()> {
    let output = Command::new("git").arg("-C").arg(path).args(args).output()?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(std::io::Error::other(format!("git {}: {why}", args.join(" "))))
}
