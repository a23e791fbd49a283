import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Agent, type AgentPrompt, type Conversation, MaestroError, TaskResult, type TaskRun } from '@maestro/core';
import { ScriptedAgent } from '@maestro/core/testing';
import { all, shop, until } from './support.js';

class Echo implements Agent {
  readonly opened: string[] = [];

  open({ cwd }: { cwd: string }): Conversation {
    this.opened.push(cwd);
    return new EchoConversation();
  }
}

class EchoConversation implements Conversation {
  agentSessionId = 'echo-1';
  mode = 'default';

  async *prompt(prompt: AgentPrompt): AsyncGenerator<string | { type: 'thought'; data: { messageId: string; text: string } }, { costMicroUsd: number } | void> {
    if (prompt.text === 'break') throw new RangeError('the mirror broke');
    if (prompt.text === 'stay') await new Promise((_, reject) => { prompt.signal.addEventListener('abort', () => reject(prompt.signal.reason)); });
    if (prompt.text === 'ask') {
      const decision = await prompt.ask({ tool: 'Shout', input: { volume: 11 }, title: 'Shout?' });
      yield decision.decision === 'allow' ? `shouting ${JSON.stringify(decision.input)}` : 'whispering';
      return;
    }
    yield { type: 'thought', data: { messageId: 'm1', text: 'Hm.' } };
    yield `${this.mode}: ${prompt.text}`;
    return { costMicroUsd: 5 };
  }

  async setMode(mode: string): Promise<void> {
    if (mode === 'impossible') throw new Error('no such mode here');
    this.mode = mode;
  }

  control(request: unknown): unknown {
    return { heard: request };
  }
}

test('an agent of one\'s own answers, changes its mode, asks, and fails with its text', async () => {
  await using maestro = await shop({ agents: { echo: new Echo() } });
  const session = await maestro.sessions.open({ project: 'shop', agent: 'echo' });
  await session.setMode('loud');
  const turn = await (await session.prompt('hello')).wait();
  assert.equal(turn.result, 'loud: hello');
  assert.equal(turn.usage.turns, 1);
  assert.deepEqual(await session.control({ any: 'thing' }), { heard: { any: 'thing' } });
  await assert.rejects(session.setMode('impossible'), { name: 'MaestroError', message: /no such mode here/ });
  await assert.rejects(session.setModel('big'), { code: 'unsupported' });

  const broken = await (await session.prompt('break')).wait();
  assert.match(broken.error?.message ?? '', /RangeError: the mirror broke/);

  const asking = await session.prompt('ask');
  const asked = await until(session.events(), 'approval.requested');
  assert.deepEqual(asked.data.input, { volume: 11 });
  await maestro.approvals.allow(asked.data.approvalId!, { input: { volume: 3 } });
  assert.equal((await asking.wait()).result, 'shouting {"volume":3}');
  const view = await session.view();
  assert.deepEqual(view.items.slice(0, 4).map(({ item }) => item), ['prompt', 'thought', 'message', 'turn_ended']);
  assert.equal((await session.info()).pointer.agentSessionId, 'echo-1');
});

test('an interrupted turn of one\'s own agent is cancelled', async () => {
  await using maestro = await shop({ agents: { echo: new Echo() } });
  const session = await maestro.sessions.open({ project: 'shop', agent: 'echo' });
  const turn = await session.prompt('stay');
  await until(session.events(), 'session.running');
  await session.interrupt();
  const ended = await turn.wait();
  assert.equal(ended.stopReason, 'cancelled');
  assert.equal(ended.error, undefined);
  assert.equal((await (await session.prompt('again')).wait()).result, 'default: again');
});

test('a kind of task of one\'s own: progress, events, gate, result', async () => {
  const deploy = async (run: TaskRun): Promise<unknown> => {
    await run.progress('half', 0.5);
    await run.emit('x.deploying', { to: run.input });
    await run.verify();
    const gate = await run.gate('Deploy?', { input: { to: run.input } });
    return { gate: gate.state, attempt: run.attempt, env: Object.keys(run.env).length > 0 };
  };
  await using maestro = await shop({ tasks: { deploy } });
  const task = await maestro.tasks.submit('', { kind: 'deploy', project: 'shop', input: { host_name: 'a' } });
  const asked = await until(maestro.events.subscribe({ types: ['approval.*'] }, { after: 'beginning' }), 'approval.requested');
  assert.equal(asked.data.kind, 'gate');
  await maestro.approvals.allow(asked.data.approvalId!);
  assert.deepEqual(await task.wait(), { outcome: 'succeeded', summary: '', output: { gate: 'allowed', attempt: 1, env: true }, workElsewhere: [] });
  const events = await all(task.events());
  assert.ok(events.some((event) => event.type === 'task.progress' && event.data.fraction === 0.5));
  assert.ok(events.some((event) => event.type === 'other' && event.originalType === 'x.deploying'));
});

