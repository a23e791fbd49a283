#!/bin/sh
# Packs MaestroKit as a directory that a Swift package can depend on, sources and native library, and builds and runs such a package outside
# of the repository: the quickstart, and a host whose guardian ends its agent. `--release` builds it as it is published and prints the sizes.
#
# Exit code 3, with the reason on stderr, where there is no Swift and none can be made.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
repository=$(CDPATH='' cd -- "$here/.." && pwd -P)
clean=$(mktemp -d)
trap 'rm -rf -- "$clean"' EXIT
profile=dev configuration=debug
if [ "${1:-}" = --release ]; then profile=dist configuration=release; fi

# One word, so that it can be run by another program too.
run() { env "$@"; }
host() { "$repository/examples/guarded.sh" "$clean/product/.build/$configuration/host"; }
if ! command -v swift >/dev/null 2>&1; then
  root=$repository/.cache/swift-root
  "$here/linux/root.sh" "$root"
  run() { "$here/linux/run.sh" "$root" "$clean" "$@"; }
  host() {
    MAESTRO_GUARDED=$clean "$repository/examples/guarded.sh" "$here/linux/run.sh" "$root" "$clean" "$clean/product/.build/$configuration/host"
  }
fi

library=$("$here/build.sh" --profile "$profile")
kit=$clean/MaestroKit
mkdir -p "$kit/lib" "$clean/product/Sources/quickstart" "$clean/product/Sources/host"
cp -RL "$here/Package.swift" "$here/README.md" "$here/LICENSE-AGPL" "$here/LICENSE-COMMERCIAL" "$here/Sources" "$here/Examples" "$kit"
cp "$library"/libmaestro_swift.so "$kit/lib" 2>/dev/null || cp "$library"/libmaestro_swift.dylib "$kit/lib"
cp "$here/pack/Package.swift" "$clean/product"
cp "$here/pack/quickstart.swift" "$clean/product/Sources/quickstart/main.swift"
cp "$here/pack/host.swift" "$clean/product/Sources/host/main.swift"
run swift build -q --package-path "$clean/product" -c "$configuration"
run "$clean/product/.build/$configuration/quickstart"
host
if [ "$profile" = dist ]; then
  echo "MaestroKit-linux-$(uname -m).tar.gz: $(tar czf - -C "$clean" MaestroKit | wc -c) bytes; the native library and a product:"
  wc -c "$kit/lib/"* "$clean/product/.build/$configuration/quickstart"
fi
