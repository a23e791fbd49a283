// One task of Claude Code in a worktree of its own, and its work merged:
// node build/examples/quickstart.js PROJECT PROMPT, where PROJECT is a git repository.
import { resolve } from 'node:path';
import { ClaudeCode, joinText, Maestro } from '@maestro/core';

const [project = '.', prompt = 'Write PLAN.md'] = process.argv.slice(2);
const path = resolve(project);
// snippet: quickstart
await using maestro = await Maestro.open({ storage: `${path}.db`, agents: { claude: ClaudeCode.discover() }, worktrees: `${path}.worktrees` });
const shop = await maestro.projects.ensure('shop', { path });
const task = await maestro.tasks.submit(prompt, { project: shop });
for await (const event of task.events()) {
  if (event.type === 'approval.requested' && event.data.tool === 'Write') await maestro.approvals.allow(event.data);
  else if (event.type === 'approval.requested') await maestro.approvals.deny(event.data, 'Only files are written here.');
  if (event.type === 'message' && event.data.role === 'assistant') console.log(joinText(event.data.blocks));
}
const outcome = await task.wait(); // data, also when the agent failed
if (outcome.outcome === 'succeeded') {
  await task.workspace.merge('main');
  console.log('merged into main');
} else {
  console.log(outcome);
}
// end
