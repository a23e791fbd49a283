//! Puts files that were prepared aside into a checkout, step by step, and takes the steps back.
//!
//! A kill leaves each file as it was or as it should be, and never a part of it. Nothing is
//! overwritten: what stands in a file's place is taken from there at the moment in which the new one
//! comes, and compared with what was seen before. Nothing is written through a symbolic link.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::content::{Content, look};
use super::exchange::{exchange, move_to};
use super::place::{Found, Placement, same};
use super::replaced::{Item, give_back};
use super::repo::{path_of, text_of};
use super::settle::{disk, present};
use crate::error::{Error, ErrorKind, Result};

/// What was done to the checkout.
#[derive(Debug)]
pub(super) enum Step {
    /// What was at a path is in a slot, and something else, or nothing, is at the path.
    Took { number: usize, slot: PathBuf },
    /// A file is where nothing was.
    Put { number: usize },
    /// A directory was made.
    Made(PathBuf),
    /// An empty directory was removed.
    Removed(PathBuf),
}

/// Why a step was not done.
enum Stop {
    Disk(io::Error),
    /// Somebody changed the file after it was looked at.
    Changed,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

type Stepped = std::result::Result<(), Stop>;

/// A move of files that is under way.
#[derive(Debug)]
pub(super) struct Move {
    placement: Arc<Placement>,
    items: Vec<Item>,
    steps: Vec<Step>,
}

impl Move {
    /// Notes what is about to be done.
    pub(super) fn begin(placement: Arc<Placement>) -> io::Result<Self> {
        let items = placement.changed.keys().map(|path| {
            let before = placement.before.get(path).cloned().unwrap_or_default();
            let after = Content::of(&placement.prepared(path))?;
            Ok(Item { path: path.clone(), before, after })
        });
        let items = items.collect::<io::Result<Vec<_>>>()?;
        placement.slots.record(&items)?;
        Ok(Self { placement, items, steps: Vec::new() })
    }

    /// Takes away what is to go, then puts the new files in their places. When that fails, what was
    /// done is to be taken back.
    pub(super) fn apply(&mut self) -> Result<()> {
        for goes in [true, false] {
            for number in 0..self.items.len() {
                let Some(path) = self.items.get(number).map(|item| item.path.clone()) else {
                    continue;
                };
                let change = self.placement.changed.get(&path);
                if change.is_none_or(|change| change.to.is_none() != goes) {
                    continue;
                }
                let done = if goes { self.delete(number, &path) } else { self.put(number, &path) };
                done.map_err(|stop| match stop {
                    Stop::Disk(error) => disk(&error).with("file", self.file(&path).display()),
                    Stop::Changed => self.changed(&path),
                })?;
            }
        }
        Ok(())
    }

    /// Makes sure that nobody has written into a file that was taken: an editor may have had it open.
    pub(super) fn confirm(&self) -> Result<()> {
        for step in &self.steps {
            if let Step::Took { number, slot } = step
                && let Some(item) = self.items.get(*number)
                && Content::of(slot).map_err(|error| disk(&error))? != item.before
            {
                return Err(self.changed(&item.path));
            }
        }
        Ok(())
    }

