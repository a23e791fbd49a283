import type { Event } from './event.js';
import { type Draft, push } from './fold-draft.js';
import type {
  ApprovalRequested, ApprovalResolved, ApprovalState, FileChanged, ToolApproval, ToolEnded, ToolItem, ToolStarted, ToolUpdated, ViewItem,
} from './model.js';

type ToolView = Extract<ViewItem, { item: 'tool' }>;

const isOver = (tool: ToolItem): boolean => tool.status !== 'pending' && tool.status !== 'in_progress';
const pending = (approvalId: string | undefined): ToolApproval => ({ approvalId, state: 'pending' });

function emptyTool(toolCallId: string): ToolItem {
  return {
    toolCallId, name: '', kind: '', title: '', locations: [], input: null, status: 'pending', content: [], truncated: false, background: false,
  };
}

export function toolStarted(draft: Draft, event: Event, started: ToolStarted): void {
  draft.retrying = undefined;
  const { toolCallId, agentId } = started;
  const asked = draft.approvals.find((approval) => approval.toolCallId === toolCallId);
  const fill = (tool: ToolItem): Partial<ToolItem> => ({
    parentToolCallId: started.parentToolCallId,
    name: started.name,
    kind: started.kind,
    title: started.title,
    locations: started.locations,
    input: started.input,
    background: tool.background || started.background,
    approval: tool.approval ?? (asked && pending(asked.approvalId)),
  });
  if (change(draft, toolCallId, fill)) return;
  const tool = emptyTool(toolCallId);
  push(draft, event, agentId, { item: 'tool', ...tool, ...fill(tool) });
}

export function toolUpdated(draft: Draft, event: Event, updated: ToolUpdated): void {
  changeOrNew(draft, event, updated.toolCallId, (tool) => ({
    status: updated.status !== undefined && !isOver(tool) ? updated.status : tool.status,
    effectiveInput: updated.effectiveInput ?? tool.effectiveInput,
    content: updated.content.length > 0 ? updated.content : tool.content,
    background: updated.background ?? tool.background,
  }));
}

export function toolEnded(draft: Draft, event: Event, ended: ToolEnded): void {
  draft.retrying = undefined;
  changeOrNew(draft, event, ended.toolCallId, (tool) => ({
    status: ended.status,
    content: ended.content.length > 0 ? ended.content : tool.content,
    result: ended.result ?? tool.result,
    truncated: ended.truncated,
    full: ended.full ?? tool.full,
    background: tool.background || ended.background,
    endedAt: event.at,
  }));
}

/** Changes the last call of an id. False when there is none. */
function change(draft: Draft, toolCallId: string, by: (tool: ToolView) => Partial<ToolItem>): boolean {
  const at = draft.items.findLastIndex((item) => item.item === 'tool' && item.toolCallId === toolCallId);
  if (at < 0) return false;
  const tool = draft.items[at] as ToolView;
  draft.items = draft.items.with(at, { ...tool, ...by(tool), revision: draft.revision });
  return true;
}

/** The same; a call whose beginning is not known gets an item of its own, unless it may be among those not kept. */
function changeOrNew(draft: Draft, event: Event, toolCallId: string, by: (tool: ToolItem) => Partial<ToolItem>): void {
  if (change(draft, toolCallId, by) || draft.itemsBefore > 0) return;
  const tool = emptyTool(toolCallId);
  push(draft, event, undefined, { item: 'tool', ...tool, ...by(tool) });
}

export function fileChanged(draft: Draft, { path, added, removed }: FileChanged): void {
  const at = draft.files.findIndex((file) => file.path === path);
  const file = draft.files[at] ?? { path, changes: 0, uncounted: 0 };
  const sum = (before: number | undefined, lines: number | undefined): number | undefined =>
    lines === undefined ? before : (before ?? 0) + lines;
  const changed = {
    path,
    changes: file.changes + 1,
    added: sum(file.added, added),
    removed: sum(file.removed, removed),
    uncounted: file.uncounted + (added === undefined || removed === undefined ? 1 : 0),
  };
  draft.files = at < 0 ? [...draft.files, changed] : draft.files.with(at, changed);
}

/** Nothing more comes of what the last process had begun. */
export function processGone(draft: Draft, at: string): void {
  draft.retrying = undefined;
  draft.items = draft.items.map((item) =>
    item.item === 'tool' && !isOver(item) ? { ...item, status: 'interrupted' as const, endedAt: at, revision: draft.revision } : item);
  draft.subagents = draft.subagents.map((agent) => (agent.ended === undefined ? { ...agent, ended: 'interrupted', endedAt: at } : agent));
}

export function approvalAsked(draft: Draft, event: Event, request: ApprovalRequested): void {
  const { approvalId, toolCallId } = request;
  if (approvalId !== undefined) draft.approvals = draft.approvals.filter((asked) => asked.approvalId !== approvalId);
  if (toolCallId !== undefined) change(draft, toolCallId, () => ({ approval: pending(approvalId) }));
  draft.approvals = [...draft.approvals, { ...request, requestedAt: event.at, turnId: event.turnId }];
}

/** A question does not wait any more. */
export function approvalAnswered(draft: Draft, id: string | undefined, state: ApprovalState, resolved?: ApprovalResolved): void {
  if (id === undefined) return;
  draft.approvals = draft.approvals.filter((asked) => asked.approvalId !== id);
  const at = draft.items.findLastIndex((item) => item.item === 'tool' && item.approval?.approvalId === id);
  if (at < 0) return;
  const tool = draft.items[at] as ToolView;
  const approval: ToolApproval = { approvalId: id, state, by: resolved?.by, rule: resolved?.rule, reason: resolved?.reason };
  const another = resolved?.input !== undefined && !same(resolved.input, tool.input);
  draft.items = draft.items.with(at, {
    ...tool, approval, revision: draft.revision, effectiveInput: another ? resolved.input : tool.effectiveInput,
  });
}

/** Whether two pieces of JSON are the same. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]));
}
