#!/bin/sh
# Runs SESSIONS sessions (default 10000) by the Python package as it is published, and fails if they leave memory behind.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
venv=$("$here/environment.sh")
target=$(dirname "$venv")
clean=$(mktemp -d)
trap 'rm -rf -- "$clean"' EXIT
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
cd "$here"
# What another allocator gives out is not counted.
PATH=$venv/bin:$PATH CARGO_TARGET_DIR=$target/maturin maturin build -q --locked --profile dist --no-default-features --out "$clean" >&2
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-index --target "$clean/packages" "$clean"/maestro-*.whl
cargo build -q --locked -p slope
cd "$clean"
PYTHONPATH=$clean/packages PYTHONMALLOC=malloc "$target/debug/slope" python -- "$venv/bin/python" "$here/leaks.py" "${SESSIONS:-10000}"
