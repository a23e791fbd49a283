//! The paths of a call whose links have to be followed before it can be judged.

use std::collections::BTreeSet;

use serde_json::Value;

use super::command::Command;
use super::files::{Text, command_of, is_unknown, texts};
use super::meter::{MAX_JUDGED_BYTES, MAX_JUDGED_PARTS, Meter};
use super::path::normalise;
use super::programs::is_scripted;
use super::words::{Piece, Places, Words, beside, most_parts, pieces};

/// The most paths of one call whose links are followed. A call that names more is not covered by a rule
/// about commands, unless it only looks at files, and a rule about files that denies it makes a person be
/// asked.
pub const MAX_FOLLOWED_PATHS: usize = 1024;
/// A longer path is one of no file.
const LONGEST_PATH: usize = 4096;

/// The paths that a command, or a call of a tool that nobody knows, may name besides the one of
/// [`path_of`](super::path_of): absolute, with their `..`. None when there are more than
/// [`MAX_FOLLOWED_PATHS`].
pub fn paths_named(tool: &str, input: &Value, root: &str) -> Option<Vec<String>> {
    let parts = match command_of(tool, input) {
        Some((text, true)) => most_parts(text),
        _ if is_unknown(tool) => texts(input).iter().map(Text::most_parts).sum(),
        _ => 0,
    };
    if parts > MAX_JUDGED_PARTS {
        return None;
    }
    let root = normalise(root, "/");
    let mut found = Found(BTreeSet::new());
    if let Some((text, _)) = command_of(tool, input) {
        let command = Command::read(text, &Meter::default());
        let calls: Vec<Words<'_>> = command.calls.iter().map(|call| call.words()).collect();
        let places = Places::of(&root, &calls);
        for (call, words) in command.calls.iter().zip(&calls) {
            let places = places.for_command(*words);
            let script = is_scripted(super::command::base_name(words.program()));
            for word in
                words.iter().map(|(word, _)| word).chain(call.files.iter().map(String::as_str))
            {
                found.add(&pieces(word, script), &places)?;
            }
        }
    }
    if is_unknown(tool) {
        let places = Places::of(&root, &[]);
        for text in texts(input).into_iter().filter(|text| text.text.len() <= MAX_JUDGED_BYTES) {
            found.add(&text.pieces(), &places)?;
        }
    }
    Some(found.0.into_iter().collect())
}

struct Found(BTreeSet<String>);

impl Found {
    fn add(&mut self, pieces: &[Piece], places: &Places) -> Option<()> {
        let fits = |text: &str| text.len() <= LONGEST_PATH && !text.contains(char::is_control);
        for piece in pieces {
            if piece.cut || !fits(&piece.text) {
                continue;
            }
            for (directory, _) in &places.directories {
                self.0.insert(beside(directory, &piece.text));
            }
            if self.0.len() > MAX_FOLLOWED_PATHS {
                return None;
            }
        }
        Some(())
    }
}