    /// Takes back what was done. What somebody has written meanwhile stays in its place.
    pub(super) fn undo(&mut self) -> io::Result<()> {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Took { number, slot } => {
                    let Some(item) = self.items.get(number) else { continue };
                    let file = self.file(&item.path);
                    let there = Content::of(&file)?;
                    if there.is_nothing() || there == item.after {
                        give_back(&slot, &file)?;
                    }
                    // Somebody may have changed the new file at that very moment.
                    let taken = Content::of(&slot)?;
                    if !taken.is_nothing() && taken != item.after && taken != item.before {
                        give_back(&slot, &file)?;
                    }
                }
                Step::Put { number } => {
                    let Some(item) = self.items.get(number) else { continue };
                    let file = self.file(&item.path);
                    if Content::of(&file)? != item.after {
                        continue;
                    }
                    // What was there before may be in the file's own slot.
                    let slot = take(&file, self.slot(number + self.items.len(), &item.path))?;
                    if Content::of(&slot)? != item.after {
                        give_back(&slot, &file)?;
                    }
                }
                Step::Made(dir) => drop(fs::remove_dir(dir)),
                Step::Removed(dir) => match fs::create_dir(dir) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                        return Err(error);
                    }
                    _ => {}
                },
            }
        }
        Ok(())
    }

    fn file(&self, path: &[u8]) -> PathBuf {
        self.placement.root.join(path_of(path))
    }

    /// The places that a file may be taken to.
    fn slot(&self, number: usize, path: &[u8]) -> [PathBuf; 3] {
        self.placement.slots.of(number, path)
    }

    fn changed(&self, path: &[u8]) -> Error {
        Error::new(
            ErrorKind::Conflict,
            "a file of the checkout was changed while the merge replaced it; nothing was merged: commit or move the change, then merge again",
        )
        .with("checkout", self.placement.root.display())
        .with("files", text_of(path))
    }

    fn delete(&mut self, number: usize, path: &[u8]) -> Stepped {
        let file = self.file(path);
        match self.placement.find(path)? {
            Found::NoDirectory => return Ok(()),
            Found::Nothing => {}
            // A repository stays where it is: what is in it is known to nobody else.
            Found::Something(meta) if meta.is_dir() => {
                if fs::remove_dir(&file).is_ok() {
                    self.steps.push(Step::Removed(file.clone()));
                }
            }
            Found::Something(_) => self.take(number, path)?,
        }
        let root = self.placement.root.clone();
        for dir in file.ancestors().skip(1).take_while(|dir| *dir != root) {
            match fs::remove_dir(dir) {
                Ok(()) => self.steps.push(Step::Removed(dir.to_owned())),
                Err(_) if present(dir) => break,
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Takes what is at a path away, if it still is what it was.
    fn take(&mut self, number: usize, path: &[u8]) -> Stepped {
        let slot = take(&self.file(path), self.slot(number, path))?;
        self.took(number, path, slot)
    }

    /// Looks at what was taken. When it is not what it was, it goes back.
    fn took(&mut self, number: usize, path: &[u8], slot: PathBuf) -> Stepped {
        let is_same = self.items.get(number).map(|item| &item.before) == Some(&Content::of(&slot)?);
        if is_same {
            self.steps.push(Step::Took { number, slot });
            return Ok(());
        }
        give_back(&slot, &self.file(path))?;
        Err(Stop::Changed)
    }

    fn put(&mut self, number: usize, path: &[u8]) -> Stepped {
        let (prepared, file) = (self.placement.prepared(path), self.file(path));
        if !present(&prepared) || same(&prepared, &file)? {
            return Ok(());
        }
        self.directory(file.parent().unwrap_or(&self.placement.root).to_owned())?;
        let there = look(&file)?;
        let is_dir = there.as_ref().is_some_and(fs::Metadata::is_dir);
        if prepared.symlink_metadata()?.is_dir() {
            // A submodule, which is checked out by nobody but its user.
            if there.is_some() && !is_dir {
                self.take(number, path)?;
            }
            return self.directory(file);
        }
        if is_dir {
            self.remove_empty(&file)?;
        }
        if there.is_some() && !is_dir {
            return self.replace(number, path, &prepared);
        }
        self.come(number, path, &prepared)
    }

    /// Puts a file where nothing is.
    fn come(&mut self, number: usize, path: &[u8], prepared: &Path) -> Stepped {
        let file = self.file(path);
        let mut done = move_to(prepared, &file);
        for slot in self.slot(number, path) {
            if !done.as_ref().is_err_and(crosses) {
                break;
            }
            done = copy(prepared, &slot).and_then(|()| move_to(&slot, &file));
        }
        match done {
            Ok(()) => self.steps.push(Step::Put { number }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Stop::Changed);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Puts a file where another one is, which is taken at the same moment.
    fn replace(&mut self, number: usize, path: &[u8], prepared: &Path) -> Stepped {
        let file = self.file(path);
        let mut new = prepared.to_owned();
        for slot in self.slot(number, path) {
            match move_or_copy(&new, &slot).and_then(|()| exchange(&slot, &file)) {
                Ok(true) => return self.took(number, path, slot),
                Ok(false) => {
                    // The file is missing for a moment where the file system knows no other way.
                    fs::rename(&slot, prepared)?;
                    self.take(number, path)?;
                    return self.come(number, path, prepared);
                }
                Err(error) if crosses(&error) => new = slot,
                // It went in this moment, and its place is free.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !present(&file) => {
                    return self.come(number, path, &slot);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::from(io::ErrorKind::CrossesDevices).into())
    }

    /// Makes a directory of the checkout, and those above it.
    fn directory(&mut self, dir: PathBuf) -> Stepped {
        if dir == self.placement.root {
            return Ok(());
        }
        match look(&dir)? {
            Some(meta) if meta.is_dir() => Ok(()),
            // A file is where a directory has to be.
            Some(_) => Err(Stop::Changed),
            None => {
                self.directory(dir.parent().unwrap_or(&self.placement.root).to_owned())?;
                fs::create_dir(&dir)?;
                self.steps.push(Step::Made(dir));
                Ok(())
            }
        }
    }

    /// Removes a directory in which there are only directories.
    fn remove_empty(&mut self, dir: &Path) -> io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.remove_empty(&entry.path())?;
            }
        }
        fs::remove_dir(dir)?;
        self.steps.push(Step::Removed(dir.to_owned()));
        Ok(())
    }
}

/// Takes a file to the first slot on its file system.
fn take(file: &Path, slots: [PathBuf; 3]) -> io::Result<PathBuf> {
    for slot in slots {
        match move_to(file, &slot) {
            Ok(()) => return Ok(slot),
            Err(error) if crosses(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::CrossesDevices.into())
}

fn crosses(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::CrossesDevices
}

/// Brings a prepared file to a slot, which may be on another file system.
fn move_or_copy(prepared: &Path, slot: &Path) -> io::Result<()> {
    match move_to(prepared, slot) {
        Err(error) if crosses(&error) => copy(prepared, slot),
        done => done,
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if from.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    fs::copy(from, to).map(drop)
}
