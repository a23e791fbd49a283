//! What a text may name, one name of a path after the other.

use std::borrow::Cow;

use super::fold::fold_name;
use super::path::{names_of, normalise};

/// What one name of a path may be. All text is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// This one.
    Plain(&'a str),
    /// What remains of it when its beginning is cut off: the `.env` of `-f.env`.
    Ending(&'a str),
    /// Any one that begins and ends like this: `.en*`.
    Like(&'a str, &'a str),
    /// Any names, also none: `**`.
    Deep,
}

impl<'a> Name<'a> {
    pub(super) fn may_be(self, name: &str) -> bool {
        match self {
            Self::Plain(text) => text == name,
            Self::Ending(text) => text.ends_with(name),
            Self::Like(begins, ends) => may_be_like(name, begins, ends),
            Self::Deep => true,
        }
    }

    /// What a file system leaves of the name.
    pub(super) fn cut(self) -> Cow<'a, str> {
        match self {
            Self::Plain(text) | Self::Ending(text) => {
                if text.contains(':') || text.ends_with(['.', ' ']) || text.starts_with(' ') {
                    Cow::Owned(fold_name(text))
                } else {
                    Cow::Borrowed(text)
                }
            }
            Self::Like(..) | Self::Deep => Cow::Borrowed(""),
        }
    }

    /// As [`Name::may_be`], with what a file system leaves of it. A pattern fits names that begin with a
    /// dot only where it does so itself, unless it is told to.
    pub(super) fn may_be_file(self, cut: &str, name: &str, hidden: bool) -> bool {
        let shown = hidden || !name.starts_with('.');
        match self {
            Self::Plain(_) => cut == name,
            Self::Ending(_) => cut.ends_with(name),
            Self::Like(begins, ends) => {
                (shown || begins.starts_with('.')) && may_be_like(name, begins, ends)
            }
            Self::Deep => shown,
        }
    }

    /// Whether it may be a name with this ending.
    pub(super) fn may_end(self, cut: &str, ending: &str) -> bool {
        match self {
            Self::Plain(_) | Self::Ending(_) => cut.ends_with(ending),
            Self::Like(_, ends) => ends.ends_with(ending) || ending.ends_with(ends),
            Self::Deep => true,
        }
    }

    fn is_sure(self) -> bool {
        matches!(self, Self::Plain(_))
    }
}

fn may_be_like(name: &str, begins: &str, ends: &str) -> bool {
    name.len() >= begins.len() + ends.len() && name.starts_with(begins) && name.ends_with(ends)
}

/// How a text is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Taken {
    /// `*` and its like stand for other names.
    pub(super) patterns: bool,
    /// They stand for several names at once, as in the patterns of git.
    pub(super) across: bool,
    /// The path may begin anywhere in its first name.
    pub(super) cut: bool,
}

/// An absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) names: Vec<Name<'a>>,
    /// The place depends on the process that opens it: `/proc/self/cwd`, `/dev/fd/3`.
    pub(super) depends: bool,
}

impl<'a> Target<'a> {
    /// Reads a path, from a directory on where it is not absolute. None when nobody knows where it
    /// leads: `*/..` is behind a link, perhaps.
    pub(super) fn read(directory: &'a str, path: &'a str, taken: Taken) -> Option<Self> {
        let absolute = path.starts_with('/');
        let mut read = Self { names: Vec::new(), depends: false };
        if !absolute {
            for name in names_of(directory) {
                read.push(Name::Plain(name));
            }
        }
        for (index, name) in path.split('/').enumerate() {
            match name {
                "" | "." => {}
                ".." => match read.names.pop() {
                    None | Some(Name::Plain(_)) => {}
                    Some(_) => return None,
                },
                "**" if taken.patterns => read.push(Name::Deep),
                name => match like(name, !taken.across).filter(|_| taken.patterns) {
                    Some((begins, ends)) => {
                        let begins = if taken.cut && index == 0 { "" } else { begins };
                        read.push(Name::Like(begins, if taken.across { "" } else { ends }));
                        if taken.across {
                            read.push(Name::Deep);
                        }
                    }
                    None if taken.cut && index == 0 => read.push(Name::Ending(name)),
                    None => read.push(Name::Plain(name)),
                },
            }
        }
        Some(read)
    }

    fn push(&mut self, name: Name<'a>) {
        self.names.push(name);
        // Behind `..` it stays what it was: `/proc/self/cwd/..` is no directory of `/proc`.
        self.depends |= self.names.len() <= 2 && depends(&self.names);
    }

    /// Whether it names one path and no other.
    pub(super) fn is_sure(&self) -> bool {
        !self.depends && self.names.iter().all(|name| name.is_sure())
    }
}

/// Directories of which each process sees another content, and those that name files by numbers.
const DEPENDING: &[&[&str]] = &[
    &["proc"],
    &["dev", "fd"],
    &["dev", "stdin"],
    &["dev", "stdout"],
    &["dev", "stderr"],
    &["dev", "tty"],
    &[".vol"],
    &[".file"],
];

fn depends(names: &[Name<'_>]) -> bool {
    DEPENDING.iter().any(|place| {
        place.len() == names.len()
            && place.iter().zip(names).all(|(place, name)| name.may_be(place))
    })
}

/// Whether what a path means depends on the process that opens it.
pub(super) fn depends_on_process(path: &str, root: &str) -> bool {
    let (path, root) = (super::fold::fold(path), super::fold::fold(root));
    Target::read(&root, &path, Taken::default()).is_none_or(|target| target.depends)
}

/// What a path below a directory that depends on the process is for one in the directory of the call:
/// `/proc/self/cwd/a` is `a` there.
pub(super) fn in_own_process(path: &str) -> Option<String> {
    let path = normalise(path.trim_start(), "/");
    let mut rest = path.strip_prefix("/proc/")?;
    let mut found = None;
    while let Some((name, below)) =
        rest.split_once('/').or((!rest.is_empty()).then_some((rest, "")))
    {
        match name {
            "cwd" => found = Some(if below.is_empty() { ".".to_owned() } else { below.to_owned() }),
            "root" => found = Some(format!("/{below}")),
            _ => {}
        }
        rest = below;
    }
    found
}

/// The beginning and the end of the names that a pattern fits, as far as it says them plainly.
fn like(name: &str, braces: bool) -> Option<(&str, &str)> {
    let starred = name.contains(['*', '?', '^', '#', '~']);
    let opened = |open, close| name.find(open).is_some_and(|at| name[at..].contains(close));
    let braced = || braces && name != "{}" && (opened('{', '}') || opened('(', ')'));
    if !starred && !opened('[', ']') && !braced() {
        return None;
    }
    let special = |char: char| "*?[]{}()!^#~|\\".contains(char);
    let begins = name.find(special)?;
    // What follows these is left out of what fits.
    let unsaid = name.contains(['^', '#', '~', '!']);
    let ends = if unsaid { None } else { name.rfind(special) };
    Some((&name[..begins], ends.map_or("", |at| &name[at + 1..])))
}
