// What a call costs that asks the core for next to nothing: one after the other, and 64 at once.
import { Maestro } from '@maestro/core';
import { Meter } from './tally.mjs';

const CALLS = 16_384;
const AT_ONCE = 64;

const m = await Maestro.open();
await some(1000);
const alone = new Meter();
await some(CALLS);
alone.stop();
const together = new Meter();
await Promise.all(Array.from({ length: AT_ONCE }, () => some(CALLS / AT_ONCE)));
together.stop();
await m.close();
const took = ({ seconds, cpuSeconds }) => ({ us: (seconds / CALLS) * 1e6, cpu_us: (cpuSeconds / CALLS) * 1e6 });
console.log(JSON.stringify({ alone: took(alone), at_once: took(together) }));

async function some(count) {
  for (let done = 0; done < count; done += 1) await m.node();
}
