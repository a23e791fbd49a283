#!/bin/sh
# Resolves what an embedder writes whose product also uses another client of SQLite: only one package of a program may
# link to `sqlite3`, so a version of ours that no other client allows shuts those products out. Builds nothing.
#
# Exit codes: 0 each of them resolves; 1 one does not, and cargo says why; 3 the registry cannot be reached.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
product=$(mktemp -d)
trap 'rm -rf -- "$product"' EXIT
cd "$product"
mkdir src
: >src/lib.rs

# Resolves a product with the dependencies that stand on stdin.
resolve() {
    {
        printf '[package]\nname = "product"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n'
        cat
    } >Cargo.toml
    rm -f Cargo.lock
    cargo generate-lockfile >said 2>&1
}

ours="maestro-core = { path = \"$here\" }"
sqlx='sqlx = { version = "0.9", features = ["sqlite"] }'
diesel='diesel = { version = "2.3", features = ["sqlite"] }'

if ! printf '%s\n' "$sqlx" "$diesel" | resolve; then
    cat said >&2
    echo 'embedders: sqlx and diesel do not resolve without Maestro either; is the registry there? Nothing was checked' >&2
    exit 3
fi
failed=0
check() {
    name=$1
    shift
    if printf '%s\n' "$ours" "$@" | resolve && [ "$(grep -c '^name = "libsqlite3-sys"$' Cargo.lock)" = 1 ]; then
        echo "embedders: resolves beside $name"
    else
        cat said >&2
        echo "embedders: FAILED beside $name; choose a line of rusqlite whose libsqlite3-sys it allows" >&2
        failed=1
    fi
}
check 'sqlx 0.9' "$sqlx"
check 'diesel 2' "$diesel"
check 'sqlx 0.9 and diesel 2' "$sqlx" "$diesel"
exit $failed
