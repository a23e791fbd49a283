//! How the CLI gets its login, and what of it has to be kept out of texts.

use std::env;

use crate::agent::AgentAccount;
use crate::model::Secret;
use crate::transport::{EnvPolicy, Handed, HandedBy};

/// Variables that hold a secret which the CLI logs in with.
const SECRETS: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_AWS_API_KEY",
    "ANTHROPIC_FOUNDRY_API_KEY",
    "ANTHROPIC_FOUNDRY_AUTH_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CLAUDE_CODE_OAUTH_REFRESH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
];

/// Variables that choose a provider with a login of its own.
pub(super) const PROVIDERS: &[&str] =
    &["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"];

/// What an account replaces in the environment, so that the one that is asked for is billed.
const REPLACED: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
    "CLAUDE_CODE_OAUTH_REFRESH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
];

/// Secrets that the CLI reads from a descriptor as well, and the variable that names it. What it reads
/// there it passes on to no tool; seen with 2.1.197 and 2.1.331.
const BY_DESCRIPTOR: &[(&str, &str)] = &[
    ("ANTHROPIC_API_KEY", "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR"),
    ("CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR"),
];

/// How a process gets its login.
#[derive(Debug, Default)]
pub(super) struct Login {
    /// What is left of the environment.
    pub(super) env: EnvPolicy,
    pub(super) handed: Vec<Handed>,
    /// What has to be kept out of texts, by the names of variables.
    pub(super) secrets: Vec<(String, Secret)>,
}

impl Login {
    /// Takes the login out of a policy, and an account in.
    ///
    /// What the policy inherits is read from the environment of this process where `is_local` says
    /// that the child would get it. With `hide` the CLI alone gets it, not its tools.
    pub(super) fn of(
        mut env: EnvPolicy,
        account: Option<&AgentAccount>,
        is_local: bool,
        hide: bool,
    ) -> Self {
        let mut secrets: Vec<(String, Secret)> = Vec::new();
        if let Some(account) = account {
            for name in REPLACED.iter().chain(PROVIDERS) {
                env.set.remove(*name);
                env.deny.push((*name).to_owned());
            }
            let given = account.credentials.iter();
            secrets.extend(given.map(|(name, secret)| (name.clone(), secret.clone())));
        }
        for name in SECRETS {
            if secrets.iter().any(|(known, _)| known == name) {
                continue;
            }
            let inherits = is_local && env.inherit && !is_denied(&env.deny, name);
            let inherited = || env::var_os(name).filter(|_| inherits)?.into_string().ok();
            let value = env.set.get(*name).cloned().or_else(inherited);
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                secrets.push(((*name).to_owned(), Secret::new(value)));
            }
        }
        let mut handed = Vec::new();
        for (name, secret) in &secrets {
            let descriptor = BY_DESCRIPTOR.iter().find(|(known, _)| known == name);
            let fits = secret.expose().len() <= Handed::FITS_ALWAYS;
            if let Some((_, variable)) = descriptor.filter(|_| hide && fits) {
                env.set.remove(name);
                env.deny.push(name.clone());
                let by = HandedBy::Variable((*variable).to_owned());
                handed.push(Handed { by, secret: secret.clone() });
            } else if account.is_some_and(|account| account.credentials.contains_key(name)) {
                env.set.insert(name.clone(), secret.expose().to_owned());
            }
        }
        Self { env, handed, secrets }
    }

    /// Notes the secrets in variables that are added as they are.
    pub(super) fn note<'a>(&mut self, added: impl IntoIterator<Item = (&'a String, &'a String)>) {
        for (name, value) in added {
            if SECRETS.contains(&name.as_str()) {
                self.secrets.push((name.clone(), Secret::new(value)));
            }
        }
    }
}

fn is_denied(deny: &[String], name: &str) -> bool {
    deny.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    })
}
