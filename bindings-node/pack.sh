#!/bin/sh
# Packs @maestro/core, installs the package in a clean folder outside of the repository, and uses it there: the quickstart with a scripted
# agent, compiled by tsc; from CommonJS; the protocol without the native module; and the guardian. `--release` builds the native module as
# it is published and prints the sizes.
#
# NODES says which Node programs it is tried with; by default the one that is installed.
#
# Exit code 3, with the reason on stderr, where there is no Node that it runs with.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
repository=$(CDPATH='' cd -- "$here/.." && pwd -P)
clean=$(mktemp -d)
trap 'rm -rf -- "$clean"' EXIT
"$here/install.sh"
cd "$here"
if [ "${1:-}" = --release ]; then npm run -s native -- --release; else npm run -s native; fi >&2
npm run -s build
packed=$(npm pack --silent --pack-destination "$clean")
mkdir "$clean/product"
cd "$clean/product"
printf '{ "name": "product", "private": true, "type": "module" }\n' >package.json
npm install --silent --no-audit --no-fund --offline "../$packed"
for file in LICENSE-AGPL LICENSE-COMMERCIAL README.md dist/index.d.ts dist/index.d.cts; do
    [ -f "node_modules/@maestro/core/$file" ] || { echo "pack: $packed has no $file" >&2; exit 1; }
done

cp "$here"/pack/*.ts "$here"/pack/*.cts "$here"/pack/*.mjs .
cat >tsconfig.json <<END
{ "compilerOptions": { "target": "es2022", "module": "nodenext", "strict": true, "lib": ["es2023", "esnext.disposable"], "types": ["node"],
  "typeRoots": ["$here/node_modules/@types"] } }
END
"$here/node_modules/.bin/tsc" -p tsconfig.json
git init -q -b main shop
printf '.maestro.db*\n' >shop/.gitignore
git -C shop add .gitignore
git -C shop -c user.name=Ada -c user.email=ada@example.invalid commit -q -m Begin
number=0
for node in ${NODES:-node}; do
    number=$((number + 1))
    git clone -q shop "shop-$number"
    (cd "shop-$number" && "$node" ../check.js)
    "$node" common.cjs
done
"$repository/examples/guarded.sh" node host.js
mv node_modules/@maestro/core/native "$clean/native"
node protocol.mjs
if [ "${1:-}" = --release ]; then
    echo "$packed: $(wc -c <"$clean/$packed") bytes; the native module in it:"
    wc -c "$clean"/native/*
fi
