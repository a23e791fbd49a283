// Writes the CommonJS entry beside the modules. Node loads modules from CommonJS, so nothing is there twice.
import { writeFileSync } from 'node:fs';

writeFileSync(new URL('dist/index.cjs', import.meta.url), "'use strict';\nmodule.exports = require('./index.js');\n");
writeFileSync(new URL('dist/index.d.cts', import.meta.url), "export * from './index.js';\n");
