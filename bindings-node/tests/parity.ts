/**
 * The driver of Node: takes the steps of the cases in docs/parity through the public API and writes down what came of them.
 * What is written is compared by the program `parity` of the repository, not here.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Agent, type AgentPrompt, type Conversation, type DecisionInput, decode, encode, type Event, Maestro, MaestroError, type Opening,
  type Records, type Said, type TaskRun,
} from '@maestro/core';
import { ScriptedAgent } from '@maestro/core/testing';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any;

const CASES = fileURLToPath(new URL('../../../docs/parity/', import.meta.url));

class Mirror implements Agent {
  open({ spec }: Opening): Conversation {
    if (spec.model === 'none') throw new MaestroError('not_found', 'there is no such model');
    return new Reflection();
  }
}

class Reflection implements Conversation {
  async *prompt(prompt: AgentPrompt): AsyncGenerator<Said> {
    switch (prompt.text) {
      case 'fail': throw new MaestroError('unavailable', 'the line is dead');
      case 'ask': yield (await prompt.ask({ tool: 'Deploy', title: 'Deploy?', input: { n: 1 } })).decision; break;
      case 'hang': await stopped(prompt.signal); break;
      default: yield `You said: ${prompt.text}`;
    }
  }

  setMode(mode: string): void {
    if (mode === 'impossible') throw new MaestroError('invalid_argument', 'there is no such mode');
  }

  control(request: unknown): unknown {
    return { heard: request };
  }
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

const TASKS: Record<string, (run: TaskRun) => Promise<unknown> | unknown> = {
  double: (run) => Number(run.input) * 2,
  flaky: (run) => {
    if (run.attempt === 1) throw new MaestroError('unavailable', 'the shelf is empty');
    return `attempt ${run.attempt}`;
  },
  report: async (run) => {
    await run.progress('half', 0.5);
    await run.emit('x.seen', [1]);
    await run.verify();
    return 'reported';
  },
  gate: async (run) => (await run.gate('Ship it?', { input: run.input })).state,
  wait: (run) => stopped(run.signal),
};

function clerk({ input }: { input: unknown }): DecisionInput | undefined {
  const { command } = input as { command?: string };
  if (command === 'make') return { decision: 'allow' };
  if (command === 'burn') throw new MaestroError('unavailable', 'the book of rules is lent');
  return undefined;
}

function agent(given: Json): Mirror | ScriptedAgent {
  if (given === 'own') return new Mirror();
  const script = (steps: Json[]): Records['Step'][] => steps.map((step) => decode('Step', step));
  const scripts = Object.entries<Json[]>(given.scripts ?? {}).map(([name, steps]) => [name, script(steps)]);
  return new ScriptedAgent({
    default: given.default && script(given.default), scripts: Object.fromEntries(scripts), rememberIn: given.remember_in,
  });
}

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** What is given of a record, as the package takes it. */
function given<K extends keyof Records>(name: K, wire: Json): Json {
  const read = decode(name, wire) as Json;
  return Object.fromEntries(Object.keys(wire).map((key) => [camel(key), read[camel(key)]]));
}

class Stage {
  readonly dir: string;
  readonly nodes = new Map<string, Maestro>();
  readonly names = new Map<string, string>();

  constructor(dir: string) {
    this.dir = dir;
  }

