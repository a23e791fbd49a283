import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ClaudeCode, type ClaudeCodeOptions, type HookCall, Maestro } from '@maestro/core';
import { ScriptedModel } from '@maestro/core/testing';
import { directory, fetched, modelProgram, repository, until } from './support.js';

const { program, skip } = fetched('fetch-claude.sh');

describe('the real Claude Code with a scripted model', { skip }, () => {
  let model: ScriptedModel;
  before(async () => { model = await ScriptedModel.start(modelProgram()); });
  after(async () => { await model.stop(); });

  const claude = (options: ClaudeCodeOptions = {}): ClaudeCode => {
    const home = directory();
    return ClaudeCode.at(program, { env: model.env(home), inheritEnv: false, configDir: join(home, '.claude'), ...options });
  };

  test('a hook', async () => {
    const hooked: HookCall[] = [];
    const hooks = [{ event: 'PreToolUse', matcher: 'Bash', handler: (call: HookCall) => { hooked.push(call); } }];
    await using maestro = await Maestro.open({ agents: { claude: claude({ hooks }) }, concurrency: 2, worktrees: directory() });
    await maestro.projects.ensure('shop', { path: repository() });
    const task = await maestro.tasks.submit('Run it\nscenario: bash command="touch made.txt"', { project: 'shop' });
    await maestro.approvals.allow((await until(task.events(), 'approval.requested')).data);
    const outcome = await task.wait();
    assert.equal(outcome.outcome, 'succeeded', JSON.stringify(outcome));
    assert.deepEqual(hooked.map(({ event, tool }) => [event, tool]), [['PreToolUse', 'Bash']]);
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
    const agent = ClaudeCode.at(program, { env: adding.env(home), inheritEnv: false, configDir: join(home, '.claude') });
    await using maestro = await Maestro.open({ agents: { claude: agent }, mcpServers: { numbers: [add] } });
    await maestro.projects.ensure('shop', { path: repository() });
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
