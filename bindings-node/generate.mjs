// Writes ts/protocol/model.ts and ts/protocol/codec.ts from docs/wire/schema.json; `--check` only says whether they
// are current. Run by `npm run generate`.
import { readFileSync, writeFileSync } from 'node:fs';

const schema = JSON.parse(readFileSync(new URL('../docs/wire/schema.json', import.meta.url), 'utf8'));
const { types, events } = schema;

/** Records that users write: a field that is not known is refused. */
const isGiven = (name) => /(Spec|Filter)$/.test(name) || ['RetryPolicy', 'ToolRules', 'ToolUse'].includes(name);
/** What a union is when a writer left it out. */
const UNION_DEFAULTS = { Origin: { kind: 'prompt' }, Decision: { decision: 'deny', message: '', interrupt: false } };
const SCALARS = {
  string: 'string', id: 'string', bool: 'boolean', int: 'number', float: 'number', json: 'unknown', time: 'Timestamp',
  duration: 'number', money: 'number', secret: 'string', pairs: '[string, string][]',
};
const EMPTY = { string: "''", id: "''", time: "''", secret: "''", bool: 'false', int: '0', float: '0', duration: '0',
  money: '0', pairs: '[]' };

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const quoted = (text) => `'${text.replaceAll("'", "\\'")}'`;
const literal = (value) => JSON.stringify(value).replaceAll('"', "'");

/** A type of the notation: `{optional, list, map, name}`. */
function parse(type) {
  const optional = type.endsWith('?');
  const bare = optional ? type.slice(0, -1) : type;
  const of = /^(list|map)<(.*)>$/.exec(bare);
  return { optional, list: of?.[1] === 'list', map: of?.[1] === 'map', name: of ? of[2] : bare };
}

const isEnum = (name) => types[name]?.shape === 'strings';
/** Whether a value stands on the wire as it does in TypeScript. */
const isPlain = (name) => name in SCALARS || isEnum(name);

const differs = new Map();
/** Whether what one gives may leave out more than what one reads. */
function hasInput(name) {
  if (name === 'event') return true;
  if (isPlain(name)) return false;
  if (!differs.has(name)) {
    differs.set(name, false);
    const fields = types[name].fields ?? types[name].variants.flatMap((variant) => variant.fields);
    differs.set(name, fields.some((field) => {
      const type = parse(field.type);
      return (field.has_default && !type.optional) || hasInput(type.name);
    }));
  }
  return differs.get(name);
}

function ts(type, input) {
  const { list, map, name } = parse(type);
  let base = name === 'event' ? 'EventData' : SCALARS[name] ?? name;
  if (input && hasInput(name)) base += 'Input';
  if (list) return `${input ? 'readonly ' : ''}${base}[]`;
  if (map) return `Record<string, ${base}>`;
  return base;
}

