#!/bin/sh
# Makes MaestroFFI.xcframework for macOS and iOS beside Package.swift. Needs Xcode, and the Rust targets below by `rustup target add`.
# Not tested: this repository's tests run on Linux only.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
repository=$(CDPATH='' cd -- "$here/.." && pwd -P)
cd "$repository"
[ "$(uname -s)" = Darwin ] || { echo "xcframework: needs macOS with Xcode" >&2; exit 1; }

target=$repository/target
# Writes the bindings too.
"$here/build.sh" --release >/dev/null
headers=$target/apple-headers
rm -rf "$headers" "$here/MaestroFFI.xcframework"
mkdir -p "$headers"
cp "$here/Sources/MaestroFFI/MaestroFFI.h" "$here/Sources/MaestroFFI/module.modulemap" "$headers"

build() { cargo rustc -q --locked --release -p maestro-swift --lib --crate-type staticlib --target "$@"; }
for one in aarch64-apple-darwin x86_64-apple-darwin; do build "$one"; done
# No program can be started there.
for one in aarch64-apple-ios aarch64-apple-ios-sim; do build "$one" --no-default-features; done
mkdir -p "$target/apple-macos"
lipo -create -output "$target/apple-macos/libmaestro_swift.a" \
  "$target/aarch64-apple-darwin/release/libmaestro_swift.a" "$target/x86_64-apple-darwin/release/libmaestro_swift.a"
xcodebuild -create-xcframework \
  -library "$target/apple-macos/libmaestro_swift.a" -headers "$headers" \
  -library "$target/aarch64-apple-ios/release/libmaestro_swift.a" -headers "$headers" \
  -library "$target/aarch64-apple-ios-sim/release/libmaestro_swift.a" -headers "$headers" \
  -output "$here/MaestroFFI.xcframework"
