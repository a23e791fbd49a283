// Reads one turn of the stand-in for Claude Code with Maestro, and prints what that took.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClaudeCode, Maestro } from '@maestro/core';
import { Meter, Tally } from './tally.mjs';

const [claude, lines, storage] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'maestro-bench-'));
const tally = new Tally();
const m = await Maestro.open({
  storage: storage === 'sqlite' ? join(directory, 'bench.db') : { kind: 'memory' },
  agents: { claude: ClaudeCode.at(claude, { env: { BENCH_LINES: lines } }) },
});
const project = await m.projects.ensure('bench', { path: directory });
const session = await m.sessions.open({ project: project.id });
const meter = new Meter();
const events = await session.events().ready();
await session.prompt('Go.');
await read(events, tally);
meter.stop();
const again = new Tally();
const replay = new Meter();
await read(session.events(), again);
replay.stop();
await session.close();
await m.close();
rmSync(directory, { recursive: true });
tally.print(meter, { again_events: again.events, again_seconds: replay.seconds, again_cpu_seconds: replay.cpuSeconds });

/** Looks at all that comes, to the end of the turn. */
async function read(events, tally) {
  for await (const event of events) {
    tally.events += 1;
    if (event.type === 'message.delta') {
      tally.deltas += 1;
      tally.delta_chars += event.data.text.length;
    } else if (event.type === 'thought.delta') tally.deltas += 1;
    else if (event.type === 'message') {
      if (event.data.role === 'assistant') {
        for (const block of event.data.blocks) if (block.type === 'text') tally.text_chars += block.text.length;
      }
    } else if (event.type === 'thought') tally.thought_chars += event.data.text.length;
    else if (event.type === 'tool.started') tally.calls += 1;
    else if (event.type === 'tool.ended') {
      tally.results += 1;
      for (const content of event.data.content) {
        if (content.type === 'text') tally.result_chars += content.text.length;
        else if (content.type === 'terminal') tally.result_chars += content.output.length;
      }
    } else if (event.type === 'turn.ended') break;
  }
}
