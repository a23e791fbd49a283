// A host of an agent that never gets ready; examples/guarded.sh kills it: `host.js PROJECT PROGRAM`.
import { ClaudeCode, Maestro } from '@maestro/core';

const [project, program] = process.argv.slice(2) as [string, string];
const maestro = await Maestro.open({ storage: `${project}.db`, agents: { claude: ClaudeCode.at(program) } });
const shop = await maestro.projects.ensure('shop', { path: project });
await maestro.sessions.open({ project: shop });
