import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClaudeCode, type ClaudeCodeOptions, type HookCall, Maestro } from '@maestro/core';
import { ScriptedModel } from '@maestro/core/testing';
import { supervised } from '../examples/approvals.js';
import { board } from '../examples/events.js';
import { quickstart } from '../examples/quickstart.js';
import { directory } from './support.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const fetched = spawnSync(join(repository, 'examples/fetch-claude.sh'), { encoding: 'utf8' });
if (fetched.status !== 0 && fetched.status !== 3) throw new Error(fetched.stderr);
const skip = fetched.status === 3 ? `no Claude Code here: ${fetched.stderr.trim()}` : false;

/** The program of the scripted model, built. */
function modelProgram(): string {
  const out = execFileSync('cargo', ['build', '-q', '--locked', '-p', 'scripted-model', '--message-format=json'], { cwd: repository, encoding: 'utf8' });
  const built = out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return built.find(({ executable, target }) => executable && target.name === 'scripted-model').executable;
}

/** A repository with one commit. */
function repositoryOf(): string {
  const path = directory();
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.invalid', ...args], { cwd: path });
  };
  git('init', '-q', '-b', 'main');
  writeFileSync(join(path, '.gitignore'), '.maestro.db*\n');
  git('add', '.gitignore');
  git('commit', '-q', '-m', 'Begin');
  return path;
}

describe('the real Claude Code with a scripted model', { skip }, () => {
  let model: ScriptedModel;
  before(async () => { model = await ScriptedModel.start(modelProgram()); });
  after(async () => { await model.stop(); });

  const claude = (options: ClaudeCodeOptions = {}): ClaudeCode => {
    const home = directory();
    return ClaudeCode.at(fetched.stdout.trim(), { env: model.env(home), inheritEnv: false, configDir: join(home, '.claude'), ...options });
  };

  test('quickstart: it writes a file, and the work is merged', async () => {
    const path = repositoryOf();
    const outcome = await quickstart(path, claude(), 'Write hello.txt\nscenario: write-file');
    assert.equal(outcome.outcome, 'succeeded', JSON.stringify(outcome));
    assert.equal(readFileSync(join(path, 'hello.txt'), 'utf8'), 'hello\n');
  });

  test('approvals, events and hooks', async () => {
    const hooked: HookCall[] = [];
    const hooks = [{ event: 'PreToolUse', matcher: 'Bash', handler: (call: HookCall) => { hooked.push(call); } }];
    await using maestro = await Maestro.open({ agents: { claude: claude({ hooks }) }, concurrency: 2, worktrees: directory() });
    const project = await maestro.projects.ensure('shop', { path: repositoryOf() });
    const controller = new AbortController();
    const over = board(maestro, (tasks) => [...tasks.values()].some(({ state }) => state === 'succeeded'), controller.signal);
    const outcome = await supervised(maestro, project, 'Run it\nscenario: bash command="touch made.txt"', async ({ tool }) => tool === 'Bash');
    assert.equal(outcome.outcome, 'succeeded', JSON.stringify(outcome));
    assert.deepEqual(hooked.map(({ event, tool }) => [event, tool]), [['PreToolUse', 'Bash']]);
    assert.equal((await over).size, 1);
  });

  test('a tool of this process', async () => {
    const asked: unknown[] = [];
    const add = {
      name: 'add', description: 'Adds two numbers',
      schema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
      call: (input: unknown) => { asked.push(input); return { sum: 5 }; },
    };
    const scenario = join(directory(), 'add.toml');
    writeFileSync(scenario, 'name = "add"\nabout = "Adds."\n[[steps]]\nblocks = [{ tool = "mcp__numbers__add", input = { a = 2, b = 3 } }]\n[[steps]]\nblocks = [{ text = "Added." }]\n');
    await using adding = await ScriptedModel.start(modelProgram(), { scenarios: [scenario] });
    const home = directory();
    const agent = ClaudeCode.at(fetched.stdout.trim(), { env: adding.env(home), inheritEnv: false, configDir: join(home, '.claude') });
    await using maestro = await Maestro.open({ agents: { claude: agent }, mcpServers: { numbers: [add] } });
    await maestro.projects.ensure('shop', { path: repositoryOf() });
    const session = await maestro.sessions.open({ project: 'shop', mcp: { numbers: null }, tools: { allow: ['mcp__numbers__add'] } });
    const turn = await (await session.prompt('Add\nscenario: add')).wait();
    assert.equal(turn.result, 'Added.', JSON.stringify(turn));
    assert.deepEqual(asked, [{ a: 2, b: 3 }]);
    const ended = (await session.view()).items.find(({ item }) => item === 'tool');
    assert.match(JSON.stringify(ended), /sum/);
    for await (const event of session.events()) {
      if (event.type !== 'tool.ended') continue;
      // The agent's own line.
      assert.equal(JSON.parse(event.raw ?? 'null').type, 'user');
      break;
    }
  });
});
