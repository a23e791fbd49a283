// Writes the CommonJS entry beside the modules. Node loads modules from CommonJS, so nothing is there twice.
// The licences are copied, since npm packs no links.
import { copyFileSync, writeFileSync } from 'node:fs';

writeFileSync(new URL('dist/index.cjs', import.meta.url), "'use strict';\nmodule.exports = require('./index.js');\n");
writeFileSync(new URL('dist/index.d.cts', import.meta.url), "export * from './index.js';\n");

for (const name of ['LICENSE-AGPL', 'LICENSE-COMMERCIAL']) copyFileSync(new URL(`../${name}`, import.meta.url), new URL(name, import.meta.url));
