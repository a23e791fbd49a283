import type { CallOptions, Link } from './bridge.js';
import { Feed } from './feed.js';
import { readSessionInfo, readSessionPage, readSessionView, readTurnInfo, writeSessionFilter } from './protocol/codec.js';
import { readEvent, type Event } from './protocol/event.js';
import type { SessionFilterInput, SessionInfo, SessionPage, SessionView, TurnInfo } from './protocol/model.js';
import { type After, blocksOf, idOf, position, type PromptInput, type Reference, type SessionOptions, sessionSpec } from './values.js';

/** How a prompt is taken while a turn runs: after it, into it, or instead of it. */
export type PromptWhen = 'queue' | 'steer' | 'interrupt';

/** Where a feed begins. Default: at the beginning. */
export interface FeedOptions extends CallOptions {
  after?: After | undefined;
}

/** One turn of a session, by its ids. Letting go of it does nothing to the turn. */
export class Turn {
  readonly #link: Link;
  readonly sessionId: string;
  readonly id: string;

  /** @internal */
  constructor(link: Link, sessionId: string, id: string) {
    this.#link = link;
    this.sessionId = sessionId;
    this.id = id;
  }

  /** Waits until it ended. Its `error` says how it failed, if it did. Giving up the wait never ends the turn. */
  async wait({ signal }: CallOptions = {}): Promise<TurnInfo> {
    return readTurnInfo(await this.#link.query('turns.wait', this.#args(), signal));
  }

  /** Takes it out of the queue, or interrupts it. */
  async cancel({ signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('turns.cancel', this.#args(), signal);
  }

  #args(): { session_id: string; turn_id: string } {
    return { session_id: this.sessionId, turn_id: this.id };
  }
}

/** One session, by its id. Letting go of it does nothing to the session. */
export class Session {
  readonly #link: Link;
  readonly id: string;

  /** @internal */
  constructor(link: Link, id: string) {
    this.#link = link;
    this.id = id;
  }

  /** The session now. */
  async info({ signal }: CallOptions = {}): Promise<SessionInfo> {
    return readSessionInfo(await this.#link.query('sessions.get', this.#args(), signal));
  }

  /** Asks something. Returns when the prompt is durable; `wait` on the turn waits for the answer. Default: `queue`. */
  async prompt(prompt: PromptInput, { when = 'queue', signal }: CallOptions & { when?: PromptWhen | undefined } = {}): Promise<Turn> {
    const args = { ...this.#args(), prompt: blocksOf(prompt), when };
    return new Turn(this.#link, this.id, (await this.#link.command('sessions.prompt', args, signal)).turn_id);
  }

  /** A turn of it, by its id. */
  turn(id: string): Turn {
    return new Turn(this.#link, this.id, id);
  }

  /** Its events, to its end. */
  events({ after = 'beginning', signal }: FeedOptions = {}): Feed<Event> {
    return new Feed(this.#link, 'session', { ...this.#args(), after: position(after) }, readEvent, { signal });
  }

  /** What a person sees of it now. */
  async view({ signal }: CallOptions = {}): Promise<SessionView> {
    return readSessionView(await this.#link.query('sessions.view', this.#args(), signal));
  }

  /** What a person sees of it: at first, and again after each change. `keep` keeps the last so many items only. */
  watchView({ keep, signal }: CallOptions & { keep?: number | undefined } = {}): Feed<SessionView> {
    return new Feed(this.#link, 'view', { ...this.#args(), keep }, readSessionView, { signal });
  }

  /** Stops the turn under way. */
  async interrupt({ signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('sessions.interrupt', this.#args(), signal);
  }

  /** Changes the permission mode. */
  async setMode(mode: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('sessions.set_mode', { ...this.#args(), mode }, signal);
  }

  /** Changes the model. */
  async setModel(model: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('sessions.set_model', { ...this.#args(), model }, signal);
  }

  /** Sends a request of the agent's own protocol, and gives its answer as it is. */
  async control(request: unknown, { signal }: CallOptions = {}): Promise<unknown> {
    return this.#link.command('sessions.control', { ...this.#args(), request }, signal);
  }

  /** Ends it. */
  async close({ signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('sessions.close', this.#args(), signal);
  }

  #args(): { session_id: string } {
    return { session_id: this.id };
  }
}

/** Conversations with agents. */
export class Sessions {
  readonly #link: Link;

  /** @internal */
  constructor(link: Link) {
    this.#link = link;
  }

  /** Starts a session. */
  async open({ project, signal, ...options }: CallOptions & SessionOptions & { project?: Reference | undefined } = {}): Promise<Session> {
    const opened = await this.#link.command('sessions.open', { spec: sessionSpec(options, project) }, signal);
    return new Session(this.#link, opened.session_id);
  }

  /** Goes on with a conversation that the agent had without Maestro. */
  async adopt(agentSessionId: string, { project, signal, ...options }: CallOptions & SessionOptions & { project?: Reference | undefined } = {}): Promise<Session> {
    const args = { spec: sessionSpec(options, project), agent_session_id: agentSessionId };
    return new Session(this.#link, (await this.#link.command('sessions.adopt', args, signal)).session_id);
  }

  /** Starts a session that begins with another one's conversation, which is left as it is. */
  async fork(session: Reference, { signal }: CallOptions = {}): Promise<Session> {
    const forked = await this.#link.command('sessions.fork', { session_id: idOf(session) }, signal);
    return new Session(this.#link, forked.session_id);
  }

  /** Gives a session that has no process one again. */
  async resume(session: Reference, { signal }: CallOptions = {}): Promise<Session> {
    const resumed = await this.#link.command('sessions.resume', { session_id: idOf(session) }, signal);
    return new Session(this.#link, resumed.session_id);
  }

  /** A session by its id. Looks at nothing. */
  handle(id: string): Session {
    return new Session(this.#link, id);
  }

  /** One session. Rejects with `not_found`. */
  async get(session: Reference, { signal }: CallOptions = {}): Promise<Session> {
    const handle = this.handle(idOf(session));
    await handle.info({ signal });
    return handle;
  }

  /** A page of sessions, newest first, and the position to go on watching from. */
  async list(filter: SessionFilterInput = {}, { signal }: CallOptions = {}): Promise<SessionPage> {
    return readSessionPage(await this.#link.query('sessions.list', { filter: writeSessionFilter(filter) }, signal));
  }
}
