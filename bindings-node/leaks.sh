#!/bin/sh
# Runs SESSIONS sessions (default 10000) by the Node package as it is published, and fails if they leave memory behind.
#
# Exit code 3, with the reason on stderr, where there is no Node that it runs with.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
clean=$(mktemp -d)
trap 'rm -rf -- "$clean"' EXIT
"$here/install.sh"
cd "$here"
# What another allocator gives out is not counted.
npm run -s native -- --release --no-default-features >&2
npm run -s build
cc -shared -fPIC -Wall -o "$clean/mallinfo.node" leaks.c
cd "$here/.."
cargo build -q --locked -p slope
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
"$target/debug/slope" node -- node --expose-gc "$here/leaks.mjs" "${SESSIONS:-10000}" "$clean/mallinfo.node"
