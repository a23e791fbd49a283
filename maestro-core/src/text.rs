//! Text of others, made fit to be shown to a person who decides by it.
//!
//! What an agent writes may hold characters that move a terminal's cursor, change what was printed
//! before, reach the clipboard, turn the direction of writing or show nothing at all. Here each of them
//! becomes a visible escape: nothing is dropped, so nothing is hidden.
//!
//! ```
//! use maestro_core::text;
//!
//! assert_eq!(text::visible("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
//! assert_eq!(text::one_line("ls\nrm x"), "ls\\nrm x");
//! assert_eq!(text::cut("abcdef", 3), "abc… (3 more characters)");
//! ```

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

/// The fields of a tool's input that say what it does, and to what, most telling first. A description
/// is none of them: the model writes it as it likes.
pub const TELLING: [&str; 10] = [
    "command",
    "file_path",
    "notebook_path",
    "path",
    "url",
    "pattern",
    "query",
    "skill",
    "prompt",
    "subagent_type",
];

/// Fields of an input that are shown beside the telling ones; how many more there are is said.
const OTHER_FIELDS: usize = 40;

/// Whether a character is shown as an escape: controls, marks of direction, what has no width, other
/// separators of lines, and tags. Line breaks and tabs are not meant. What chooses the look of an emoji
/// (U+FE0F) is; the functions below leave it where it stands behind one.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with an escape for each character that would not be seen. Line breaks and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// The same of bytes: what is no UTF-8 is an escape by its number, as `\x9b`.
pub fn visible_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        out.push_str(&visible(chunk.valid()));
        for byte in chunk.invalid() {
            // Nothing fails that writes into a string.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// The same as one line: line breaks and tabs are escapes too, and so is what only looks like a space.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_hidden(c) || is_odd_space(c))
}

/// White space, or what looks like it, that is no space.
fn is_odd_space(c: char) -> bool {
    c == '\u{2800}' || c != ' ' && c.is_whitespace()
}

/// The same as one line of at most so many characters, which says how many are left out.
pub fn cut(text: &str, most: usize) -> String {
    let line = one_line(text);
    match line.char_indices().nth(most) {
        None => line.into_owned(),
        Some((end, _)) => {
            let more = line[end..].chars().count();
            format!("{}… ({more} more characters)", &line[..end])
        }
    }
}

/// What a call would do, as lines of at most so many characters: its [`TELLING`] fields first, whatever
/// order the model wrote them in, then the others by name.
pub fn input(input: &Value, most: usize) -> Vec<String> {
    let Some(fields) = input.as_object() else {
        return if input.is_null() { Vec::new() } else { vec![cut(&input.to_string(), most)] };
    };
    let telling = TELLING.iter().filter_map(|&key| Some((key, fields.get(key)?)));
    let mut others: Vec<_> = fields.iter().map(|(key, value)| (key.as_str(), value)).collect();
    others.retain(|(key, _)| !TELLING.contains(key));
    others.sort_unstable_by_key(|(key, _)| *key);
    let line = |(key, value): (&str, &Value)| {
        let value = value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed);
        format!("{}: {}", cut(key, 40), cut(&value, most))
    };
    let more = others.len().saturating_sub(OTHER_FIELDS);
    others.truncate(OTHER_FIELDS);
    let more = (more > 0).then(|| format!("… ({more} more fields)"));
    telling.chain(others).map(line).chain(more).collect()
}

fn escaped(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '\u{fe0f}' if !before.is_ascii() && !hidden(before) => out.push(c),
            '\n' if hidden(c) => out.push_str("\\n"),
            '\t' if hidden(c) => out.push_str("\\t"),
            c if hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
        before = c;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_would_not_be_seen_is_an_escape() {
        for hidden in [
            "\u{1b}]52;c;aGk=\u{7}",
            "\r",
            "\u{8}",
            "\u{9b}2J",
            "\u{85}",
            "\u{202e}",
            "\u{2066}",
            "\u{61c}",
            "\u{200b}",
            "\u{200d}",
            "\u{feff}",
            "\u{2028}",
            "\u{2029}",
            "\u{ad}",
            "\u{3164}",
            "\u{e0041}",
            "\u{e0100}",
            "\u{fe00}",
            "\u{fe0f}",
        ] {
            let shown = visible(hidden);
            assert!(shown.starts_with("\\u{"), "{shown}");
            assert!(!shown.contains(is_hidden));
            assert_eq!(visible_bytes(hidden.as_bytes()), shown);
        }
        assert_eq!(visible("a\u{fe0f}⚠\u{fe0f}\u{fe0f}"), "a\\u{fe0f}⚠\u{fe0f}\\u{fe0f}");
        assert_eq!(visible_bytes(b"a\x9b2J\xff\r\n\xc3\xa4"), "a\\x9b2J\\xff\\u{d}\nä");
        assert_eq!(visible("a\n\tä日本語👩 \\n"), "a\n\tä日本語👩 \\n");
        assert_eq!(one_line("a\n\tb"), "a\\n\\tb");
        assert_eq!(one_line("rm\u{a0}a\u{3000}\u{2800}b c"), "rm\\u{a0}a\\u{3000}\\u{2800}b c");
    }

    #[test]
    fn the_fields_that_matter_come_first_and_cuts_are_seen() {
        let shown = input(
            &json!({ "description": "Harmless", "a": [1], "command": "x".repeat(9), "timeout": 1 }),
            4,
        );
        let expected = [
            "command: xxxx… (5 more characters)",
            "a: [1]",
            "description: Harm… (4 more characters)",
            "timeout: 1",
        ];
        assert_eq!(shown, expected);
        let many: serde_json::Map<_, _> = (0..50)
            .map(|n| (format!("a{n:02}"), json!("\n")))
            .chain([("url".into(), json!("x"))])
            .collect();
        let shown = input(&many.into(), 9);
        assert_eq!(shown.len(), 42);
        assert_eq!(shown[0], "url: x");
        assert_eq!(shown[1], "a00: \\n");
        assert_eq!(shown[41], "… (10 more fields)");
        assert_eq!(input(&json!(null), 9), [""; 0]);
        assert_eq!(input(&json!("a\u{1b}"), 20), ["\"a\\u001b\""]);
    }
}
