import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApprovalInfo } from '@maestro/core';
import { ScriptedAgent } from '@maestro/core/testing';
import { supervised } from '../examples/approvals.js';
import { board, conversation } from '../examples/events.js';
import { counter } from '../examples/own-agent.js';
import { publish } from '../examples/own-task.js';
import { shop, until } from './support.js';

test('events: a board, and a conversation', async () => {
  await using maestro = await shop();
  await maestro.tasks.submit('One', { project: 'shop' });
  const over = board(maestro, (tasks) => tasks.size === 2 && [...tasks.values()].every(({ state }) => state === 'succeeded'), new AbortController().signal);
  const second = await maestro.tasks.submit('Two', { project: 'shop' });
  assert.equal((await over).get(second.id)?.state, 'succeeded');
  const session = (await second.info()).sessionId!;
  const view = await conversation(maestro, session);
  assert.deepEqual(view.items.map(({ item }) => item), ['prompt', 'message', 'turn_ended']);
});

test('approvals: rules first, then a person', async () => {
  const script = [
    { do: 'tool', name: 'Read', input: { file_path: 'a' }, ask: true, result: 'text' } as const,
    { do: 'tool', name: 'Bash', input: { command: 'rm a' }, ask: true, result: '' } as const,
    'Done',
  ];
  await using maestro = await shop({ agents: { claude: new ScriptedAgent({ default: script }) } });
  const asked: ApprovalInfo[] = [];
  const outcome = await supervised(maestro, 'shop', 'Go', async (approval) => { asked.push(approval); return false; });
  assert.equal(outcome.outcome, 'succeeded');
  assert.deepEqual(asked.map(({ tool, input }) => [tool, input]), [['Bash', { command: 'rm a' }]]);
});

test('own agent: it counts, and asks before it shouts', async () => {
  await using maestro = await shop({ agents: { counter } });
  const session = await maestro.sessions.open({ project: 'shop' });
  assert.equal((await (await session.prompt('one two three')).wait()).result, '3 words so far');
  const loud = await session.prompt('four!');
  const asked = await until(session.events(), 'approval.requested');
  await maestro.approvals.allow(asked.data.approvalId!);
  assert.equal((await loud.wait()).result, '4 WORDS SO FAR!');
});

test('own task: it waits to be let pass, and gives its output', async () => {
  await using maestro = await shop({ tasks: { publish } });
  const task = await maestro.tasks.submit('', { kind: 'publish', project: 'shop', input: ['a', 'b'] });
  const asked = await until(maestro.events.subscribe({ types: ['approval.requested'] }, { after: 'beginning' }), 'approval.requested');
  await maestro.approvals.allow(asked.data.approvalId!);
  const outcome = await task.wait();
  assert.ok(outcome.outcome === 'succeeded');
  assert.deepEqual(outcome.output, { published: ['https://example.invalid/a', 'https://example.invalid/b'] });
});
