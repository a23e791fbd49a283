#!/bin/sh
# Packs the crate, unpacks it outside of the repository, and builds what an embedder writes against it there: a quickstart with
# an agent that needs no account, which is run, and a host whose guardian ends its agent. `--release` builds them as products do and prints the sizes.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
repository=$(CDPATH='' cd -- "$here/.." && pwd -P)
clean=$(mktemp -d)
trap 'rm -rf -- "$clean"' EXIT
cd "$repository"
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
profile=dev
if [ "${1:-}" = --release ]; then profile=release; fi

# Not built here, but below, as somebody who has only the package builds it. The tests that are left out are named one by one.
cargo package -q --locked --allow-dirty --no-verify -p maestro-core 2>"$clean/said" || { cat "$clean/said" >&2; exit 1; }
grep -v 'is not included in the published package' "$clean/said" >&2 || true
crate=$(basename "$target"/package/maestro-core-*.crate .crate)
tar xzf "$target/package/$crate.crate" -C "$clean"
for file in LICENSE-AGPL LICENSE-COMMERCIAL README.md build.rs guardian/main.rs; do
    [ -f "$clean/$crate/$file" ] || { echo "pack: the crate has no $file" >&2; exit 1; }
done

mkdir -p "$clean/product/src/bin"
cd "$clean/product"
cp "$here/pack/quickstart.rs" "$here/pack/host.rs" src/bin/
# Just what the package was tested with, so that nothing has to be fetched.
cp "$clean/$crate/Cargo.lock" .
cat >Cargo.toml <<END
[package]
name = "product"
edition = "2024"

[dependencies]
maestro-core = { path = "../$crate" }
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }

[profile.release]
strip = "symbols"

[workspace]
END
cargo build -q --profile "$profile" --target-dir "$target/pack"
built=$target/pack/debug
if [ "$profile" = release ]; then built=$target/pack/release; fi
mkdir shop
cd shop
for program in ../src/bin/*.rs; do
    name=$(basename "$program" .rs)
    if [ "$name" = host ]; then continue; fi
    echo "== $name"
    "$built/$name"
done
"$repository/examples/guarded.sh" "$built/host"
if [ "$profile" = release ]; then
    echo "$crate.crate: $(wc -c <"$target/package/$crate.crate") bytes; a product with everything in it, stripped:"
    wc -c "$built/quickstart"
fi
