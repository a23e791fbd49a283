import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MaestroError } from './protocol/errors.js';

/** What the native half tells. */
export interface Letter {
  what: number;
  id: number;
  name?: string | null;
  text?: string | null;
  /** With a batch of a feed, JSON of what its events have in common. */
  common?: string | null;
  /** With a batch of a feed, what each event has as its `raw`; none when none has any. */
  frames?: (string | null | undefined)[] | null;
}

/** The native half of a node; src/host.rs says what each does. */
export interface NativeHost {
  take(): Letter[];
  submit(id: number, operation: 'open' | 'command' | 'query' | 'events' | 'close', text: string): void;
  nextBatch(id: number, feed: number, max: number): void;
  endFeed(feed: number): void;
  cancel(id: number): void;
  reply(id: number, answer: string | null, error: string | null): void;
  scoped(tenant: string | null, actor: string | null): NativeHost;
  end(): void;
}

interface Native {
  Host: new (wake: () => void) => NativeHost;
}

let loaded: Native | undefined;

/** Loads the module that was built for this platform, when it is first needed. */
export function native(): Native {
  if (loaded) return loaded;
  const file = `maestro.${process.platform}-${process.arch}.node`;
  const url = new URL(`../native/${file}`, import.meta.url);
  if (!existsSync(url)) {
    throw new MaestroError('unsupported', `@maestro/core has no native module for ${process.platform}-${process.arch} (native/${file})`);
  }
  return (loaded = createRequire(import.meta.url)(fileURLToPath(url)) as Native);
}
