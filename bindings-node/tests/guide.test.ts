// What the guide shows beside the programs. The regions between `snippet` and `end` are in `docs/guide`, word for word.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ClaudeCode, Maestro, MaestroError } from '@maestro/core';
import { type Script, ScriptedAgent, ScriptedModel } from '@maestro/core/testing';
import { directory, fetched, git, modelProgram, repository, until } from './support.js';

/** A node with a scripted agent, and the project `shop` in a git repository. */
async function shop(...script: Script): Promise<Maestro & { path: string }> {
  const maestro = await Maestro.open({ agents: { claude: new ScriptedAgent({ default: script }) }, worktrees: join(directory(), 'worktrees') });
  const path = repository();
  await maestro.projects.ensure('shop', { path });
  return Object.assign(maestro, { path });
}

test('a session', async () => {
  await using maestro = await shop('Two shelves.');
  // snippet: session
  const session = await maestro.sessions.open({ project: 'shop' });
  const turn = await session.prompt('What is in the shop?'); // durable from here on
  const ended = await turn.wait();
  console.log(ended.result);
  await session.close();
  // end
  assert.equal(ended.result, 'Two shelves.');
});

test('a session is watched', async () => {
  await using maestro = await shop({ do: 'say', text: 'One two three.', pauseMs: 20 });
  const session = await maestro.sessions.open({ project: 'shop' });
  let shown = '';
  let items = 0;
  // snippet: watch_view
  const views = session.watchView();
  await session.prompt('Count');
  for await (const view of views) { // all of the session as a person sees it, what is being written too
    shown = view.partials.map(({ text }) => text).join('');
    process.stdout.write(`\r${shown}`);
    items = view.items.length;
    if (view.state === 'idle' && view.turns === 1) break;
  }
  // end
  assert.equal(shown, '');
  assert.equal(items, 3);
});

test('prompts while a turn runs', async () => {
  await using maestro = await shop({ do: 'hang' });
  const session = await maestro.sessions.open({ project: 'shop' });
  // snippet: prompts
  const first = await session.prompt('Count the stock');
  const next = await session.prompt('Tidy up'); // waits until the first is over
  // end
  await until(session.events(), 'turn.started');
  // snippet: interrupt
  await session.interrupt(); // the turn under way ends, and the next one begins
  assert.equal((await first.wait()).stopReason, 'cancelled');
  await next.cancel(); // out of the queue, or interrupted too
  // end
});

test('warm sessions', async () => {
  const agent = new ScriptedAgent();
  // snippet: warm
  await using maestro = await Maestro.open({
    agents: { claude: agent },
    warmSessions: 20, // default 8; 0 keeps none, null keeps all
    startsAtOnce: 4, // default: as many as there are cores
  });
  // end
  assert.ok((await maestro.node()).id);
});

test('tasks that need others', async () => {
  await using maestro = await shop('Done.');
  // snippet: needs
  const plan = await maestro.tasks.submit('Write PLAN.md for dark mode', { project: 'shop' });
  const build = await maestro.tasks.submit('Implement PLAN.md', {
    project: 'shop',
    needs: [plan], // starts from a workspace with its branch merged
    priority: 5,
    deadlineMs: 3_600_000,
    retry: { maxAttempts: 3 },
  });
  for (const reason of await build.explain()) console.log(`waits: ${reason.code}`);
  // end
  // snippet: outcome
  const outcome = await build.wait();
  switch (outcome.outcome) {
    case 'succeeded': console.log(outcome.summary); break;
    case 'failed': console.log(`${outcome.error.message} (again: ${outcome.retryable})`); break;
    case 'cancelled': console.log(`called off: ${outcome.reason}`); break;
    case 'input_required': console.log(`a person is needed: ${outcome.reason}`); break;
  }
  // end
  assert.equal(outcome.outcome, 'succeeded');
  // snippet: reply
  await build.reply('Now make it blue'); // the same session and workspace
  const again = await build.wait();
  // end
  assert.equal(again.outcome, 'succeeded');
  assert.equal((await build.info()).attempts.length, 2);
});

test('a task is called off', async () => {
  await using maestro = await shop({ do: 'hang' });
  const task = await maestro.tasks.submit('Wait', { project: 'shop' });
  // snippet: cancel
  await task.cancel('not needed any more');
  const outcome = await task.wait();
  // end
  assert.equal(outcome.outcome, 'cancelled');
});

