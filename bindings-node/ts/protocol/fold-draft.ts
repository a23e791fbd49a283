import type { Event } from './event.js';
import type { ItemBody, SessionView, ViewItem } from './model.js';

/** A view that is being made: its own fields may be set, and nothing else be changed in place. */
export type Draft = SessionView;

/** What makes text void that was being written, as it stands on the wire. */
export type Settled =
  | { below: { message_id: string; block: number } }
  | { whole: { message_id: string; thought: boolean } }
  | { generations: { message_id: string; up_to: number } }
  | { agent: string | null }
  | 'all';

interface Hidden {
  keep: number | undefined;
  seqs: Record<string, number>;
  settled: Settled[];
}

/** What a view holds for the fold alone, as the core writes it. */
export function hidden(view: SessionView): Hidden {
  const { keep, seqs, settled } = (view.extra ?? {}) as Partial<Hidden>;
  return { keep: keep ?? undefined, seqs: seqs ?? {}, settled: settled ?? [] };
}

export function push(draft: Draft, event: Event, agentId: string | undefined, body: ItemBody): void {
  const id = draft.itemsBefore + draft.items.length + 1;
  const item: ViewItem = { id, revision: draft.revision, at: event.at, turnId: event.turnId, agentId, ...body };
  draft.items = [...draft.items, item];
}

export function dropOldest(draft: Draft): void {
  const { keep } = hidden(draft);
  if (keep === undefined) return;
  const cut = Math.max(0, draft.items.length - keep);
  if (cut === 0) return;
  draft.items = draft.items.slice(cut);
  draft.itemsBefore += cut;
}
