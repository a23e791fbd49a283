//! Values and variants that a newer version wrote.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::iter::{Once, once};
use std::sync::{Mutex, PoisonError};

use serde::de::value::MapDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// Every unknown value that was read in this process, so that each is kept once.
static KNOWN: Known = Mutex::new(Vec::new());

thread_local! {
    /// Whether this thread reads what a caller gave.
    static REFUSED: Cell<bool> = const { Cell::new(false) };
}

type Known = Mutex<Vec<&'static str>>;

/// The text of a value that this version does not know: a newer one wrote it. It is written again as it
/// was read.
///
/// It is small and `Copy`, since its text is kept until the process ends. That is bounded: texts longer
/// than [`MAX_BYTES`](Self::MAX_BYTES), and more than [`MAX_VALUES`](Self::MAX_VALUES) different ones, are
/// not read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownValue(u16);

impl UnknownValue {
    /// How long such a text may be.
    pub const MAX_BYTES: usize = 128;

    /// How many different ones a process keeps. They are looked for one by one.
    pub const MAX_VALUES: u16 = 1024;

    /// The text.
    pub fn as_str(self) -> &'static str {
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// Reads what a caller of this version gave: a value that is not known is a mistake then.
    #[cfg(feature = "ffi")]
    pub(crate) fn refused<T>(read: impl FnOnce() -> T) -> T {
        let before = REFUSED.replace(true);
        let read = read();
        REFUSED.set(before);
        read
    }

    /// Keeps a text. None when there are too many already, or when it is too long.
    fn keep(known: &Known, text: &str) -> Option<Self> {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().position(|kept| *kept == text);
        let at = u16::try_from(found.unwrap_or(known.len())).ok()?;
        if found.is_none() {
            if text.len() > Self::MAX_BYTES || at >= Self::MAX_VALUES {
                return None;
            }
            known.push(Box::leak(text.into()));
        }
        Some(Self(at))
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for UnknownValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for UnknownValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        if REFUSED.get() {
            return Err(de::Error::custom("a value that is not known"));
        }
        let kept = Self::keep(&KNOWN, &text);
        kept.ok_or_else(|| de::Error::custom("a value that is not known, and too much to keep"))
    }
}

/// A variant of a tagged union that this version does not know: a newer one wrote it. The object is kept
/// whole, and is written again as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct UnknownVariant(Value);

impl UnknownVariant {
    /// The whole object.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// Takes an object whose tag is none of those that `read` knows; gives any other back.
    pub(crate) fn of(
        tag: &'static str,
        value: Value,
        read: impl FnOnce(TagAlone<'_>) -> Result<(), Probed>,
    ) -> Result<Self, Value> {
        let Some(name) = value.get(tag).and_then(Value::as_str) else { return Err(value) };
        match read(MapDeserializer::new(once((tag, name)))) {
            Err(Probed { is_unknown: true }) if !REFUSED.get() => Ok(Self(value)),
            _ => Err(value),
        }
    }
}

/// An object with nothing but its tag.
pub(crate) type TagAlone<'a> = MapDeserializer<'a, Once<(&'a str, &'a str)>, Probed>;

/// What was wrong with an object that has nothing but its tag.
#[derive(Debug)]
pub(crate) struct Probed {
    /// The tag itself, and not that fields are missing.
    is_unknown: bool,
}

impl fmt::Display for Probed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a variant that cannot be read")
    }
}

impl std::error::Error for Probed {}

impl de::Error for Probed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self { is_unknown: false }
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self { is_unknown: true }
    }
}

/// Lets a tagged union, which serde derives with `remote = "Self"`, keep what a newer version wrote as its
/// `Unknown`.
macro_rules! open_union {
    ($name:ty, $tag:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::Unknown(kept) => serde::Serialize::serialize(kept, serializer),
                    known => Self::serialize(known, serializer),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                let read = |tag: $crate::unknown::TagAlone<'_>| Self::deserialize(tag).map(drop);
                match $crate::unknown::UnknownVariant::of($tag, value, read) {
                    Ok(kept) => Ok(Self::Unknown(kept)),
                    Err(known) => {
                        Self::deserialize(known).map_err(<D::Error as serde::de::Error>::custom)
                    }
                }
            }
        }
    };
}
pub(crate) use open_union;

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;
    use crate::model::{Decision, Verb};

    #[test]
    fn a_variant_of_a_newer_version_is_kept_and_a_mistake_is_none() {
        let newer = json!({ "more": [1, null], "verb": "session_rewind" });
        let read: Verb = from_value(newer.clone()).unwrap();
        assert!(matches!(read, Verb::Unknown(_)), "{read:?}");
        assert_eq!(to_value(&read).unwrap(), newer);
        let mistakes = [
            (json!({ "verb": "turn_cancel" }), "missing field `turn_id`"),
            (json!({ "verb": 7 }), "invalid type: integer `7`"),
            (json!({ "turn_id": 7 }), "missing field `verb`"),
            (json!("turn_cancel"), "expected internally tagged enum"),
        ];
        for (given, why) in mistakes {
            let error = from_value::<Verb>(given).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[cfg(feature = "ffi")]
    #[test]
    fn what_a_caller_gives_is_of_this_version() {
        let read = || from_value::<Decision>(json!({ "decision": "postpone" }));
        assert_eq!(read().unwrap().as_str(), "postpone");
        let error = UnknownValue::refused(read).unwrap_err().to_string();
        assert!(error.contains("unknown variant `postpone`, expected one of `allow`"), "{error}");
        assert!(read().is_ok());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let known = Known::default();
        let keep = |text: &str| UnknownValue::keep(&known, text);
        let first = keep("the same");
        assert!(first.is_some());
        assert_eq!(keep("the same"), first);
        assert_eq!(keep(&"x".repeat(UnknownValue::MAX_BYTES + 1)), None);
        let others = (0..2 * UnknownValue::MAX_VALUES).filter(|n| keep(&n.to_string()).is_some());
        assert_eq!(others.count(), usize::from(UnknownValue::MAX_VALUES) - 1);
        assert_eq!(keep("the same"), first);
    }
}
