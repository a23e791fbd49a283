//! Which script a prompt chooses, and what it fills in.

use std::collections::BTreeMap;

use serde_json::Value;

/// The last line `scenario: NAME key=value key="a b"` of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) name: String,
    pub(super) values: BTreeMap<String, String>,
}

impl Marker {
    pub(super) fn find(prompt: &str) -> Option<Self> {
        let rest = prompt.lines().rev().find_map(|line| line.trim().strip_prefix("scenario:"))?;
        let (name, mut rest) = word(rest.trim_start());
        if name.is_empty() {
            return None;
        }
        let mut values = BTreeMap::new();
        while let Some((key, after)) = rest.trim_start().split_once('=') {
            let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
                unquote(quoted)
            } else {
                let (value, after) = word(after);
                (value.to_owned(), after)
            };
            values.insert(key.trim().to_owned(), value);
            rest = after;
        }
        Some(Self { name: name.to_owned(), values })
    }
}

fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// The text up to the closing quote, with `\"`, `\\`, `\n` and `\t` as one character.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, other)) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    (value, "")
}

/// Replaces every `${key}` that has a value; others are left as they are.
pub(super) fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let known = after.split_once('}').and_then(|(key, after)| Some((values.get(key)?, after)));
        if let Some((value, after)) = known {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push_str("${");
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// Replaces in every text of a value.
pub(super) fn fill_value(value: &Value, values: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, values)),
        Value::Array(items) => items.iter().map(|item| fill_value(item, values)).collect(),
        Value::Object(map) => {
            let filled = map.iter().map(|(key, item)| (key.clone(), fill_value(item, values)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        owned.collect()
    }

    #[test]
    fn the_last_marker_counts() {
        let found =
            Marker::find("Please.\nscenario: a\n  scenario: b x=1 text=\"two \\\"words\\\"\" y=2");
        let expected = Marker {
            name: "b".to_owned(),
            values: values(&[("x", "1"), ("text", "two \"words\""), ("y", "2")]),
        };
        assert_eq!(found, Some(expected));
        assert_eq!(Marker::find("no scenario here"), None);
        assert_eq!(Marker::find("scenario:"), None);
    }

    #[test]
    fn only_known_keys_are_filled() {
        let values = values(&[("a", "1")]);
        assert_eq!(fill("${a}${b} ${a ${", &values), "1${b} ${a ${");
    }
}
