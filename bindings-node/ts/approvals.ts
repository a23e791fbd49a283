import type { CallOptions, Link } from './bridge.js';
import {
  readApprovalInfo, readApprovalPage, readRuleInfo, readRulePage, readRuling, writeApprovalFilter, writeDecision, writeRuleFilter,
  writeRuleSpec, writeToolUse,
} from './protocol/codec.js';
import type {
  ApprovalFilterInput, ApprovalInfo, ApprovalPage, DecisionInput, Effect, Remember, RuleFilter, RuleInfo, RulePage, Ruling,
} from './protocol/model.js';
import { approvalIdOf, type ApprovalReference, idOf, maybeId, type Reference } from './values.js';

/** The rules that answer before a person is asked. */
export class Policies {
  readonly #link: Link;

  /** @internal */
  constructor(link: Link) {
    this.#link = link;
  }

  /** Lays down a rule for a session, a project, or else the whole tenant. The same rule of the same level is replaced. */
  async put(
    rule: string,
    effect: Effect,
    { session, project, reason, signal }: CallOptions & { session?: Reference | undefined; project?: Reference | undefined; reason?: string | undefined } = {},
  ): Promise<RuleInfo> {
    const spec = writeRuleSpec({ rule, effect, sessionId: maybeId(session), project: maybeId(project), reason });
    return readRuleInfo(await this.#link.command('policies.put', { spec }, signal));
  }

  /** Takes a rule away. */
  async remove(rule: Reference, { signal }: CallOptions = {}): Promise<RuleInfo> {
    return readRuleInfo(await this.#link.command('policies.remove', { rule_id: idOf(rule) }, signal));
  }

  /** A page of rules. */
  async list(filter: RuleFilter = {}, { signal }: CallOptions = {}): Promise<RulePage> {
    return readRulePage(await this.#link.query('policies.list', { filter: writeRuleFilter(filter) }, signal));
  }

  /** What the rules would say of a call. */
  async test(
    tool: string,
    input: unknown,
    { session, project, signal }: CallOptions & { session?: Reference | undefined; project?: Reference | undefined } = {},
  ): Promise<Ruling> {
    const call = writeToolUse({ tool, input, sessionId: maybeId(session), project: maybeId(project) });
    return readRuling(await this.#link.query('policies.test', { call }, signal));
  }
}

/** Questions that wait for a person or a policy. */
export class Approvals {
  readonly #link: Link;
  /** The rules that answer before a person is asked. */
  readonly policies: Policies;

  /** @internal */
  constructor(link: Link) {
    this.#link = link;
    this.policies = new Policies(link);
  }

  /** One approval. */
  async get(approval: ApprovalReference, { signal }: CallOptions = {}): Promise<ApprovalInfo> {
    return readApprovalInfo(await this.#link.query('approvals.get', { approval_id: approvalIdOf(approval) }, signal));
  }

  /** A page of approvals, oldest first, and the position to go on watching from. */
  async list(filter: ApprovalFilterInput = {}, { signal }: CallOptions = {}): Promise<ApprovalPage> {
    return readApprovalPage(await this.#link.query('approvals.list', { filter: writeApprovalFilter(filter) }, signal));
  }

  /** Lets it run, with another input where one is given. `remember` says for how long; default: `once`. */
  async allow(
    approval: ApprovalReference,
    { input, remember, signal }: CallOptions & { input?: unknown; remember?: Remember | undefined } = {},
  ): Promise<ApprovalInfo> {
    return this.decide(approval, { decision: 'allow', input, remember }, { signal });
  }

  /** Does not let it run. The agent is told the message, and stops when it is to be interrupted. */
  async deny(approval: ApprovalReference, message = '', { interrupt, signal }: CallOptions & { interrupt?: boolean | undefined } = {}): Promise<ApprovalInfo> {
    return this.decide(approval, { decision: 'deny', message, interrupt }, { signal });
  }

  /** Answers a question: by question, what was chosen or written. */
  async answer(approval: ApprovalReference, answers: unknown, { signal }: CallOptions = {}): Promise<ApprovalInfo> {
    return this.decide(approval, { decision: 'answer', answers }, { signal });
  }

  /** Answers. Rejects with `conflict` when somebody did before. */
  async decide(approval: ApprovalReference, decision: DecisionInput, { signal }: CallOptions = {}): Promise<ApprovalInfo> {
    const args = { approval_id: approvalIdOf(approval), decision: writeDecision(decision) };
    return readApprovalInfo(await this.#link.command('approvals.decide', args, signal));
  }

  /** Gives people so many milliseconds more. */
  async extend(approval: ApprovalReference, byMs: number, { signal }: CallOptions = {}): Promise<ApprovalInfo> {
    const args = { approval_id: approvalIdOf(approval), by_ms: byMs };
    return readApprovalInfo(await this.#link.command('approvals.extend', args, signal));
  }

  /** Says who is to answer; nobody in particular with `undefined`. */
  async assign(approval: ApprovalReference, assignee: string | undefined, { signal }: CallOptions = {}): Promise<ApprovalInfo> {
    const args = { approval_id: approvalIdOf(approval), assignee: assignee ?? null };
    return readApprovalInfo(await this.#link.command('approvals.assign', args, signal));
  }
}
