import type { Event } from './event.js';
import type { Draft } from './fold-draft.js';
import type { PlanUpdated, PromptQueued, SubagentEnded, SubagentProgress, SubagentStarted, SubagentView, UsageRecorded } from './model.js';

export function promptQueued(draft: Draft, event: Event, queued: PromptQueued): void {
  unqueue(draft, event.turnId);
  const place = Math.max(0, queued.position - 1);
  const prompt = { turnId: event.turnId, blocks: queued.prompt, by: event.actor, at: event.at };
  draft.queue = draft.queue.toSpliced(Math.min(place, draft.queue.length), 0, prompt);
}

/** A prompt does not wait any more. */
export function unqueue(draft: Draft, turnId: string | undefined): void {
  if (turnId !== undefined) draft.queue = draft.queue.filter((queued) => queued.turnId !== turnId);
}

export function planUpdated(draft: Draft, { agentId, entries }: PlanUpdated): void {
  if (agentId === undefined) draft.plan = entries;
  else subagent(draft, agentId, () => ({ plan: entries }));
}

export function subagentStarted(draft: Draft, event: Event, started: SubagentStarted): void {
  // One that was stopped can be woken again.
  subagent(draft, started.agentId, () => ({ ...started, startedAt: event.at, ended: undefined, endedAt: undefined }));
}

export function subagentProgress(draft: Draft, progress: SubagentProgress): void {
  subagent(draft, progress.agentId, (agent) => ({
    message: progress.message === '' ? agent.message : progress.message,
    lastTool: progress.lastTool ?? agent.lastTool,
    usage: progress.usage ?? agent.usage,
    background: progress.background ?? agent.background,
  }));
}

export function subagentEnded(draft: Draft, event: Event, ended: SubagentEnded): void {
  subagent(draft, ended.agentId, (agent) => ({
    ended: ended.status,
    endedAt: event.at,
    summary: ended.summary ?? agent.summary,
    usage: ended.usage ?? agent.usage,
  }));
}

/** Changes a subagent by its id; one whose beginning is not known is added. */
function subagent(draft: Draft, agentId: string, change: (agent: SubagentView) => Partial<SubagentView>): void {
  const at = draft.subagents.findIndex((agent) => agent.agentId === agentId);
  const agent = draft.subagents[at] ?? { agentId, kind: '', title: '', depth: 0, background: false, plan: [] };
  const changed = { ...agent, ...change(agent) };
  draft.subagents = at < 0 ? [...draft.subagents, changed] : draft.subagents.with(at, changed);
}

export function count(draft: Draft, { usage, costMicroUsd }: UsageRecorded): void {
  const { totals } = draft;
  const sum = { ...totals.usage };
  for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += usage[key];
  draft.totals = {
    usage: sum,
    costMicroUsd: costMicroUsd === undefined ? totals.costMicroUsd : (totals.costMicroUsd ?? 0) + costMicroUsd,
    unpriced: totals.unpriced + (costMicroUsd === undefined ? 1 : 0),
  };
}
