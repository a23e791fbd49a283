#!/bin/sh
# Mutation testing of what decides, family by family, each with only the tests that are about it: a change that no test
# notices is a rule that nothing holds. `.cargo/mutants.toml` has what all families share, and what is left out and why.
#
# Usage: mutants.sh [FAMILY...]. SHARD=1/8 does an eighth of each; the parts differ, and are the same in every run.
# Exit codes: 0 every change was noticed; 3 cargo-mutants is not installed; anything else is what it says.
set -eu

cd "$(dirname -- "$0")/.."
if ! cargo mutants --version >/dev/null 2>&1; then
    echo 'mutants: cargo-mutants is not installed, so nothing was changed; `cargo install cargo-mutants --locked` has it' >&2
    exit 3
fi
[ $# -gt 0 ] || set -- rules lenient approvals sessions tasks sealed_git

failed=0
for family; do
    case $family in
        rules) files='approval/rules/*.rs'; tests='--lib --test approval_rules --test fuzz' ;;
        lenient) files='agent/claude/lenient.rs'; tests='--lib --test claude_wire --test fuzz' ;;
        approvals) files='approval/machine.rs approval/machine/*.rs'; tests='--lib --test engine --test bad_input' ;;
        sessions) files='session/machine.rs'; tests='--lib --test engine' ;;
        tasks) files='task/machine.rs'; tests='--lib --test engine --test sim' ;;
        sealed_git) files='workspace/git/{call,environment,run,seal,settings}.rs'; tests='--lib --test workspace' ;;
        *) echo "mutants: no family is called $family" >&2; exit 2 ;;
    esac
    echo "mutants: $family"
    chosen=
    set -f
    for file in $files; do chosen="$chosen --file maestro-core/src/$file"; done
    # Its own directory, so that the lists of what was missed stay beside each other.
    # shellcheck disable=SC2086
    cargo mutants --no-shuffle --output "target/mutants/$family" ${SHARD:+--shard "$SHARD"} $chosen -- $tests || failed=$?
    set +f
done
exit $failed
