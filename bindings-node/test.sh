#!/bin/sh
# Installs what the Node package needs below bindings-node/node_modules, builds it, and runs all of its tests. An argument chooses
# one file of tests; TEARDOWN_COUNT says how many processes and workers are ended with work in flight.
#
# Exit codes: 0 all passed; 1 something is broken; 3 there is no node that it runs with, so nothing was tested.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$here"
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
    npm ci --ignore-scripts
    printf '%s\n' "$wanted" >node_modules/.installed
fi
npm run -s native
rm -rf dist build
npm run -s build
npx tsc -p tsconfig.protocol.json
npx tsc -p tsconfig.tests.json
if [ $# -gt 0 ]; then set -- "build/tests/$1.test.js"; else set -- build/tests/*.test.js; fi
exec node --test --test-reporter=spec "$@"
