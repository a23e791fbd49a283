//! The scenario files that come with the crate.

/// Their texts.
pub(crate) const FILES: &[&str] = &[
    include_str!("../../scenarios/ask.toml"),
    include_str!("../../scenarios/bash-retry.toml"),
    include_str!("../../scenarios/bash.toml"),
    include_str!("../../scenarios/big-text.toml"),
    include_str!("../../scenarios/drop-mid.toml"),
    include_str!("../../scenarios/drop.toml"),
    include_str!("../../scenarios/error-400.toml"),
    include_str!("../../scenarios/error-401.toml"),
    include_str!("../../scenarios/error-429.toml"),
    include_str!("../../scenarios/error-500.toml"),
    include_str!("../../scenarios/error-529.toml"),
    include_str!("../../scenarios/hang-mid.toml"),
    include_str!("../../scenarios/hang.toml"),
    include_str!("../../scenarios/hello.toml"),
    include_str!("../../scenarios/max-tokens.toml"),
    include_str!("../../scenarios/rate-limited.toml"),
    include_str!("../../scenarios/refusal.toml"),
    include_str!("../../scenarios/slow.toml"),
    include_str!("../../scenarios/stream-error.toml"),
    include_str!("../../scenarios/subagent.toml"),
    include_str!("../../scenarios/think.toml"),
    include_str!("../../scenarios/two-tools.toml"),
    include_str!("../../scenarios/write-file.toml"),
];
