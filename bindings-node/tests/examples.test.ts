// Runs every program: those with Claude Code with the real one, which talks to a scripted model on loopback.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { ScriptedModel } from '@maestro/core/testing';
import { fetched, git, modelProgram, repository, root } from './support.js';

/** Runs a program as a person would who has `claude` in the `PATH`, and gives what it printed. */
async function run(name: string, shop: string, argument: string, stdin = '', env: Record<string, string> = {}): Promise<string> {
  const program = join(root, 'bindings-node/build/examples', `${name}.js`);
  const base = { PATH: process.env['PATH'] ?? '', HOME: dirname(shop) };
  const child = spawn(process.execPath, [program, shop, argument], { env: { ...base, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(stdin);
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0, out);
  return out;
}

const files = (path: string, name: string): number => readdirSync(path, { recursive: true }).filter((file) => String(file).endsWith(name)).length;
const { program, skip } = fetched('fetch-claude.sh');

describe('with the real Claude Code', { skip }, () => {
  const withClaude = async (name: string, shop: string, argument: string, stdin?: string): Promise<string> => {
    await using model = await ScriptedModel.start(modelProgram());
    const env = model.env(dirname(shop));
    return await run(name, shop, argument, stdin, { ...env, PATH: `${dirname(program)}:${env['PATH']}` });
  };

  test('quickstart writes a file and merges it', async () => {
    const shop = repository();
    const out = await withClaude('quickstart', shop, 'Write hello.txt\nscenario: write-file');
    assert.match(out, /I will write hello.txt\./);
    assert.match(out, /merged into main\n$/);
    assert.equal(git(shop, 'show', 'main:hello.txt'), 'hello\n');
  });

  test('quickstart allows nothing but writing', async () => {
    const shop = repository();
    await withClaude('quickstart', shop, 'Run it\nscenario: bash command="touch made.txt"');
    assert.equal(files(dirname(shop), 'made.txt'), 0);
  });

  test('events shows what is there and what happens', async () => {
    const out = await withClaude('events', repository(), 'Say hello\nscenario: hello');
    const lines = out.trim().split('\n');
    assert.match(lines[0] ?? '', / Plan$/);
    assert.ok(lines.includes('succeeded Plan') && lines.indexOf('succeeded Plan') < lines.indexOf('succeeded Build'), out);
    assert.equal(lines.at(-2), 'assistant: Hello from the scripted model.', out);
    assert.match(lines.at(-1) ?? '', /^\d+ items, \$/);
  });

  test('approvals asks a person what no rule answers', async () => {
    const shop = repository();
    const out = await withClaude('approvals', shop, 'Go\nscenario: two-tools first="touch made.txt" second="git push"', 'y\n');
    assert.equal(out.split('May Bash run with').length, 2, out);
    assert.match(out, /touch made\.txt/);
    assert.match(out, /a rule answered Bash/);
    assert.match(out, /Ran both\.\n$/);
    assert.equal(files(dirname(shop), 'made.txt'), 1);
  });
});

test('own_agent asks before it shouts', async () => {
  const shop = repository();
  assert.equal(await run('own_agent', shop, 'one two three'), '3 words\n');
  assert.equal(await run('own_agent', shop, 'one two!', 'y\n'), 'Shout? [y/N] 2 WORDS\n');
  assert.equal(await run('own_agent', shop, 'one two!', 'n\n'), 'Shout? [y/N] 2 words\n');
});

test('own_task is let pass once and tried again', async () => {
  const shop = repository();
  const out = await run('own_task', shop, 'start about', 'y\n');
  assert.equal(out, 'Publish 2 pages? [y/N] start\nabout\npublished 2 pages in attempt 2\n');
  assert.equal(await run('own_task', shop, 'start', 'n\n'), 'Publish 1 pages? [y/N] nothing published\n');
});