  filled(value: Json): Json {
    if (typeof value === 'string') {
      let text = value.replaceAll('$dir', this.dir);
      const names = [...this.names].sort(([one], [other]) => other.length - one.length);
      for (const [name, saved] of names) text = text.replaceAll(`$${name}`, saved);
      return text;
    }
    if (Array.isArray(value)) return value.map((item) => this.filled(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.filled(item)]));
  }

  async take(step: Json): Promise<Json> {
    const a = this.filled(step.args ?? {});
    const on: string = step.on ?? 'a';
    switch (step.call) {
      case 'open': {
        const agents = Object.fromEntries(Object.entries(a.agents ?? {}).map(([name, of]) => [name, agent(of)]));
        this.nodes.set(on, await Maestro.open({
          ...(a.storage ? { storage: a.storage } : {}), agents, tasks: a.tasks ? TASKS : {}, concurrency: a.concurrency,
          permissionHandler: a.permission_handler ? clerk : undefined, worktrees: a.worktrees,
          startsAtOnce: a.starts_at_once,
        }));
        return null;
      }
      case 'scoped':
        this.nodes.set(on, this.nodes.get(a.of ?? 'a')!.scoped({ tenant: a.tenant, actor: a.actor && decode('Actor', a.actor) }));
        return null;
      case 'git': {
        const somebody = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.invalid'];
        return execFileSync('git', [...somebody, ...a.args], { cwd: join(this.dir, 'shop'), encoding: 'utf8' }).trimEnd();
      }
      case 'file': return readFileSync(a.path, 'utf8');
      default: return this.call(this.nodes.get(on)!, step, a);
    }
  }

  async call(m: Maestro, step: Json, a: Json): Promise<Json> {
    const { projects, tasks, sessions, agents, accounts, approvals, events } = m;
    const [task, session] = [tasks.handle(a.task), sessions.handle(a.session)];
    const after = a.after?.cursor ? { cursor: a.after.cursor } : (a.after?.at ?? 'beginning');
    switch (step.call) {
      case 'close': return void await m.close({ running: a.running });
      case 'projects.ensure': {
        const { name, ...spec } = given('ProjectSpec', a);
        return encode('ProjectInfo', await projects.ensure(name, spec));
      }
      case 'projects.get': return encode('ProjectInfo', await projects.get(a.project));
      case 'projects.list': return (await projects.list()).map((project) => encode('ProjectInfo', project));
      case 'agents.list': return (await agents.list()).map((found) => encode('AgentInfo', found));
      case 'agents.probe': return encode('AgentStatus', await agents.probe(a.agent));
      case 'accounts.put': {
        const { name, ...spec } = given('AccountSpec', a);
        return encode('AccountInfo', await accounts.put(name, spec));
      }
      case 'accounts.get': return encode('AccountInfo', await accounts.get(a.account));
      case 'accounts.list': return (await accounts.list()).map((account) => encode('AccountInfo', account));
      case 'accounts.status': return encode('AccountStatus', await accounts.status(a.account));
      case 'accounts.remove': return void await accounts.remove(a.account);

      case 'tasks.submit': {
        const { prompt = '', session: options = {}, ...spec } = given('TaskSpec', a);
        const kept = a.session ? given('SessionSpec', a.session) : {};
        return { id: (await tasks.submit(prompt, { ...spec, ...(options && kept) })).id };
      }
      case 'tasks.get': return encode('TaskInfo', await tasks.get(a.task));
      case 'tasks.list': return encode('TaskPage', await tasks.list(given('TaskFilter', a)));
      case 'tasks.explain': return (await task.explain()).map((reason) => encode('WaitingReason', reason));
      case 'tasks.wait': {
        if (!step.give_up) return encode('Outcome', await task.wait());
        const controller = new AbortController();
        const waiting = task.wait({ signal: controller.signal });
        controller.abort();
        return waiting.then(() => ({ gave_up: false }), (error: Error) => ({ gave_up: error.name === 'AbortError' }));
      }
      case 'tasks.cancel': return encode('TaskInfo', await task.cancel(a.reason));
      case 'tasks.retry': return encode('TaskInfo', await task.retry());
      case 'tasks.reply': return encode('TaskInfo', await task.reply(a.text, { idempotencyKey: a.idempotency_key }));
      case 'tasks.events': return follow(task.events({ after }), step);

      case 'workspaces.info': return encode('WorkspaceInfo', await task.workspace.info());
      case 'workspaces.changes': return encode('Changes', await task.workspace.changes());
      case 'workspaces.diff': return task.workspace.diff();
      case 'workspaces.patch': return new TextDecoder().decode(await task.workspace.patch());
      case 'workspaces.merge': return task.workspace.merge(a.into);
      case 'workspaces.remove': return void await task.workspace.remove();
      case 'workspaces.discard': return void await task.workspace.discard(a.name);

      case 'sessions.open': return { id: (await sessions.open(given('SessionSpec', a))).id };
      case 'sessions.fork': return { id: (await sessions.fork(a.session)).id };
      case 'sessions.adopt': {
        const { agent_session_id: of, ...spec } = a;
        return { id: (await sessions.adopt(of, given('SessionSpec', spec))).id };
      }
      case 'sessions.resume': return { id: (await sessions.resume(a.session)).id };
      case 'sessions.list': return encode('SessionPage', await sessions.list(given('SessionFilter', a)));
      case 'sessions.get': return encode('SessionInfo', await session.info());
      case 'sessions.view': return encode('SessionView', await session.view());
      case 'sessions.prompt': return { id: (await session.prompt(a.text, { when: a.when })).id };
      case 'sessions.interrupt': return void await session.interrupt();
      case 'sessions.set_mode': return void await session.setMode(a.mode);
      case 'sessions.set_model': return void await session.setModel(a.model);
      case 'sessions.control': return session.control(a.request);
      case 'sessions.close': return void await session.close();
      case 'sessions.events': return follow(session.events({ after }), step);
      case 'turns.wait': return encode('TurnInfo', await session.turn(a.turn).wait());
      case 'turns.cancel': return void await session.turn(a.turn).cancel();

      case 'approvals.get': return encode('ApprovalInfo', await approvals.get(a.approval));
      case 'approvals.list': return encode('ApprovalPage', await approvals.list(given('ApprovalFilter', a)));
      case 'approvals.allow': return encode('ApprovalInfo', await approvals.allow(a.approval, { input: a.input, remember: a.remember }));
      case 'approvals.deny': return encode('ApprovalInfo', await approvals.deny(a.approval, a.message));
      case 'approvals.answer': return encode('ApprovalInfo', await approvals.answer(a.approval, a.answers));
      case 'approvals.extend': return encode('ApprovalInfo', await approvals.extend(a.approval, a.by_ms));
      case 'approvals.assign': return encode('ApprovalInfo', await approvals.assign(a.approval, a.assignee ?? undefined));
      case 'policies.put': {
        const { rule, effect, sessionId: of, ...options } = given('RuleSpec', a);
        return encode('RuleInfo', await approvals.policies.put(rule, effect, { session: of, ...options }));
      }
      case 'policies.list': return encode('RulePage', await approvals.policies.list(given('RuleFilter', a)));
      case 'policies.test': {
        const { tool, input, ...where } = given('ToolUse', a);
        return encode('Ruling', await approvals.policies.test(tool, input, where));
      }
      case 'policies.remove': return encode('RuleInfo', await approvals.policies.remove(a.rule));

      case 'events.subscribe': return follow(events.subscribe(given('EventFilter', a.filter ?? {}), { after }), step);
      case 'events.read': {
        const page = await events.read(given('EventFilter', a.filter ?? {}), { after, limit: a.limit });
        return { events: page.events.map((event) => encode('Event', event)), next: page.next };
      }
      case 'events.emit': return void await events.emit(a.type, a.data);
      default: throw new MaestroError('unsupported', `the driver has no ${step.call}`);
    }
  }
}

