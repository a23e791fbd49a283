use crate::scenario::Vars;

/// What the line `scenario: NAME key=value key="quoted value"` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) name: String,
    pub(crate) vars: Vars,
}

/// What the CLI itself puts around texts; a marker in there was not written by the person.
const WRAPPERS: [(&str, &str); 2] =
    [("<system-reminder>", "</system-reminder>"), ("<task-notification>", "</task-notification>")];

/// The last marker in a text.
pub(crate) fn last_marker(text: &str) -> Option<Marker> {
    without_wrappers(text).lines().rev().find_map(parse)
}

/// Reads one line.
fn parse(line: &str) -> Option<Marker> {
    let mut words = words(line.trim().strip_prefix("scenario:")?).into_iter();
    let name = words.next()?;
    let vars = words
        .filter_map(|word| {
            word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))
        })
        .collect();
    Some(Marker { name, vars })
}

/// Splits at spaces outside double quotes. Inside them `\"`, `\\`, `\n` and `\t` are one character.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if quoted => {
                let escaped = match chars.next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some(other) => other,
                    None => '\\',
                };
                word.get_or_insert_default().push(escaped);
            }
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The text without what the CLI added; a wrapper that is not closed reaches to the end.
fn without_wrappers(text: &str) -> String {
    let mut text = text.to_owned();
    for (open, close) in WRAPPERS {
        while let Some(start) = text.find(open) {
            let end = text[start..].find(close).map_or(text.len(), |at| start + at + close.len());
            text.replace_range(start..end, "\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(text: &str) -> Vec<(String, String)> {
        last_marker(text).unwrap().vars.into_iter().collect()
    }

    #[test]
    fn reads_words_and_quoted_values() {
        let text = "Please.\n  scenario: write path=/a/b content=\"two words\\n\\\"x\\\" \\\\\" empty=\"\"\nThanks";
        let marker = last_marker(text).unwrap();
        assert_eq!(marker.name, "write");
        let expected = [("content", "two words\n\"x\" \\"), ("empty", ""), ("path", "/a/b")];
        assert_eq!(vars(text), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn a_value_keeps_its_later_equal_signs() {
        assert_eq!(vars("scenario: x a=b=c"), [("a".to_owned(), "b=c".to_owned())]);
    }

    #[test]
    fn the_last_line_wins_and_prose_is_no_marker() {
        assert_eq!(last_marker("scenario: a\nscenario: b").unwrap().name, "b");
        assert_eq!(last_marker("the scenario: a"), None);
        assert_eq!(last_marker("scenario:"), None);
    }

    #[test]
    fn what_the_cli_added_holds_no_marker() {
        let text = "scenario: a\n<system-reminder>\nscenario: b\n</system-reminder>\nok";
        assert_eq!(last_marker(text).unwrap().name, "a");
        assert_eq!(last_marker("<task-notification>\nscenario: b"), None);
    }
}
