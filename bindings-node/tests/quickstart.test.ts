import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Maestro } from '@maestro/core';
import { ScriptedAgent } from '@maestro/core/testing';
import { all, directory, shop, until } from './support.js';

test('a task runs, tells what happens, and ends with an outcome', async () => {
  await using maestro = await shop();
  const task = await maestro.tasks.submit('Say hello', { project: 'shop', title: 'Greeting', labels: { Area: 'front_end' } });
  const events = await all(task.events());
  assert.equal(events[0]?.type, 'task.submitted');
  assert.equal(events.at(-1)?.type, 'task.ended');
  const said = events.flatMap((event) => (event.type === 'message' ? event.data.blocks : []));
  assert.deepEqual(said, [{ type: 'text', text: 'Hello there' }]);
  assert.deepEqual(await task.wait(), { outcome: 'succeeded', summary: 'Hello there', output: null, workElsewhere: [] });
  const info = await task.info();
  assert.equal(info.state, 'succeeded');
  assert.deepEqual(info.spec.labels, { Area: 'front_end' });
  const listed = await maestro.tasks.list({ project: 'shop', states: ['succeeded'] });
  assert.deepEqual(listed.tasks.map(({ id }) => id), [task.id]);
});

test('what is in a file is there again', async () => {
  const storage = `${directory()}/maestro.db`;
  let id: string;
  {
    await using maestro = await shop({ storage });
    const task = await maestro.tasks.submit('Say hello', { project: 'shop' });
    await task.wait();
    id = task.id;
  }
  await using maestro = await Maestro.open({ storage, agents: { claude: new ScriptedAgent() }, concurrency: 0 });
  assert.equal((await maestro.tasks.get(id)).state, 'succeeded');
});

test('a session is prompted, viewed, and ends', async () => {
  await using maestro = await shop();
  const session = await maestro.sessions.open({ project: 'shop', title: 'Talk' });
  const turn = await session.prompt([{ type: 'text', text: 'Hello' }]);
  const ended = await turn.wait();
  assert.equal(ended.result, 'Hello there');
  const view = await session.view();
  assert.deepEqual(view.items.map(({ item }) => item), ['prompt', 'message', 'turn_ended']);
  const events = all(session.events());
  await session.close();
  assert.equal((await events).at(-1)?.type, 'session.closed');
  assert.equal((await (await maestro.sessions.get(session)).info()).state, 'closed');
});

test('projects, agents, accounts', async () => {
  await using maestro = await shop();
  const project = await maestro.projects.get('shop');
  assert.deepEqual((await maestro.projects.list()).map(({ id }) => id), [project.id]);
  assert.deepEqual(await maestro.agents.list(), [{ name: 'claude', kind: 'scripted' }]);
  assert.equal((await maestro.agents.probe('claude')).installed, true);
  const account = await maestro.accounts.put('team', { credentials: { ANTHROPIC_API_KEY: 'env:TEAM_KEY' } });
  assert.equal((await maestro.accounts.get('team')).id, account.id);
  assert.deepEqual((await maestro.accounts.get(account)).credentials, { ANTHROPIC_API_KEY: 'env:TEAM_KEY' });
  assert.equal((await maestro.accounts.status(account)).login, 'unknown');
  await maestro.accounts.remove(account);
  assert.match((await maestro.node()).version, /^\d/);
});

test('rules answer before a person, and can be tried', async () => {
  await using maestro = await shop();
  const rule = await maestro.approvals.policies.put('Read', 'allow', { project: 'shop', reason: 'harmless' });
  assert.equal((await maestro.approvals.policies.list()).rules[0]?.id, rule.id);
  assert.equal((await maestro.approvals.policies.test('Read', { file_path: 'a' }, { project: 'shop' })).effect, 'allow');
  await maestro.approvals.policies.remove(rule);
  assert.equal((await maestro.approvals.policies.list()).rules.length, 0);
});

test('a tool waits for an approval, and runs with what was allowed', async () => {
  const agents = { claude: new ScriptedAgent({ default: [{ do: 'tool', name: 'Bash', input: { command: 'ls' }, ask: true, result: 'a b' }, 'Done'] }) };
  await using maestro = await shop({ agents });
  const task = await maestro.tasks.submit('Go', { project: 'shop' });
  const asked = await until(task.events(), 'approval.requested');
  assert.equal(asked.data.tool, 'Bash');
  const waiting = await maestro.approvals.list({ states: ['pending'] });
  assert.deepEqual(waiting.approvals.map(({ id }) => id), [asked.data.approvalId]);
  await maestro.approvals.assign(asked.data.approvalId!, 'ann');
  const answered = await maestro.approvals.allow(asked.data.approvalId!, { remember: 'session' });
  assert.equal(answered.state, 'allowed');
  assert.equal((await task.wait()).outcome, 'succeeded');
});

test('a tenant sees its own things only', async () => {
  await using maestro = await shop();
  const other = maestro.scoped({ tenant: 'acme', actor: { kind: 'person', id: 'ann' } });
  assert.deepEqual(await other.projects.list(), []);
  const project = await other.projects.ensure('site', { path: directory() });
  assert.equal(project.tenantId, 'acme');
  assert.throws(() => maestro.scoped({ tenant: '' }), { code: 'invalid_argument' });
});

test('list, then watch, misses nothing; a product tells of its own events', async () => {
  await using maestro = await shop();
  const { asOf } = await maestro.tasks.list();
  const task = await maestro.tasks.submit('Say hello', { project: 'shop' });
  const submitted = await until(maestro.events.subscribe({ types: ['task.*'] }, { after: { cursor: asOf } }), 'task.submitted');
  assert.equal(submitted.taskId, task.id);
  const feed = await maestro.events.subscribe({ types: ['x.*'] }).ready();
  await maestro.events.emit('x.deployed', { some_key: 1 });
  const own = await until(feed, 'other');
  assert.equal(own.originalType, 'x.deployed');
  assert.deepEqual(own.data, { some_key: 1 });
  const read = await maestro.events.read({ types: ['x.*'] });
  assert.equal(read.events.length, 1);
});

test('CommonJS gets the same module, and a path with a space is no trouble', async () => {
  const { createRequire } = await import('node:module');
  const common = createRequire(import.meta.url)('@maestro/core') as typeof import('@maestro/core');
  assert.equal(common.Maestro, Maestro);
  await using maestro = await Maestro.open({ storage: `${directory()}/a file.db`, concurrency: 0 });
  assert.deepEqual((await maestro.tasks.list()).tasks, []);
});
