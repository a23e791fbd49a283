//! Secrets, and references to them. Only references are ever written.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::model::check;

/// A secret value. It shows itself to nobody by accident: it has no `Display` and no serde, `Debug`
/// hides it, and its memory is overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value over. Copies that the caller made before stay the caller's business.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value. Give it only to what cannot do without.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where a secret is. It is resolved when a process needs it, on the node that starts the process.
///
/// On the wire and for people it is a text: `env:NAME`, `file:/path`,
/// `command:["program","argument"]`, or `scheme:rest` for a store of the embedder's own.
///
/// # Examples
/// ```
/// use maestro_core::model::SecretRef;
///
/// let reference: SecretRef = "env:SHOP_ANTHROPIC_KEY".parse()?;
/// assert_eq!(reference, SecretRef::env("SHOP_ANTHROPIC_KEY"));
/// assert_eq!(SecretRef::command(["op", "read", "op://shop/key"]).to_string(),
///     r#"command:["op","read","op://shop/key"]"#);
/// // A value stays in memory: it can be used, and it cannot be written down.
/// assert!(serde_json::to_string(&SecretRef::value("sk-made-up")).is_err());
/// # Ok::<(), maestro_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretRef {
    /// A variable of the environment of the node's own process.
    Env {
        /// Its name.
        name: String,
    },
    /// A file of the node's machine; white space at the end of its content is left out.
    File {
        /// Its absolute path.
        path: PathBuf,
    },
    /// What a program writes to its standard output; white space at the end is left out. No shell
    /// is involved.
    Command {
        /// The program and its arguments.
        argv: Vec<String>,
    },
    /// Something that only the embedder's own store understands.
    Other {
        /// The word before the colon.
        scheme: String,
        /// The rest.
        rest: String,
    },
    /// The value itself, in memory only: writing it down is an error.
    Value(Secret),
}

impl SecretRef {
    /// A variable of the environment of the node's own process.
    pub fn env(name: impl Into<String>) -> Self {
        Self::Env { name: name.into() }
    }

    /// A file of the node's machine.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File { path: path.into() }
    }

    /// What a program writes to its standard output.
    pub fn command(argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Command { argv: argv.into_iter().map(Into::into).collect() }
    }

    /// The value itself, in memory only.
    pub fn value(value: impl Into<String>) -> Self {
        Self::Value(Secret::new(value))
    }

    /// Checks what can be checked without looking.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn validate(&self) -> Result<()> {
        let wrong = |why: &str| Err(Error::invalid("credentials", why.to_owned()));
        match self {
            Self::Env { name } if name.is_empty() || name.contains(['=', '\0']) => {
                wrong("refers to a variable with a bad name")
            }
            Self::File { path } if !path.is_absolute() => {
                wrong("refers to a file by a path that is not absolute")
            }
            Self::File { path } => check::path("credentials", path),
            Self::Command { argv } if argv.iter().any(|arg| arg.contains('\0')) => {
                wrong("refers to a command with a NUL character in it")
            }
            Self::Command { argv } if argv.first().is_none_or(String::is_empty) => {
                wrong("refers to a command without a program")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env { name } => write!(f, "env:{name}"),
            Self::File { path } => write!(f, "file:{}", path.display()),
            Self::Command { argv } => {
                let argv = serde_json::to_string(argv).map_err(|_| fmt::Error)?;
                write!(f, "command:{argv}")
            }
            Self::Other { scheme, rest } => write!(f, "{scheme}:{rest}"),
            Self::Value(_) => f.write_str("value:.."),
        }
    }
}

impl FromStr for SecretRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // What is no reference may be the secret itself, so no error repeats it.
        let wrong = |why: &str| Error::invalid("credentials", why.to_owned());
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|first: char| first.is_ascii_lowercase())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        let split = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme));
        let Some((scheme, rest)) = split else {
            return Err(wrong(
                "must be a reference: env:NAME, file:/path or command:[\"program\"]",
            ));
        };
        let reference = match scheme {
            "env" => Self::env(rest),
            "file" => Self::file(rest),
            "command" => Self::Command {
                argv: serde_json::from_str(rest)
                    .map_err(|_| wrong("names a command that is no JSON array of texts"))?,
            },
            "value" => return Err(wrong("must be a reference, not a value")),
            _ => Self::Other { scheme: scheme.to_owned(), rest: rest.to_owned() },
        };
        reference.validate()?;
        Ok(reference)
    }
}

impl Serialize for SecretRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Value(_) => Err(serde::ser::Error::custom(
                "a secret value is never written; give a reference to it",
            )),
            reference => serializer.collect_str(reference),
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: Error| serde::de::Error::custom(error.message()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_survive_the_wire_and_values_do_not_take_it() {
        let references = [
            SecretRef::env("KEY"),
            SecretRef::file("/run/keys/shop"),
            SecretRef::command(["pass", "a b\"c"]),
            SecretRef::Other { scheme: "vault".to_owned(), rest: "kv/shop#key".to_owned() },
        ];
        for reference in references {
            let text = serde_json::to_string(&reference).unwrap();
            assert_eq!(serde_json::from_str::<SecretRef>(&text).unwrap(), reference, "{text}");
        }
        assert!(serde_json::to_string(&SecretRef::value("hush")).is_err());
        assert!(
            !format!("{:?} {}", SecretRef::value("hush"), SecretRef::value("hush"))
                .contains("hush")
        );
    }

    #[test]
    fn what_is_no_reference_is_refused_without_repeating_it() {
        for text in [
            "sk-ant-made-up",
            "value:sk-ant-made-up",
            "file:relative-made-up",
            "env:",
            "command:made-up",
        ] {
            let error = text.parse::<SecretRef>().unwrap_err();
            assert!(!format!("{error:?}").contains("made-up"), "{error:?}");
        }
    }
}
