// Runs scripted sessions in one process and prints, after each batch, how much memory is in use; leaks.sh judges it.
//
// Half of the sessions are of a scripted agent whose tools the permission handler allows, half of an agent in JavaScript. Each is opened,
// prompted, followed to the end of its turn, and closed. `node --expose-gc leaks.mjs SESSIONS MALLINFO`, MALLINFO being leaks.c built.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Maestro } from '@maestro/core';
import { ScriptedAgent } from '@maestro/core/testing';

/** After how many sessions memory is looked at, when none is open. */
const BATCH = 100;
/** How many are open at once. */
const AT_ONCE = 10;

const sessions = Number(process.argv[2]);
const { inUse } = createRequire(import.meta.url)(process.argv[3]);
const directory = mkdtempSync(join(tmpdir(), 'maestro-node-'));
const script = [{ do: 'tool', name: 'Bash', ask: true, result: 'ok' }, 'Hello there.'];
const own = { open: () => ({ async *prompt({ text }) { yield `Noted: ${text}`; } }) };
const maestro = await Maestro.open({
  // Not in memory, where the records that sessions leave would be memory in use.
  storage: { kind: 'sqlite', path: `${directory}/maestro.db`, relaxed: true },
  agents: { scripted: new ScriptedAgent({ default: script, rememberIn: `${directory}/memory` }), own },
  permissionHandler: () => ({ decision: 'allow' }),
});
await maestro.projects.ensure('shop', { path: directory });

async function session(agent) {
  const session = await maestro.sessions.open({ project: 'shop', agent });
  const events = session.events();
  await session.prompt('Say hello');
  for await (const event of events) {
    if (event.type !== 'turn.ended') continue;
    if (event.data.error) throw new Error(JSON.stringify(event.data.error));
    break;
  }
  await session.close();
}

for (let batch = BATCH; batch <= sessions; batch += BATCH) {
  for (let i = 0; i < BATCH / AT_ONCE; i++) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => session(number % 2 ? 'own' : 'scripted')));
  }
  // Twice, since what is finalised by the first is freed by the second.
  global.gc();
  await new Promise((resolve) => setImmediate(resolve));
  global.gc();
  const { heapUsed, rss } = process.memoryUsage();
  // The heap of V8 is not of malloc; what is outside of it is, and so is all of Rust and SQLite.
  console.log(`sample ${batch} ${heapUsed + inUse()} ${Math.round(rss / 1024)}`);
}
await maestro.close();
rmSync(directory, { recursive: true });
