//! Puts files that were prepared aside into a checkout.
//!
//! Each file gets there by one rename, so that a kill leaves it as it was or as it should be, and
//! never a part of it. Nothing is written through a symbolic link.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::change::{Changed, Paths, Side};
use super::repo::path_of;
use super::settle::{disk, occupied, present};
use crate::error::Result;

/// How a file is called until it is renamed, where the prepared ones are on another file system.
const TEMPORARY: &str = ".maestro-merge.tmp";

/// What is about to be done to the files of a checkout.
#[derive(Debug)]
pub(super) struct Placement {
    /// The checkout.
    pub(super) root: PathBuf,
    /// Where the new files are prepared.
    pub(super) prepared: PathBuf,
    /// The files that differ between the two commits.
    pub(super) changed: Changed,
    /// The files that somebody has changed.
    pub(super) dirty: Paths,
}

/// What is at a path of the checkout.
enum Found {
    Nothing,
    Something(Metadata),
    /// A file or a link stands where a directory has to be.
    NoDirectory,
}

impl Placement {
    /// The files that must not be overwritten or deleted. With none, the files can be placed.
    pub(super) fn in_the_way(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        for path in self.changed.keys() {
            if !self.is_free(path)? {
                found.push(path.clone());
            }
        }
        Ok(found)
    }

    fn is_free(&self, path: &[u8]) -> io::Result<bool> {
        let Some(change) = self.changed.get(path) else { return Ok(false) };
        let (meta, file) = match self.find(path)? {
            Found::Nothing => return Ok(true),
            Found::NoDirectory => return Ok(false),
            Found::Something(meta) => (meta, self.root.join(path_of(path))),
        };
        let wanted = change.to.as_ref();
        if wanted.is_some_and(Side::is_repository) && meta.is_dir() {
            return Ok(true);
        }
        if change.from.as_ref().is_some_and(Side::is_repository) && meta.is_dir() {
            return Ok(wanted.is_none() || !occupied(&file));
        }
        let prepared = self.prepared(path);
        if wanted.is_some() && same(&prepared, &file)? {
            return Ok(true);
        }
        if meta.is_dir() {
            return self.goes(&file);
        }
        if wanted.is_some_and(|to| !to.is_repository()) && !present(&prepared) {
            // A sparse checkout does not want it, but somebody has it.
            return Ok(false);
        }
        let ours = |path: &[u8]| {
            let known = self.changed.get(path).is_some_and(|change| change.from.is_some());
            known && !self.dirty.contains(path)
        };
        // Where case is ignored, it may be a file that goes under another name.
        let renamed = || {
            let mut gone = self.changed.iter().filter(|(_, change)| change.to.is_none());
            gone.any(|(other, _)| other.eq_ignore_ascii_case(path) && ours(other))
        };
        Ok(ours(path) || (change.from.is_none() && renamed()))
    }

