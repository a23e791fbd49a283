// A kind of task of one's own: it goes through a list, tells how far it is, and stops when it is called off.
import { Maestro, type TaskRun } from '@maestro/core';

export async function publish(run: TaskRun): Promise<{ published: string[] }> {
  const pages = run.input as string[];
  const gate = await run.gate(`Publish ${pages.length} pages?`, { input: pages });
  if (gate.state !== 'allowed') throw new Error('nobody let it pass');
  const published: string[] = [];
  for (const page of pages) {
    run.signal.throwIfAborted();
    // Right before an effect outside: is this attempt still the one that may do it?
    await run.verify();
    published.push(`https://example.invalid/${page}`);
    await run.progress(page, published.length / pages.length);
  }
  return { published };
}

if (import.meta.filename === process.argv[1]) {
  await using maestro = await Maestro.open({ tasks: { publish } });
  await maestro.projects.ensure('site', { path: '.' });
  const task = await maestro.tasks.submit('', { kind: 'publish', project: 'site', input: process.argv.slice(2) });
  for await (const event of maestro.events.subscribe({ types: ['approval.requested'] }, { after: 'beginning' })) {
    if (event.type === 'approval.requested') await maestro.approvals.allow(event.data.approvalId!);
    break;
  }
  console.log(await task.wait());
}
