import type { CallOptions, Link } from './bridge.js';
import { Feed } from './feed.js';
import {
  readChanges, readOutcome, readTaskInfo, readTaskPage, readWaitingReason, readWorkspaceInfo, writeTaskFilter, writeTaskSpec,
} from './protocol/codec.js';
import { readEvent, type Event } from './protocol/event.js';
import type {
  Changes, Outcome, TaskFilterInput, TaskInfo, TaskPage, TaskSpecInput, WaitingReason, WorkspaceInfo,
} from './protocol/model.js';
import type { FeedOptions } from './sessions.js';
import { blocksOf, idOf, maybeId, position, type PromptInput, type Reference, type SessionOptions, sessionSpec } from './values.js';

/** What a task may be given; {@link TaskSpecInput} says what each means and what it is when left out. */
export type TaskOptions = Omit<TaskSpecInput, 'prompt' | 'project' | 'needs' | 'session' | 'title' | 'kind'>
  & SessionOptions
  & { kind?: string | undefined; project?: Reference | undefined; needs?: readonly Reference[] | undefined };

/** Where a task works, and the verbs that get the work out. They are refused while its agent works there. */
export class Workspace {
  readonly #link: Link;
  readonly taskId: string;

  /** @internal */
  constructor(link: Link, taskId: string) {
    this.#link = link;
    this.taskId = taskId;
  }

  /** The workspace. Rejects with `not_found` when the task has none yet. */
  async info({ signal }: CallOptions = {}): Promise<WorkspaceInfo> {
    return readWorkspaceInfo(await this.#link.query('workspaces.get', this.#args(), signal));
  }

  /** What it holds that its base does not. */
  async changes({ signal }: CallOptions = {}): Promise<Changes> {
    return readChanges(await this.#link.query('workspaces.changes', this.#args(), signal));
  }

  /** The difference to its base as a unified diff, for reading: what is no UTF-8 is replaced. */
  async diff({ signal }: CallOptions = {}): Promise<string> {
    return this.#link.query('workspaces.diff', this.#args(), signal);
  }

  /** The difference to its base as `git apply` takes it: the bytes of the files as they are. */
  async patch({ signal }: CallOptions = {}): Promise<Uint8Array> {
    const patch: string = await this.#link.query('workspaces.patch', this.#args(), signal);
    return Buffer.from(patch, 'base64');
  }

  /** Merges its commits into a branch of the project and gives the commit. Repeating it changes nothing. */
  async merge(into: string, { signal }: CallOptions = {}): Promise<string> {
    return this.#link.command('workspaces.merge', { ...this.#args(), into }, signal);
  }

  /** Removes it when it provably holds nothing. */
  async remove({ signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('workspaces.remove', this.#args(), signal);
  }

  /** Removes it with all the work in it. `name` must be the name of its branch, or else of its directory. */
  async discard(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('workspaces.discard', { ...this.#args(), name }, signal);
  }

  #args(): { task_id: string } {
    return { task_id: this.taskId };
  }
}

/** One task, by its id. Letting go of it does nothing to the task. */
export class Task {
  readonly #link: Link;
  readonly id: string;

  /** @internal */
  constructor(link: Link, id: string) {
    this.#link = link;
    this.id = id;
  }

  /** The task now. */
  async info({ signal }: CallOptions = {}): Promise<TaskInfo> {
    return readTaskInfo(await this.#link.query('tasks.get', this.#args(), signal));
  }

  /** Its events and those of its session, to its end. */
  events({ after = 'beginning', signal }: FeedOptions = {}): Feed<Event> {
    return new Feed(this.#link, 'task', { ...this.#args(), after: position(after) }, readEvent, { signal });
  }

  /** Waits until it is over, or cannot go on without a person. Giving up the wait never cancels the task. */
  async wait({ signal }: CallOptions = {}): Promise<Outcome> {
    return readOutcome(await this.#link.query('tasks.wait', this.#args(), signal));
  }

  /** Calls it off. */
  async cancel(reason = '', { signal }: CallOptions = {}): Promise<TaskInfo> {
    return readTaskInfo(await this.#link.command('tasks.cancel', { ...this.#args(), reason }, signal));
  }

  /** Tries it again when it is over, in the same session and workspace. */
  async retry({ signal }: CallOptions = {}): Promise<TaskInfo> {
    return readTaskInfo(await this.#link.command('tasks.retry', this.#args(), signal));
  }

  /** Says something to it when it is over or waits for a person: a new attempt begins with that as its prompt. */
  async reply(prompt: PromptInput, { idempotencyKey, signal }: CallOptions & { idempotencyKey?: string | undefined } = {}): Promise<TaskInfo> {
    const reply = { prompt: blocksOf(prompt), idempotency_key: idempotencyKey };
    return readTaskInfo(await this.#link.command('tasks.reply', { ...this.#args(), reply }, signal));
  }

  /** Why it does not start. */
  async explain({ signal }: CallOptions = {}): Promise<WaitingReason[]> {
    return (await this.#link.query('tasks.explain', this.#args(), signal)).map(readWaitingReason);
  }

  /** Where it works. */
  get workspace(): Workspace {
    return new Workspace(this.#link, this.id);
  }

  #args(): { task_id: string } {
    return { task_id: this.id };
  }
}

/** Durable requests for work. */
export class Tasks {
  readonly #link: Link;

  /** @internal */
  constructor(link: Link) {
    this.#link = link;
  }

  /**
   * Submits a task; it is durable when this returns. A task of a kind of your own takes its `input` and may have no
   * prompt: `submit('', { kind: 'deploy', input: … })`.
   */
  async submit(prompt: string, options: TaskOptions & CallOptions = {}): Promise<Task> {
    const {
      kind = 'agent', input, title, project, needs, when, priority, idempotencyKey, labels, retry, deadlineMs, idleTimeoutMs,
      notBefore, workspace, base, signal, ...session
    } = options;
    const spec = writeTaskSpec({
      kind, prompt, input, title, project: maybeId(project), needs: needs?.map(idOf), when, priority, idempotencyKey, labels, retry,
      deadlineMs, idleTimeoutMs, notBefore, workspace, base,
    });
    spec.session = sessionSpec(session);
    return new Task(this.#link, (await this.#link.command('tasks.submit', { spec }, signal)).task_id);
  }

  /** A task by its id. Looks at nothing. */
  handle(id: string): Task {
    return new Task(this.#link, id);
  }

  /** One task. */
  async get(task: Reference, { signal }: CallOptions = {}): Promise<TaskInfo> {
    return this.handle(idOf(task)).info({ signal });
  }

  /** A page of tasks, oldest first, and the position to go on watching from. */
  async list({ project, ...filter }: Omit<TaskFilterInput, 'project'> & { project?: Reference | undefined } = {}, { signal }: CallOptions = {}): Promise<TaskPage> {
    const given = writeTaskFilter({ ...filter, project: maybeId(project) });
    return readTaskPage(await this.#link.query('tasks.list', { filter: given }, signal));
  }
}
