/**
 * What Maestro says, without Maestro: the types, what reads and writes them, and the fold of a session's events into
 * what a person sees. It needs nothing of Node and runs in a browser.
 *
 * @module
 */
import { readers, writers } from './codec.js';
import { decodeEvent, encodeEvent, type Event } from './event.js';
import type { Records } from './model.js';

export * from './model.js';
export { joinText } from './content.js';
export { type DataOf, decodeEvent, encodeEvent, type Event, type EventData, type EventDataInput, type OtherData } from './event.js';
export { MaestroError } from './errors.js';
export { Mismatch } from './helpers.js';
export { emptyView, fold } from './fold.js';

/** Reads a record, by its name, from JSON that `JSON.parse` gave. Throws a `Mismatch` for a union whose tag is no text. */
export function decode<K extends keyof Records>(name: K, wire: unknown): Records[K] {
  if (name === 'Event') return decodeEvent(wire) as Records[K];
  return known(readers, name)(wire) as Records[K];
}

/** The JSON that {@link decode} reads. */
export function encode<K extends keyof Records>(name: K, value: Records[K]): unknown {
  if (name === 'Event') return encodeEvent(value as Event);
  return known(writers, name)(value);
}

function known<T>(table: Record<string, T>, name: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!found) throw new TypeError(`there is no record ${JSON.stringify(name)}`);
  return found;
}
