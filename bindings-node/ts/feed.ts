import type { Batch, CallOptions, Link } from './bridge.js';
import { AbortError } from './protocol/errors.js';
import type { Json } from './protocol/helpers.js';

/** How many items are taken from the core at once. */
const BATCH = 256;
const NONE: Batch = { items: [], common: undefined };

/**
 * What happens, as it happens, for one reader. Leaving a `for await` closes it, as `close` does.
 *
 * It begins when it is made, and rejects with an {@link AbortError} when its signal is aborted.
 */
export class Feed<T> implements AsyncIterableIterator<T>, AsyncDisposable {
  readonly #link: Link;
  readonly #read: (wire: Json, common: Json) => T;
  readonly #opening: Promise<void>;
  readonly #signal: AbortSignal | undefined;
  readonly #abort: () => void;
  #id: number | undefined;
  #batch: Batch = NONE;
  #at = 0;
  /** The batch after this one, which the core makes meanwhile. */
  #coming: Promise<Batch | undefined> | undefined;
  #over = false;
  #reading: Promise<IteratorResult<T, undefined>> | undefined;
  #interrupt: ((error: unknown) => void) | undefined;

  /** @internal */
  constructor(link: Link, feed: string, args: Json, read: (wire: Json, common: Json) => T, { signal }: CallOptions = {}) {
    this.#link = link;
    this.#read = read;
    this.#signal = signal;
    this.#abort = () => this.#interrupt?.(this.#aborted());
    this.#opening = signal?.aborted
      ? Promise.resolve()
      : link.events(feed, args, (id) => { this.#id = id; });
    // Whoever reads is told.
    this.#opening.catch(() => undefined);
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Waits until it has begun: whatever happens from then on comes. */
  async ready(): Promise<this> {
    await this.#opening;
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#reading) return this.#reading.then(() => this.next(), () => this.next());
    if (this.#signal?.aborted && !this.#over) return Promise.reject(this.#aborted());
    const item = this.#batch.items[this.#at];
    if (item !== undefined) {
      this.#at += 1;
      try {
        return Promise.resolve({ value: this.#read(item, this.#batch.common), done: false });
      } catch (error) {
        this.#end();
        return Promise.reject(error);
      }
    }
    if (this.#over) return Promise.resolve({ value: undefined, done: true });
    this.#reading = this.#refill().finally(() => { this.#reading = undefined; });
    return this.#reading;
  }

  async #refill(): Promise<IteratorResult<T, undefined>> {
    try {
      const interrupted = new Promise<never>((_, reject) => { this.#interrupt = reject; });
      const coming = this.#coming ?? this.#opening.then(() => this.#fetch());
      this.#coming = undefined;
      const batch = await Promise.race([interrupted, coming]);
      if (batch === undefined || this.#over) {
        this.#end();
        return { value: undefined, done: true };
      }
      this.#batch = batch;
      this.#at = 1;
      // A short one was all that there was: what comes next is better asked for when it is wanted.
      if (batch.items.length >= BATCH / 2) {
        this.#coming = this.#fetch();
        // Whoever reads is told.
        this.#coming.catch(() => undefined);
      }
      return { value: this.#read(batch.items[0], batch.common), done: false };
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#interrupt = undefined;
    }
  }

  #fetch(): Promise<Batch | undefined> {
    return this.#link.nextBatch(this.#id ?? 0, BATCH);
  }

  /** Ends it. Whoever waits for an item gets the end. */
  async close(): Promise<void> {
    this.#end();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return { value: undefined, done: true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #aborted(): AbortError {
    this.#end();
    return new AbortError(this.#signal?.reason);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#batch = NONE;
    this.#at = 0;
    this.#coming = undefined;
    this.#signal?.removeEventListener('abort', this.#abort);
    // One that is still being opened is ended as soon as it is there.
    const end = (): void => { if (this.#id !== undefined) this.#link.endFeed(this.#id); };
    this.#opening.then(end, () => undefined);
  }
}
