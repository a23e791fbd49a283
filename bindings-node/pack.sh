#!/bin/sh
# Packs @maestro/core, installs the package in a clean folder outside of the repository, and runs a quickstart there: as a module, from
# CommonJS, and compiled by tsc. `--release` builds the native module as it is published and prints the sizes.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
clean=$(mktemp -d)
trap 'rm -rf -- "$clean"' EXIT
cd "$here"
if [ "${1:-}" = --release ]; then npm run -s native -- --release; fi
npm run -s build
packed=$(npm pack --silent --pack-destination "$clean")
cd "$clean"
printf '{ "name": "clean", "private": true, "type": "module" }\n' >package.json
npm install --silent --no-audit --no-fund "./$packed"
cat >quickstart.ts <<'END'
import { Maestro } from '@maestro/core';
import { decodeEvent } from '@maestro/core/protocol';
import { ScriptedAgent } from '@maestro/core/testing';

const maestro = await Maestro.open({ storage: 'maestro.db', agents: { claude: new ScriptedAgent({ default: ['Hello from a package'] }) }, concurrency: 1 });
await maestro.projects.ensure('shop', { path: process.cwd() });
const task = await maestro.tasks.submit('Say hello', { project: 'shop' });
for await (const event of task.events()) if (event.type === 'message') console.log('module:', event.data.blocks);
const outcome = await task.wait();
await maestro.close();
if (outcome.outcome !== 'succeeded' || typeof decodeEvent !== 'function') throw new Error(JSON.stringify(outcome));
END
cat >common.cts <<'END'
import maestro = require('@maestro/core');

void maestro.Maestro.open({ concurrency: 0 }).then(async (node) => {
  console.log('CommonJS:', (await node.projects.list()).length, 'projects');
  await node.close();
});
END
cat >tsconfig.json <<END
{ "compilerOptions": { "target": "es2022", "module": "nodenext", "strict": true, "lib": ["es2023", "esnext.disposable"], "types": ["node"],
  "typeRoots": ["$here/node_modules/@types"] } }
END
"$here/node_modules/.bin/tsc" -p tsconfig.json
node quickstart.js
node common.cjs
ls -l "$packed" node_modules/@maestro/core/native/
