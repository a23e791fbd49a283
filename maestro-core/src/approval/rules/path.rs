//! Rules about files, in the way of `.gitignore`.

use super::Touch;
use super::fold::fold;
use super::meter::Meter;
use super::target::{Name, Target};
use super::wildcard::{Piece, Wildcard};

/// What a pattern begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    /// The root of the file system: `//etc/hosts`.
    Root,
    /// The workspace: `src/**`, `./src`, `/src`.
    Workspace,
    /// Any directory in the workspace: `*.rs`.
    AnyDepth,
}

/// What one name of a path may be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// `**`: any names, also none.
    Deep,
    /// A name with `*` and `?`.
    Name(Wildcard),
}

/// Which files. A directory stands for all that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    anchor: Anchor,
    segments: Vec<Segment>,
    /// The same in the way that denying compares.
    folded: Vec<Segment>,
    /// It ends with `/`: only what is in such a directory.
    inside: bool,
}

impl PathPattern {
    /// # Errors
    /// Where in the text it is wrong, counted in characters from 0, and why.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        if text.starts_with('~') {
            return Err((0, "a home directory is not known here; write `//home/…` instead"));
        }
        let (anchor, rest, mut at) = if let Some(rest) = text.strip_prefix("//") {
            (Anchor::Root, rest, 2)
        } else if let Some(rest) = text.strip_prefix("./") {
            (Anchor::Workspace, rest, 2)
        } else if let Some(rest) = text.strip_prefix('/') {
            (Anchor::Workspace, rest, 1)
        } else if text.trim_end_matches('/').contains('/') {
            (Anchor::Workspace, text, 0)
        } else {
            (Anchor::AnyDepth, text, 0)
        };
        let (rest, inside) = match rest.strip_suffix('/') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let mut segments = Vec::new();
        if anchor == Anchor::AnyDepth {
            segments.push(Segment::Deep);
        }
        for name in rest.split('/') {
            segments.push(segment(name).map_err(|(index, why)| (at + index, why))?);
            at += name.chars().count() + 1;
        }
        let folded = segments.iter().map(|segment| match segment {
            Segment::Deep => Segment::Deep,
            Segment::Name(name) => Segment::Name(name.folded(fold)),
        });
        let folded = folded.collect();
        Ok(Self { anchor, segments, folded, inside })
    }

    /// Writes a path so that it stands for itself and what is in it.
    pub(super) fn escape(path: &str) -> String {
        let mut escaped = String::new();
        for char in path.chars() {
            if matches!(char, '*' | '?' | '[' | ']' | '{' | '}' | '!' | '\\') {
                escaped.push('\\');
            }
            escaped.push(char);
        }
        escaped
    }

    /// Whether a path fits. Both are absolute and normalised.
    pub(super) fn fits(&self, path: &str, root: &str, meter: &Meter) -> bool {
        let names = match self.anchor {
            Anchor::Root => Some(names_of(path)),
            Anchor::Workspace | Anchor::AnyDepth => below(path, root),
        };
        names.is_some_and(|names| self.stands_for(&names, &reach(&self.segments, &names, meter)))
    }

    fn stands_for(&self, names: &[&str], reached: &[bool]) -> bool {
        let longest = if self.inside { names.len().checked_sub(1) } else { Some(names.len()) };
        let shortest = usize::from(!names.is_empty());
        longest.is_some_and(|longest| {
            (shortest..=longest).any(|length| reached.get(length) == Some(&true))
        })
    }

    /// Whether the pattern is the path itself, without any star, and no directory above it.
    pub(super) fn is(&self, path: &str, root: &str) -> bool {
        let names = match self.anchor {
            Anchor::Root => Some(names_of(path)),
            Anchor::Workspace | Anchor::AnyDepth => below(path, root),
        };
        let segments = match self.segments.as_slice() {
            [Segment::Deep, rest @ ..] if self.anchor == Anchor::AnyDepth => rest,
            segments => segments,
        };
        let literal = |segment: &Segment| match segment {
            Segment::Deep => None,
            Segment::Name(name) => name.literal(),
        };
        !self.inside
            && names.is_some_and(|names| {
                segments.len() == names.len()
                    && segments.iter().zip(&names).all(|(segment, name)| {
                        literal(segment).is_some_and(|literal| literal == *name)
                    })
            })
    }

    /// Whether a target may fit. With `tree` the call is about all that is below it as well, so what a
    /// pattern means there is touched perhaps. The root is folded.
    pub(super) fn touches(
        &self,
        target: &Target<'_>,
        root: &str,
        tree: bool,
        meter: &Meter,
    ) -> Touch {
        let names = &target.names;
        let above: Vec<&str> =
            if self.anchor == Anchor::Root { Vec::new() } else { names_of(root) };
        let mut row = Row::new(names, meter);
        for wanted in &above {
            row.step_name(|name| name.may_be(wanted));
        }
        for segment in &self.folded {
            match segment {
                Segment::Deep => row.step_deep(),
                Segment::Name(wildcard) => row.step_name(|name| match name {
                    Name::Plain(text) => wildcard.fits(text, meter),
                    Name::Ending(text) => wildcard.fits_end(text, meter),
                    Name::Like(begins, ends) => wildcard.meets(begins, ends, meter),
                    Name::Deep => true,
                }),
            }
        }
        let longest = if self.inside { names.len().checked_sub(1) } else { Some(names.len()) };
        let shortest = if names.len() > above.len() { above.len() + 1 } else { above.len() };
        let fits = longest.is_some_and(|longest| {
            row.reached.get(shortest..=longest).is_some_and(|reached| reached.contains(&true))
        });
        match () {
            () if fits && target.is_sure() => Touch::Yes,
            () if fits || target.depends || (tree && row.begun) => Touch::Perhaps,
            () => Touch::No,
        }
    }
}

