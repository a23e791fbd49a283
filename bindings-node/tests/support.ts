import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Event, Maestro, type MaestroOptions } from '@maestro/core';
import { ScriptedAgent } from '@maestro/core/testing';

/** A directory of its own. */
export function directory(): string {
  return mkdtempSync(join(tmpdir(), 'maestro-node-'));
}

/** Where all of Maestro is. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What a script of `examples/` gets here: a program, or why it cannot be had and its tests are skipped. */
export function fetched(script: string): { program: string; skip: string | false } {
  const got = spawnSync(join(root, 'examples', script), { encoding: 'utf8' });
  if (got.status !== 0 && got.status !== 3) throw new Error(got.stderr);
  return { program: got.stdout.trim(), skip: got.status === 3 ? got.stderr.trim() : false };
}

/** The program of the scripted model, built. */
export function modelProgram(): string {
  const out = execFileSync('cargo', ['build', '-q', '--locked', '-p', 'scripted-model', '--message-format=json'], { cwd: root, encoding: 'utf8' });
  const built = out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return built.find(({ executable, target }) => executable && target.name === 'scripted-model').executable;
}

export function git(path: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.invalid', ...args], { cwd: path, encoding: 'utf8' });
}

/** A repository with one commit, in a directory of its own. */
export function repository(): string {
  const path = join(directory(), 'shop');
  mkdirSync(path);
  git(path, 'init', '-q', '-b', 'main');
  git(path, 'commit', '-q', '--allow-empty', '-m', 'Begin');
  return path;
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
