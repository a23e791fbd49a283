#!/bin/sh
# Makes the virtual environment below target/ that the Python package is built and tested with, and prints where it is.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
target=${CARGO_TARGET_DIR:-$here/../target}
mkdir -p "$target"
venv=$(CDPATH='' cd -- "$target" && pwd -P)/python
wanted=$here/requirements-test.txt
# What is kept from an earlier run is used only when it is whole and just what is wanted.
if ! cmp -s "$wanted" "$venv/installed.txt"; then
    rm -rf -- "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$wanted" >&2
    cp "$wanted" "$venv/installed.txt"
fi
echo "$venv"
