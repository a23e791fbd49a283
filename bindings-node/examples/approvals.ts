// Who may do what: rules first, then a person, who is asked here in the terminal:
// node build/examples/approvals.js PROJECT PROMPT, where PROJECT is a git repository.
import { resolve } from 'node:path';
import { ClaudeCode, Maestro } from '@maestro/core';
import { yes } from './terminal.js';

const [project = '.', prompt = 'Write PLAN.md'] = process.argv.slice(2);
const path = resolve(project);
await using maestro = await Maestro.open({ storage: `${path}.db`, agents: { claude: ClaudeCode.discover() }, worktrees: `${path}.worktrees` });
const shop = await maestro.projects.ensure('shop', { path });

// snippet: rules
const { policies } = maestro.approvals;
await policies.put('Read', 'allow', { project: 'shop' });
await policies.put('Bash(git push:*)', 'deny', { project: 'shop', reason: 'People push.' });
// end

const task = await maestro.tasks.submit(prompt, { project: shop });
// snippet: answer
for await (const event of task.events()) {
  if (event.type !== 'approval.requested') continue;
  const { tool, input, answered } = event.data;
  if (answered) console.log(`a rule answered ${tool}`);
  else if (await yes(`May ${tool} run with ${JSON.stringify(input)}?`)) await maestro.approvals.allow(event.data, { remember: 'session' });
  else await maestro.approvals.deny(event.data, 'A person said no.');
}
// end
const outcome = await task.wait();
console.log(outcome.outcome === 'succeeded' ? outcome.summary : outcome);
