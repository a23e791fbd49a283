#!/bin/sh
# Installs the Claude Code CLI once, below .cache/ of this repository, and prints the absolute path of the
# program, and nothing else, on stdout. Needs no account: tests point the program at a scripted model.
#
# An argument chooses a release; without one it is the newest that the tests run with.
#
# Exit codes: 0 the path is printed; 1 something is broken here; 3 npm is absent or the registry cannot be
# reached, so a test may say that it is skipped.
set -eu

version=${1:-2.1.331}
case $version in
    *[!0-9.]* | '') printf 'fetch-claude: %s is no release\n' "$version" >&2; exit 1 ;;
esac
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cache=$root/.cache
final=$cache/claude-code-$version
work=

say() { printf 'fetch-claude: %s\n' "$*" >&2; }
cleanup() { if [ -n "$work" ]; then rm -rf -- "$work"; fi; }
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# True when the program $1 starts without anything of the caller's environment and is the pinned version.
verified() {
    home=$work/home
    mkdir -p "$home"
    answer=$(env -i PATH="$PATH" HOME="$home" DISABLE_AUTOUPDATER=1 \
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 "$1" --version </dev/null 2>"$work/version.err") || return 1
    case $answer in "$version" | "$version "*) return 0 ;; *) return 1 ;; esac
}

# Prints the runnable program below the installation $1. The program is a native binary in a package of its
# own for each platform; npm installs the one that fits. The wrapper package would copy it over its own
# placeholder in a postinstall script, which is not needed to run it (and scripts are off).
program_in() {
    for candidate in "$1"/node_modules/@anthropic-ai/claude-code-*/claude \
        "$1"/node_modules/@anthropic-ai/claude-code-*/claude.exe; do
        if [ -f "$candidate" ] && [ -x "$candidate" ] && verified "$candidate"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

mkdir -p "$cache"
work=$(mktemp -d "$cache/claude-code-$version.tmp.XXXXXX")

if [ ! -d "$final" ]; then
    command -v npm >/dev/null 2>&1 || { say "npm is not installed, and $final does not exist"; exit 3; }
    command -v node >/dev/null 2>&1 || { say "node is not installed, and $final does not exist"; exit 3; }
    if ! npm install --prefix "$work/install" --no-audit --no-fund --ignore-scripts --no-update-notifier \
        --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 "@anthropic-ai/claude-code@$version" >"$work/npm.log" 2>&1 </dev/null; then
        tail -n 20 "$work/npm.log" >&2
        if grep -Eq 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|FETCH_ERROR|EIDLETIMEOUT|ERR_SOCKET_TIMEOUT|network' "$work/npm.log"; then
            say "the npm registry cannot be reached"
            exit 3
        fi
        say "npm install failed"
        exit 1
    fi
    program_in "$work/install" >/dev/null || {
        say "the installed package has no program for this machine that says it is $version"
        if [ -f "$work/version.err" ]; then tail -n 5 "$work/version.err" >&2; fi
        exit 1
    }
    # rename(2) is atomic and refuses a directory that is not empty: of two that run at once, one wins and
    # the other uses the winner's. mv would move the loser's into it.
    if ! node -e 'require("fs").renameSync(process.argv[1], process.argv[2])' "$work/install" "$final" \
        2>"$work/rename.err" && [ ! -d "$final" ]; then
        tail -n 5 "$work/rename.err" >&2
        exit 1
    fi
fi

program_in "$final" || { say "$final holds no program that runs here; remove that directory and try again"; exit 1; }
