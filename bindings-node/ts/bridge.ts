import { randomUUID } from 'node:crypto';
import { AbortError, caught, MaestroError, thrown } from './protocol/errors.js';
import { native, type Letter, type NativeHost } from './native.js';
import type { Json } from './protocol/helpers.js';

/** What can be given to every call that waits. */
export interface CallOptions {
  /** Gives up waiting: the call rejects with an {@link AbortError}, and the work goes on. */
  signal?: AbortSignal | undefined;
}

/** What answers the core's calls. */
export interface Callee {
  call(id: number, name: string, request: Json): Promise<unknown>;
  cancel(id: number): void;
}

/** Items of a feed, and what those have besides which are events that are kept. */
export interface Batch {
  items: Json[];
  common: Json;
}

/** What a call gave: JSON, and with a batch what its events have in common, and each as its `raw`. */
interface Answer {
  text?: string | null | undefined;
  common?: string | null | undefined;
  frames?: (string | null | undefined)[] | null | undefined;
}

interface Waiting {
  /** Whether it waits for a batch of a feed, which ends with the node. */
  feed: boolean;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

interface Call {
  signal?: AbortSignal | undefined;
  /** Hears the id of the call. */
  started?: (id: number) => void;
  feed?: boolean;
}

/** As the core says it. */
const CLOSED = 'the store was closed';
/** How many things that the user threw are kept to be the cause of what they lead to. */
const KEPT = 64;
const ANSWER = 0;
const ERROR = 1;
const CALL = 2;

/** The inbox of one node, emptied when the native half rings. */
class Inbox {
  readonly host: NativeHost;
  readonly #waiting = new Map<number, Waiting>();
  readonly #callee: Callee;
  /** What the user threw, by the id that the core has of it. */
  readonly #thrown = new Map<string, unknown>();
  #next = 1;
  #closed = false;

  constructor(callee: Callee) {
    this.#callee = callee;
    this.host = new (native().Host)(() => this.#empty());
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** An error as the core has it, with what was thrown as its cause. */
  error(info: Json): MaestroError {
    return thrown(JSON.stringify(info), this.#thrown);
  }

  /** Starts a call under a new id, and waits for its answer. */
  call(start: (id: number) => void, { signal, started, feed = false }: Call = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new AbortError(signal.reason));
      if (this.#closed) return feed ? resolve({}) : reject(new MaestroError('closed', CLOSED));
      const id = this.#next;
      this.#next = id === 0xffff_ffff ? 1 : id + 1;
      const abort = (): void => {
        this.host.cancel(id);
        this.#settle(id)?.reject(new AbortError(signal?.reason));
      };
      const settled = (): void => signal?.removeEventListener('abort', abort);
      this.#waiting.set(id, {
        feed,
        resolve: (answer) => { settled(); resolve(answer); },
        reject: (error) => { settled(); reject(error); },
      });
      signal?.addEventListener('abort', abort, { once: true });
      try {
        start(id);
        started?.(id);
      } catch (error) {
        this.#settle(id)?.reject(refused(error));
      }
    });
  }

  /** The node is closed: what still waits is told, and the process may end. */
  end(): void {
    if (this.#closed) return;
    this.#empty();
    this.#closed = true;
    for (const id of [...this.#waiting.keys()]) {
      this.host.cancel(id);
      const waiting = this.#settle(id);
      if (waiting?.feed) waiting.resolve({});
      else waiting?.reject(new MaestroError('closed', CLOSED));
    }
    this.host.end();
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #empty(): void {
    for (const letter of this.host.take()) this.#open(letter);
  }

  #open(letter: Letter): void {
    const { what, id, name, text } = letter;
    if (what === ANSWER) this.#settle(id)?.resolve(letter);
    else if (what === ERROR) this.#settle(id)?.reject(thrown(text ?? 'null', this.#thrown));
    else if (what === CALL) void this.#answer(id, name ?? '', text ?? 'null');
    else this.#callee.cancel(id);
  }

  async #answer(id: number, name: string, request: string): Promise<void> {
    let answer: string;
    try {
      const given = await this.#callee.call(id, name, JSON.parse(request));
      answer = JSON.stringify(given ?? null) ?? 'null';
    } catch (error) {
      const keptAs = randomUUID();
      this.#thrown.set(keptAs, error);
      if (this.#thrown.size > KEPT) this.#thrown.delete(this.#thrown.keys().next().value!);
      this.host.reply(id, null, caught(error, keptAs));
      return;
    }
    this.host.reply(id, answer, null);
  }
}

function refused(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  try {
    return thrown(message);
  } catch {
    return new MaestroError('internal', message, { cause: error });
  }
}

/** A node, or a part of one, as the groups use it. */
export class Link {
  readonly #inbox: Inbox;
  readonly #host: NativeHost;

  private constructor(inbox: Inbox, host: NativeHost) {
    this.#inbox = inbox;
    this.#host = host;
  }

  static async open(config: Json, callee: (link: Link) => Callee, { signal }: CallOptions): Promise<Link> {
    let bound: Callee | undefined;
    const inbox = new Inbox({
      call: (id, name, request) => bound!.call(id, name, request),
      cancel: (id) => bound!.cancel(id),
    });
    const link = new Link(inbox, inbox.host);
    bound = callee(link);
    try {
      await inbox.call((id) => inbox.host.submit(id, 'open', JSON.stringify(config)), { signal });
    } catch (error) {
      inbox.end();
      throw error;
    }
    return link;
  }

  async command(command: string, args: Json, signal?: AbortSignal): Promise<Json> {
    return this.#verb('command', JSON.stringify({ command, args }), signal);
  }

  async query(query: string, args: Json, signal?: AbortSignal): Promise<Json> {
    return this.#verb('query', JSON.stringify({ query, args }), signal);
  }

  async #verb(operation: 'command' | 'query', text: string, signal?: AbortSignal): Promise<Json> {
    try {
      const answer = await this.#inbox.call((id) => this.#host.submit(id, operation, text), { signal });
      return JSON.parse(answer.text ?? 'null');
    } catch (error) {
      // It was made where the inbox is emptied; what helps is who called.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    }
  }

  /** Opens a feed. `started` hears its id. */
  async events(feed: string, args: Json, started: (id: number) => void): Promise<void> {
    const text = JSON.stringify({ feed, args });
    await this.#inbox.call((id) => this.#host.submit(id, 'events', text), { started });
  }

  /** The next batch of a feed; none at its end. */
  async nextBatch(feed: number, max: number): Promise<Batch | undefined> {
    const { text, common, frames } = await this.#inbox.call((id) => this.#host.nextBatch(id, feed, max), { feed: true });
    if (text == null) return undefined;
    const items: Json[] = JSON.parse(text);
    frames?.forEach((frame, at) => {
      if (frame != null) items[at].raw = frame;
    });
    return { items, common: common == null ? undefined : JSON.parse(common) };
  }

  /** An error as the core has it, with what was thrown as its cause. */
  error(info: Json): MaestroError {
    return this.#inbox.error(info);
  }

  endFeed(feed: number): void {
    this.#host.endFeed(feed);
  }

  scoped(tenant: string | undefined, actor: Json): Link {
    try {
      return new Link(this.#inbox, this.#host.scoped(tenant ?? null, actor === undefined ? null : JSON.stringify(actor)));
    } catch (error) {
      throw refused(error);
    }
  }

  async close(running: string): Promise<void> {
    if (this.#inbox.isClosed) return;
    await this.#inbox.call((id) => this.#host.submit(id, 'close', JSON.stringify(running).slice(1, -1)));
    this.#inbox.end();
  }
}
