import type { Event } from './event.js';
import type { Settled } from './fold-draft.js';
import type { Partial } from './model.js';

/** The longest text that is kept of a block, in bytes. Of a longer one the end is kept. */
const MAX_BYTES = 256 * 1024;
/** How many blocks are kept. Each agent of a session writes one at a time. */
const MAX_BLOCKS = 64;

/** The piece of text that an event brings, if it brings one. */
export function pieceOf(event: Event): Partial | undefined {
  if (event.type !== 'message.delta' && event.type !== 'thought.delta') return undefined;
  const { messageId, block, generation, offset, text, agentId } = event.data;
  return { messageId, block, thought: event.type === 'thought.delta', generation, offset, text, agentId, turnId: event.turnId, at: event.at };
}

/** What a durable event makes void. */
export function voidingOf(event: Event): Settled | undefined {
  switch (event.type) {
    case 'message': {
      const { messageId: message_id, block, blocks } = event.data;
      if (block === undefined) return { whole: { message_id, thought: false } };
      return { below: { message_id, block: block + Math.max(1, blocks.length) } };
    }
    case 'thought': {
      const { messageId: message_id, block } = event.data;
      return block === undefined ? { whole: { message_id, thought: true } } : { below: { message_id, block: block + 1 } };
    }
    case 'message.superseded': return { generations: { message_id: event.data.messageId, up_to: event.data.generation } };
    case 'turn.ended': return { agent: null };
    case 'subagent.ended': return { agent: event.data.agentId };
    case 'session.idle':
    case 'session.resumed':
    case 'session.failed':
    case 'session.closed': return 'all';
    default: return undefined;
  }
}

export function covers(voiding: Settled, partial: Partial): boolean {
  if (voiding === 'all') return true;
  if ('below' in voiding) return voiding.below.message_id === partial.messageId && partial.block < voiding.below.block;
  if ('whole' in voiding) return voiding.whole.message_id === partial.messageId && voiding.whole.thought === partial.thought;
  if ('generations' in voiding) {
    return voiding.generations.message_id === partial.messageId && partial.generation <= voiding.generations.up_to;
  }
  return (voiding.agent ?? undefined) === partial.agentId;
}

/** Takes in a piece; nothing when that changes nothing. What a higher generation of the same agent makes void is dropped. */
export function take(partials: Partial[], piece: Partial): Partial[] | undefined {
  const ofAgent = (partial: Partial): boolean => partial.agentId === piece.agentId;
  if (partials.some((known) => ofAgent(known) && known.messageId === piece.messageId && known.generation > piece.generation)) return undefined;
  const kept = partials.filter((known) => !ofAgent(known) || known.generation >= piece.generation);
  const at = kept.findIndex((known) => known.messageId === piece.messageId && known.block === piece.block && known.thought === piece.thought);
  if (at < 0) return [...(kept.length >= MAX_BLOCKS ? kept.slice(1) : kept), keepEnd(piece)];
  const before = kept[at] as Partial;
  const after = extend(before, piece);
  if (after === before) return kept.length < partials.length ? kept : undefined;
  return kept.with(at, after);
}

/** Takes in a piece of the same block and generation. */
function extend(partial: Partial, piece: Partial): Partial {
  const end = partial.offset + byteLength(partial.text);
  if (piece.offset <= end) {
    const at = indexOfByte(piece.text, end - piece.offset);
    if (at !== undefined) {
      const text = partial.text + piece.text.slice(at);
      const [turnId, when] = [piece.turnId ?? partial.turnId, piece.at ?? partial.at];
      if (text === partial.text && turnId === partial.turnId && when === partial.at) return partial;
      return keepEnd({ ...partial, text, turnId, at: when });
    }
  }
  if (piece.offset + byteLength(piece.text) <= end) return partial;
  // A piece in between did not get here.
  return keepEnd(piece);
}

/** Drops the front until at most {@link MAX_BYTES} are left. */
function keepEnd(partial: Partial): Partial {
  const length = byteLength(partial.text);
  if (length <= MAX_BYTES) return partial;
  let cut = length - MAX_BYTES;
  let at = indexOfByte(partial.text, cut);
  // Never within a letter.
  while (at === undefined) at = indexOfByte(partial.text, ++cut);
  return { ...partial, text: partial.text.slice(at), offset: partial.offset + cut };
}

/** How long a text is in UTF-8. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair is two of its four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

/** Where in a text so many bytes of UTF-8 end; nothing within a letter or beyond the end. */
function indexOfByte(text: string, bytes: number): number | undefined {
  let left = bytes;
  let at = 0;
  while (left > 0) {
    const point = text.codePointAt(at);
    if (point === undefined) return undefined;
    left -= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    at += point < 0x10000 ? 1 : 2;
  }
  return left === 0 ? at : undefined;
}
