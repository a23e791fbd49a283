//! Rules about files, in the way of `.gitignore`.

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
    Name(Vec<Letter>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Letter {
    Char(char),
    One,
    Any,
}

/// Which files. A directory stands for all that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    anchor: Anchor,
    segments: Vec<Segment>,
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
        for name in rest.split('/') {
            segments.push(segment(name).map_err(|(index, why)| (at + index, why))?);
            at += name.chars().count() + 1;
        }
        Ok(Self { anchor, segments, inside })
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
    pub(super) fn fits(&self, path: &str, root: &str) -> bool {
        let names: Vec<&str> = match self.anchor {
            Anchor::Root => names_of(path),
            Anchor::Workspace | Anchor::AnyDepth => match below(path, root) {
                Some(names) => names,
                None => return false,
            },
        };
        let mut segments = self.segments.clone();
        if self.anchor == Anchor::AnyDepth {
            segments.insert(0, Segment::Deep);
        }
        let longest = if self.inside { names.len().saturating_sub(1) } else { names.len() };
        if self.inside && names.is_empty() {
            return false;
        }
        let shortest = usize::from(!names.is_empty());
        (shortest..=longest).any(|length| all_fit(&segments, &names[..length]))
    }
}

fn segment(name: &str) -> Result<Segment, (usize, &'static str)> {
    match name {
        "" => return Err((0, "a name is missing between `/`")),
        "." | ".." => return Err((0, "`.` and `..` are not followed in a rule")),
        "**" => return Ok(Segment::Deep),
        _ => {}
    }
    let mut letters = Vec::new();
    let mut chars = name.chars().enumerate().peekable();
    while let Some((at, char)) = chars.next() {
        letters.push(match char {
            '\\' => match chars.next() {
                Some((_, escaped)) => Letter::Char(escaped),
                None => return Err((at, "nothing follows `\\`")),
            },
            '*' if chars.peek().is_some_and(|(_, next)| *next == '*') => {
                return Err((at, "`**` has to be a whole name between `/`"));
            }
            '*' => Letter::Any,
            '?' => Letter::One,
            '[' | ']' | '{' | '}' => {
                return Err((at, "brackets and braces are not supported; `\\[` is the character"));
            }
            '!' if at == 0 => {
                return Err((at, "a rule is not negated; put one with another effect"));
            }
            '\0' => return Err((at, "a path has no NUL")),
            char => Letter::Char(char),
        });
    }
    Ok(Segment::Name(letters))
}

/// Whether the segments stand for the names. Takes time in the product of both lengths.
fn all_fit(segments: &[Segment], names: &[&str]) -> bool {
    // Which numbers of names the segments so far may stand for.
    let mut reached = vec![false; names.len() + 1];
    reached[0] = true;
    for segment in segments {
        match segment {
            Segment::Deep => {
                for at in 1..reached.len() {
                    reached[at] |= reached[at - 1];
                }
            }
            Segment::Name(letters) => {
                for at in (0..names.len()).rev() {
                    reached[at + 1] = reached[at] && name_fits(letters, names[at]);
                }
                reached[0] = false;
            }
        }
    }
    reached[names.len()]
}

fn name_fits(letters: &[Letter], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut seen, mut retry) = (0, 0, None);
    while seen < name.len() {
        match letters.get(at) {
            Some(Letter::Char(char)) if *char == name[seen] => (at, seen) = (at + 1, seen + 1),
            Some(Letter::One) => (at, seen) = (at + 1, seen + 1),
            Some(Letter::Any) => {
                retry = Some((at + 1, seen));
                at += 1;
            }
            _ => {
                let Some((after_star, start)) = retry else {
                    return false;
                };
                retry = Some((after_star, start + 1));
                (at, seen) = (after_star, start + 1);
            }
        }
    }
    letters[at..].iter().all(|letter| *letter == Letter::Any)
}

fn names_of(path: &str) -> Vec<&str> {
    path.split('/').filter(|name| !name.is_empty()).collect()
}

/// The names below a directory; none when the path is not in it.
fn below<'a>(path: &'a str, root: &str) -> Option<Vec<&'a str>> {
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
