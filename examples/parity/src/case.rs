//! Cases, and what drivers write down about them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

/// A story, and what is expected to come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name, which is that of its file.
    #[serde(skip)]
    pub name: String,
    /// What it is about.
    pub about: String,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What comes of each step.
    #[serde(default)]
    pub expected: Vec<Value>,
}

/// One call of the public API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The verb.
    pub call: String,
    /// The node that it is called on.
    #[serde(default = "first")]
    pub on: String,
    /// Its arguments, as they stand on the wire.
    #[serde(default)]
    pub args: Map<String, Value>,
    /// Of what comes of it: which values get a name for later steps, by their path.
    #[serde(default)]
    pub save: BTreeMap<String, String>,
    /// Which values of the result are compared, by their path; of events, which types, and which of
    /// their values. Nothing means: that it succeeds; of events all types.
    #[serde(default)]
    pub show: Show,
    /// Of a feed: the type of the event to stop after, and how many of them. None reads to the end.
    pub until: Option<String>,
    #[serde(default = "once")]
    /// How many events of that type are waited for.
    pub times: usize,
    /// Whether the wait is given up as soon as it has begun.
    #[serde(default)]
    pub give_up: bool,
}

/// What of a result is compared.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Show {
    /// Values by their path.
    Values(Vec<String>),
    /// Types of events, and of each the values by their path.
    Events(BTreeMap<String, Vec<String>>),
}

impl Default for Show {
    fn default() -> Self {
        Self::Values(Vec::new())
    }
}

fn first() -> String {
    "a".to_owned()
}

fn once() -> usize {
    1
}

/// Where the cases are.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/parity")
}

/// Reads all cases, by name.
///
/// # Errors
/// What is wrong with which file.
pub fn all(directory: &Path) -> Result<Vec<Case>, String> {
    let listed =
        fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut cases = Vec::new();
    for file in listed {
        let path = file.map_err(|error| error.to_string())?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| told(&error))?;
        let mut case: Case = serde_json::from_str(&text).map_err(|error| told(&error))?;
        case.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        cases.push(case);
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(cases)
}

/// What a driver wrote down about one case.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// The directory that it worked in.
    pub dir: String,
    /// What came of each step: `{"result": …}`, `{"events": […]}` or `{"error": …}`. Of a step that two
    /// lines are about, and of one that the case does not have, nothing can be equal.
    pub lines: Vec<(usize, Value)>,
}

/// Reads what a driver wrote: JSON lines. One for each case says its directory, `{"case", "dir"}`, and
/// one for each step what came of it, `{"case", "step", "result" or "events" or "error"}`.
///
/// # Errors
/// The number of a line that is no such thing.
pub fn read(text: &str) -> Result<BTreeMap<String, Trace>, String> {
    let mut traces = BTreeMap::<String, Trace>::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = |why: String| format!("line {}: {why}", number + 1);
        let line: Value = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let case = line["case"].as_str().ok_or_else(|| wrong("it has no `case`".to_owned()))?;
        let trace = traces.entry(case.to_owned()).or_default();
        if let Some(dir) = line["dir"].as_str() {
            dir.clone_into(&mut trace.dir);
            continue;
        }
        let step = line["step"].as_u64().and_then(|step| usize::try_from(step).ok());
        let step = step.ok_or_else(|| wrong("it has no `step`".to_owned()))?;
        trace.lines.push((step, line));
    }
    Ok(traces)
}
