//! Compares what drivers wrote with what the cases expect.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde_json::Value;

use crate::case::{Case, Trace};
use crate::normal::entries;

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The case.
    pub case: String,
    /// The language.
    pub language: String,
    /// The step, from 1; 0 means the whole case.
    pub step: usize,
    /// What was expected, and what came.
    pub why: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, language, step, why } = self;
        write!(f, "{case}, step {step}, {language}: {why}")
    }
}

/// What one language does otherwise than the cases expect. A case or a step that it does not write about
/// is a difference, and so is one that there is not.
pub fn language(
    cases: &[Case],
    language: &str,
    traces: &BTreeMap<String, Trace>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut differs = |case: &str, step: usize, why: String| {
        let (case, language) = (case.to_owned(), language.to_owned());
        found.push(Difference { case, language, step, why });
    };
    for case in cases {
        let Some(trace) = traces.get(&case.name) else {
            differs(&case.name, 0, "this language has no trace of it".to_owned());
            continue;
        };
        let came = entries(case, trace);
        for at in 0..came.len().max(case.expected.len()).max(case.steps.len()) {
            let expected = case.expected.get(at);
            match (expected, came.get(at).and_then(Option::as_ref)) {
                (Some(expected), Some(came)) if expected == came => {}
                (expected, came) => {
                    let text = |value: Option<&Value>| {
                        value.map_or("nothing".to_owned(), Value::to_string)
                    };
                    let why =
                        format!("\n    expected {}\n    and not  {}", text(expected), text(came));
                    differs(&case.name, at + 1, why);
                }
            }
        }
        if case.steps.is_empty() {
            differs(&case.name, 0, "it has no steps".to_owned());
        }
    }
    for name in traces.keys().filter(|name| cases.iter().all(|case| case.name != **name)) {
        differs(name, 0, "there is no such case".to_owned());
    }
    found
}

/// A table of all cases and languages, and what differs.
pub fn report(cases: &[Case], languages: &[&str], differences: &[Difference]) -> String {
    let mut text = String::new();
    let wide = cases.iter().map(|case| case.name.len()).max().unwrap_or_default();
    let mut line = |name: &str, cells: &[String]| {
        let _ = write!(text, "{name:wide$}");
        for (language, cell) in languages.iter().zip(cells) {
            let _ = write!(text, "  {cell:width$}", width = language.len().max(4));
        }
        let _ = writeln!(text);
    };
    let heads: Vec<String> = languages.iter().map(|language| (*language).to_owned()).collect();
    line("", &heads);
    for case in cases {
        let cells: Vec<String> = languages
            .iter()
            .map(|language| {
                let count = differences
                    .iter()
                    .filter(|found| found.case == case.name && found.language == *language)
                    .count();
                if count == 0 { "same".to_owned() } else { count.to_string() }
            })
            .collect();
        line(&case.name, &cells);
    }
    for difference in differences {
        let _ = writeln!(text, "{difference}");
    }
    text
}
