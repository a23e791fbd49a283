use std::str::FromStr;

use serde::Deserialize;

use super::{Step, Vars};
use crate::Error;

/// A named list of answers, chosen by a line `scenario: NAME` in a prompt.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    name: String,
    /// What it is for; read by people only.
    #[serde(default)]
    about: String,
    #[serde(default)]
    defaults: Vars,
    steps: Vec<Step>,
}

impl Scenario {
    /// A scenario without steps yet: it answers `Done.`
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), about: String::new(), defaults: Vars::new(), steps: Vec::new() }
    }

    /// Reads the TOML text of one scenario.
    ///
    /// # Errors
    /// [`Error::Scenario`] with the line and the field.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let scenario: Self = toml::from_str(text).map_err(|error| Error::Scenario {
            file: None,
            scenario: name_of(text),
            message: error.to_string().trim_end().to_owned(),
        })?;
        scenario.check().map_err(|message| Error::Scenario {
            file: None,
            scenario: Some(scenario.name.clone()),
            message,
        })?;
        Ok(scenario)
    }

    /// Adds a step.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Gives `${key}` a value for prompts that say none.
    pub fn default(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.defaults.insert(key.into(), value.into());
        self
    }

    /// What the marker calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for, in a line; empty where nothing is said.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The values of `${key}` for prompts that say none.
    pub(crate) fn defaults(&self) -> &Vars {
        &self.defaults
    }

    /// Its answers, in order.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the types cannot say.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.name.is_empty() || self.name.contains(|c: char| c.is_whitespace() || c == '=') {
            return Err(format!("name: `{}` must be one word without `=`", self.name));
        }
        for (index, step) in self.steps.iter().enumerate() {
            if step.max_repeats.is_some() && !step.retry_on_error {
                return Err(format!("steps[{index}].max_repeats: needs `retry_on_error = true`"));
            }
            let faults = step.fail.iter().filter_map(|fault| match &fault.kind {
                super::FaultKind::Status { headers, .. } => Some(headers),
                _ => None,
            });
            for headers in std::iter::once(&step.headers).chain(faults) {
                for (name, value) in headers {
                    let good = axum::http::HeaderName::from_str(name).is_ok()
                        && axum::http::HeaderValue::from_str(value).is_ok();
                    if !good {
                        return Err(format!(
                            "steps[{index}]: header `{name}: {value}` is not valid"
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}

/// The name in a text that is TOML but not a scenario, for the error.
fn name_of(text: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(text).ok()?;
    table.get("name")?.as_str().map(str::to_owned)
}
