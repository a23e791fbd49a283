import { MaestroError } from './errors.js';

/** What stands on the wire. Its shape is that of docs/wire/schema.json, which the generated functions follow. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

/** Something on the wire has a shape that this version does not know. */
export class Mismatch extends Error {
  override name = 'Mismatch';
}

/** A variant of a newer version, to be kept whole. */
export function unknownVariant(union: string, wire: Json, tag: unknown): Record<string, unknown> {
  return typeof tag === 'string' ? wire : notGiven(union, tag);
}

export function notGiven(union: string, tag: unknown): never {
  throw new Mismatch(`${JSON.stringify(tag)} is no ${union} that this version knows`);
}

export function list<T>(wire: Json, read: (item: Json) => T): T[] {
  if (wire == null) return [];
  const out = new Array<T>(wire.length);
  for (let i = 0; i < out.length; i++) out[i] = read(wire[i]);
  return out;
}

export function map<T>(wire: Json, each: (item: Json) => T): Record<string, T> {
  const out: Record<string, T> = {};
  for (const key in wire) set(out, key, each(wire[key]));
  return out;
}

/** Sets a key that a stranger chose, `__proto__` too. */
function set<T>(object: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A list, unless it is empty. */
export function filled<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items && items.length > 0 ? items : undefined;
}

/** A map, unless it is empty. */
export function filledMap<T>(entries: Record<string, T> | undefined): Record<string, T> | undefined {
  return entries && Object.keys(entries).length > 0 ? entries : undefined;
}

/** The fields that this version does not know. */
export function extra(wire: Json, known: ReadonlySet<string>): { extra?: Record<string, unknown> } {
  let found: Record<string, unknown> | undefined;
  for (const key in wire) if (!known.has(key)) set((found ??= {}), key, wire[key]);
  return found ? { extra: found } : {};
}

/** Refuses what a user gave that is not known, rather than leave it out. */
export function only(of: string, given: object, known: ReadonlySet<string>): void {
  for (const [field, value] of Object.entries(given)) {
    if (value === undefined || known.has(field)) continue;
    const context: [string, string][] = [['field', field]];
    throw new MaestroError('invalid_argument', `\`${field}\` is no field of ${of}, which has ${[...known].join(', ')}`, { context });
  }
}
