//! JSON that the CLI writes and a strict reader refuses, made readable. Nothing here recurses, so the
//! depth of a line costs no stack.
//!
//! The CLI is written in JavaScript: its texts may hold half of a surrogate pair, and its values may
//! nest as deep as the model likes. A message like that is a message all the same, and may be a
//! question that somebody has to answer.
//!
//! | in the line | what is read |
//! |---|---|
//! | half of a surrogate pair, in a text or a key | U+FFFD |
//! | a value below [`MAX_DEPTH`] | its text, verbatim |
//! | a number that no `f64` can hold, or a word that is no JSON | its text, verbatim |
//! | a control character in a text | the character |
//! | an escape that JSON does not know | the escape, as text |
//! | a key twice | the last, as JavaScript reads it |
//! | a byte order mark | nothing |

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Number, Value};

/// How deep the values of a message may nest: 64. What a message holds goes into records that nest it
/// further, and readers of these, in any language, take 128 or more.
pub(super) const MAX_DEPTH: usize = 64;

/// A piece of a line with where it begins. A text has its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Open,
    Close,
    Text(&'a str),
    Word(&'a str),
    /// `:` or `,`.
    Sign(u8),
}

/// The tokens of a line. Ends early where a text is not closed.
struct Tokens<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (usize, Token<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.line.as_bytes();
        while is_space(*bytes.get(self.at)?) {
            self.at += 1;
        }
        let start = self.at;
        let token = match bytes[start] {
            b'{' | b'[' => Token::Open,
            b'}' | b']' => Token::Close,
            sign @ (b':' | b',') => Token::Sign(sign),
            b'"' => {
                let mut end = start + 1;
                loop {
                    end += memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
                    if bytes[end] == b'"' {
                        break;
                    }
                    end += 2;
                }
                self.at = end + 1;
                return Some((start, Token::Text(&self.line[start..=end])));
            }
            _ => {
                let ends = |byte: &u8| is_space(*byte) || b"{}[]:,\"".contains(byte);
                let length = bytes[start..].iter().position(ends);
                let end = length.map_or(bytes.len(), |length| start + length);
                self.at = end;
                return Some((start, Token::Word(&self.line[start..end])));
            }
        };
        self.at += 1;
        Some((start, token))
    }
}

/// Between tokens; a control character there says nothing.
fn is_space(byte: u8) -> bool {
    byte <= b' '
}

fn tokens(line: &str) -> Tokens<'_> {
    Tokens { line, at: 0 }
}

/// Whether a line may nest deeper than records can hold. Most have too few brackets for that.
pub(super) fn is_deep(line: &str) -> bool {
    let brackets = memchr::memchr2_iter(b'{', b'[', line.as_bytes());
    if brackets.take(MAX_DEPTH + 1).count() <= MAX_DEPTH {
        return false;
    }
    let mut depth = 0_usize;
    tokens(line).any(|(_, token)| {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })
}

/// Reads a value, strictly where that is possible.
pub(super) fn value(line: &str) -> Option<Value> {
    let strict = if is_deep(line) { None } else { serde_json::from_str(line).ok() };
    strict.or_else(|| serde_json::from_str(&readable(line)).ok())
}

/// A text with its quotes, decoded.
pub(super) fn text(quoted: &str) -> Option<Cow<'_, str>> {
    if let Some(plain) = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'))
        && memchr::memchr(b'\\', plain.as_bytes()).is_none()
    {
        return Some(Cow::Borrowed(plain));
    }
    let strict = serde_json::from_str::<String>(quoted);
    strict.or_else(|_| serde_json::from_str(&readable(quoted))).ok().map(Cow::Owned)
}

/// The texts of a line with their quotes, keys among them, in their order.
pub(super) fn texts(line: &str) -> impl Iterator<Item = &str> {
    tokens(line).filter_map(|(_, token)| match token {
        Token::Text(text) => Some(text),
        _ => None,
    })
}