test('work gets out', async () => {
  await using maestro = await shop({ do: 'write', path: 'PLAN.md', content: '1. dark mode\n' }, 'Planned.');
  const task = await maestro.tasks.submit('Plan', { project: 'shop' });
  await task.wait();
  // snippet: workspace
  const { workspace } = task;
  for (const file of (await workspace.changes()).files) console.log(file.path);
  process.stdout.write(await workspace.diff());
  const commit = await workspace.merge('main'); // again, it changes nothing
  await workspace.remove(); // refused while it holds work that is nowhere else
  // end
  assert.equal(git(maestro.path, 'rev-parse', 'main').trim(), commit);
  assert.equal(git(maestro.path, 'show', 'main:PLAN.md'), '1. dark mode\n');
});

test('work is thrown away', async () => {
  await using maestro = await shop({ do: 'write', path: 'PLAN.md', content: '1. dark mode\n' });
  const task = await maestro.tasks.submit('Plan', { project: 'shop' });
  await task.wait();
  // snippet: discard
  const { workspace } = task;
  const { branch } = await workspace.info();
  await workspace.discard(branch!); // its name, so that nobody does it by accident
  // end
  assert.ok(!git(maestro.path, 'branch').includes(branch!));
});

test('a question is answered', async () => {
  await using maestro = await shop({ do: 'ask', question: 'Which colour?', choices: ['Red', 'Blue'] }, 'Painted.');
  const session = await maestro.sessions.open({ project: 'shop' });
  const turn = await session.prompt('Paint it');
  await until(session.events(), 'approval.requested');
  // snippet: question
  const { approvals } = await maestro.approvals.list({ states: ['pending'] });
  for (const asked of approvals.filter(({ kind }) => kind === 'question')) {
    const { question } = asked.questions[0]!;
    await maestro.approvals.answer(asked, { [question]: 'Blue' });
  }
  // end
  assert.equal((await turn.wait()).error, undefined);
});

test('rules can be tried', async () => {
  await using maestro = await shop();
  await maestro.approvals.policies.put('Bash(git push:*)', 'deny');
  // snippet: ruling
  const call = { command: 'git status && git push' };
  const ruling = await maestro.approvals.policies.test('Bash', call, { project: 'shop' });
  assert.equal(ruling.effect, 'deny'); // and nobody was asked
  assert.equal(ruling.rules[0]?.rule, 'Bash(git push:*)');
  // end
});

test('an account', async () => {
  await using maestro = await shop();
  const { path } = maestro;
  // snippet: account
  const key = 'command:["op","read","op://shop/anthropic/key"]';
  await maestro.accounts.put('team', { agent: 'claude_code', credentials: { ANTHROPIC_API_KEY: key } });
  await maestro.projects.ensure('shop', { path, account: 'team' });
  // end
  assert.deepEqual((await maestro.accounts.list()).map(({ name }) => name), ['team']);
});

test('errors say what to do', async () => {
  await using maestro = await shop();
  // snippet: errors
  try {
    await maestro.tasks.submit('', { project: 'shop' });
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    if (error.code === 'invalid_argument') console.log(error.message, error.context['field']); // names the field
    else console.log(error.retryable ? `try again later: ${error.message}` : error.message);
  }
  // end
  await assert.rejects(maestro.tasks.submit('', { project: 'shop' }), { code: 'invalid_argument', message: /`prompt`/ });
});

test('a scripted agent', async () => {
  const path = directory();
  // snippet: scripted_agent
  const build: Script = [{ do: 'tool', name: 'Bash', ask: true, result: 'built' }, 'Built.'];
  const agent = new ScriptedAgent({ default: ['Hello.'], scripts: { build } });
  await using maestro = await Maestro.open({ agents: { claude: agent } });
  const shop = await maestro.projects.ensure('shop', { path });
  const task = await maestro.tasks.submit('Build it\nscenario: build', { project: shop });
  // end
  const asked = await until(task.events(), 'approval.requested');
  await maestro.approvals.allow(asked.data);
  assert.deepEqual(await task.wait(), { outcome: 'succeeded', summary: 'Built.', output: null, workElsewhere: [] });
});

test('an approval is named by what told of it', async () => {
  await using maestro = await shop();
  await assert.rejects(maestro.approvals.allow({ kind: 'tool', title: '' } as never), { code: 'invalid_argument', message: /`approval`/ });
});

const { program, skip } = fetched('fetch-claude.sh');
test('the real Claude Code without an account', { skip }, async () => {
  const [modelAt, home] = [modelProgram(), directory()];
  // snippet: scripted_model
  await using model = await ScriptedModel.start(modelAt);
  const claude = ClaudeCode.at(program, { env: model.env(home), inheritEnv: false });
  await using maestro = await Maestro.open({ agents: { claude } });
  await maestro.projects.ensure('shop', { path: home });
  const session = await maestro.sessions.open({ project: 'shop' });
  const turn = await session.prompt('Say hello\nscenario: hello text=Hello.');
  // end
  assert.equal((await turn.wait()).result, 'Hello.');
});
