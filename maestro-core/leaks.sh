#!/bin/sh
# Runs SESSIONS sessions (default 10000) in Rust, and fails if they leave memory behind.
set -eu

cd "$(dirname -- "$0")/.."
cargo build -q --locked --release -p leaks
cargo build -q --locked -p slope
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
"$target/debug/slope" rust -- "$target/release/leaks" "${SESSIONS:-10000}"
