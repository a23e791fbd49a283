//! The driver of Rust: takes the steps of every case through the public API of `maestro-core`.

mod own;
mod verbs;

use std::collections::BTreeMap;
use std::fs;

use maestro_core::{Error, ErrorKind, Maestro, Result};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::case::{Case, Step};
use crate::normal::at;

/// What came of a step.
pub(crate) enum Came {
    /// The answer.
    Result(Value),
    /// What a feed gave.
    Events(Vec<Value>),
}

/// Drives all cases and gives what came of them, as JSON lines.
///
/// # Errors
/// What keeps the driver itself from working.
pub fn all(cases: &[Case]) -> std::result::Result<String, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let mut text = String::new();
    for case in cases {
        let lines = runtime.block_on(drive(case)).map_err(|why| format!("{}: {why}", case.name))?;
        for line in lines {
            text.push_str(&line.to_string());
            text.push('\n');
        }
    }
    Ok(text)
}

/// One case under way.
pub(crate) struct Stage {
    pub(crate) dir: String,
    nodes: BTreeMap<String, Maestro>,
    names: BTreeMap<String, String>,
}

async fn drive(case: &Case) -> std::io::Result<Vec<Value>> {
    let directory = tempfile::tempdir()?;
    let dir = fs::canonicalize(directory.path())?.to_string_lossy().into_owned();
    fs::create_dir(format!("{dir}/shop"))?;
    let mut stage = Stage { dir: dir.clone(), nodes: BTreeMap::new(), names: BTreeMap::new() };
    let mut lines = vec![json!({ "case": case.name, "dir": dir })];
    for (number, step) in case.steps.iter().enumerate() {
        let (what, value, last) = match stage.take(step).await {
            Ok(Came::Result(value)) => ("result", value.clone(), value),
            Ok(Came::Events(events)) => {
                let last = events.last().cloned().unwrap_or_default();
                ("events", events.into(), last)
            }
            Err(error) => ("error", json!(error.info()), json!(error.info())),
        };
        for (name, path) in &step.save {
            if let Value::String(text) = at(&last, path) {
                stage.names.insert(name.clone(), text);
            }
        }
        lines.push(json!({ "case": case.name, "step": number, what: value }));
    }
    for node in stage.nodes.values() {
        // One that the case has closed is closed.
        let _ = node.close(maestro_core::Running::Park).await;
    }
    Ok(lines)
}

impl Stage {
    async fn take(&mut self, step: &Step) -> Result<Came> {
        let args = Args(self.filled(&step.args.clone().into()));
        verbs::call(self, step, &args).await
    }

    pub(crate) fn node(&self, name: &str) -> Result<&Maestro> {
        self.nodes
            .get(name)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("no node {name}")))
    }

    pub(crate) fn add(&mut self, name: &str, node: Maestro) {
        self.nodes.insert(name.to_owned(), node);
    }

    /// The arguments with `$dir` and the names of earlier steps replaced.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let mut text = text.replace("$dir", &self.dir);
                // The longest name first: `$task` is the beginning of `$task_two`.
                let mut names: Vec<_> = self.names.iter().collect();
                names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
                for (name, value) in names {
                    text = text.replace(&format!("${name}"), value);
                }
                text.into()
            }
            Value::Array(list) => {
                list.iter().map(|item| self.filled(item)).collect::<Vec<_>>().into()
            }
            Value::Object(object) => {
                let filled = object.iter().map(|(key, value)| (key.clone(), self.filled(value)));
                filled.collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }
}

/// The arguments of a step.
pub(crate) struct Args(Value);

impl Args {
    /// One of them, or what stands for it when it is not given.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        read(name, &self.0[name])
    }

    /// One of them, where it is given.
    pub(crate) fn maybe<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        if self.0[name].is_null() { Ok(None) } else { self.get(name).map(Some) }
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    /// All of them as one value.
    pub(crate) fn all<T: DeserializeOwned>(&self) -> Result<T> {
        read("args", &self.0)
    }
}

fn read<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|error| Error::invalid(name, error))
}
