// One task by Claude Code in a worktree of its own, and its work merged. Run it in a repository of yours:
// node build/examples/quickstart.js . "Write PLAN.md for dark mode"
import { ClaudeCode, Maestro, type Outcome } from '@maestro/core';

export async function quickstart(path: string, claude: ClaudeCode, prompt: string): Promise<Outcome> {
  await using maestro = await Maestro.open({ storage: `${path}/.maestro.db`, agents: { claude }, concurrency: 2 });
  const project = await maestro.projects.ensure('shop', { path });
  const task = await maestro.tasks.submit(prompt, { project });
  for await (const event of task.events()) {
    if (event.type === 'approval.requested' && event.data.tool === 'Write') await maestro.approvals.allow(event.data.approvalId!);
    else if (event.type === 'approval.requested') await maestro.approvals.deny(event.data.approvalId!, 'Only Write is allowed here');
    if (event.type === 'message.delta') process.stdout.write(event.data.text);
  }
  const outcome = await task.wait();
  if (outcome.outcome === 'succeeded') await task.workspace.merge('main');
  return outcome;
}

if (import.meta.filename === process.argv[1]) {
  console.log(await quickstart(process.argv[2] ?? '.', ClaudeCode.discover(), process.argv[3] ?? 'Write PLAN.md'));
}