/// A line in which some texts are replaced: `other` gives what stands for one, both with quotes.
pub(super) fn replaced<'a>(line: &str, other: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut out = String::with_capacity(line.len());
    let mut done = 0;
    for (start, token) in tokens(line) {
        if let Token::Text(text) = token
            && let Some(other) = other(text)
        {
            out.push_str(&line[done..start]);
            out.push_str(other);
            done = start + text.len();
        }
    }
    out.push_str(&line[done..]);
    out
}

/// The value at a path of keys, verbatim; of a key that is there twice, the last. Found also in a line
/// that is no JSON, or of which the rest is missing.
pub(super) fn find<'a>(line: &'a str, path: &[&str]) -> Option<&'a str> {
    let mut found = None;
    let mut depth = 0_usize;
    // How many of the values around lie on the path; where the wanted one begins.
    let mut on_path = 1_usize;
    let mut begins = None;
    let (mut last, mut matches) = (None, false);
    for (start, token) in tokens(line) {
        let here = depth > 0 && depth == on_path && matches;
        let wanted = here && depth == path.len();
        match token {
            Token::Open => {
                if wanted {
                    begins = Some(start);
                } else if here {
                    on_path += 1;
                }
                depth += 1;
                matches = false;
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                if depth == path.len()
                    && let Some(begins) = begins.take()
                {
                    found = Some(&line[begins..=start]);
                }
                on_path = on_path.min(depth.max(1));
                matches = false;
            }
            Token::Text(text) | Token::Word(text) if wanted => found = Some(text),
            Token::Text(text) => last = Some(text),
            Token::Sign(b':') if depth == on_path => {
                let key = last.take().and_then(self::text);
                matches = key.is_some_and(|key| path.get(depth - 1) == Some(&&*key));
            }
            Token::Sign(_) => {
                last = None;
                matches &= depth != on_path;
            }
            Token::Word(_) => {}
        }
    }
    found
}

/// A line as a strict reader takes it. What is no JSON at all stays none.
pub(super) fn readable(line: &str) -> String {
    let line = line.trim_start_matches(|c: char| c == '\u{feff}' || c <= ' ');
    let mut out = String::with_capacity(line.len() + line.len() / 8);
    let mut depth = 0_usize;
    let mut deep = None;
    for (start, token) in tokens(line) {
        match token {
            Token::Open => {
                depth += 1;
                if depth > MAX_DEPTH {
                    deep.get_or_insert(start);
                    continue;
                }
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                if depth > MAX_DEPTH {
                    continue;
                }
                if depth == MAX_DEPTH
                    && let Some(from) = deep.take()
                {
                    quote(&line[from..=start], &mut out);
                    continue;
                }
            }
            _ if deep.is_some() => continue,
            _ => {}
        }
        match token {
            Token::Text(text) => rewrite(text, &mut out),
            Token::Word(word) if is_known(word) => out.push_str(word),
            Token::Word(word) => quote(word, &mut out),
            Token::Open | Token::Close | Token::Sign(_) => {
                out.push(char::from(line.as_bytes()[start]));
            }
        }
    }
    out
}

fn is_known(word: &str) -> bool {
    matches!(word, "true" | "false" | "null") || serde_json::from_str::<Number>(word).is_ok()
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

/// Copies a text with its quotes, in which every escape becomes one that stands for a character.
fn rewrite(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '\\' || c.is_ascii_control()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = match rest.as_bytes() {
            [b'\\', b'u', ..] => match (unit(rest), rest.get(6..).and_then(unit)) {
                (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
                (Some(0xd800..=0xdfff), _) => {
                    out.push('\u{fffd}');
                    rest = &rest[6..];
                    continue;
                }
                (Some(_), _) => 6,
                (None, _) => 0,
            },
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'\\', ..] => 0,
            [control, ..] => {
                // Writing to a text does not fail.
                let _ = write!(out, "\\u{control:04x}");
                rest = &rest[1..];
                continue;
            }
            [] => break,
        };
        if taken == 0 {
            out.push_str(r"\\");
            rest = &rest[1..];
        } else {
            out.push_str(&rest[..taken]);
            rest = &rest[taken..];
        }
    }
    out.push_str(rest);
}

/// The unit of UTF-16 that a text begins with as `\uXXXX`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(r"\u")?.get(..4)?;
    let digits = Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}
