#!/bin/sh
# Makes a Debian trixie root with Swift 6.0 in DIR, unless a good one is there, and prints nothing else on stdout.
#
#   bindings-swift/linux/root.sh DIR
#
# Exit code 3, with the reason on stderr, where no root can be made: it takes root, unshare and apt. A root is made under another name and
# renamed when it compiles and runs a program, so half a root is never taken for a whole one. About 1.8 GB, made in one to two minutes.
set -eu
root=${1:?which directory}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

skip() { echo "swift root: $*" >&2; exit 3; }

# True if the root in $1 compiles and runs a program that needs Foundation and concurrency.
good() {
  [ -x "$1/usr/bin/swiftc" ] || return 1
  "$here/run.sh" "$1" / sh -c '
    d=$(mktemp -d) && cd "$d" && printf "import Foundation\nprint(await Task { Date(timeIntervalSince1970: 0).timeIntervalSince1970 }.value)\n" > main.swift &&
    swiftc -o probe main.swift && ./probe; code=$?; rm -r "$d"; exit $code' >/dev/null 2>&1
}

[ "$(uname -s)" = Linux ] || skip "this is for Linux; elsewhere use the toolchain of the system"
[ "$(id -u)" = 0 ] || skip "needs root, to make a root of its own"
unshare --mount true 2>/dev/null || skip "needs the right to make a mount namespace (unshare --mount)"
if good "$root"; then exit 0; fi

command -v apt-get >/dev/null || skip "needs apt"
if ! command -v mmdebstrap >/dev/null; then
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap; } >&2 || skip "could not install mmdebstrap"
fi
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v -- security | head -n 1)
[ -n "$mirror" ] || skip "apt names no mirror"

mkdir -p "$(dirname "$root")"
new="$root.new.$$"
trap 'rm -rf --one-file-system "$new"' EXIT
libexec=/usr/libexec/swift
echo "swift root: making $root from $mirror" >&2
mmdebstrap --quiet --mode=root --variant=apt \
  --include=swiftlang,libc6-dev,libstdc++-14-dev,git \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt="path-exclude=$libexec/lib/swift_static/*" --dpkgopt="path-exclude=$libexec/lib/liblldb*" \
  --dpkgopt="path-exclude=$libexec/lib/libsourcekitd*" --dpkgopt="path-exclude=$libexec/bin/lldb*" \
  --dpkgopt="path-exclude=$libexec/bin/clangd" --dpkgopt="path-exclude=$libexec/bin/sourcekit-lsp" \
  --dpkgopt="path-exclude=$libexec/bin/docc" --dpkgopt="path-exclude=$libexec/bin/swift-format" \
  trixie "$new" "deb ${mirror%/} trixie main" >&2 || skip "mmdebstrap could not make it"
rm -rf "$new/var/cache/apt" "$new/var/lib/apt/lists"
good "$new" || { echo "swift root: what was made does not compile and run Swift" >&2; exit 1; }
[ ! -e "$root" ] || mv "$root" "$root.old.$$"
mv "$new" "$root"
trap - EXIT
[ ! -e "$root.old.$$" ] || rm -rf --one-file-system "$root.old.$$"
