//! What stands on the wire, for other languages: `docs/wire/schema.json` describes every type, and
//! `docs/wire/events` and `docs/wire/records` hold one example of each.
//!
//! The description is read from the sources of the model, docs included. The examples are made from the
//! description alone; that the real types read them and write the same again proves it. `make wire`
//! writes all of it; the test here says when it is out of date.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod real;
mod sample;
mod schema;
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use sample::Samples;
use schema::Schema;

/// What other languages read and write whole; everything in them is described too.
const ROOTS: &[&str] = &[
    "ProjectSpec",
    "ProjectInfo",
    "AccountSpec",
    "AccountInfo",
    "AgentInfo",
    "AgentStatus",
    "SessionSpec",
    "SessionInfo",
    "SessionView",
    "TurnInfo",
    "TaskSpec",
    "TaskInfo",
    "Outcome",
    "ReplySpec",
    "WaitingReason",
    "WorkspaceInfo",
    "Changes",
    "ApprovalInfo",
    "Decision",
    "RuleSpec",
    "RuleInfo",
    "Ruling",
    "ToolUse",
    "EventFilter",
    "TaskFilter",
    "SessionFilter",
    "ApprovalFilter",
    "RuleFilter",
    "TaskPage",
    "SessionPage",
    "ApprovalPage",
    "RulePage",
    "ErrorInfo",
    "Event",
    "Step",
];

/// Every file that there should be, by its path below `docs/wire`.
fn files() -> BTreeMap<String, String> {
    let schema = Schema::read(ROOTS);
    let samples = Samples::new(&schema);
    let pretty = |value: &Value| format!("{}\n", serde_json::to_string_pretty(value).unwrap());
    let mut files = BTreeMap::new();
    files.insert("schema.json".to_owned(), pretty(&schema.to_value()));
    for root in ROOTS {
        let examples = json!({
            "full": real::again(root, &samples.full(root)),
            "least": real::again(root, &samples.least(root)),
        });
        files.insert(format!("records/{root}.json"), pretty(&examples));
    }
    for (event_type, payload) in &schema.events {
        let event = |data: Value| {
            let mut event = samples.full("Event");
            event["type"] = json!(event_type);
            event["data"] = data;
            real::again("Event", &event)
        };
        let examples = json!({
            "full": event(samples.full(payload)), "least": event(samples.least(payload)),
        });
        files.insert(format!("events/{event_type}.json"), pretty(&examples));
    }
    files
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wire")
}

fn there(below: &str, out: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder().join(below)).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            there(&format!("{name}/"), out);
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "json") {
            out.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn the_description_and_the_examples_are_current() {
    let mut found = BTreeMap::new();
    there("", &mut found);
    let expected = files();
    for (name, text) in &expected {
        assert!(found.get(name) == Some(text), "docs/wire/{name} is out of date; run `make wire`");
    }
    let extra: Vec<_> = found.keys().filter(|name| !expected.contains_key(*name)).collect();
    assert!(extra.is_empty(), "docs/wire has what nothing describes: {extra:?}");
}

/// A full example shows every field that is described, so nothing of it was lost on the way.
#[test]
fn the_real_types_read_every_example_and_write_it_again() {
    let schema = Schema::read(ROOTS);
    let samples = Samples::new(&schema);
    for name in schema.types.keys() {
        let open = matches!(schema.types[name].shape, schema::Shape::Record { open: true, .. });
        for example in samples.each(name) {
            let mut again = real::again(name, &example);
            if let (true, Some(fields)) = (open, again.as_object_mut()) {
                fields.retain(|name, _| example.get(name).is_some());
            }
            assert_eq!(again, example, "{name}");
        }
        real::again(name, &samples.least(name));
    }
    for (event_type, payload) in &schema.events {
        let data =
            maestro_core::model::EventData::from_parts(event_type.clone(), samples.full(payload));
        let is_known = !matches!(data, maestro_core::model::EventData::Other { .. });
        assert!(is_known, "{event_type} does not read its example");
        assert_eq!(data.to_value(), samples.full(payload), "{event_type}");
    }
    let known: Vec<&str> = schema.events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(known, maestro_core::model::EventData::TYPES);
}

/// Every enumeration and every union, wherever it stands: a record of a newer version is read, and written again as it was.
#[test]
fn what_a_newer_version_writes_is_read_everywhere_and_kept() {
    let schema = Schema::read(ROOTS);
    let samples = Samples::newer(&schema);
    for (name, of) in &schema.types {
        let open = matches!(of.shape, schema::Shape::Record { open: true, .. });
        for example in samples.each(name) {
            let mut again = real::again(name, &example);
            if let (true, Some(fields)) = (open, again.as_object_mut()) {
                fields.retain(|name, _| example.get(name).is_some());
            }
            assert_eq!(again, example, "{name}");
        }
    }
    for (event_type, payload) in &schema.events {
        let data = samples.full(payload);
        let read = maestro_core::model::EventData::from_parts(event_type.clone(), data.clone());
        let is_known = !matches!(read, maestro_core::model::EventData::Other { .. });
        assert!(is_known, "{event_type} does not read {data}");
        assert_eq!(read.to_value(), data, "{event_type}");
    }
}

#[test]
#[ignore = "writes docs/wire; `make wire` runs it"]
fn write() {
    let _ = fs::remove_dir_all(folder().join("events"));
    let _ = fs::remove_dir_all(folder().join("records"));
    for (name, text) in files() {
        let path = folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
