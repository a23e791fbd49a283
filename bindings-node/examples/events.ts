// What is there, and then what happens, with nothing missed between; and a conversation:
// node build/examples/events.js PROJECT PROMPT, where PROJECT is a git repository.
import { resolve } from 'node:path';
import { ClaudeCode, emptyView, fold, joinText, Maestro } from '@maestro/core';

const [project = '.', prompt = 'Write PLAN.md'] = process.argv.slice(2);
const path = resolve(project);
await using maestro = await Maestro.open({ storage: `${path}.db`, agents: { claude: ClaudeCode.discover() }, worktrees: `${path}.worktrees` });
const shop = await maestro.projects.ensure('shop', { path });
const plan = await maestro.tasks.submit(prompt, { project: shop, title: 'Plan' });

// snippet: list_then_watch
const { tasks, asOf } = await maestro.tasks.list();
for (const task of tasks) console.log(task.state, task.spec.title);
const build = await maestro.tasks.submit(prompt, { project: shop, title: 'Build', needs: [plan] });
for await (const event of maestro.events.subscribe({ types: ['task.*'] }, { after: { cursor: asOf } })) {
  const task = await maestro.tasks.get(event.taskId!);
  console.log(task.state, task.spec.title);
  if (task.id === build.id && ['succeeded', 'failed', 'cancelled'].includes(task.state)) break;
}
// end

const { sessionId } = await build.info();
// snippet: conversation
const session = maestro.sessions.handle(sessionId!);
for (const item of (await session.view()).items) {
  if (item.item === 'message') console.log(`${item.role}: ${joinText(item.blocks)}`);
}
// end

// snippet: fold
// The same view from events alone, as a browser makes it of what a server sends.
let view = emptyView();
for await (const event of session.events()) {
  view = fold(view, event);
  if (event.type === 'session.idle' || event.type === 'session.closed') break;
}
console.log(`${view.items.length} items, $${view.totals.usage.costMicroUsd / 1e6}`);
// end
