#!/bin/sh
# Builds what is needed, runs the drivers of the four languages, and compares what they wrote with what docs/parity expects. A language
# that cannot be tested here is named and left out; the last line says how many were compared.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
traces=$target/parity
mkdir -p "$traces"
rm -f "$traces"/*.jsonl
cargo build -q --locked -p parity --features drive
"$target/debug/parity" run "$traces/rust.jsonl"
set -- "rust=$traces/rust.jsonl"
for language in python node swift; do
  case $language in
    python) driver='bindings-python/test.sh tests/test_parity.py' ;;
    node) driver='bindings-node/test.sh parity' ;;
    swift) driver='bindings-swift/test.sh --filter ParityTests' ;;
  esac
  echo "parity: $driver" >&2
  code=0
  $driver >"$traces/$language.log" 2>&1 || code=$?
  if [ $code -eq 3 ]; then
    echo "parity: $language is SKIPPED: $(tail -n 1 "$traces/$language.log")"
    continue
  fi
  # One that failed for another reason than a difference has no trace, and why is in its log.
  [ -s "$traces/$language.jsonl" ] || { echo "parity: $language wrote nothing (exit $code):"; tail -n 20 "$traces/$language.log"; }
  set -- "$@" "$language=$traces/$language.jsonl"
done
exec "$target/debug/parity" compare "$@"
