#!/bin/sh
# Prints the absolute path of a Chromium, and nothing else, on stdout: for tests of pages. It takes one that is installed (CHROMIUM names
# another), and on Debian and its kin, as root, installs the distribution's package, which brings its libraries along.
#
# Exit codes: 0 the path is printed; 3 there is none and none can be had, so a test may say that it is skipped.
set -eu

say() { printf 'fetch-chromium: %s\n' "$*" >&2; }

# True when the program $1 starts.
starts() { "$1" --version >/dev/null 2>&1 </dev/null; }

for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$candidate" ] || continue
    found=$(command -v "$candidate") || continue
    if starts "$found"; then printf '%s\n' "$found"; exit 0; fi
done

command -v apt-get >/dev/null 2>&1 || { say 'there is no chromium, and no apt-get to install one with'; exit 3; }
[ "$(id -u)" = 0 ] || { say 'there is no chromium, and only root may install one'; exit 3; }
log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
# Two suites may want it at the same time.
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=600 chromium fonts-dejavu-core; } >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    say 'there is no chromium, and apt-get could not install one'
    exit 3
fi
found=$(command -v chromium) && starts "$found" || { say 'what apt-get installed as chromium does not start'; exit 3; }
printf '%s\n' "$found"
