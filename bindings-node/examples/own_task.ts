// A kind of task of one's own: it waits to be let pass, tells how far it is, and may be tried again:
// node build/examples/own_task.js PROJECT PAGES, where PROJECT is any directory and PAGES are words.
import { resolve } from 'node:path';
import { Maestro, MaestroError, type TaskRun } from '@maestro/core';
import { yes } from './terminal.js';

// snippet: own_task
async function publish(run: TaskRun): Promise<string> {
  const pages = run.input as string[];
  const gate = await run.gate(`Publish ${pages.length} pages?`, { input: pages });
  if (gate.state !== 'allowed') return 'nothing published';
  if (run.attempt === 1) throw new MaestroError('unavailable', 'the site is down');
  for (const [at, page] of pages.entries()) {
    // Right before an effect outside: is this attempt still the one that may do it?
    await run.verify();
    await run.progress(page, (at + 1) / pages.length);
  }
  return `published ${pages.length} pages in attempt ${run.attempt}`;
}
// end

const [project = '.', words = ''] = process.argv.slice(2);
const [path, pages] = [resolve(project), words.split(' ')];
// snippet: own_task_submit
await using maestro = await Maestro.open({ tasks: { publish } });
const site = await maestro.projects.ensure('site', { path });
const task = await maestro.tasks.submit('', { kind: 'publish', project: site, input: pages, retry: { maxAttempts: 3 } });
// end
for await (const event of task.events()) {
  if (event.type === 'approval.requested') {
    if (await yes(event.data.title)) await maestro.approvals.allow(event.data);
    else await maestro.approvals.deny(event.data, 'Not today.');
  } else if (event.type === 'task.progress') {
    console.log(event.data.message);
  }
}
const outcome = await task.wait();
console.log(outcome.outcome === 'succeeded' ? outcome.summary : outcome);
