// Ends so many workers while they work, a few at once, and then works itself: `node workers.mjs COUNT`.
import { Worker } from 'node:worker_threads';
import { busy } from './busy.mjs';

async function one() {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url));
  await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
  await worker.terminate();
}

let left = Number(process.argv[2]);
let ended = 0;
const lane = async () => { while (left-- > 0) { await one(); ended += 1; } };
await Promise.all([lane(), lane()]);
const maestro = await busy();
await maestro.close();
console.log(`ended ${ended}`);
