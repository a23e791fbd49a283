import { eventReaders, eventWriters, readEnvelope, writeEnvelope } from './codec.js';
import type { Json } from './helpers.js';
import type { EventEnvelope, EventTypes, EventTypesInput } from './model.js';

/** A content of a type that this version does not know; also a product's own `x.…`. */
export interface OtherData {
  type: 'other';
  /** The type on the wire. */
  originalType: string;
  /** The content, as it stands on the wire. */
  data: unknown;
}

/** What an event says. `type` tells what `data` is. */
export type EventData = { [T in keyof EventTypes]: { type: T; data: EventTypes[T] } }[keyof EventTypes] | OtherData;

/** What one gives for an {@link EventData}; a product's own types begin with `x.`. */
export type EventDataInput =
  | { [T in keyof EventTypesInput]: { type: T; data: EventTypesInput[T] } }[keyof EventTypesInput]
  | { type: `x.${string}`; data: unknown }
  | OtherData;

/** Something that happened. */
export type Event = EventEnvelope & EventData;

/** The content of an event of one type. */
export type DataOf<T extends keyof EventTypes> = EventTypes[T];

type Content = { type: string; originalType: string | undefined; data: unknown };

function content(type: string, data: Json): Content {
  const read = Object.hasOwn(eventReaders, type) ? eventReaders[type] : undefined;
  if (read) {
    try {
      return { type, originalType: undefined, data: read(data) };
    } catch {
      // What does not fit is kept as it is, as the core does.
    }
  }
  return { type: 'other', originalType: type, data: data ?? null };
}

export function readEventData(wire: Json): EventData {
  const { type, originalType, data } = content(wire.type, wire.data);
  return (originalType === undefined ? { type, data } : { type, originalType, data }) as EventData;
}

export function writeEventData(value: EventDataInput): Json {
  if (value.type === 'other') return { type: (value as OtherData).originalType, data: value.data };
  const write = Object.hasOwn(eventWriters, value.type) ? eventWriters[value.type] : undefined;
  return { type: value.type, data: write ? write(value.data) : value.data };
}

/** Reads an event from JSON that `JSON.parse` gave. */
export function decodeEvent(wire: unknown): Event {
  return readEvent(wire);
}

/**
 * The same for an event of a batch: what one that has a `seq` does not say stands in `common`.
 *
 * @internal
 */
export function readEvent(wire: Json, common?: Json): Event {
  const { type, originalType, data } = content(wire.type, wire.data);
  return readEnvelope(wire, type, originalType, data, wire.seq === undefined ? wire : common ?? wire) as Event;
}

/** The JSON that {@link decodeEvent} reads. */
export function encodeEvent(event: Event): unknown {
  const { raw, ...envelope } = writeEnvelope(event);
  const out = { ...envelope, ...writeEventData(event) };
  return raw === undefined ? out : { ...out, raw };
}
