//! Text of a size, like what a model writes: words, punctuation, code, and what has to be escaped.

use fastrand::Rng;

const WORDS: [&str; 32] = [
    "the",
    "session",
    "keeps",
    "a",
    "cursor",
    "which",
    "reader",
    "of",
    "events",
    "goes",
    "on",
    "from",
    "when",
    "it",
    "returns",
    "`fn main()`",
    "let",
    "value",
    "=",
    "is",
    "not",
    "\"quoted\"",
    "path/to/file.rs",
    "naïve",
    "–",
    "1024",
    "and",
    "so",
    "nothing",
    "gets",
    "lost.",
    "\n",
];

/// About `bytes` bytes of text, at least one word.
pub(crate) fn text(rng: &mut Rng, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 16);
    while text.len() < bytes.max(1) {
        text.push_str(WORDS[rng.usize(..WORDS.len())]);
        text.push(' ');
    }
    text
}

/// A text cut into pieces of about `bytes` bytes, as a model sends it.
pub(crate) fn pieces(text: &str, bytes: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, left) = rest.split_at(rest.ceil_char_boundary(bytes.min(rest.len())));
        pieces.push(piece);
        rest = left;
    }
    pieces
}

/// Letters and digits, as ids have them.
pub(crate) fn id(rng: &mut Rng, prefix: &str, length: usize) -> String {
    prefix.chars().chain(std::iter::repeat_with(|| rng.alphanumeric()).take(length)).collect()
}

/// A random UUID.
pub(crate) fn uuid(rng: &mut Rng) -> String {
    let [a, b] = [rng.u64(..), rng.u64(..)];
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}
