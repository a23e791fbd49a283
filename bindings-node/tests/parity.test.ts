import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parity } from './parity.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

test('what Node does, case by case, is what the other languages do', async () => {
  const built = execFileSync('cargo', ['build', '-q', '--locked', '-p', 'parity', '--message-format=json'], { cwd: repository, encoding: 'utf8' });
  const messages = built.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const program: string = messages.find(({ executable, target }) => executable && target.name === 'parity').executable;
  const directory = join(program, '../../parity');
  mkdirSync(directory, { recursive: true });
  const trace = join(directory, 'node.jsonl');
  await parity(trace);
  const compared = spawnSync(program, ['compare', `node=${trace}`], { encoding: 'utf8' });
  assert.equal(compared.status, 0, compared.stdout + compared.stderr);
});
