//! Takes secrets out of text.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use zeroize::Zeroizing;

use super::forms::{Form, forms};
use crate::error::{Error, ErrorInfo};
use crate::model::Secret;

/// Text that may have been changed.
pub type Redacted<'a> = Cow<'a, str>;

/// Takes the secrets of one process out of everything that it says.
///
/// # Contract
/// - Each secret of at least [`MIN_BYTES`](Self::MIN_BYTES) is found as it is, escaped for JSON (once
///   and twice), percent-encoded, in hexadecimal, and in base64 of any text that holds it, also
///   where line breaks cut the text. A run of 16 characters of one of these is enough.
/// - What is found becomes `[redacted:NAME]`, which changes neither the validity nor the structure of
///   a JSON text.
/// - Text without a secret costs one search and no copy.
///
/// What is encrypted, compressed, spelled or turned around is not found.
pub struct Redactor {
    /// What it was made of.
    given: Vec<(String, Secret)>,
    names: Vec<String>,
    forms: Vec<(usize, Form)>,
    /// Finds a piece of a form; what is around it decides.
    pieces: Option<AhoCorasick>,
    /// For each piece, the forms that have it, and where.
    homes: Vec<Vec<(usize, usize)>>,
    longest: usize,
}

/// A place in a text that shows a secret.
#[derive(Debug)]
struct Found {
    at: Range<usize>,
    name: usize,
}

impl Redactor {
    /// Shorter values are left alone: they would be found in innocent text.
    pub const MIN_BYTES: usize = 8;
    /// How much of a form is enough to be taken for it.
    const ENOUGH: usize = 16;

    /// A redactor of named secrets. Names are written in their place, as `A-Z a-z 0-9 _ - .` only.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a Secret)>) -> Self {
        let (mut given, mut names, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for (name, secret) in secrets {
            given.push((name.to_owned(), secret.clone()));
            if secret.expose().len() < Self::MIN_BYTES {
                continue;
            }
            let safe = |c: &char| c.is_ascii_alphanumeric() || "_-.".contains(*c);
            names.push(name.chars().filter(safe).collect());
            let forms = forms(secret.expose()).into_iter();
            all.extend(forms.map(|form| (names.len() - 1, form)));
        }
        let mut homes: Vec<Vec<(usize, usize)>> = Vec::new();
        let mut pieces: Vec<Zeroizing<Vec<u8>>> = Vec::new();
        for (number, (_, form)) in all.iter().enumerate() {
            let bytes = form.as_bytes();
            let size = (bytes.len() / 2).clamp(Self::MIN_BYTES, Self::ENOUGH).min(bytes.len());
            // Two that do not overlap, so that one line break leaves one of them; and the middle.
            for at in [0, bytes.len() - size, (bytes.len() - size) / 2] {
                let piece = Zeroizing::new(bytes[at..at + size].to_vec());
                let known = pieces.iter().position(|known| *known == piece);
                let place = known.unwrap_or_else(|| {
                    pieces.push(piece);
                    homes.push(Vec::new());
                    homes.len() - 1
                });
                homes[place].push((number, at));
            }
        }
        let longest = all.iter().map(|(_, form)| form.len()).max().unwrap_or(0);
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            // Of the kind that is taken by default, one secret fills 38 KiB.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(pieces.iter().map(|piece| piece.as_slice()));
        // It fails only for more patterns than any process has.
        let pieces = built.ok().filter(|_| !homes.is_empty());
        Self { given, names, forms: all, pieces, homes, longest }
    }

    /// Whether it takes out just these.
    pub(super) fn is_of(&self, secrets: &[(String, Secret)]) -> bool {
        self.given == secrets
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_none()
    }

