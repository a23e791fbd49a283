import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { AbortError, MaestroError } from '@maestro/core';
import { ScriptedAgent } from '@maestro/core/testing';
import { all, directory, shop, until } from './support.js';

const hanging = (): ScriptedAgent => new ScriptedAgent({ default: [{ do: 'hang' }] });

test('leaving a loop closes the feed', async () => {
  await using maestro = await shop();
  const task = await maestro.tasks.submit('Say hello', { project: 'shop' });
  await task.wait();
  const feed = task.events();
  for await (const event of feed) if (event.type === 'task.queued') break;
  assert.deepEqual(await feed.next(), { value: undefined, done: true });
  assert.deepEqual(await all(feed), []);
});

test('a feed that is closed ends for whoever waits', async () => {
  await using maestro = await shop();
  const feed = await maestro.events.subscribe().ready();
  const waiting = feed.next();
  await feed.close();
  assert.deepEqual(await waiting, { value: undefined, done: true });
  {
    await using disposed = maestro.events.subscribe();
    assert.equal(typeof disposed.next, 'function');
  }
});

test('several that wait get one event each', async () => {
  await using maestro = await shop();
  const task = await maestro.tasks.submit('Say hello', { project: 'shop' });
  await task.wait();
  const expected = (await all(task.events())).map(({ type }) => type);
  const feed = task.events();
  const got = await Promise.all(expected.map(() => feed.next()));
  assert.deepEqual(got.map(({ value }) => value?.type), expected);
});

test('an aborted loop rejects with AbortError, and the user\'s own handlers stay', async () => {
  await using maestro = await shop();
  const controller = new AbortController();
  let heard = 0;
  controller.signal.onabort = () => { heard += 1; };
  const own = (): void => { heard += 10; };
  controller.signal.addEventListener('abort', own);
  const reason = new Error('the page was left');
  const loop = all(maestro.events.subscribe({}, { signal: controller.signal, after: 'beginning' }));
  setImmediate(() => controller.abort(reason));
  await assert.rejects(loop, (error: unknown) => {
    assert.ok(error instanceof AbortError);
    assert.equal(error.name, 'AbortError');
    assert.equal(error.cause, reason);
    return true;
  });
  assert.equal(heard, 11);
  assert.deepEqual(getEventListeners(controller.signal, 'abort').length, 2);
});

test('an abort between two events is heard too, and an aborted signal at once', async () => {
  await using maestro = await shop();
  const task = await maestro.tasks.submit('Say hello', { project: 'shop' });
  await task.wait();
  const controller = new AbortController();
  const feed = task.events({ signal: controller.signal });
  assert.equal((await feed.next()).value?.type, 'task.submitted');
  controller.abort();
  await assert.rejects(feed.next(), { name: 'AbortError' });
  assert.equal((await feed.next()).done, true);
  await assert.rejects(task.events({ signal: AbortSignal.abort() }).next(), { name: 'AbortError' });
  await assert.rejects(task.wait({ signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('giving up a wait does not touch the task', async () => {
  await using maestro = await shop({ agents: { claude: hanging() } });
  const task = await maestro.tasks.submit('Go', { project: 'shop' });
  const controller = new AbortController();
  const wait = task.wait({ signal: controller.signal });
  await until(task.events(), 'turn.started');
  controller.abort();
  await assert.rejects(wait, { name: 'AbortError', code: 'ABORT_ERR' });
  assert.equal((await task.info()).state, 'running');
  await task.cancel('enough');
  assert.deepEqual((await task.wait()).outcome, 'cancelled');
});

test('a signal that outlives its calls keeps none of them', async () => {
  await using maestro = await shop();
  const { signal } = new AbortController();
  for (let i = 0; i < 50; i++) await maestro.projects.list({ signal });
  const task = await maestro.tasks.submit('Say hello', { project: 'shop', signal });
  await all(task.events({ signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a watched view changes until the session is over', async () => {
  await using maestro = await shop();
  const session = await maestro.sessions.open({ project: 'shop' });
  const feed = session.watchView({ keep: 10 });
  await (await session.prompt('Hello')).wait();
  await session.close();
  let last;
  for await (const view of feed) {
    last = view;
    if (view.state === 'closed') break;
  }
  assert.deepEqual(last?.items.map(({ item }) => item).slice(0, 3), ['prompt', 'message', 'turn_ended']);
});

test('errors say what is wrong', async () => {
  await using maestro = await shop();
  await assert.rejects(maestro.tasks.get('no id'), (error: unknown) => {
    assert.ok(error instanceof MaestroError && error instanceof Error);
    assert.equal(error.code, 'invalid_argument');
    assert.deepEqual(error.context['field'], 'task_id');
    assert.equal(error.retryable, false);
    assert.match(error.stack ?? '', /feeds\.test/, 'the stack names the caller');
    return true;
  });
  await assert.rejects(maestro.projects.get('nowhere'), { name: 'MaestroError', code: 'not_found' });
  await assert.rejects(maestro.tasks.submit('', { project: 'shop' }), { code: 'invalid_argument' });
  await assert.rejects(maestro.events.subscribe({}, { after: { cursor: 'nonsense' } }).next(), { code: 'invalid_argument' });
  await assert.rejects(maestro.tasks.submit('Go', { projct: 'shop' } as object), { code: 'invalid_argument', context: { field: 'projct' } });
  await assert.rejects(maestro.tasks.list({ state: 'queued' } as object), { code: 'invalid_argument', context: { field: 'state' } });
  const open = import('@maestro/core').then(({ Maestro }) => Maestro.open({ concurency: 4 } as object));
  await assert.rejects(open, { code: 'invalid_config', message: /concurency/ });
});

test('a closed node says so, and whoever waits is told', async () => {
  const maestro = await shop({ agents: { claude: hanging() }, storage: `${directory()}/maestro.db` });
  const task = await maestro.tasks.submit('Go', { project: 'shop' });
  const wait = task.wait();
  const feed = maestro.events.subscribe({ types: ['x.none'] });
  const next = feed.next();
  const waits = assert.rejects(wait, { code: 'closed' });
  await until(task.events(), 'turn.started');
  const feeds = next.then((given): unknown => given, (error: MaestroError) => error.code);
  await maestro.close();
  await waits;
  // The core ends a feed, or says that its store is closed, whichever it comes to first.
  const ended = await feeds;
  assert.ok(ended === 'closed' || (ended as IteratorResult<unknown>).done === true, JSON.stringify(ended));
  assert.deepEqual(await feed.next(), { value: undefined, done: true });
  await assert.rejects(maestro.projects.list(), { code: 'closed' });
});

test('the core\'s bad answers are not muted', async () => {
  await using maestro = await shop({ agents: { claude: new ScriptedAgent({ default: [{ do: 'fail', message: 'no paper' }] }) } });
  const task = await maestro.tasks.submit('Print', { project: 'shop' });
  const outcome = await task.wait();
  assert.ok(outcome.outcome === 'failed');
  assert.match(outcome.error.message, /no paper/);
});
