import { Accounts, Agents } from './agents.js';
import { Approvals } from './approvals.js';
import { type CallOptions, Link } from './bridge.js';
import { Events } from './events.js';
import { Foreign, type Implemented } from './foreign.js';
import { Projects } from './projects.js';
import { writeActor } from './protocol/codec.js';
import type { Json } from './protocol/helpers.js';
import type { Actor } from './protocol/model.js';
import { Sessions } from './sessions.js';
import { Tasks } from './tasks.js';

/** Where everything is kept: nowhere that outlives the process, or a SQLite file. */
export type Storage =
  | { kind: 'memory' }
  | {
      kind: 'sqlite';
      path: string;
      /** `true` survives a crash of the process only, not of the machine. Default: `false`. */
      relaxed?: boolean | undefined;
      /** How many threads read. */
      readers?: number | undefined;
    };

/** How a node is set up. Whatever is not given has its default. */
export interface MaestroOptions extends Implemented {
  /** The path of a SQLite file, or a {@link Storage}. Default: memory. */
  storage?: string | Storage | undefined;
  /** How many tasks and turns this node works on at once; 0 submits and watches only. */
  concurrency?: number | undefined;
  /** How many sessions may keep an idle process; `null` keeps all. Default: 8. */
  warmSessions?: number | null | undefined;
  /** How many agent processes start at once. Default: as many as there are cores. */
  startsAtOnce?: number | undefined;
  /** Where worktrees are made. */
  worktrees?: string | undefined;
  /** Where the node keeps what only this machine needs. */
  stateDirectory?: string | undefined;
  /** Which place this node is at; nodes of one place see the same files. Default: kept beside the store. */
  place?: string | undefined;
  /** How long the answer to a question whose process is gone waits to be asked again. */
  grantsLastMs?: number | undefined;
  /** How long a lease lasts that is not renewed. */
  leaseTtlMs?: number | undefined;
  /** How often the node looks for what others left. */
  sweepEveryMs?: number | undefined;
  /** How long work may take to stop when it is called off. */
  cancelGraceMs?: number | undefined;
}

/** What becomes of the work under way when a node is closed: it is parked for the next start, or waited for. */
export type Running = 'park' | 'wait';

/** A node. While it is open it keeps the process alive. */
export class Maestro implements AsyncDisposable {
  readonly #link: Link;
  readonly projects: Projects;
  readonly tasks: Tasks;
  readonly sessions: Sessions;
  readonly approvals: Approvals;
  readonly agents: Agents;
  readonly accounts: Accounts;
  readonly events: Events;

  private constructor(link: Link) {
    this.#link = link;
    this.projects = new Projects(link);
    this.tasks = new Tasks(link);
    this.sessions = new Sessions(link);
    this.approvals = new Approvals(link);
    this.agents = new Agents(link);
    this.accounts = new Accounts(link);
    this.events = new Events(link);
  }

  /** Starts a node. Rejects with `invalid_config`, naming the field, for what it cannot be set up with. */
  static async open(options: MaestroOptions = {}, { signal }: CallOptions = {}): Promise<Maestro> {
    const { agents, tasks, mcpServers, permissionHandler, storage = { kind: 'memory' }, ...rest } = options;
    const foreign = new Foreign({ agents, tasks, mcpServers, permissionHandler });
    const config: Json = { ...foreign.config(), storage: typeof storage === 'string' ? { kind: 'sqlite', path: storage } : storage };
    for (const [name, value] of Object.entries(rest)) config[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value;
    return new Maestro(await Link.open(config, (link) => foreign.bind(link), { signal }));
  }

  /**
   * The same node, confined to a tenant and acting as somebody; what is not given stays as it is. It only narrows: another tenant, or another
   * actor, than a handle is confined to already is `permission_denied`. Whoever closes it closes all of it.
   */
  scoped({ tenant, actor }: { tenant?: string | undefined; actor?: Actor | undefined }): Maestro {
    return new Maestro(this.#link.scoped(tenant, actor && writeActor(actor)));
  }

  /** The node's id, new at every start, and the version of Maestro. */
  async node({ signal }: CallOptions = {}): Promise<{ id: string; version: string }> {
    const node = await this.#link.query('node.get', {}, signal);
    return { id: node.node_id, version: node.version };
  }

  /** Closes the node. Default: parks what is under way. Again, it does nothing. */
  async close({ running = 'park' }: { running?: Running | undefined } = {}): Promise<void> {
    await this.#link.close(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
