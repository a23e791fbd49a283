#!/bin/sh
# Builds the native library, and writes its Swift face into Sources/MaestroBindings and its C header into Sources/MaestroFFI. Prints the
# directory that the library is in.
#
#   bindings-swift/build.sh [CARGO-ARGUMENT...]
#
# Whatever is given goes to `cargo build`, for example `--release` or `--profile dist`.
set -eu
cd "$(dirname "$0")/.."
cargo build -q --locked -p maestro-swift --features bindgen "$@" >&2
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
profile=debug
case " $* " in
  *' --release '*) profile=release ;;
  *' --profile '*) profile=$(echo " $* " | sed 's/.* --profile \([^ ]*\).*/\1/') ;;
esac
# Where cargo puts it.
if [ "$profile" = dev ]; then profile=debug; fi
library=
for end in so dylib; do
  if [ -f "$target/$profile/libmaestro_swift.$end" ]; then library=$target/$profile/libmaestro_swift.$end; fi
done
bindgen=$target/$profile/maestro-swift-bindgen
new=$target/swift-bindings
rm -rf "$new"
"$bindgen" --swift-sources "$library" "$new/MaestroBindings" >&2
"$bindgen" --headers --modulemap --module-name MaestroFFI --modulemap-filename module.modulemap "$library" "$new/MaestroFFI" >&2
# What is the same keeps its time, so that nothing is compiled again.
for file in MaestroBindings/MaestroBindings.swift MaestroFFI/MaestroFFI.h MaestroFFI/module.modulemap; do
  mkdir -p "bindings-swift/Sources/$(dirname "$file")"
  cmp -s "$new/$file" "bindings-swift/Sources/$file" || cp "$new/$file" "bindings-swift/Sources/$file"
done
echo "$target/$profile"