    /// The text without secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Redacted<'a> {
        let found = self.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(self.without(text, &found))
    }

    /// The text without secrets, where it may end within one.
    pub fn redact_cut<'a>(&self, text: &'a str) -> Redacted<'a> {
        let mut found = self.find(text);
        if let Some((start, name)) = self.unfinished(text, &found)
            && text.len() - start >= Self::MIN_BYTES
        {
            found.retain(|found| found.at.start < start);
            found.push(Found { at: start..text.len(), name });
        }
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(self.without(text, &found)) }
    }

    /// An error without secrets, as data: what it was caused by becomes part of its message.
    pub fn error_info(&self, mut info: ErrorInfo) -> ErrorInfo {
        let clean = |text: &mut String| {
            if let Cow::Owned(redacted) = self.redact(text) {
                *text = redacted;
            }
        };
        clean(&mut info.message);
        info.context.iter_mut().for_each(|(_, value)| clean(value));
        info
    }

    /// An error without secrets. One that holds none is given back as it is.
    pub fn error(&self, error: Error) -> Error {
        if self.is_empty() || matches!(self.redact(&error.to_string()), Cow::Borrowed(_)) {
            return error;
        }
        self.error_info(error.info()).into()
    }

    fn without(&self, text: &str, found: &[Found]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for Found { at, name } in found {
            out.push_str(&text[from..at.start]);
            out.push_str("[redacted:");
            out.push_str(&self.names[*name]);
            out.push(']');
            from = at.end;
        }
        out.push_str(&text[from..]);
        out
    }

    fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        let Some(pieces) = &self.pieces else {
            return found;
        };
        let bytes = text.as_bytes();
        let mut from = 0;
        while from < bytes.len() {
            let input = aho_corasick::Input::new(bytes).range(from..);
            let Some(hit) = pieces.find(input) else {
                break;
            };
            let runs = self.homes[hit.pattern().as_usize()].iter().filter_map(|(form, at)| {
                let (name, form) = &self.forms[*form];
                let run = run(bytes, hit.range(), form.as_bytes(), *at, from);
                let enough = run.matched >= form.len().min(Self::ENOUGH);
                enough.then_some((run.at, *name))
            });
            let Some((at, name)) = runs.max_by_key(|(at, _)| at.len()) else {
                // The beginning of many secrets is the same, and is none.
                from = hit.start() + 1;
                continue;
            };
            let start = text.floor_char_boundary(after_escape(bytes, at.start));
            let at = start..text.ceil_char_boundary(at.end);
            from = at.end;
            found.push(Found { at, name });
        }
        found
    }

    /// Where a secret begins that goes on after the end of the text, and whose it is.
    fn unfinished(&self, text: &str, found: &[Found]) -> Option<(usize, usize)> {
        let bytes = text.as_bytes();
        // Twice, for the line breaks.
        let window = bytes.len().saturating_sub(self.longest * 2);
        (window..bytes.len()).find_map(|start| {
            if found.iter().any(|found| found.at.start < start && start < found.at.end) {
                return None;
            }
            let begun = |form: &[u8]| {
                form.first() == bytes.get(start) && {
                    let ahead = forwards(bytes, start, form);
                    ahead.seen == bytes.len() && ahead.matched < form.len()
                }
            };
            let (name, _) = self.forms.iter().find(|(_, form)| begun(form.as_bytes()))?;
            Some((start, *name))
        })
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("names", &self.names).finish_non_exhaustive()
    }
}

/// The end of a text that comes in pieces, kept back as long as it may be the beginning of a secret.
#[derive(Debug, Default)]
pub struct Tail {
    held: Zeroizing<String>,
}

impl Tail {
    /// Takes a piece, and gives what can be shown by now.
    pub fn push(&mut self, redactor: &Redactor, piece: &str) -> String {
        let text = if self.held.is_empty() {
            Zeroizing::new(piece.to_owned())
        } else {
            Zeroizing::new(format!("{}{piece}", *self.held))
        };
        let mut found = redactor.find(&text);
        let end = redactor.unfinished(&text, &found).map_or(text.len(), |(start, _)| start);
        found.retain(|found| found.at.start < end);
        let shown = redactor.without(&text[..end], &found);
        self.held = Zeroizing::new(text[end..].to_owned());
        shown
    }

    /// Gives what is left: nothing follows.
    pub fn finish(&mut self, redactor: &Redactor) -> String {
        let held = std::mem::take(&mut self.held);
        redactor.redact_cut(&held).into_owned()
    }
}

/// A stretch of a text that agrees with a form.
struct Run {
    at: Range<usize>,
    /// How many bytes of the form it holds.
    matched: usize,
}

/// The stretch around a piece that is `at` in the form, not before `from`.
fn run(text: &[u8], hit: Range<usize>, form: &[u8], at: usize, from: usize) -> Run {
    let ahead = forwards(text, hit.start, &form[at..]);
    let (start, before) = backwards(&text[from..hit.start], &form[..at]);
    Run { at: from + start..ahead.end, matched: before + ahead.matched }
}

/// How far a text agrees with a form.
struct Ahead {
    /// Where the last byte that agrees ends.
    end: usize,
    /// The same, with the line breaks behind it.
    seen: usize,
    /// How many bytes of the form agree.
    matched: usize,
}

fn forwards(text: &[u8], start: usize, form: &[u8]) -> Ahead {
    let mut ahead = Ahead { end: start, seen: start, matched: 0 };
    while ahead.matched < form.len() && ahead.seen < text.len() {
        if text[ahead.seen] == form[ahead.matched] {
            ahead.matched += 1;
            ahead.seen += 1;
            ahead.end = ahead.seen;
        } else {
            match BREAKS.iter().find(|mark| text[ahead.seen..].starts_with(mark)) {
                None => break,
                Some(mark) => ahead.seen += mark.len(),
            }
        }
    }
    ahead
}

/// How far a text agrees with a form backwards from both ends: where that begins, and how much of
/// the form.
fn backwards(text: &[u8], form: &[u8]) -> (usize, usize) {
    let (mut at, mut matched) = (text.len(), 0);
    let mut behind = text.len();
    while matched < form.len() && behind > 0 {
        // First, since the `n` of an escaped break may be what the form has there.
        if let Some(mark) = BREAKS.iter().find(|mark| text[..behind].ends_with(mark)) {
            behind -= mark.len();
        } else if text[behind - 1] == form[form.len() - 1 - matched] {
            matched += 1;
            behind -= 1;
            at = behind;
        } else {
            break;
        }
    }
    (at, matched)
}

/// The place itself, or the one behind it where it is the second half of an escape: half an escape
/// would make a JSON text invalid.
fn after_escape(text: &[u8], at: usize) -> usize {
    let slashes = text[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
    at + slashes % 2
}

/// Line breaks, as they are and as JSON has them, also twice. Longest first.
const BREAKS: [&[u8]; 6] = [br"\\n", br"\\r", br"\n", br"\r", b"\n", b"\r"];
