// The quickstart of the package, which is written for Claude Code, with a scripted agent; runs in a repository with a branch `main`.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { ScriptedAgent } from '@maestro/core/testing';
import { quickstart } from './quickstart.js';

const agent = new ScriptedAgent({ default: [{ do: 'write', path: 'hello.txt', content: 'hello\n', ask: true }, 'Hello from a package'] });
const outcome = await quickstart(process.cwd(), agent as never, 'Write hello.txt');
assert.equal(outcome.outcome, 'succeeded', JSON.stringify(outcome));
assert.equal(readFileSync('hello.txt', 'utf8'), 'hello\n');
console.log(`\n${outcome.outcome} by Node ${process.version} with ${import.meta.resolve('@maestro/core')}`);
