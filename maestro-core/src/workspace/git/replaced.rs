//! What a move of a checkout has taken from its place, kept until the move is done.
//!
//! What each file held before, and is to hold, is recorded before the first one is moved. So also
//! the next node knows, after a kill, what of the files that were taken is somebody's new work: that
//! is given back, or kept aside.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::advance::PREPARED;
use super::content::{Content, look};
use super::exchange::{exchange, move_to};
use super::repo::path_of;
use super::settle::{delete, present};

/// The directory, in a checkout's own git directory, for the files that were taken.
const REPLACED: &str = "maestro-merge-replaced";
/// What is said there of each file.
const RECORD: &str = "maestro-merge-record";
/// The directory for what somebody wrote into a file that had been replaced already.
pub(super) const KEPT: &str = "maestro-merge-kept";
/// How a file is called that cannot be taken to another file system.
const BESIDE: &str = ".maestro-merge-";

/// A file that a move concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) path: Vec<u8>,
    /// What is there before the move.
    pub(super) before: Content,
    /// What is there after it.
    pub(super) after: Content,
}

/// Where files are taken to.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    pub(super) root: PathBuf,
    /// The checkout's own git directory.
    pub(super) own: PathBuf,
}

impl Slots {
    /// The places for one file, the best first: the others are for file systems of their own. Of
    /// `n` files, the one with number `i` has those of `i`, and of `i + n` for what is taken back.
    pub(super) fn of(&self, number: usize, path: &[u8]) -> [PathBuf; 3] {
        let file = self.root.join(path_of(path));
        let beside = format!("{BESIDE}{number}.tmp");
        let parent = file.parent().unwrap_or(&self.root).join(&beside);
        [self.own.join(REPLACED).join(number.to_string()), self.root.join(beside), parent]
    }

    /// Notes what is about to be moved.
    pub(super) fn record(&self, items: &[Item]) -> io::Result<()> {
        fs::create_dir_all(self.own.join(REPLACED))?;
        let mut text = Vec::new();
        for Item { path, before, after } in items {
            let facts = format!("{}\0{}\0", before.as_str(), after.as_str());
            text.extend([facts.as_bytes(), path, b"\0"].concat());
        }
        let (record, new) = (self.own.join(RECORD), self.own.join(format!("{RECORD}.new")));
        let mut file = fs::File::create(&new)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(new, record)
    }

    /// Whether a move has begun, and not cleared what it took.
    pub(super) fn are_in_use(own: &Path) -> bool {
        present(&own.join(RECORD))
    }

    fn recorded(&self) -> io::Result<Vec<Item>> {
        let text = match fs::read(self.own.join(RECORD)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let mut parts = text.split(|byte| *byte == 0);
        let mut items = Vec::new();
        while let (Some(before), Some(after), Some(path)) =
            (parts.next(), parts.next(), parts.next())
        {
            let content = |line| Content::from_line(&String::from_utf8_lossy(line));
            let (before, after) = (content(before), content(after));
            items.push(Item { path: path.to_vec(), before, after });
        }
        Ok(items)
    }

    /// Removes what was prepared and what was taken. What somebody wrote meanwhile goes back to its
    /// place if the move is taken back too; else it is moved aside. The files that are aside, each with
    /// where it was.
    pub(super) fn clear(&self, back: bool, aside: &str) -> io::Result<Vec<(PathBuf, PathBuf)>> {
        let mut kept = Vec::new();
        let items = self.recorded()?;
        for (number, item) in items.iter().enumerate() {
            let file = self.root.join(path_of(&item.path));
            let slots = [number, number + items.len()].map(|number| self.of(number, &item.path));
            for slot in slots.into_iter().flatten() {
                let known = |content: &Content| *content == item.before || *content == item.after;
                let mut content = Content::of(&slot)?;
                if content.is_nothing() {
                    continue;
                }
                if !known(&content) && back {
                    if known(&Content::of(&file)?) {
                        give_back(&slot, &file)?;
                    }
                    content = Content::of(&slot)?;
                }
                if known(&content) {
                    delete_file(&slot)?;
                } else if !content.is_nothing() {
                    let aside = self.own.join(KEPT).join(aside).join(path_of(&item.path));
                    fs::create_dir_all(aside.parent().unwrap_or(&self.own))?;
                    move_aside(&slot, &aside)?;
                    kept.push((file.clone(), aside));
                }
            }
        }
        delete(&self.own.join(PREPARED))?;
        // What is not in the record is somebody's, for all that is known.
        for entry in fs::read_dir(self.own.join(REPLACED)).into_iter().flatten() {
            let entry = entry?;
            let aside = self.own.join(KEPT).join(aside).join("unknown").join(entry.file_name());
            fs::create_dir_all(aside.parent().unwrap_or(&self.own))?;
            move_aside(&entry.path(), &aside)?;
            kept.push((entry.path(), aside));
        }
        delete(&self.own.join(REPLACED))?;
        delete_file(&self.own.join(RECORD))?;
        Ok(kept)
    }
}

/// Puts a file back in its place. What is there goes to where the file was.
pub(super) fn give_back(slot: &Path, file: &Path) -> io::Result<()> {
    if look(file)?.is_none() {
        fs::create_dir_all(file.parent().unwrap_or(file))?;
        return move_to(slot, file);
    }
    if exchange(slot, file)? {
        return Ok(());
    }
    let mut spare = slot.to_owned();
    spare.as_mut_os_string().push(".tmp");
    move_to(file, &spare)?;
    move_to(slot, file)?;
    fs::rename(spare, slot)
}

fn move_aside(slot: &Path, aside: &Path) -> io::Result<()> {
    match move_to(slot, aside) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(slot, aside)?;
            fs::remove_file(slot)
        }
        done => done,
    }
}

fn delete_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !present(path) => Ok(()),
        done => done,
    }
}
