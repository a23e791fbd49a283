//! Texts of agents, made fit for a terminal: nothing in them can move the cursor or pass for ours.

use maestro_core::text::visible;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// One line of printable text: white space becomes single spaces, and what would not be seen an escape.
pub(crate) fn plain(text: &str) -> String {
    let spaces = |c: char| matches!(c, ' ' | '\n' | '\r' | '\t');
    let words = text.split(spaces).filter(|word| !word.is_empty());
    words.map(visible).collect::<Vec<_>>().join(" ")
}

/// The first line that says something, as far as a line of history has room.
pub(crate) fn first_line(text: &str) -> String {
    let mut lines = text.lines().map(plain).filter(|line| !line.is_empty());
    let Some(mut line) = lines.next() else {
        return String::new();
    };
    if lines.next().is_some() {
        line.push_str(" …");
    }
    head(&line, 110)
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of a text, in at most so many columns.
pub(crate) fn head(text: &str, columns: usize) -> String {
    cut(text.chars(), text, columns).map_or_else(
        || text.to_owned(),
        |mut kept| {
            if columns > 0 {
                kept.push('…');
            }
            kept
        },
    )
}

/// The end of a text, in at most so many columns.
pub(crate) fn tail(text: &str, columns: usize) -> String {
    cut(text.chars().rev(), text, columns).map_or_else(
        || text.to_owned(),
        |kept| {
            let dots = if columns > 0 { "…" } else { "" };
            dots.chars().chain(kept.chars().rev()).collect()
        },
    )
}

/// What of `chars` fits beside the dots; none when the whole text does without.
fn cut(chars: impl Iterator<Item = char>, text: &str, columns: usize) -> Option<String> {
    if width(text) <= columns {
        return None;
    }
    let mut room = columns.saturating_sub(1);
    Some(
        chars
            .take_while(|c| {
                let wide = c.width().unwrap_or(0);
                let fits = wide <= room;
                room = room.saturating_sub(wide);
                fits
            })
            .collect(),
    )
}

/// A text, filled with spaces to so many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `1 file`, `2 files`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_move_the_cursor_is_an_escape() {
        assert_eq!(
            plain("a\u{1b}[2Jb\r\n\tc\u{7} \u{202e}d \u{1} e"),
            r"a\u{1b}[2Jb c\u{7} \u{202e}d \u{1} e"
        );
        assert_eq!(plain(" \n "), "");
    }

    #[test]
    fn cuts_are_by_columns_and_never_too_wide() {
        assert_eq!(head("hello", 5), "hello");
        assert_eq!(head("hello", 4), "hel…");
        assert_eq!(tail("hello", 4), "…llo");
        assert_eq!(head("日本語", 4), "日…");
        assert_eq!(tail("日本語", 4), "…語");
        for columns in 0..12 {
            for text in ["hello world", "日本語日本語", "a日b本c", "👩‍👩‍👧 family"]
            {
                assert!(width(&head(text, columns)) <= columns, "{text} {columns}");
                assert!(width(&tail(text, columns)) <= columns, "{text} {columns}");
            }
        }
    }

    #[test]
    fn the_first_line_says_that_there_are_more() {
        assert_eq!(first_line("\n one\n"), "one");
        assert_eq!(first_line("one\ntwo"), "one …");
    }
}
