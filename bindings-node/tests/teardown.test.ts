import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { directory } from './support.js';

/** How often each; `make teardown-node` does it 200 times. */
const COUNT = Number(process.env['TEARDOWN_COUNT'] ?? 4);

interface Ended {
  code: number | null;
  signal: string | null;
  out: string;
  err: string;
}

/** Runs a program of tests/programs to its end. */
function run(program: string, ...args: string[]): Promise<Ended> {
  const file = fileURLToPath(new URL(`../../tests/programs/${program}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => { out += data; });
    child.stderr.on('data', (data) => { err += data; });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}

test(`process.exit with work and callbacks in flight, ${COUNT} times`, async () => {
  for (let i = 0; i < COUNT; i++) {
    const ended = await run('exit.mjs', i % 2 === 0 ? '' : `${directory()}/maestro.db`);
    assert.deepEqual([ended.code, ended.signal, ended.out], [7, null, 'busy\n'], `${i}: ${ended.err}`);
  }
});

test(`worker.terminate() with work and callbacks in flight, ${COUNT} times`, async () => {
  const ended = await run('workers.mjs', String(COUNT));
  assert.deepEqual([ended.code, ended.signal, ended.out], [0, null, `ended ${COUNT}\n`], ended.err);
});

test('a process ends by itself when nothing is open', async () => {
  const ended = await run('quiet.mjs');
  assert.deepEqual([ended.code, ended.signal, ended.out], [0, null, 'closed\n'], ended.err);
});
