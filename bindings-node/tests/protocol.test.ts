import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Event, type Records, decode, decodeEvent, emptyView, encode, encodeEvent, fold, Mismatch, type SessionView } from '@maestro/core/protocol';
import { all, shop } from './support.js';

const docs = new URL('../../../docs/', import.meta.url);
const here = new URL('../../', import.meta.url);
const json = (file: string): { full: unknown; least: unknown } => JSON.parse(readFileSync(new URL(file, docs), 'utf8'));
/** As it would be sent. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('every record of the wire is read and written again as it was', () => {
  const files = readdirSync(new URL('wire/records/', docs));
  assert.ok(files.length > 30, `${files.length} records`);
  for (const file of files) {
    const name = file.slice(0, -'.json'.length) as keyof Records;
    const { full, least } = json(`wire/records/${file}`);
    for (const wire of [full, least]) assert.deepEqual(sent(encode(name, decode(name, wire))), wire, name);
  }
});

test('every event of the wire is read and written again as it was', () => {
  const files = readdirSync(new URL('wire/events/', docs));
  assert.ok(files.length > 60, `${files.length} types`);
  for (const file of files) {
    const { full, least } = json(`wire/events/${file}`);
    for (const wire of [full, least]) {
      const event = decodeEvent(wire);
      assert.equal(event.type, file.slice(0, -'.json'.length));
      assert.deepEqual(sent(encodeEvent(event)), wire, file);
    }
  }
});

test('what this version does not know is kept, and narrows', () => {
  const { full } = json('wire/records/Event.json') as { full: Record<string, unknown> };
  const newer = { ...full, type: 'session.teleported', data: { some_field: [1], '__proto__x': 2 } };
  const event = decodeEvent(newer);
  assert.equal(event.type, 'other');
  if (event.type !== 'other') return;
  const { originalType }: { originalType: string } = event;
  assert.equal(originalType, 'session.teleported');
  assert.deepEqual(sent(encodeEvent(event)), newer);

  const said = (blocks: unknown[]) => ({ ...full, type: 'message', data: { message_id: 'm', role: 'assistant', blocks } });
  const hologram = said([{ type: 'hologram', some_size: 3 }]);
  const message = decodeEvent(hologram);
  assert.equal(message.type, 'message');
  if (message.type !== 'message') return;
  const [block] = message.data.blocks;
  assert.deepEqual(block?.type === 'unknown' && block.wire, { type: 'hologram', some_size: 3 });
  assert.deepEqual(sent(encodeEvent(message)), hologram);

  const strange = said([{ type: 7 }]);
  const kept = decodeEvent(strange);
  assert.equal(kept.type, 'other');
  assert.deepEqual(sent(encodeEvent(kept)), strange);

  const project = { ...(json('wire/records/ProjectInfo.json').full as object), colour: 'red' };
  assert.deepEqual(decode('ProjectInfo', project).extra, { colour: 'red' });
  assert.deepEqual(sent(encode('ProjectInfo', decode('ProjectInfo', project))), project);

  const { types } = json('wire/schema.json') as unknown as { types: Record<string, { shape: string; tag: string }> };
  for (const [name, { shape, tag }] of Object.entries(types)) {
    if (shape !== 'union') continue;
    const variant = { [tag]: 'x-new-value', with_more: [null] };
    const read = decode(name as keyof Records, variant);
    assert.deepEqual(read, { [tag]: 'unknown', wire: variant }, name);
    assert.deepEqual(sent(encode(name as keyof Records, read)), variant, name);
  }
  assert.throws(() => decode('Outcome', { outcome: 7 }), Mismatch);
  assert.throws(() => decode('Nothing' as keyof Records, {}), TypeError);
});

test('an event narrows by its type', () => {
  const event: Event = decodeEvent(json('wire/events/approval.requested.json').full);
  switch (event.type) {
    case 'approval.requested': {
      const tool: string | undefined = event.data.tool;
      assert.equal(tool, 'the tool');
      break;
    }
    case 'message.delta': assert.fail(event.data.text); break;
    case 'other': assert.fail(event.originalType); break;
    default: assert.fail(event.type);
  }
});

test('sessions look as the core shows them', () => {
  const files = readdirSync(new URL('views/', docs));
  assert.ok(files.length >= 8, `${files.length} sessions`);
  let events = 0;
  for (const file of files) {
    const stories: { name: string; events: unknown[]; view: unknown }[] = JSON.parse(readFileSync(new URL(`views/${file}`, docs), 'utf8'));
    for (const story of stories) {
      let view = emptyView();
      for (const wire of story.events) {
        const before = JSON.stringify(view);
        const after = fold(view, decodeEvent(wire));
        assert.equal(JSON.stringify(view), before, `${file} ${story.name}: the view before was changed`);
        view = after;
        events += 1;
      }
      assert.deepEqual(sent(encode('SessionView', view)), story.view, `${file} ${story.name}`);
      // The middle of it, as the core would have given it, and the rest give the same.
      const half = story.events.length >> 1;
      const middle = story.events.slice(0, half).reduce((at: SessionView, wire) => fold(at, decodeEvent(wire)), emptyView());
      const again = decode('SessionView', sent(encode('SessionView', middle)));
      const rest = story.events.slice(half).reduce((at: SessionView, wire) => fold(at, decodeEvent(wire)), again);
      assert.deepEqual(sent(encode('SessionView', rest)), story.view, `${file} ${story.name} in two parts`);
    }
  }
  assert.ok(events > 1500, `${events} events`);
});

test('the fold of a living session is what the core shows', async () => {
  await using maestro = await shop();
  const session = await maestro.sessions.open({ project: 'shop' });
  await (await session.prompt('One')).wait();
  await (await session.prompt('Two')).wait();
  await session.close();
  const view = (await all(session.events())).reduce(fold, emptyView());
  const shown = await session.view();
  assert.deepEqual(sent(encode('SessionView', view)), sent(encode('SessionView', shown)));
  const kept = (await all(session.events())).reduce(fold, emptyView({ keep: 2 }));
  assert.deepEqual(kept.items, shown.items.slice(-2));
  assert.equal(kept.itemsBefore, shown.items.length - 2);
});

test('the protocol needs nothing of Node', () => {
  const seen = new Set<string>();
  const follow = (file: URL): void => {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    for (const [, named, bare] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'|\bimport\s*\(?\s*'([^']+)'/gm)) {
      const from = named ?? bare!;
      assert.match(from, /^\.\/[\w-]+\.js$/, `${file.pathname} imports ${from}`);
      follow(new URL(from, file));
    }
    assert.doesNotMatch(readFileSync(file, 'utf8'), /\b(require|process|Buffer|globalThis)\b\s*[.(]/, file.pathname);
  };
  follow(new URL('dist/protocol/index.js', here));
  assert.ok(seen.size >= 8);
});

test('the generated files are current', () => {
  execFileSync(process.execPath, ['generate.mjs', '--check'], { cwd: here, stdio: 'pipe' });
});
