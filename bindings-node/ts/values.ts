import { writeContentBlock, writeSessionSpec } from './protocol/codec.js';
import { MaestroError } from './protocol/errors.js';
import type { Json } from './protocol/helpers.js';
import type { ApprovalRequested, ContentBlock, SessionSpecInput } from './protocol/model.js';

/** A thing: its id, or whatever has its id. Projects and accounts are also known by their name. */
export type Reference = string | { readonly id: string };

/** An approval: its id, its record, or the `data` of the `approval.requested` that told of it. */
export type ApprovalReference = Reference | ApprovalRequested;

/** What is asked: a text, or blocks of content. */
export type PromptInput = string | readonly ContentBlock[];

/** Where a feed begins: at its subject's beginning, with what happens from now on, or after a cursor. */
export type After = 'beginning' | 'now' | { cursor: string };

/** How a session is set up; {@link SessionSpecInput} says what each means and what it is when left out. */
export type SessionOptions = Omit<SessionSpecInput, 'project' | 'account'> & { account?: Reference | undefined };

export function idOf(reference: Reference): string {
  return typeof reference === 'string' ? reference : reference.id;
}

export function approvalIdOf(approval: ApprovalReference): string {
  if (typeof approval === 'string') return approval;
  if ('id' in approval) return approval.id;
  if (approval.approvalId === undefined) {
    throw new MaestroError('invalid_argument', '`approval` has no id; give one that was asked', { context: [['field', 'approval']] });
  }
  return approval.approvalId;
}

export function maybeId(reference: Reference | undefined): string | undefined {
  return reference === undefined ? undefined : idOf(reference);
}

export function blocksOf(prompt: PromptInput): Json[] {
  return typeof prompt === 'string' ? [{ type: 'text', text: prompt }] : prompt.map(writeContentBlock);
}

export function position(after: After): Json {
  return typeof after === 'string' ? { at: after } : { at: 'after', cursor: after.cursor };
}

export function sessionSpec({ account, ...options }: SessionOptions, project?: Reference): Json {
  return writeSessionSpec({ ...options, account: maybeId(account), project: maybeId(project) });
}
