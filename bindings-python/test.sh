#!/bin/sh
# Builds the Python package into a virtual environment below target/ and runs all of its tests there. Arguments go to pytest;
# MAESTRO_TEARDOWNS says how many interpreters are ended with work in flight.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
venv=$("$here/environment.sh")
target=$(dirname "$venv")
VIRTUAL_ENV=$venv
PATH=$venv/bin:$PATH
export VIRTUAL_ENV PATH
unset PYTHONHOME PYTHONPATH
cd "$here"
# A target of its own: maturin's settings would make cargo build pyo3 again and again.
CARGO_TARGET_DIR=$target/maturin maturin develop --locked -q
python generate.py --check
python -m mypy
python -m mypy.stubtest --concise maestro._native
# It is a program of Node, which it would fetch from a place that may not be reached.
if command -v node >/dev/null 2>&1; then pyright --warnings; else echo "test-python: no node, so pyright did not look at the examples" >&2; fi
# Whatever is left of a test's directories goes with this one.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf -- "$TMPDIR"' EXIT
python -m pytest "$@"
