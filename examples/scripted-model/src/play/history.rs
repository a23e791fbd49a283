use std::sync::Arc;

use super::marker::{Marker, last_marker};
use super::message::{Message, ToolResult};
use crate::scenario::{Library, Scenario, Step, Vars};

/// What a conversation asks for.
#[derive(Debug)]
pub(crate) enum Found {
    /// No user text has a marker.
    NoMarker,
    /// The marker names a scenario that is not known.
    Unknown(String),
    /// This place in a scenario.
    At(Place),
}

/// The next answer of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) scenario: Arc<Scenario>,
    /// The scenario's defaults under the marker's words.
    pub(crate) vars: Vars,
    /// How many messages of the conversation up to this marker have one; keeps two prompts apart.
    pub(crate) prompt: usize,
    /// Counted from 0; at or past the end, the scenario is over.
    pub(crate) step: usize,
}

impl Place {
    /// The step to play; none after the last.
    pub(crate) fn current(&self) -> Option<&Step> {
        self.scenario.steps().get(self.step)
    }
}

/// Finds the place from the messages alone, so that it is the same after a resume and in a fork.
///
/// A conversation without a marker plays the fallback, if there is one, as if its first message had named it.
pub(crate) fn find(messages: &[Message], library: &Library, fallback: Option<&str>) -> Found {
    let fallback = || {
        let name = fallback?.to_owned();
        Some((0, 1, Marker { name, vars: Vars::new() })).filter(|_| !messages.is_empty())
    };
    let Some((at, prompt, marker)) = markers(messages).or_else(fallback) else {
        return Found::NoMarker;
    };
    let Some(scenario) = library.get(&marker.name) else {
        return Found::Unknown(marker.name);
    };
    let step = count(&messages[at + 1..], scenario.steps());
    let mut vars = scenario.defaults().clone();
    vars.extend(marker.vars);
    Found::At(Place { scenario, vars, prompt, step })
}

/// The last marker, where it is, and how many messages have one.
fn markers(messages: &[Message]) -> Option<(usize, usize, Marker)> {
    let mut last = None;
    for (index, message) in messages.iter().enumerate() {
        let Message::User { texts, .. } = message else {
            continue;
        };
        if let Some(marker) = texts.iter().rev().find_map(|text| last_marker(text)) {
            let before = last.as_ref().map_or(0, |(_, prompts, _)| *prompts);
            last = Some((index, before + 1, marker));
        }
    }
    last
}

/// How many steps the messages after the marker have completed.
fn count(after: &[Message], steps: &[Step]) -> usize {
    let (mut done, mut repeats) = (0, 0);
    for (index, message) in after.iter().enumerate() {
        let Message::Assistant { text, calls } = message else {
            continue;
        };
        if is_synthetic(text, calls) {
            continue;
        }
        let rest = &after[index + 1..];
        let answers = rest.iter().take_while(|message| matches!(message, Message::User { .. }));
        let outcome = outcome(calls, answers, steps.get(done));
        let again = match outcome {
            Outcome::Complete => false,
            Outcome::Interrupted => true,
            Outcome::ToolFailed => {
                repeats += 1;
                steps.get(done).is_some_and(|step| repeats <= step.repeats())
            }
        };
        if !again {
            done += 1;
            repeats = 0;
        }
    }
    done
}

/// How one answer of the model ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Complete,
    /// Something outside ended it: a kill or the person.
    Interrupted,
    ToolFailed,
}

fn outcome<'a>(
    calls: &[String],
    answers: impl Iterator<Item = &'a Message>,
    step: Option<&Step>,
) -> Outcome {
    // Killed while the answer was streaming: a part of it may be in the transcript.
    if step.is_some_and(|step| step.reason() == "tool_use" && calls.len() < step.tools()) {
        return Outcome::Interrupted;
    }
    let mut results: Vec<&ToolResult> = Vec::new();
    for answer in answers {
        let Message::User { texts, results: more } = answer else {
            continue;
        };
        if texts.iter().any(|text| is_interruption(text)) {
            return Outcome::Interrupted;
        }
        results.extend(more);
    }
    let mut failed = false;
    for call in calls {
        match results.iter().find(|result| result.call == *call) {
            Some(result) if is_interruption(&result.text) => return Outcome::Interrupted,
            Some(result) => failed |= result.is_error,
            None => return Outcome::Interrupted,
        }
    }
    if failed { Outcome::ToolFailed } else { Outcome::Complete }
}

/// What the CLI writes where a kill or the person cut something off, or where its host died while
/// it waited for a permission.
fn is_interruption(text: &str) -> bool {
    let starts = ["[Tool call interrupted", "[Request interrupted by user"];
    starts.iter().any(|start| text.starts_with(start))
        || text.contains("Tool permission stream closed before response received")
}

/// What the CLI writes in the model's name to keep the roles alternating, as after a kill in a tool.
fn is_synthetic(text: &str, calls: &[String]) -> bool {
    calls.is_empty() && text.trim() == "No response requested."
}
