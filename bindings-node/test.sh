#!/bin/sh
# Installs what the Node package needs below bindings-node/node_modules, builds it, and runs all of its tests. An argument chooses
# one file of tests; TEARDOWN_COUNT says how many processes and workers are ended with work in flight.
#
# Exit codes: 0 all passed; 1 something is broken; 3 there is no node that it runs with, so nothing was tested.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$here"
./install.sh
npm run -s native
rm -rf dist build
npm run -s build
npx tsc -p tsconfig.protocol.json
npx tsc -p tsconfig.tests.json
if [ $# -gt 0 ]; then set -- "build/tests/$1.test.js"; else set -- build/tests/*.test.js; fi
# Whatever is left of a test's directories goes with this one.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf -- "$TMPDIR"' EXIT
node --test --test-reporter=spec "$@"
