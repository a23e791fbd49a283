import type { Event } from './event.js';
import { readSessionView } from './codec.js';
import { approvalAsked, approvalAnswered, processGone, toolEnded, toolStarted, toolUpdated, fileChanged } from './fold-tools.js';
import { count, planUpdated, promptQueued, subagentEnded, subagentProgress, subagentStarted, unqueue } from './fold-side.js';
import type { Draft, Settled } from './fold-draft.js';
import { dropOldest, hidden, push } from './fold-draft.js';
import type { SessionUpdated, SessionView } from './model.js';
import { covers, pieceOf, take, voidingOf } from './partial.js';

/** The view of a session of which nothing is known. `keep` keeps the last so many items only. */
export function emptyView({ keep }: { keep?: number | undefined } = {}): SessionView {
  return readSessionView({ complete: true, seqs: {}, ...(keep === undefined ? {} : { keep }) });
}

/**
 * Takes an event of the session into what a person sees of it, and gives the view after it; the one before is not
 * changed, and what did not change is shared. It gives the same view when the event changed nothing: it was taken in
 * before, or is a piece of text that is void.
 *
 * It knows no clock and does no I/O: the same events give the same view, also in the core, whose `SessionView::apply`
 * it follows. Text deltas change `partials` only. A view that the core gave can be gone on with.
 */
export function fold(view: SessionView, event: Event): SessionView {
  const piece = pieceOf(event);
  if (piece) {
    if (hidden(view).settled.some((voiding) => covers(voiding, piece))) return view;
    const partials = take(view.partials, piece);
    return partials ? { ...view, partials } : view;
  }
  const draft = advance(view, event);
  if (!draft) return view;
  const voiding = voidingOf(event);
  if (voiding) {
    draft.partials = draft.partials.filter((partial) => !covers(voiding, partial));
    note(draft, voiding);
  }
  taken(draft, event);
  dropOldest(draft);
  return draft;
}

/** How many messages that became whole or void are remembered. A late piece is a fraction of a second late. */
const SETTLED = 16;

function note(draft: Draft, voiding: Settled): void {
  // The end of whoever writes says nothing about what is written later.
  if (voiding === 'all' || 'agent' in voiding) return;
  const settled = [...hidden(draft).settled, voiding].slice(-SETTLED);
  draft.extra = { ...draft.extra, settled };
}

/** Moves the position. Nothing for an event that was taken in before. */
function advance(view: SessionView, event: Event): Draft | undefined {
  const draft: Draft = { ...view };
  if (event.seq !== undefined) {
    const seqs = hidden(view).seqs;
    const last = Object.hasOwn(seqs, event.stream) ? (seqs[event.stream] ?? 0) : 0;
    if (event.seq <= last) return undefined;
    draft.complete = view.complete && event.seq === last + 1;
    draft.extra = { ...view.extra, seqs: { ...seqs, [event.stream]: event.seq } };
  }
  draft.revision += 1;
  draft.cursor = event.cursor ?? draft.cursor;
  if (draft.lastAt === undefined || event.at > draft.lastAt) draft.lastAt = event.at;
  draft.sessionId ??= event.sessionId;
  draft.projectId ??= event.projectId;
  draft.taskId ??= event.taskId;
  return draft;
}