function doc(text, indent) {
  if (!text) return '';
  const lines = text.replaceAll(/\[`([^`]*)`\](\([^)]*\))?/g, '`$1`').replaceAll('*/', '*\\/').split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function member(field, input) {
  const optional = parse(field.type).optional || (input && field.has_default);
  const type = ts(field.type, input);
  return `${doc(field.doc, '  ')}  ${camel(field.name)}${optional ? '?' : ''}: ${type}${optional ? ' | undefined' : ''};\n`;
}

function recordType(name, type, input) {
  const flat = type.fields.find((field) => field.flat);
  const members = type.fields.filter((field) => !field.flat).map((field) => member(field, input)).join('');
  const open = type.open ? '  /** Fields of a newer version, as they stand on the wire. */\n  extra?: Record<string, unknown> | undefined;\n' : '';
  const title = `${name}${input ? 'Input' : ''}`;
  const head = doc(input ? `${type.doc} What may be left out has its default.` : type.doc, '');
  if (flat) return `${head}export type ${title} = {\n${members}${open}} & ${ts(flat.type, input)};\n`;
  return `${head}export interface ${title} {\n${members}${open}}\n`;
}

function unionType(name, type, input) {
  const variants = type.variants.map((variant) => {
    const fields = variant.fields.map((field) => {
      const optional = parse(field.type).optional || (input && field.has_default);
      return ` ${camel(field.name)}${optional ? '?' : ''}: ${ts(field.type, input)}${optional ? ' | undefined' : ''};`;
    });
    return `${doc(variant.doc, '  ')}  | { ${type.tag}: ${quoted(variant.wire)};${fields.join('')} }`;
  });
  variants.push(`  /** One that this version does not know, whole. */\n  | { ${type.tag}: 'unknown'; wire: Record<string, unknown> }`);
  return `${doc(type.doc, '')}export type ${name}${input ? 'Input' : ''} =\n${variants.join('\n')};\n`;
}

function model() {
  const out = ['// Generated from docs/wire/schema.json by generate.mjs; do not edit.\n'];
  out.push('/** A time in UTC: RFC 3339 with microseconds, which `new Date(at)` reads. */\nexport type Timestamp = string;\n');
  for (const [name, type] of Object.entries(types)) {
    if (name === 'Event') continue;
    if (type.shape === 'strings') {
      out.push(`${doc(type.doc, '')}export type ${name} =\n${type.values
        .map((value) => `${doc(value.doc, '  ')}  | ${quoted(value.wire)}`).join('\n')}\n  /** One that this version does not know, kept. */\n  | (string & {});\n`);
      continue;
    }
    const write = type.shape === 'union' ? unionType : recordType;
    out.push(write(name, type, false));
    if (hasInput(name)) out.push(write(name, type, true));
  }
  const envelope = types.Event.fields.filter((field) => !['type', 'data'].includes(field.name));
  out.push(`/** What every event has beside its \`type\` and \`data\`. */\nexport interface EventEnvelope {\n${envelope.map((field) => member(field, false)).join('')}}\n`);
  out.push('/** The content of each type of event. */\nexport interface EventTypes {\n'
    + Object.entries(events).map(([type, payload]) => `  ${quoted(type)}: ${payload};\n`).join('') + '}\n');
  out.push('/** What one gives for the content of each type of event. */\nexport interface EventTypesInput {\n'
    + Object.entries(events).map(([type, payload]) => `  ${quoted(type)}: ${payload}${hasInput(payload) ? 'Input' : ''};\n`).join('') + '}\n');
  const records = Object.keys(types).filter((name) => !isEnum(name));
  out.push('/** Every record by its name. */\nexport interface Records {\n'
    + records.map((name) => `  ${name}: ${name === 'Event' ? "import('./event.js').Event" : name};\n`).join('') + '}\n');
  return out.join('\n').replace('export interface EventTypes {', 'export interface EventTypes {')
    .replace(/^(\/\/ Generated.*\n)/, "$1\nimport type { EventData, EventDataInput } from './event.js';\n");
}

/** The expression that reads a value `x` of a record. */
function read(field, x, record) {
  const type = parse(field.type);
  const each = type.name === 'event' ? 'readEventData' : `read${type.name}`;
  const plain = isPlain(type.name);
  if (type.optional) {
    if (plain) return `${x} ?? undefined`;
    return `${x} == null ? undefined : ${type.list ? `list(${x}, ${each})` : `${each}(${x})`}`;
  }
  if (type.list) return plain ? `${x} ?? []` : `list(${x}, ${each})`;
  if (type.map) return plain ? `${x} ?? {}` : `map(${x}, ${each})`;
  if (type.name === 'json') return `${x} ?? null`;
  if (!field.has_default) return plain ? x : `${each}(${x})`;
  if (plain) {
    const own = record?.default?.[field.name];
    if (own !== undefined) return `${x} ?? ${literal(own)}`;
    const empty = isEnum(type.name) ? types[type.name].default && quoted(types[type.name].default) : EMPTY[type.name];
    return empty ? `${x} ?? ${empty}` : x;
  }
  const start = types[type.name].default ?? UNION_DEFAULTS[type.name] ?? {};
  return `${each}(${x} ?? ${literal(start)})`;
}

/** The expression that writes a value `x`. */
function write(field, x) {
  const type = parse(field.type);
  const each = type.name === 'event' ? 'writeEventData' : `write${type.name}`;
  const plain = isPlain(type.name);
  if (type.optional) {
    const none = field.omit ? 'undefined' : 'null';
    if (plain) return `${x} ?? ${none}`;
    return `${x} == null ? ${none} : ${type.list ? `${x}.map(${each})` : `${each}(${x})`}`;
  }
  if (type.list) {
    if (field.omit) return plain ? `filled(${x})` : `filled(${x}?.map(${each}))`;
    return plain ? x : `${x}?.map(${each})`;
  }
  if (type.map) {
    const value = plain ? x : `${x} && map(${x}, ${each})`;
    return field.omit ? `filledMap(${value})` : value;
  }
  if (type.name === 'json') return field.omit ? `${x} ?? undefined` : x;
  if (type.name === 'pairs' && field.omit) return `filled(${x})`;
  if (plain) return field.omit ? `${x} || undefined` : x;
  return `${x} && ${each}(${x})`;
}

function codec() {
  const out = [`// Generated from docs/wire/schema.json by generate.mjs; do not edit.

import { readEventData, writeEventData } from './event.js';
import { extra, filled, filledMap, type Json, list, map, notGiven, only, unknownVariant } from './helpers.js';
import type * as m from './model.js';
`];
  const named = (name, input) => `m.${name}${input && hasInput(name) ? 'Input' : ''}`;
  for (const [name, type] of Object.entries(types)) {
    if (isEnum(name) || name === 'Event') continue;
    if (type.shape === 'union') {
      const tag = type.tag;
      const cases = (side) => type.variants.map((variant) => {
        const head = `${tag}: ${quoted(variant.wire)}`;
        const fields = variant.fields.map((field) => {
          const at = camel(field.name);
          return side === 'read' ? `${at}: ${read(field, `w.${field.name}`)}` : `${field.name}: ${write(field, `v.${at}`)}`;
        });
        return `    case ${quoted(variant.wire)}: return { ${[head, ...fields].join(', ')} };\n`;
      }).join('');
      out.push(`export function read${name}(w: Json): m.${name} {\n  switch (w.${tag}) {\n${cases('read')}    default: return { ${tag}: 'unknown', wire: unknownVariant('${name}', w, w.${tag}) };\n  }\n}\n`);
      out.push(`export function write${name}(v: ${named(name, true)}): Json {\n  switch (v.${tag}) {\n${cases('write')}    case 'unknown': return v.wire;\n    default: return notGiven('${name}', (v as Json)?.${tag});\n  }\n}\n`);
      continue;
    }
    const fields = type.fields.filter((field) => !field.flat);
    const flat = type.fields.find((field) => field.flat);
    const reads = fields.map((field) => `    ${camel(field.name)}: ${read(field, `w.${field.name}`, type)},\n`).join('');
    const writes = fields.map((field) => `    ${field.name}: ${write(field, `v.${camel(field.name)}`)},\n`).join('');
    if (type.open) out.push(`const fieldsOf${name} = new Set(${literal(fields.map((field) => field.name)).replaceAll(',', ', ')});\n`);
    const readRest = (flat ? `    ...read${flat.type}(w),\n` : '') + (type.open ? `    ...extra(w, fieldsOf${name}),\n` : '');
    const writeRest = (flat ? `    ...write${flat.type}(v),\n` : '') + (type.open ? '    ...v.extra,\n' : '');
    const [w, v] = [reads + readRest ? 'w' : '_w', writes + writeRest ? 'v' : '_v'];
    out.push(`export function read${name}(${w}: Json): m.${name} {\n  return {\n${reads}${readRest}  };\n}\n`);
    const check = isGiven(name) ? `  only('${name}', v, given${name});\n` : '';
    if (check) out.push(`const given${name} = new Set(${literal(fields.map((field) => camel(field.name))).replaceAll(',', ', ')});\n`);
    out.push(`export function write${name}(${v}: ${named(name, true)}): Json {\n${check}  return {\n${writes}${writeRest}  };\n}\n`);
  }
  const envelope = types.Event.fields.filter((field) => !['type', 'data'].includes(field.name));
  out.push(`export function writeEnvelope(v: m.EventEnvelope): Json {\n  return {\n${envelope.map((field) => `    ${field.name}: ${write(field, `v.${camel(field.name)}`)},\n`).join('')}  };\n}\n`);
  const own = new Set(['cursor', 'seq', 'at', 'raw']);
  const place = ({ name }) => (own.has(name) ? `w.${name}` : `(w.${name} === undefined ? c.${name} : w.${name})`);
  out.push(`/** An event from its envelope and its content, in one object literal. What is not in \`w\` is in \`c\`. */\nexport function readEnvelope(w: Json, type: string, originalType: string | undefined, data: unknown, c: Json): Json {
  if (originalType !== undefined) return { ...readEnvelope(w, type, undefined, data, c), originalType };\n  return {\n${envelope.map((field) => `    ${camel(field.name)}: ${read(field, place(field))},\n`).join('')}    type,\n    data,\n  };\n}\n`);
  out.push('export const eventReaders: Record<string, (w: Json) => unknown> = {\n'
    + Object.entries(events).map(([type, payload]) => `  ${quoted(type)}: read${payload},\n`).join('') + '};\n');
  out.push('export const eventWriters: Record<string, (v: Json) => Json> = {\n'
    + Object.entries(events).map(([type, payload]) => `  ${quoted(type)}: write${payload},\n`).join('') + '};\n');
  const records = Object.keys(types).filter((name) => !isEnum(name) && name !== 'Event');
  out.push('export const readers: Record<string, (w: Json) => unknown> = {\n'
    + records.map((name) => `  ${name}: read${name},\n`).join('') + '};\n');
  out.push('export const writers: Record<string, (v: Json) => Json> = {\n'
    + records.map((name) => `  ${name}: write${name},\n`).join('') + '};\n');
  return out.join('\n');
}

let stale = false;
for (const [file, text] of [['model', model()], ['codec', codec()]]) {
  const at = new URL(`ts/protocol/${file}.ts`, import.meta.url);
  if (process.argv.includes('--check')) {
    let there = '';
    try { there = readFileSync(at, 'utf8'); } catch { /* not there, so not current */ }
    if (there !== text) { stale = true; console.error(`ts/protocol/${file}.ts is out of date; run \`npm run generate\``); }
  } else {
    writeFileSync(at, text);
  }
}
process.exitCode = stale ? 1 : 0;
