//! What a recording keeps of where and when it was made.

use std::collections::HashMap;

use serde_json::Value;

/// Makes recordings small, and alike wherever they are made.
///
/// Paths that are named get neutral names, ids are numbered in the order in which they appear, and
/// what is long is shortened: texts to 300 characters and, in messages that tell what the agent
/// offers, lists to one entry. What a model writes is short in a test, and stays whole.
#[derive(Debug, Clone, Default)]
pub struct Neutral {
    paths: Vec<(String, String)>,
    ids: HashMap<String, String>,
}

/// How many characters of a text are kept.
const TEXT: usize = 300;

/// How many entries of a list are kept, other than of words that say what the agent can do.
const LIST: usize = 1;

/// How many bytes a UUID is written with.
const UUID: usize = 36;

impl Neutral {
    /// Names paths only as they are.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a path another name, also where an agent made a directory's name of it.
    pub fn path(mut self, path: impl Into<String>, name: impl Into<String>) -> Self {
        let (path, name) = (path.into(), name.into());
        let dashed = |path: &str| path.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let as_name = (dashed(&path), dashed(&name));
        self.paths.extend([(path, name), as_name]);
        // The longest first, since one may lie in another.
        self.paths.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        self
    }

    /// A line, which is JSON as a rule.
    pub fn line(&mut self, line: &str) -> String {
        let line = match serde_json::from_str::<Value>(line) {
            Ok(mut value) => {
                let lists = offers(&value);
                if shorten(&mut value, lists) { value.to_string() } else { line.to_owned() }
            }
            Err(_) => line.to_owned(),
        };
        self.text(&line)
    }

    /// Any text.
    pub fn text(&mut self, text: &str) -> String {
        let named = self
            .paths
            .iter()
            .fold(text.to_owned(), |text, (path, name)| text.replace(path.as_str(), name));
        self.number(&named)
    }

    fn number(&mut self, text: &str) -> String {
        let mut rest = text;
        let mut out = String::with_capacity(text.len());
        while let Some((at, length, kind)) = (0..rest.len()).find_map(|at| id_at(rest, at)) {
            out.push_str(&rest[..at]);
            let next = self.ids.len() + 1;
            let number = || format!("{kind}{next}");
            out.push_str(self.ids.entry(rest[at..at + length].to_owned()).or_insert_with(number));
            rest = &rest[at + length..];
        }
        out.push_str(rest);
        out
    }
}

/// Whether a message tells what the agent offers.
fn offers(message: &Value) -> bool {
    let is = |key: &str, word: &str| message.get(key).is_some_and(|value| value == word);
    is("subtype", "init") || is("type", "control_response")
}

/// Whether anything was cut.
fn shorten(value: &mut Value, lists: bool) -> bool {
    match value {
        Value::String(text) if text.chars().count() > TEXT => {
            let all = text.chars().count();
            let head: String = text.chars().take(100).collect();
            *text = format!("{head}...({all} chars)");
            true
        }
        Value::Array(entries) => {
            let long = lists && entries.len() > LIST;
            if long {
                entries.truncate(LIST);
            }
            entries.iter_mut().fold(long, |cut, entry| shorten(entry, lists) | cut)
        }
        Value::Object(map) => {
            let mut cut = false;
            for (key, entry) in map.iter_mut() {
                // What it says of its commands and models is prose.
                if lists && key == "description" && entry.is_string() {
                    *entry = Value::from("...");
                    cut = true;
                }
                cut |= shorten(entry, lists && key != "capabilities");
            }
            cut
        }
        _ => false,
    }
}

/// An id that begins here: where, how long it is, and what its number is put behind.
fn id_at(text: &str, at: usize) -> Option<(usize, usize, &'static str)> {
    if is_uuid(text, at) {
        return Some((at, UUID, "uuid-"));
    }
    let rest = text.as_bytes().get(at..)?;
    let prefix =
        ["toolu_", "msg_", "req_"].into_iter().find(|id| rest.starts_with(id.as_bytes()))?;
    let random = rest[prefix.len()..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    (random >= 12).then_some((at, prefix.len() + random, prefix))
}

fn is_uuid(text: &str, at: usize) -> bool {
    let Some(bytes) = text.as_bytes().get(at..at + UUID) else {
        return false;
    };
    bytes.iter().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_ids_and_lengths() {
        let mut neutral = Neutral::new().path("/tmp/x1", "/work").path("/tmp/x1/home", "/home");
        let id = "1234abcd-0000-4000-8000-00000000abcd";
        let line =
            format!(r#"{{"cwd":"/tmp/x1","in":"/tmp/x1/home/-tmp-x1","a":"{id}","b":"{id}"}}"#);
        let first = "uuid-1";
        let expected =
            format!(r#"{{"cwd":"/work","in":"/home/-work","a":"{first}","b":"{first}"}}"#);
        assert_eq!(neutral.line(&line), expected);
        let long = format!(r#"{{"text":"{}","list":[1,2,3,4]}}"#, "ü".repeat(301));
        let short = format!(r#"{{"text":"{}...(301 chars)","list":[1,2,3,4]}}"#, "ü".repeat(100));
        assert_eq!(neutral.line(&long), short);
        let init = r#"{"subtype":"init","tools":[1,2],"capabilities":[1,2]}"#;
        let expected = r#"{"subtype":"init","tools":[1],"capabilities":[1,2]}"#;
        assert_eq!(neutral.line(init), expected);
        assert_eq!(neutral.line("no JSON in /tmp/x1"), "no JSON in /work");
    }
}
