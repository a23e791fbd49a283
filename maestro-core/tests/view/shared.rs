//! What the fold gives, written down for other languages: `docs/views/NAME.json` lists stories, each
//! with its events and the view after them.
//!
//! `make views` writes them; the test here says when they are out of date.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use maestro_core::model::{Event, EventData};
use serde_json::{Value, json};

use crate::{golden, laws, support};

/// How many stories are made up, and how many are in a file.
const STORIES: u64 = 60;
const IN_A_FILE: u64 = 30;

fn story(name: &str, events: &[Event]) -> Value {
    json!({ "name": name, "events": events, "view": support::fold(events) })
}

fn files() -> Vec<(String, String)> {
    let recordings = golden::ALL.map(|(name, recording)| {
        (format!("claude-{name}"), vec![story(name, &golden::told(recording))])
    });
    let made_up = (0..STORIES / IN_A_FILE).map(|number| {
        let seeds = number * IN_A_FILE..(number + 1) * IN_A_FILE;
        let stories = seeds.map(|seed| {
            let told = laws::story(&mut Rng::with_seed(seed));
            let told: Vec<Event> = told.iter().filter(|event| fits(event)).map(small).collect();
            story(&format!("seed {seed}"), &told)
        });
        (format!("made-up-{number}"), stories.collect())
    });
    let all = recordings.into_iter().chain(made_up);
    // One story, one event a line: a change shows where it is.
    let text = |stories: &Vec<Value>| {
        let lines = |story: &Value| {
            let events: Vec<String> =
                story["events"].as_array().unwrap().iter().map(Value::to_string).collect();
            let (name, view) = (&story["name"], &story["view"]);
            let events = events.join(",\n    ");
            format!(
                "  {{\n  \"name\": {name},\n  \"events\": [\n    {events}\n  ],\n  \"view\": {view}\n  }}"
            )
        };
        format!("[\n{}\n]\n", stories.iter().map(lines).collect::<Vec<_>>().join(",\n"))
    };
    all.map(|(name, stories)| (format!("{name}.json"), text(&stories))).collect()
}

/// Whether the content is of the event's type. What is not is for the core alone to tell.
fn fits(event: &Event) -> bool {
    !matches!(event.data, EventData::Other { .. })
}

/// The event with no number that a language without 64-bit integers cannot hold, nor a sum of them.
fn small(event: &Event) -> Event {
    fn cut(value: &mut Value) {
        match value {
            Value::Number(number) if number.as_f64().is_some_and(|at| at.abs() > 1e9) => {
                *value = (number.as_i64().map_or(7, |at| at % 1000)).into();
            }
            Value::Array(items) => items.iter_mut().for_each(cut),
            Value::Object(fields) => fields.values_mut().for_each(cut),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(event).unwrap();
    cut(&mut value);
    serde_json::from_value(value).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/views")
}

#[test]
fn the_views_for_other_languages_are_current() {
    let expected = files();
    for (name, text) in &expected {
        let found = fs::read_to_string(folder().join(name)).unwrap_or_default();
        assert!(found == *text, "docs/views/{name} is out of date; run `make views`");
    }
    let found = fs::read_dir(folder()).unwrap().count();
    assert_eq!(found, expected.len(), "docs/views has what nothing makes");
}

#[test]
#[ignore = "writes docs/views"]
fn write() {
    let _ = fs::remove_dir_all(folder());
    fs::create_dir_all(folder()).unwrap();
    for (name, text) in files() {
        fs::write(folder().join(name), text).unwrap();
    }
}
