import { parentPort } from 'node:worker_threads';
import { busy } from './busy.mjs';

await busy();
parentPort.postMessage('busy');
