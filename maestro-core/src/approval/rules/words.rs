//! The words of a command, and the paths that each of them may name.

use super::files::readings;
use super::fold::fold;

/// What a shell makes of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shape {
    /// It may stand for the names of files: a `*` or its like stands in it outside of quotes.
    pub(super) patterned: bool,
    /// Nobody knows what it becomes: a variable or a substitution stands in it.
    pub(super) open: bool,
}

/// A simple command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) texts: &'a [String],
    pub(super) shapes: &'a [Shape],
}

impl<'a> Words<'a> {
    pub(super) fn program(&self) -> &'a str {
        self.texts.first().map_or("", String::as_str)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, Shape)> + use<'a> {
        let shapes = self.shapes.iter().copied().chain(std::iter::repeat(Shape::default()));
        self.texts.iter().map(String::as_str).zip(shapes)
    }

    /// The words behind the program.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&'a str, Shape)> + use<'a> {
        self.iter().skip(1)
    }
}

/// A part of a word that may be a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// The same as it is compared.
    pub(super) folded: String,
    /// It may begin anywhere in its first name: `.env` in `-f.env`.
    pub(super) cut: bool,
    /// It is the word itself, or the value of an option, as most programs take it.
    pub(super) plain: bool,
}

impl Piece {
    /// A text of which no part is one.
    pub(super) fn whole(text: &str) -> Self {
        Self { text: text.to_owned(), folded: fold(text), cut: false, plain: true }
    }
}

/// What stands between the parts of a value, or of a program in a word.
const SEPARATORS: &[char] = &[
    '=', ',', ':', '@', ';', '<', '>', '|', '&', '\'', '"', '`', ' ', '\t', '\n', '(', ')', '[',
    ']', '{', '}', '?', '#', '!',
];

/// Where those begin that are a part of patterns as well.
const PATTERNS: usize = 15;

/// How many parts the words of a text may have at most.
pub(super) fn most_parts(text: &str) -> usize {
    text.chars().filter(|char| SEPARATORS.contains(char)).count() + 1
}

/// All parts of a word that may be a path. A text with spaces is a message or a name as a whole, unless
/// the program reads it as a program. Together they are as long as the word times a constant.
pub(super) fn pieces(word: &str, script: bool) -> Vec<Piece> {
    let mut found = Pieces(Vec::new());
    let spaced = word.contains(char::is_whitespace) && !script;
    found.add(word, script, true);
    let value = |separator: char| word.split_once(separator).map(|(_, value)| value);
    if let Some(value) = value('=') {
        found.add(value, false, true);
    }
    if let Some(value) = value('@') {
        found.add(value, false, false);
    }
    // The path of an address.
    if let Some((_, path)) = word.split_once("://").and_then(|(_, rest)| rest.split_once('/')) {
        found.add_rooted(path);
    }
    if !spaced {
        for separator in [',', ':'] {
            if let Some(value) = value(separator) {
                found.add(value, false, false);
                // Of git this is the directory at the top: `:/a`.
                found.add(value.trim_start_matches('/'), false, false);
            }
        }
        // Once with the patterns of a shell in one piece, once without.
        for separators in [SEPARATORS, &SEPARATORS[..PATTERNS]] {
            for part in word.split(separators).filter(|part| !part.is_empty() && *part != word) {
                found.add(part, script, false);
            }
            if !word.contains(&SEPARATORS[PATTERNS..]) {
                break;
            }
        }
        // A `/` may end a text there: `s/a/b/wfile`.
        let names = word.split(|char| char == '/' || SEPARATORS.contains(&char));
        let script = script && word.contains('/');
        for name in names.filter(|name| script && !name.is_empty()) {
            found.add(name, true, false);
        }
    }
    found.0
}

struct Pieces(Vec<Piece>);

impl Pieces {
    fn add(&mut self, text: &str, cut: bool, plain: bool) {
        for reading in readings(text) {
            self.one(&reading, cut, plain);
            // Options and their values in one word: `-f.env`, `-xf/etc/x`, `-I../x`.
            let Some(rest) = reading.strip_prefix('-') else { continue };
            let first = rest.split('/').next().unwrap_or_default();
            if rest.is_empty() || rest.starts_with('-') {
                continue;
            }
            self.one(rest, true, false);
            self.one(&rest[first.len()..], false, false);
            let dots = first.len() - first.trim_end_matches('.').len();
            for dots in 1..=dots.min(2) {
                self.one(&rest[first.len() - dots..], false, false);
            }
            // A few letters of other options in front, which links are followed behind.
            let letters = first.chars().take_while(char::is_ascii_alphanumeric);
            let letters = letters.take(if plain { 4 } else { 0 }).count();
            for at in 1..=letters.min(first.len().saturating_sub(1)) {
                self.one(&rest[at..], false, false);
            }
        }
    }

