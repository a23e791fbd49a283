import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Event, Maestro, type MaestroOptions } from '@maestro/core';
import { ScriptedAgent } from '@maestro/core/testing';

/** A directory of its own. */
export function directory(): string {
  return mkdtempSync(join(tmpdir(), 'maestro-node-'));
}

/** A node with a scripted agent and a project `shop`. */
export async function shop(options: MaestroOptions = {}): Promise<Maestro> {
  const agents = { claude: new ScriptedAgent({ default: ['Hello there'] }) };
  const maestro = await Maestro.open({ agents, concurrency: 2, ...options });
  await maestro.projects.ensure('shop', { path: directory() });
  return maestro;
}

/** Everything that a feed gives until it ends. */
export async function all<T>(feed: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of feed) items.push(item);
  return items;
}

/** The first event of a type. */
export async function until<T extends Event['type']>(feed: AsyncIterable<Event>, type: T): Promise<Extract<Event, { type: T }>> {
  for await (const event of feed) if (event.type === type) return event as Extract<Event, { type: T }>;
  throw new Error(`the feed ended without ${type}`);
}
