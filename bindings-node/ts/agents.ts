import type { CallOptions, Link } from './bridge.js';
import { readAccountInfo, readAccountStatus, readAgentInfo, readAgentStatus, writeAccountSpec } from './protocol/codec.js';
import type { AccountInfo, AccountSpecInput, AccountStatus, AgentInfo, AgentStatus } from './protocol/model.js';
import { idOf, maybeId, type Reference } from './values.js';

/** The agents of this node. */
export class Agents {
  readonly #link: Link;

  /** @internal */
  constructor(link: Link) {
    this.#link = link;
  }

  /** All that are registered. */
  async list({ signal }: CallOptions = {}): Promise<AgentInfo[]> {
    return (await this.#link.query('agents.list', {}, signal)).map(readAgentInfo);
  }

  /** Looks whether an agent is installed, and what it offers, to an account where one is given. Uses no model. */
  async probe(agent: string, { account, signal }: CallOptions & { account?: Reference | undefined } = {}): Promise<AgentStatus> {
    const args = { agent, account: maybeId(account) };
    return readAgentStatus(await this.#link.query('agents.probe', args, signal));
  }
}

/** What agents are billed and rate-limited against. */
export class Accounts {
  readonly #link: Link;

  /** @internal */
  constructor(link: Link) {
    this.#link = link;
  }

  /** Creates the account, or replaces what it is. */
  async put(name: string, spec: Omit<AccountSpecInput, 'name'>, { signal }: CallOptions = {}): Promise<AccountInfo> {
    const given = writeAccountSpec({ ...spec, name });
    return readAccountInfo(await this.#link.command('accounts.put', { spec: given }, signal));
  }

  /** One account. */
  async get(account: Reference, { signal }: CallOptions = {}): Promise<AccountInfo> {
    return readAccountInfo(await this.#link.query('accounts.get', { account: idOf(account) }, signal));
  }

  /** All accounts. */
  async list({ signal }: CallOptions = {}): Promise<AccountInfo[]> {
    return (await this.#link.query('accounts.list', {}, signal)).map(readAccountInfo);
  }

  /** What was last seen of its login and its limits. */
  async status(account: Reference, { signal }: CallOptions = {}): Promise<AccountStatus> {
    return readAccountStatus(await this.#link.query('accounts.status', { account: idOf(account) }, signal));
  }

  /** Takes it out of use; its name is free then. */
  async remove(account: Reference, { signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('accounts.remove', { account: idOf(account) }, signal);
  }
}
