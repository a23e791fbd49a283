use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::play::Place;
use crate::scenario::FaultKind;

/// How many failures each step has played: all that the endpoint remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<HashMap<Key, u64>>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    /// The agent's session; a fork has a new one, so it sees the failures again.
    session: String,
    scenario: String,
    prompt: usize,
    step: usize,
}

impl Faults {
    /// The next failure of the step with its number; none when all are played.
    ///
    /// # Errors
    /// A sentence that names the field whose `${key}` has no value.
    pub(crate) fn next(
        &self,
        session: &str,
        place: &Place,
    ) -> Result<Option<(u64, FaultKind)>, String> {
        let Some(step) = place.current().filter(|step| !step.fail.is_empty()) else {
            return Ok(None);
        };
        let mut until = Vec::with_capacity(step.fail.len());
        let mut total = 0_u64;
        for (index, fault) in step.fail.iter().enumerate() {
            let times = fault.times.value(&place.vars).map_err(|why| {
                let name = place.scenario.name();
                format!("scenario `{name}`: steps[{}].fail[{index}].times: {why}", place.step)
            })?;
            total = total.saturating_add(times);
            until.push(total);
        }
        let mut played = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = played
            .entry(Key {
                session: session.to_owned(),
                scenario: place.scenario.name().to_owned(),
                prompt: place.prompt,
                step: place.step,
            })
            .or_default();
        let Some(index) = until.iter().position(|end| *count < *end) else {
            return Ok(None);
        };
        let number = *count;
        *count += 1;
        Ok(Some((number, step.fail[index].kind.clone())))
    }
}