    fn add_rooted(&mut self, path: &str) {
        for reading in readings(&format!("/{path}")) {
            self.one(&reading, false, false);
        }
    }

    fn one(&mut self, text: &str, cut: bool, plain: bool) {
        let known = |piece: &Piece| piece.text == text && piece.cut == cut && piece.plain >= plain;
        // The first of them, so that a word of many parts is not compared with itself.
        if !text.is_empty() && !self.0.iter().take(8).any(known) {
            self.0.push(Piece { text: text.to_owned(), folded: fold(text), cut, plain });
        }
    }
}

/// Directories that relative paths of a command begin at, perhaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    /// As they are written, and as they are compared.
    pub(super) directories: Vec<(String, String)>,
    /// There may be others.
    pub(super) unknown: bool,
}

/// How many directories are told apart.
const MOST_DIRECTORIES: usize = 6;
/// How many words may stand before `cd`, such as `builtin`.
const MOST_WRAPPERS: usize = 4;
/// Options with which a program goes into another directory first.
const DIRECTORY_OPTIONS: &[&str] = &[
    "-C",
    "-D",
    "--base",
    "--chdir",
    "--cwd",
    "--dir",
    "--directory",
    "--git-dir",
    "--prefix",
    "--root",
    "--work-tree",
];

impl Places {
    /// Where the commands of a shell may run: in the directory of the call, and in each one that one of
    /// them goes into, since that may fail or be undone.
    pub(super) fn of(root: &str, commands: &[Words<'_>]) -> Self {
        let mut places = Self { directories: vec![(root.to_owned(), fold(root))], unknown: false };
        // Where a command alone goes, nothing runs.
        for command in commands.iter().filter(|_| commands.len() > 1) {
            let mut words = command.iter().take(MOST_WRAPPERS);
            if let Some(at) = words.position(|(word, _)| matches!(word, "cd" | "chdir" | "pushd")) {
                places.enter(directory(&mut command.iter().skip(at + 1)));
            }
        }
        places
    }

    /// The same for a command whose options name a directory to go into.
    pub(super) fn for_command(&self, command: Words<'_>) -> Self {
        let mut places = self.clone();
        let mut before = "";
        for (word, shape) in command.rest() {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let joined = word.strip_prefix("-C").filter(|value| !value.is_empty());
            let value = if DIRECTORY_OPTIONS.contains(&before) {
                Some(word)
            } else if DIRECTORY_OPTIONS.contains(&name) && name != word {
                Some(value)
            } else {
                joined
            };
            if let Some(value) = value {
                places.enter(Some(value).filter(|_| shape == Shape::default()));
            }
            before = word;
        }
        places
    }

    fn enter(&mut self, directory: Option<&str>) {
        for (place, _) in self.directories.clone() {
            let entered = directory.map(|directory| beside(&place, directory));
            if entered
                .as_ref()
                .is_some_and(|new| self.directories.iter().any(|(old, _)| old == new))
            {
                continue;
            }
            let Some(entered) = entered.filter(|_| self.directories.len() < MOST_DIRECTORIES)
            else {
                self.unknown = true;
                self.directories.truncate(1);
                return;
            };
            self.directories.push((entered.clone(), fold(&entered)));
        }
    }
}

/// A path from a directory on, with the `..` that may lead out of a link.
pub(super) fn beside(directory: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{directory}/{path}") }
}

/// The one directory that `cd` is given, where it is said plainly.
fn directory<'a>(words: &mut impl Iterator<Item = (&'a str, Shape)>) -> Option<&'a str> {
    let mut words = words.skip_while(|(word, _)| matches!(*word, "-P" | "-L" | "-e" | "--"));
    let (word, shape) = words.next()?;
    let plain = shape == Shape::default() && !word.starts_with(['-', '+', '~', '$']);
    (plain && words.next().is_none()).then_some(word)
}