function taken(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'session.opened': {
      const { agent, cwd, ...opened } = event.data;
      draft.agent = agent;
      draft.cwd = cwd;
      updated(draft, { ...opened, commands: [], mcpServers: [] });
      break;
    }
    case 'session.updated': updated(draft, event.data); break;
    case 'session.running': draft.state = 'running'; break;
    case 'session.requires_action': draft.state = 'requires_action'; break;
    case 'session.idle': draft.state = 'idle'; break;
    case 'session.closed':
      draft.state = 'closed';
      processGone(draft, event.at);
      draft.approvals = [];
      draft.queue = [];
      notice(draft, event);
      break;
    case 'session.failed':
    case 'session.resumed':
      processGone(draft, event.at);
      notice(draft, event);
      break;
    case 'context.updated': draft.context = event.data; break;
    case 'context.compacted':
      if (draft.context && event.data.after !== undefined) draft.context = { ...draft.context, used: event.data.after };
      notice(draft, event);
      break;
    case 'turn.started': {
      const { origin, prompt } = event.data;
      unqueue(draft, event.turnId);
      draft.turns += 1;
      draft.turn = { id: event.turnId, origin, startedAt: event.at };
      push(draft, event, undefined, { item: 'prompt', origin, blocks: prompt, by: event.actor, foldedInto: undefined });
      break;
    }
    case 'turn.ended':
      // A turn that the agent began by itself may end beside the one under way.
      if (draft.turn && (event.turnId === undefined || draft.turn.id === event.turnId)) draft.turn = undefined;
      draft.retrying = undefined;
      push(draft, event, undefined, { item: 'turn_ended', ...event.data });
      break;
    case 'message': said(draft, event); break;
    case 'thought': {
      const { messageId, text, redacted, agentId } = event.data;
      draft.retrying = undefined;
      push(draft, event, agentId, { item: 'thought', messageId, text, redacted });
      break;
    }
    case 'tool.started': toolStarted(draft, event, event.data); break;
    case 'tool.updated': toolUpdated(draft, event, event.data); break;
    case 'tool.ended': toolEnded(draft, event, event.data); break;
    case 'file.changed': fileChanged(draft, event.data); break;
    case 'prompt.queued': promptQueued(draft, event, event.data); break;
    case 'prompt.cancelled': unqueue(draft, event.turnId); break;
    case 'prompt.folded': {
      const { prompt, intoTurnId } = event.data;
      unqueue(draft, event.turnId);
      push(draft, event, undefined, { item: 'prompt', origin: { kind: 'prompt' }, blocks: prompt, by: event.actor, foldedInto: intoTurnId });
      break;
    }
    case 'plan.updated': planUpdated(draft, event.data); break;
    case 'subagent.started': subagentStarted(draft, event, event.data); break;
    case 'subagent.progress': subagentProgress(draft, event.data); break;
    case 'subagent.ended': subagentEnded(draft, event, event.data); break;
    case 'approval.requested': approvalAsked(draft, event, event.data); break;
    case 'approval.resolved':
      approvalAnswered(draft, event.data.approvalId, event.data.decision.decision === 'deny' ? 'denied' : 'allowed', event.data);
      break;
    case 'approval.withdrawn':
      approvalAnswered(draft, event.data.approvalId, event.data.reason === 'owner_lost' ? 'owner_lost' : 'withdrawn');
      break;
    case 'approval.expired': approvalAnswered(draft, event.data.approvalId, 'expired'); break;
    case 'usage.recorded': count(draft, event.data); break;
    case 'agent.retrying':
      draft.retrying = event.data;
      notice(draft, event);
      break;
    case 'agent.rate_limited':
      draft.rateLimit = event.data;
      notice(draft, event);
      break;
    case 'gap':
      draft.complete = false;
      notice(draft, event);
      break;
    case 'agent.warning':
    case 'agent.stderr':
    case 'agent.output':
    case 'limit.reached':
    case 'session.forked':
      notice(draft, event);
      break;
    // Facts about tasks, projects, workspaces and nodes, raw frames, what is newer than this version: nothing that a
    // conversation shows.
    default: break;
  }
}

function updated(draft: Draft, given: SessionUpdated): void {
  draft.title = given.title ?? draft.title;
  draft.mode = given.mode ?? draft.mode;
  draft.model = given.model ?? draft.model;
  draft.agentSessionId = given.agentSessionId ?? draft.agentSessionId;
  draft.agentVersion = given.agentVersion ?? draft.agentVersion;
  if (given.commands.length > 0) draft.commands = given.commands;
  if (given.mcpServers.length > 0) draft.mcpServers = given.mcpServers;
}

function said(draft: Draft, event: Event & { type: 'message' }): void {
  const { messageId, role, blocks, agentId } = event.data;
  draft.retrying = undefined;
  const at = draft.items.findLastIndex((item) => item.agentId === agentId);
  const last = draft.items[at];
  if (last?.item === 'message' && last.messageId === messageId && last.role === role) {
    draft.items = draft.items.with(at, { ...last, blocks: [...last.blocks, ...blocks], revision: draft.revision });
    return;
  }
  push(draft, event, agentId, { item: 'message', messageId, role, blocks });
}

function notice(draft: Draft, event: Event): void {
  const said = { type: event.type, data: event.data } as Extract<SessionView['items'][number], { item: 'notice' }>['event'];
  const last = draft.items.at(-1);
  if (event.type === 'agent.retrying' && last?.item === 'notice' && last.event.type === 'agent.retrying') {
    draft.items = draft.items.with(-1, { ...last, event: said, revision: draft.revision });
    return;
  }
  push(draft, event, undefined, { item: 'notice', event: said });
}
