// A node with work and callbacks in flight, for what ends while it works.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Maestro } from '@maestro/core';
import { ScriptedAgent } from '@maestro/core/testing';

/** Opens one, and returns when its task of JavaScript, its agent of JavaScript and its feeds are all at work. */
export async function busy(storage) {
  const tick = () => new Promise((resolve) => setImmediate(resolve));
  let turns = 0;
  const talker = {
    open: () => ({
      async *prompt({ signal }) {
        for (;;) {
          yield `turn ${(turns += 1)}`;
          await tick();
          signal.throwIfAborted();
        }
      },
    }),
  };
  let progress = 0;
  const spin = async (run) => {
    for (;;) {
      await run.progress(`step ${(progress += 1)}`);
      run.signal.throwIfAborted();
    }
  };
  const agents = { talker, claude: new ScriptedAgent({ default: [{ do: 'say', text: 'a b c', pause_ms: 1 }, { do: 'hang' }] }) };
  const maestro = await Maestro.open({ storage, agents, tasks: { spin }, concurrency: 4 });
  await maestro.projects.ensure('shop', { path: mkdtempSync(join(tmpdir(), 'maestro-node-')) });
  const spinning = await maestro.tasks.submit('', { kind: 'spin', project: 'shop' });
  spinning.wait().catch(() => undefined);
  await maestro.tasks.submit('Go', { agent: 'claude', project: 'shop' });
  const session = await maestro.sessions.open({ agent: 'talker', project: 'shop' });
  await session.prompt('Talk');
  let seen = 0;
  (async () => {
    for await (const event of maestro.events.subscribe({}, { after: 'beginning' })) seen += event.type.length;
  })().catch(() => undefined);
  while (turns < 5 || progress < 5 || seen === 0) await tick();
  return maestro;
}
