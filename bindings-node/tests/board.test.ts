import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { ScriptedAgent } from '@maestro/core/testing';
import { serve } from '../examples/board.js';
import { shop } from './support.js';

interface Shown {
  tasks: { id: string; state: string; title: string; detail: string }[];
  approvals: { id: string; tool: string; input: unknown }[];
}

test('the board shows a question, takes the answer, and shows the end', async () => {
  const script = [{ do: 'tool', name: 'Bash', input: { command: 'make' }, ask: true, result: 'ok' } as const, 'Made'];
  await using maestro = await shop({ agents: { claude: new ScriptedAgent({ default: script }) } });
  const board = await serve(maestro, 'shop');
  try {
    assert.match(await (await fetch(board.url)).text(), /<h1>Board<\/h1>/);
    const socket = new WebSocket(board.url);
    const seen: Shown[] = [];
    const shown = async (wanted: (board: Shown) => boolean): Promise<Shown> => {
      for (;;) {
        const found = seen.find(wanted);
        if (found) return found;
        const [data] = await once(socket, 'message');
        seen.push(JSON.parse(String(data)));
      }
    };
    const post = (path: string, body: unknown = {}): Promise<Response> =>
      fetch(`${board.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    assert.equal((await post('/tasks', { prompt: 'Make it' })).status, 200);
    const asking = await shown(({ approvals }) => approvals.length === 1);
    assert.deepEqual(asking.approvals[0]?.input, { command: 'make' });
    assert.equal((await post(`/approvals/${asking.approvals[0]?.id}/allow`)).status, 200);
    const done = await shown(({ tasks, approvals }) => tasks[0]?.state === 'succeeded' && approvals.length === 0);
    assert.equal(done.tasks[0]?.title, 'Make it');
    const refused = await post(`/approvals/${asking.approvals[0]?.id}/deny`);
    assert.equal(refused.status, 409);
    assert.match(((await refused.json()) as { message: string }).message, /\w/);
    socket.close();
  } finally {
    await board.close();
  }
});
