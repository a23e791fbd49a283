use std::fmt;

use serde::{Deserialize, Deserializer, de};

use super::vars::{Vars, expand, key};

/// A whole number, or `"${key}"`: a number that the marker gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// This number.
    Fixed(u64),
    /// The text `${key}`, whose value must be a whole number when the step is played.
    Var(String),
}

impl Amount {
    /// The number, with `${key}` looked up.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub(crate) fn value(&self, vars: &Vars) -> Result<u64, String> {
        match self {
            Self::Fixed(number) => Ok(*number),
            Self::Var(text) => {
                let value =
                    expand(text, vars).map_err(|key| format!("`${{{key}}}` has no value"))?;
                value.parse().map_err(|_| format!("`{text}` is `{value}`, not a whole number"))
            }
        }
    }
}

impl From<u64> for Amount {
    fn from(number: u64) -> Self {
        Self::Fixed(number)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

/// Written by hand: the error of an untagged enum would name neither form.
struct AmountVisitor;

impl de::Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or \"${key}\"")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Amount, E> {
        Ok(Amount::Fixed(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amount, E> {
        u64::try_from(number)
            .map(Amount::Fixed)
            .map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
        match text.strip_prefix("${").and_then(key) {
            Some(name) if name.len() + 3 == text.len() => Ok(Amount::Var(text.to_owned())),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }
}
