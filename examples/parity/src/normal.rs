//! Makes what drivers wrote comparable: what differs from run to run gets a name.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::case::{Case, Show, Step, Trace};

/// What came of one step, as it is compared.
pub fn entry(step: &Step, line: &Value, names: &mut Names) -> Value {
    let mut entry = Map::new();
    entry.insert("call".to_owned(), step.call.clone().into());
    if let Some(error) = line.get("error") {
        names.learn(&step.save, error);
        let field = context(error, "field");
        let error = json!({ "kind": error["kind"], "field": field, "message": error["message"] });
        entry.insert("error".to_owned(), names.name(&error));
    } else if let Some(Value::Array(events)) = line.get("events") {
        let kept = events.iter().filter(|event| event.get("seq").is_some_and(Value::is_u64));
        let kept: Vec<&Value> = kept.collect();
        if let Some(last) = kept.last() {
            names.learn(&step.save, last);
        }
        entry.insert("events".to_owned(), names.name(&by_stream(&kept, &step.show)));
    } else {
        let result = line.get("result").unwrap_or(&Value::Null);
        names.learn(&step.save, result);
        let Show::Values(paths) = &step.show else {
            entry.insert("result".to_owned(), "is no list of events".into());
            return entry.into();
        };
        let shown = paths.iter().map(|path| (path.clone(), at(result, path)));
        entry.insert("result".to_owned(), names.name(&shown.collect::<Map<_, _>>().into()));
    }
    entry.into()
}

/// All that came of a case: an entry for each step, with nothing for one that was not written about.
pub fn entries(case: &Case, trace: &Trace) -> Vec<Option<Value>> {
    let mut names = Names::of(&trace.dir);
    let mut entries = Vec::new();
    for (number, step) in case.steps.iter().enumerate() {
        let mut lines = trace.lines.iter().filter(|(step, _)| *step == number);
        let first = lines.next();
        let twice = lines.next().is_some();
        entries.push(first.filter(|_| !twice).map(|(_, line)| entry(step, line, &mut names)));
    }
    let beyond = trace.lines.iter().filter(|(step, _)| *step >= case.steps.len());
    entries.extend(beyond.map(|(step, _)| Some(json!({ "no such step": step }))));
    entries
}

/// Events by their stream, in the order in which the streams appear; within each in theirs.
fn by_stream(events: &[&Value], show: &Show) -> Value {
    let mut streams = Map::new();
    for event in events {
        let event_type = event["type"].as_str().unwrap_or_default();
        let mut shown = Map::new();
        shown.insert("type".to_owned(), event_type.into());
        if let Show::Events(types) = show {
            let Some(paths) = types.get(event_type).or_else(|| types.get("*")) else { continue };
            for path in paths {
                shown.insert(path.clone(), at(event, path));
            }
        }
        let stream = event["stream"].as_str().unwrap_or_default().to_owned();
        if let Value::Array(list) = streams.entry(stream).or_insert_with(|| json!([])) {
            list.push(shown.into());
        }
    }
    // The streams of one feed may be mixed in any way.
    let mut listed: Vec<(String, Value)> = streams.into_iter().collect();
    listed.sort_by(|one, other| kind(&one.0).cmp(kind(&other.0)));
    listed.into_iter().collect::<Map<_, _>>().into()
}

fn kind(stream: &str) -> &str {
    stream.split('/').next().unwrap_or_default()
}

fn context(error: &Value, key: &str) -> Value {
    let facts = error["context"].as_array();
    let found = facts.into_iter().flatten().find(|fact| fact[0] == key);
    found.map_or(Value::Null, |fact| fact[1].clone())
}

/// The value at a path such as `spec.title` or `items.*.item`; `#` counts, a number chooses, and `.` is all
/// of it.
pub fn at(value: &Value, path: &str) -> Value {
    if path == "." {
        return value.clone();
    }
    let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    let on = |value: &Value| rest.map_or_else(|| value.clone(), |rest| at(value, rest));
    match (value, first) {
        (Value::Array(list), "#") => list.len().into(),
        (Value::Array(list), "*") => list.iter().map(on).collect::<Vec<_>>().into(),
        (Value::Array(list), number) => {
            number.parse().ok().and_then(|at: usize| list.get(at)).map_or(Value::Null, on)
        }
        (Value::Object(object), key) => object.get(key).map_or(Value::Null, on),
        _ => Value::Null,
    }
}

/// Names for what differs from run to run.
#[derive(Debug)]
pub struct Names {
    dir: String,
    saved: HashMap<String, String>,
    tails: HashMap<String, String>,
    numbered: HashMap<String, String>,
}

impl Names {
    /// None yet, but for the directory of the case.
    pub fn of(dir: &str) -> Self {
        Self {
            dir: dir.to_owned(),
            saved: HashMap::new(),
            tails: HashMap::new(),
            numbered: HashMap::new(),
        }
    }

    /// A value that a step saves is called by its name from then on, if it is an id.
    fn learn(&mut self, save: &BTreeMap<String, String>, result: &Value) {
        for (name, path) in save {
            if let Value::String(text) = at(result, path)
                && is_uuid(&text)
            {
                // Branches are named by the last part of an id.
                self.tails.entry(text[24..].to_owned()).or_insert_with(|| format!("${name}"));
                self.saved.entry(text).or_insert_with(|| format!("${name}"));
            }
        }
    }

    fn name(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Array(list) => {
                list.iter().map(|item| self.name(item)).collect::<Vec<_>>().into()
            }
            Value::Object(object) => {
                let named = object.iter().map(|(key, value)| (self.text(key), self.name(value)));
                named.collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        if is_time(text) {
            return "<time>".to_owned();
        }
        let text =
            if self.dir.is_empty() { text.to_owned() } else { text.replace(&self.dir, "$dir") };
        let mut named = String::new();
        let mut rest = text.as_str();
        while let Some(character) = rest.chars().next() {
            let starts = !named.ends_with(|before: char| before.is_ascii_alphanumeric());
            if let Some(id) = rest.get(..36).filter(|id| starts && is_uuid(id)) {
                named.push_str(&self.id(id));
                rest = &rest[36..];
            } else if let Some(hash) = rest.get(..40).filter(|hash| starts && is_commit(hash)) {
                named.push_str("<commit>");
                rest = &rest[hash.len()..];
            } else if let Some(name) =
                rest.get(..12).filter(|_| starts).and_then(|tail| self.tails.get(tail))
            {
                named.push_str(name);
                rest = &rest[12..];
            } else {
                named.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
        named
    }

    fn id(&mut self, id: &str) -> String {
        if let Some(name) = self.saved.get(id) {
            return name.clone();
        }
        let next = format!("#{}", self.numbered.len() + 1);
        self.numbered.entry(id.to_owned()).or_insert(next).clone()
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `2026-01-02T03:04:05` and what may follow.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 20
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[10] == b'T'
        && bytes[13] == b':'
        && bytes[16] == b':'
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes.ends_with(b"Z")
}
