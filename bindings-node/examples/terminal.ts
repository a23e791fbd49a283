// Questions to the person at the terminal.
import { createInterface } from 'node:readline';

// What is typed before it is asked for waits here.
const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
// It does not keep the program alive.
process.stdin.unref();

/** Anything but `y` is a no. */
export async function yes(question: string): Promise<boolean> {
  process.stdout.write(`${question} [y/N] `);
  return (await lines.next()).value === 'y';
}
