#!/bin/sh
# Builds all that `bench.py` runs: the readers in Rust, and for Python and Node a package of this repository beside the SDK that it is
# compared with, in an environment of its own below target/bench. Fetches the SDKs once. The reader in Swift is left out where there is no
# Swift and none can be made.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$here/..
target=${CARGO_TARGET_DIR:-$root/target}
mkdir -p "$target/bench"
target=$(CDPATH='' cd -- "$target" && pwd -P)
bench=$target/bench

# One build for all, so that the core is compiled once; as the packages are published, but with symbols for a profiler.
(cd "$root" && PYO3_BUILD_EXTENSION_MODULE=1 cargo build -q --locked --release -p benches -p maestro-node -p maestro-python)

# What is kept from an earlier run is used only when it is whole and just what is wanted.
if ! cmp -s "$here/python/requirements.txt" "$bench/python/installed.txt"; then
    rm -rf -- "$bench/python"
    python3 -m venv "$bench/python"
    "$bench/python/bin/python" -m pip install -q --disable-pip-version-check -r "$here/python/requirements.txt"
    cp "$here/python/requirements.txt" "$bench/python/installed.txt"
fi
packages=$("$bench/python/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -rf -- "$packages/maestro"
cp -R "$root/bindings-python/python/maestro" "$packages/maestro"
rm -f -- "$packages"/maestro/_native*.so
cp "$target/release/lib_native.so" "$packages/maestro/_native.abi3.so"

if ! cmp -s "$here/node/package.json" "$bench/node/installed.json"; then
    rm -rf -- "$bench/node"
    mkdir -p "$bench/node"
    cp "$here/node/package.json" "$bench/node/"
    # Without the programs that it would bring: the stand-in takes their place.
    (cd "$bench/node" && npm install --silent --no-package-lock --no-audit --no-fund --ignore-scripts --omit=optional)
    cp "$here/node/package.json" "$bench/node/installed.json"
fi
if [ ! -d "$root/bindings-node/node_modules/typescript" ]; then (cd "$root/bindings-node" && npm ci --silent --ignore-scripts); fi
(cd "$root/bindings-node" && rm -rf dist && npm run -s build)
ours=$bench/node/node_modules/@maestro/core
rm -rf -- "$ours"
mkdir -p "$ours/native"
cp -R "$root/bindings-node/dist" "$root/bindings-node/package.json" "$ours/"
cp "$target/release/libmaestro_node.so" "$ours/native/maestro.$(node -p 'process.platform + "-" + process.arch').node"
cp "$here"/node/*.mjs "$bench/node/"

# As bindings-swift/test.sh runs it.
run=env
code=0
if ! command -v swift >/dev/null 2>&1; then
    "$root/bindings-swift/linux/root.sh" "$root/.cache/swift-root" || code=$?
    run="$root/bindings-swift/linux/run.sh $root/.cache/swift-root $(CDPATH='' cd -- "$root" && pwd -P)"
fi
rm -f -- "$bench/swift.sh"
if [ $code -eq 0 ]; then
    library=$("$root/bindings-swift/build.sh" --release)
    mkdir -p "$bench/swift"
    # shellcheck disable=SC2086
    $run "MAESTRO_LIB_DIR=$library" swift build -q -c release --package-path "$(CDPATH='' cd -- "$here/swift" && pwd -P)" \
        --scratch-path "$bench/swift" >&2
    # Its database is on the disk, like those of the others.
    printf '#!/bin/sh\nexec %s "TMPDIR=%s" "%s" "$@"\n' "$run" "$bench/swift" "$bench/swift/release/stream" >"$bench/swift.sh"
    chmod +x "$bench/swift.sh"
elif [ $code -ne 3 ]; then exit $code; fi