test('what a task throws is its failure, and it is tried again when it says so', async () => {
  let tries = 0;
  const tasks = {
    flaky: (): unknown => {
      tries += 1;
      if (tries === 1) throw new MaestroError('unavailable', 'the line is busy', { retryable: true });
      return 'at last';
    },
    broken: async (): Promise<unknown> => { throw new TypeError('what is this?'); },
    picky: (): unknown => new TaskResult({ outcome: 'failed', error: { kind: 'internal', message: 'not good enough' } as never }),
  };
  await using maestro = await shop({ tasks });
  const flaky = await maestro.tasks.submit('', { kind: 'flaky', project: 'shop', retry: { maxAttempts: 2, backoffMs: 1 } });
  assert.deepEqual(await flaky.wait(), { outcome: 'succeeded', summary: 'at last', output: null, workElsewhere: [] });
  const broken = await (await maestro.tasks.submit('', { kind: 'broken', project: 'shop' })).wait();
  assert.ok(broken.outcome === 'failed');
  assert.match(broken.error.message, /TypeError: what is this\?/);
  const picky = await (await maestro.tasks.submit('', { kind: 'picky', project: 'shop' })).wait();
  assert.ok(picky.outcome === 'failed');
  assert.equal(picky.error.message, 'not good enough');
});

test('a task that is called off hears it', async () => {
  let heard: unknown;
  const wait = (run: TaskRun): Promise<unknown> => new Promise((_, reject) => {
    run.signal.addEventListener('abort', () => { heard = run.signal.reason; reject(run.signal.reason); });
    void run.progress('waiting');
  });
  await using maestro = await shop({ tasks: { wait } });
  const task = await maestro.tasks.submit('', { kind: 'wait', project: 'shop' });
  await until(task.events(), 'task.progress');
  await task.cancel('changed my mind');
  assert.equal((await task.wait()).outcome, 'cancelled');
  assert.equal((heard as Error).name, 'AbortError');
});

test('a permission handler answers, and one that fails leaves it to a person', async () => {
  const script = [{ do: 'tool', name: 'Bash', input: { command: 'ls' }, ask: true, result: 'a' } as const, 'Done'];
  const agents = { claude: new ScriptedAgent({ default: script }) };
  {
    const asked: unknown[] = [];
    await using maestro = await shop({ agents, permissionHandler: (approval) => { asked.push(approval.input); return { decision: 'allow' }; } });
    const task = await maestro.tasks.submit('Go', { project: 'shop' });
    assert.equal((await task.wait()).outcome, 'succeeded');
    assert.deepEqual(asked, [{ command: 'ls' }]);
  }
  await using maestro = await shop({ agents, permissionHandler: () => { throw new RangeError('I am confused'); } });
  const task = await maestro.tasks.submit('Go', { project: 'shop' });
  const told = await until(task.events(), 'approval.updated');
  assert.equal(told.data.handlerError?.message, 'RangeError: I am confused');
  const waiting = await maestro.approvals.get(told.data.approvalId!);
  assert.equal(waiting.state, 'pending');
  assert.equal(waiting.handlerError?.message, 'RangeError: I am confused');
  await maestro.approvals.deny(waiting, 'better not');
  assert.equal((await task.wait()).outcome, 'succeeded');
});

test('what is no agent is refused by name', async () => {
  await assert.rejects(shop({ agents: { odd: {} as Agent } }), { code: 'invalid_config', context: { field: 'agents.odd' } });
});

test('what was thrown is the cause of what it leads to, even where texts are the same', async () => {
  const thrown: unknown[] = [];
  const fail = (): never => { const error = new Error('out of paper'); thrown.push(error); throw error; };
  const printer = {
    open: (opening: { spec: { model?: string } }): Conversation => {
      if (opening.spec.model) fail();
      return { prompt: async function* () { yield 'fine'; }, setMode: fail, control: () => { throw new MaestroError('unavailable', 'out of ink'); } };
    },
  };
  await using maestro = await shop({ agents: { printer } as never });
  const session = await maestro.sessions.open({ project: 'shop' });
  const causes: unknown[] = [];
  const caught = async (call: () => Promise<unknown>): Promise<void> => {
    await assert.rejects(call, (error: MaestroError) => {
      assert.equal(error.message, 'out of paper');
      causes.push(error.cause);
      return true;
    });
  };
  await caught(() => maestro.sessions.open({ project: 'shop', model: 'any' }));
  await caught(() => maestro.sessions.open({ project: 'shop', model: 'any' }));
  await caught(() => session.setMode('any'));
  assert.equal(causes.length, 3);
  for (const [at, cause] of causes.entries()) assert.equal(cause, thrown[at]);
  await assert.rejects(session.control({}), (error: MaestroError) => error.retryable && error.cause instanceof MaestroError);
  await assert.rejects(maestro.projects.get('nowhere'), (error: MaestroError) => !('cause' in error));
  assert.equal((await (await session.prompt('hi')).wait()).result, 'fine');
});
