#!/bin/sh
# Runs SESSIONS sessions (default 10000) by the Swift package in a release build, and fails if they leave memory behind.
#
# Exit code 3, with the reason on stderr, where there is no Swift and none can be made.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
repository=$(CDPATH='' cd -- "$here/.." && pwd -P)
cd "$repository"

run=env
if ! command -v swift >/dev/null 2>&1; then
  root=$repository/.cache/swift-root
  "$here/linux/root.sh" "$root"
  run="$here/linux/run.sh $root $repository"
fi
library=$("$here/build.sh" --profile dist)
cargo build -q --locked -p slope
target=$(dirname "$library")
scratch=$library/swift
mkdir -p "$scratch"
$run "MAESTRO_LIB_DIR=$library" swift build -q -c release --product maestro-leaks --package-path "$here" --scratch-path "$scratch" >&2
"$target/debug/slope" swift -- $run "$scratch/release/maestro-leaks" "${SESSIONS:-10000}"