/** What a feed gave. */
class Events extends Array<Json> {}

async function follow(feed: AsyncIterable<Event>, step: Json): Promise<Events> {
  const events = new Events();
  let seen = 0;
  for await (const event of feed) {
    const wire = encode('Event', event) as Json;
    events.push(wire);
    if (wire.type === step.until) seen += 1;
    if (seen === (step.times ?? 1)) break;
  }
  return events;
}

function found(value: Json, path: string): Json {
  for (const part of path.split('.')) value = value?.[part];
  return value;
}

async function drive(name: string, write: (line: Json) => void): Promise<void> {
  const { steps } = JSON.parse(readFileSync(join(CASES, `${name}.json`), 'utf8'));
  const stage = new Stage(realpathSync(mkdtempSync(join(tmpdir(), 'maestro-parity-'))));
  mkdirSync(join(stage.dir, 'shop'));
  write({ case: name, dir: stage.dir });
  for (const [number, step] of steps.entries()) {
    let line: Json;
    try {
      const came = await stage.take(step);
      line = came instanceof Events ? { events: came, last: came.at(-1) } : { result: came ?? null, last: came };
    } catch (error) {
      if (!(error instanceof MaestroError)) throw error;
      line = { error: encode('ErrorInfo', error.info()) };
    }
    const { last, ...rest } = line;
    for (const [as, path] of Object.entries<string>(step.save ?? {})) {
      const saved = found(last, path);
      if (typeof saved === 'string') stage.names.set(as, saved);
    }
    write({ case: name, step: number, ...rest });
  }
  for (const node of stage.nodes.values()) await node.close();
  rmSync(stage.dir, { recursive: true });
}

/** Writes what came of all cases into a file. */
export async function parity(file: string): Promise<void> {
  writeFileSync(file, '');
  const cases = readdirSync(CASES).filter((name) => name.endsWith('.json')).sort();
  for (const name of cases) await drive(name.slice(0, -'.json'.length), (line) => appendFileSync(file, `${JSON.stringify(line)}\n`));
}
