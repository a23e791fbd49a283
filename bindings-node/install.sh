#!/bin/sh
# Installs what the Node package is built and tested with below bindings-node/node_modules.
#
# Exit code 3, with the reason on stderr, where there is no Node that it runs with.
set -eu

cd "$(dirname -- "$0")"
say() { printf 'test-node: %s\n' "$*" >&2; }
if ! command -v node >/dev/null 2>&1; then say 'skipped: node is not installed'; exit 3; fi
if ! command -v npm >/dev/null 2>&1; then say 'skipped: npm is not installed'; exit 3; fi
if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then
    say "skipped: node $(node --version) is too old; 20.19 is needed"
    exit 3
fi
# What is kept from an earlier run is used only when it is whole and just what is wanted.
wanted=$(cat package.json package-lock.json .npmrc | cksum)
if [ "$(cat node_modules/.installed 2>/dev/null || true)" != "$wanted" ]; then
    npm ci --ignore-scripts >&2
    printf '%s\n' "$wanted" >node_modules/.installed
fi
