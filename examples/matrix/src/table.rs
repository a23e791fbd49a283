//! The table of the documentation.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::Cases;

const HEAD: &str = "\
# Releases of Claude Code

Made by `make matrix`; not edited by hand. A column is a release of `@anthropic-ai/claude-code`, a row a test of the
driver in `maestro-core/tests/claude_real`, which runs that release against a scripted model. What differs between
releases, and is expected to, is in `maestro-core/tests/claude_real/program.rs`.

A release that is not in the table runs too. A session on one that lies outside the two that the tests always run
with says so in an `agent.warning` event.

";

/// A row for each case, a column for each release.
pub(crate) fn render(names: &BTreeSet<String>, columns: &[(String, Cases)]) -> String {
    let mut text = HEAD.to_owned();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    };
    line(&mut std::iter::once("case").chain(columns.iter().map(|(release, _)| release.as_str())));
    line(&mut std::iter::once("---").chain(columns.iter().map(|_| "---")));
    for name in names {
        let shown = name.replace("::", ": ").replace('_', " ");
        let cell = |cases: &Cases| match cases.get(name) {
            Some(true) => "passed",
            Some(false) => "failed",
            None => "not run",
        };
        line(
            &mut std::iter::once(shown.as_str())
                .chain(columns.iter().map(|(_, cases)| cell(cases))),
        );
    }
    text
}
