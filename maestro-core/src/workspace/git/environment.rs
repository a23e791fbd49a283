//! Which variables reach git.

use std::ffi::{OsStr, OsString};

use super::options::GitEnvironment;
use crate::transport::EnvPolicy;

/// What git is given of this process's environment: where programs and the user's configuration
/// are, who commits, and how texts are to be read. A name that ends with `*` is a prefix. No login
/// is among it, and no socket of an agent that holds keys.
const PASSED: &[&str] = &[
    "APPDATA",
    "COMSPEC",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "EMAIL",
    "GIT_AUTHOR_DATE",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_DATE",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_SSL_CAINFO",
    "GIT_TEMPLATE_DIR",
    "HOME",
    "HOMEDRIVE",
    "HOMEPATH",
    "LANG",
    "LC_*",
    "LD_LIBRARY_PATH",
    "LOCALAPPDATA",
    "LOGNAME",
    "NIX_SSL_CERT_FILE",
    "PATH",
    "PATHEXT",
    "PROGRAMDATA",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TZ",
    "USER",
    "USERNAME",
    "USERPROFILE",
    "XDG_CONFIG_HOME",
];

/// Variables beside [`EnvPolicy::GIT_LOCAL`] that would change what git does or says, or ask
/// somebody.
const REMOVED: &[&str] = &[
    "GIT_ASKPASS",
    "GIT_DEFAULT_HASH",
    "GIT_DIFF_OPTS",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_INDEX_VERSION",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_PROXY_COMMAND",
    "GIT_REDIRECT_*",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_TRACE*",
    "SSH_ASKPASS",
];

/// The environment to begin with.
pub(super) fn base(environment: &GitEnvironment) -> Vec<(OsString, OsString)> {
    match environment {
        GitEnvironment::Inherit => {
            std::env::vars_os().filter(|(name, _)| is_one_of(name, PASSED)).collect()
        }
        GitEnvironment::Exactly(variables) => {
            let changes = |name| is_one_of(name, EnvPolicy::GIT_LOCAL) || is_one_of(name, REMOVED);
            variables.iter().filter(|(name, _)| !changes(name)).cloned().collect()
        }
    }
}

fn is_one_of(name: &OsStr, patterns: &[&str]) -> bool {
    let name = name.as_encoded_bytes();
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix.as_bytes()),
        None => name == pattern.as_bytes(),
    })
}
