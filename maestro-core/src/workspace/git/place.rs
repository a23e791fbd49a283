//! What a merge is about to do to the files of a checkout, and what of that is in somebody's way.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::change::{Changed, Paths, Side};
use super::content::{Content, is_program, look};
use super::replaced::Slots;
use super::repo::path_of;
use super::settle::{occupied, present};

/// What files hold.
pub(super) type Contents = BTreeMap<Vec<u8>, Content>;

/// What is about to be done to the files of a checkout.
#[derive(Debug)]
pub(super) struct Placement {
    /// The checkout.
    pub(super) root: PathBuf,
    /// Where what is taken from its place is kept.
    pub(super) slots: Slots,
    /// Where the new files are prepared.
    pub(super) prepared: PathBuf,
    /// The files that differ between the two commits.
    pub(super) changed: Changed,
    /// The files that somebody has changed.
    pub(super) dirty: Paths,
    /// What each file held before git was asked which of them somebody has changed.
    pub(super) before: Contents,
}

/// What is at a path of the checkout.
pub(super) enum Found {
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

    pub(super) fn find(&self, path: &[u8]) -> io::Result<Found> {
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

    pub(super) fn prepared(&self, path: &[u8]) -> PathBuf {
        self.prepared.join(path_of(path))
    }
}

/// Whether two files, or two links, are the same to git.
pub(super) fn same(a: &Path, b: &Path) -> io::Result<bool> {
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
