import type { CallOptions, Link } from './bridge.js';
import { Feed } from './feed.js';
import { writeEventFilter } from './protocol/codec.js';
import { decodeEvent, readEvent, type Event } from './protocol/event.js';
import type { EventFilterInput } from './protocol/model.js';
import type { FeedOptions } from './sessions.js';
import { type After, position } from './values.js';

/** A piece of a feed. */
export interface EventPage {
  events: Event[];
  /** Where to read on. */
  next: string;
}

/** What happened, of everything. */
export class Events {
  readonly #link: Link;

  /** @internal */
  constructor(link: Link) {
    this.#link = link;
  }

  /** Follows everything that the filter shows, for ever. Begins with what happens from now on, unless told otherwise. */
  subscribe(filter: EventFilterInput = {}, { after = 'now', signal }: FeedOptions = {}): Feed<Event> {
    const args = { filter: writeEventFilter(filter), after: position(after) };
    return new Feed(this.#link, 'events', args, readEvent, { signal });
  }

  /** Reads what is there already, up to `limit` events. Default: from the beginning, 100. */
  async read(
    filter: EventFilterInput = {},
    { after = 'beginning', limit = 100, signal }: CallOptions & { after?: After | undefined; limit?: number | undefined } = {},
  ): Promise<EventPage> {
    const args = { filter: writeEventFilter(filter), after: position(after), limit };
    const page = await this.#link.query('events.read', args, signal);
    return { events: page.events.map(decodeEvent), next: page.next };
  }

  /** Tells of something of your own; its type begins with `x.`. */
  async emit(type: `x.${string}`, data: unknown, { signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('events.emit', { type, data: data ?? null }, signal);
  }
}