/// How many names of a target the segments so far may stand for.
struct Row<'a> {
    names: &'a [Name<'a>],
    reached: Vec<bool>,
    /// Whether some of the segments, but not all, may stand for all of the names.
    begun: bool,
    meter: &'a Meter,
}

impl<'a> Row<'a> {
    fn new(names: &'a [Name<'a>], meter: &'a Meter) -> Self {
        let mut reached = vec![false; names.len() + 1];
        reached[0] = true;
        let mut row = Self { names, reached, begun: false, meter };
        row.skip_deep();
        row
    }

    /// `**` of the target also stands for no name.
    fn skip_deep(&mut self) {
        for (at, name) in self.names.iter().enumerate() {
            self.reached[at + 1] |= self.reached[at] && *name == Name::Deep;
        }
    }

    fn begin(&mut self) {
        self.meter.add(self.reached.len());
        self.begun |= self.reached[self.names.len()];
    }

    fn step_deep(&mut self) {
        self.begin();
        for at in 1..self.reached.len() {
            self.reached[at] |= self.reached[at - 1];
        }
        self.begin();
    }

    fn step_name(&mut self, fits: impl Fn(Name<'_>) -> bool) {
        self.begin();
        let mut next = vec![false; self.reached.len()];
        for (at, name) in self.names.iter().enumerate().filter(|(at, _)| self.reached[*at]) {
            match name {
                // Of several names that `**` stands for this is one.
                Name::Deep => next[at] = true,
                name => next[at + 1] = fits(*name),
            }
        }
        self.reached = next;
        self.skip_deep();
    }
}

fn segment(name: &str) -> Result<Segment, (usize, &'static str)> {
    match name {
        "" => return Err((0, "a name is missing between `/`")),
        "." | ".." => return Err((0, "`.` and `..` are not followed in a rule")),
        "**" => return Ok(Segment::Deep),
        _ => {}
    }
    let mut pieces = Vec::new();
    let mut chars = name.chars().enumerate().peekable();
    while let Some((at, char)) = chars.next() {
        pieces.push(match char {
            '\\' => match chars.next() {
                Some((_, escaped)) => Piece::Char(escaped),
                None => return Err((at, "nothing follows `\\`")),
            },
            '*' if chars.peek().is_some_and(|(_, next)| *next == '*') => {
                return Err((at, "`**` has to be a whole name between `/`"));
            }
            '*' => Piece::Any,
            '?' => Piece::One,
            '[' | ']' | '{' | '}' => {
                return Err((at, "brackets and braces are not supported; `\\[` is the character"));
            }
            '!' if at == 0 => {
                return Err((at, "a rule is not negated; put one with another effect"));
            }
            '\0' => return Err((at, "a path has no NUL")),
            char => Piece::Char(char),
        });
    }
    Ok(Segment::Name(Wildcard::new(pieces)))
}

/// Which numbers of names all of the segments may stand for. Takes time in the product of both lengths.
fn reach(segments: &[Segment], names: &[&str], meter: &Meter) -> Vec<bool> {
    // Which numbers of names the segments so far may stand for.
    let mut reached = vec![false; names.len() + 1];
    reached[0] = true;
    for segment in segments {
        meter.add(reached.len());
        match segment {
            Segment::Deep => {
                for at in 1..reached.len() {
                    reached[at] |= reached[at - 1];
                }
            }
            Segment::Name(name) => {
                for at in (0..names.len()).rev() {
                    reached[at + 1] = reached[at] && name.fits(names[at], meter);
                }
                reached[0] = false;
            }
        }
    }
    reached
}

pub(super) fn names_of(path: &str) -> Vec<&str> {
    path.split('/').filter(|name| !name.is_empty()).collect()
}

/// The names below a directory; none when the path is not in it.
pub(super) fn below<'a>(path: &'a str, root: &str) -> Option<Vec<&'a str>> {
    let (names, root) = (names_of(path), names_of(root));
    names.starts_with(&root).then(|| names[root.len()..].to_vec())
}

/// An absolute path without `.` and `..`, without looking at links.
pub(super) fn normalise(path: &str, root: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{root}/{path}") };
    let mut names: Vec<&str> = Vec::new();
    for name in whole.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

/// The path below a directory, for a rule about it.
pub(super) fn is_below(path: &str, root: &str) -> bool {
    below(path, root).is_some()
}
