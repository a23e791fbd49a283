// Who may do what: rules first, then a person. Reading is allowed by a rule, and everything else waits for `ask`.
import type { ApprovalInfo, Maestro, Outcome, Reference } from '@maestro/core';

export async function supervised(
  maestro: Maestro, project: Reference, prompt: string, ask: (approval: ApprovalInfo) => Promise<boolean>,
): Promise<Outcome> {
  await maestro.approvals.policies.put('Read', 'allow', { project, reason: 'reading harms nobody' });
  const task = await maestro.tasks.submit(prompt, { project });
  for await (const event of task.events()) {
    if (event.type !== 'approval.requested' || event.data.answered) continue;
    const approval = await maestro.approvals.get(event.data.approvalId!);
    if (approval.state !== 'pending') continue;
    if (await ask(approval)) await maestro.approvals.allow(approval, { remember: 'session' });
    else await maestro.approvals.deny(approval, 'A person said no');
  }
  return task.wait();
}