    /// Whether all files of a directory are deleted, so that a file can be there instead.
    fn goes(&self, dir: &Path) -> io::Result<bool> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                if !self.goes(&path)? {
                    return Ok(false);
                }
                continue;
            }
            let name = path.strip_prefix(&self.root).unwrap_or(&path);
            if !self.is_deleted(name.as_os_str().as_encoded_bytes()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a file of the checkout is deleted, and is nobody's work.
    fn is_deleted(&self, path: &[u8]) -> bool {
        let change = self.changed.get(path);
        change.is_some_and(|change| change.from.is_some() && change.to.is_none())
            && !self.dirty.contains(path)
    }

    fn find(&self, path: &[u8]) -> io::Result<Found> {
        for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            let above = &path[..at];
            match look(&self.root.join(path_of(above)))? {
                None => return Ok(Found::Nothing),
                Some(meta) if meta.is_dir() => {}
                Some(_) if self.is_deleted(above) => return Ok(Found::Nothing),
                Some(_) => return Ok(Found::NoDirectory),
            }
        }
        Ok(look(&self.root.join(path_of(path)))?.map_or(Found::Nothing, Found::Something))
    }

    fn prepared(&self, path: &[u8]) -> PathBuf {
        self.prepared.join(path_of(path))
    }

    /// Deletes what is to go, then puts the new files in their places.
    pub(super) fn apply(&self) -> Result<()> {
        let named = |path: &[u8], done: io::Result<()>| {
            done.map_err(|error| disk(&error).with("file", self.root.join(path_of(path)).display()))
        };
        for (path, change) in &self.changed {
            if change.to.is_none() {
                named(path, self.delete(path))?;
            }
        }
        for (path, change) in &self.changed {
            if change.to.is_some() {
                named(path, self.put(path))?;
            }
        }
        Ok(())
    }

    fn delete(&self, path: &[u8]) -> io::Result<()> {
        let file = self.root.join(path_of(path));
        match self.find(path)? {
            Found::NoDirectory => return Ok(()),
            Found::Nothing => {}
            // A repository stays where it is: what is in it is known to nobody else.
            Found::Something(meta) if meta.is_dir() => drop(fs::remove_dir(&file)),
            Found::Something(_) => fs::remove_file(&file)?,
        }
        for dir in file.ancestors().skip(1).take_while(|dir| *dir != self.root) {
            // A temporary file of a merge that was killed.
            let _ = fs::remove_file(dir.join(TEMPORARY));
            if fs::remove_dir(dir).is_err() && present(dir) {
                break;
            }
        }
        Ok(())
    }

    fn put(&self, path: &[u8]) -> io::Result<()> {
        let (prepared, file) = (self.prepared(path), self.root.join(path_of(path)));
        if !present(&prepared) || same(&prepared, &file)? {
            return Ok(());
        }
        let parent = file.parent().unwrap_or(&self.root);
        self.directory(parent)?;
        let temporary = parent.join(TEMPORARY);
        if present(&temporary) {
            fs::remove_file(&temporary)?;
        }
        let there = look(&file)?;
        if prepared.symlink_metadata()?.is_dir() {
            // A submodule, which is checked out by nobody but its user.
            if there.is_some_and(|meta| !meta.is_dir()) {
                fs::remove_file(&file)?;
            }
            return self.directory(&file);
        }
        if there.is_some_and(|meta| meta.is_dir()) {
            remove_empty(&file)?;
        }
        match fs::rename(&prepared, &file) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                copy(&prepared, &temporary)?;
                fs::rename(temporary, file)
            }
            done => done,
        }
    }

    /// Makes a directory of the checkout, and those above it.
    fn directory(&self, dir: &Path) -> io::Result<()> {
        match look(dir)? {
            _ if dir == self.root => Ok(()),
            Some(meta) if meta.is_dir() => Ok(()),
            Some(_) => Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "a file is where a directory has to be",
            )),
            None => {
                self.directory(dir.parent().unwrap_or(&self.root))?;
                fs::create_dir(dir)
            }
        }
    }
}

/// What is at a path, without following a link.
fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether two files, or two links, are the same to git.
fn same(a: &Path, b: &Path) -> io::Result<bool> {
    let (Some(one), Some(two)) = (look(a)?, look(b)?) else { return Ok(false) };
    if one.file_type() != two.file_type() {
        return Ok(false);
    }
    if one.is_symlink() {
        return Ok(fs::read_link(a)? == fs::read_link(b)?);
    }
    if !one.is_file() || one.len() != two.len() || is_program(&one) != is_program(&two) {
        return Ok(false);
    }
    crate::workspace::file::same(a, b)
}

#[cfg(unix)]
fn is_program(meta: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_program(_meta: &Metadata) -> bool {
    false
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if from.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    fs::copy(from, to).map(drop)
}

/// Removes a directory in which there are only directories.
fn remove_empty(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        }
    }
    fs::remove_dir(dir)
}
