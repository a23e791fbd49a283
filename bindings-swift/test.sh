#!/bin/sh
# Builds the Swift package and runs its tests, with the toolchain of this machine, or on Linux without one in a root of its own below
# .cache/. Arguments go to `swift test`.
#
# Exit code 3, with the reason on stderr, where there can be neither.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
repository=$(CDPATH='' cd -- "$here/.." && pwd -P)
cd "$repository"

run() { env "$@"; }
if ! command -v swift >/dev/null 2>&1; then
  root=$repository/.cache/swift-root
  "$here/linux/root.sh" "$root"
  run() { "$here/linux/run.sh" "$root" "$repository" "$@"; }
fi
python3 "$here/generate.py" --check
library=$("$here/build.sh")
cargo build -q --locked -p scripted-model -p parity
code=0
claude=$(examples/fetch-claude.sh) || code=$?
# Where there is none it said why, and the test with it is skipped.
case $code in 0 | 3) ;; *) exit "$code" ;; esac
scratch=$library/../swift
mkdir -p "$scratch"
scratch=$(CDPATH='' cd -- "$scratch" && pwd -P)
package="--package-path $here --scratch-path $scratch"
run "MAESTRO_LIB_DIR=$library" swift build $package --build-tests
# Whatever is left of a test's directories goes with this one.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf -- "$TMPDIR"' EXIT
# One after the other: each has a node of its own.
run "MAESTRO_LIB_DIR=$library" "MAESTRO_CLAUDE=$claude" "MAESTRO_SCRIPTED_MODEL=$library/scripted-model" \
  "MAESTRO_PARITY=$library/parity" "MAESTRO_PROGRAMS=$scratch/debug" \
  swift test $package --skip-build --no-parallel "$@"
