//! Secrets in what agents say.

use maestro_core::model::Secret;
use maestro_core::secret::{Redactor, Tail};

use super::chosen;

/// Looks like a key, and is none.
const KEY: &str = "sk-ant-test-Zq3vX81mPb0nLw7cTa5Rk9Yd2Hs6Gf4Je";

/// A key that stands anywhere in a text is not shown, whole or in pieces.
pub fn target(data: &[u8]) {
    let (size, data) = chosen(data);
    let text = String::from_utf8_lossy(data);
    let at = text.char_indices().map(|(at, _)| at).nth(size).unwrap_or(text.len());
    let text = format!("{}{KEY}{}", &text[..at], &text[at..]);
    let secret = Secret::new(KEY);
    let redactor = Redactor::new([("KEY", &secret)]);
    assert!(!redactor.redact(&text).contains(KEY), "{text:?}");
    let mut tail = Tail::default();
    let mut shown = String::new();
    let letters: Vec<char> = text.chars().collect();
    for piece in letters.chunks(1 + size % 11) {
        shown += &tail.push(&redactor, &piece.iter().collect::<String>());
    }
    shown += &tail.finish(&redactor);
    assert!(!shown.contains(KEY), "{text:?}");
}
