// The types and the fold need no native module: this runs where it is missing.
import { strict as assert } from 'node:assert';
import { decodeEvent, fold } from '@maestro/core/protocol';

assert.equal(typeof decodeEvent, 'function');
assert.equal(typeof fold, 'function');
await assert.rejects(import('@maestro/core').then(({ Maestro }) => Maestro.open()), /native module/);
console.log('protocol: without native code');
