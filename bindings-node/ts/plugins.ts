import type { CallOptions, Link } from './bridge.js';
import { readApprovalInfo } from './protocol/codec.js';
import type { EventDataInput } from './protocol/event.js';
import type {
  AgentPointer, ApprovalInfo, ApprovalKind, ApprovalOption, ContentBlock, Decision, DecisionInput, OutcomeInput, QuestionInput,
  SessionSpec, TaskInfo, UsageInput,
} from './protocol/model.js';

/** What a hook is asked; `input` is everything that Claude Code says about it. */
export interface HookCall {
  event: string;
  input: unknown;
  tool: string | undefined;
  toolCallId: string | undefined;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/** What a hook says: go on (also with nothing), allow, deny, or an answer in Claude Code's own language. */
export type HookReply =
  | { reply: 'continue' }
  | { reply: 'allow'; reason?: string | undefined }
  | { reply: 'deny'; reason?: string | undefined }
  | { reply: 'raw'; value: unknown };

/** Code of yours that Claude Code asks at a point of its work, for example `PreToolUse`. One that fails has denied. */
export interface Hook {
  event: string;
  /** The tools that it is about, in Claude Code's language of matchers. Default: all. */
  matcher?: string | undefined;
  /** How long it may take. Default: 30 seconds. */
  timeoutMs?: number | undefined;
  handler(call: HookCall): Promise<HookReply | void> | HookReply | void;
}

/** How Claude Code is driven. */
export interface ClaudeCodeOptions {
  /** Its own directory for settings, login and transcripts. */
  configDir?: string | undefined;
  /** Whether it starts from the environment of this process. Default: `true`. */
  inheritEnv?: boolean | undefined;
  /** Names that are left out of what is inherited. */
  denyEnv?: readonly string[] | undefined;
  /** Variables that it is given. */
  env?: Record<string, string> | undefined;
  /** Arguments added to its command line, each flag with its value: `--flag=value`. */
  extraArgs?: readonly string[] | undefined;
  /** The account that it uses where a session names none. */
  account?: string | undefined;
  /** Whether the tools that it runs see its login. Default: `false`. */
  loginForTools?: boolean | undefined;
  /** How long its start may take. */
  handshakeTimeoutMs?: number | undefined;
  /** How long it may take to answer a request of its protocol. */
  controlTimeoutMs?: number | undefined;
  /** How long it may say nothing in a turn before it is asked whether it lives. Default: 5 minutes. */
  quietMs?: number | undefined;
  /** The longest line that is read from it. Default: 64 MiB. */
  maxLineBytes?: number | undefined;
  hooks?: readonly Hook[] | undefined;
}

/** The Claude Code CLI. Every question of it waits for an answer; nothing is allowed by default. */
export class ClaudeCode {
  readonly program: string | undefined;
  readonly options: ClaudeCodeOptions;

  private constructor(program: string | undefined, options: ClaudeCodeOptions) {
    this.program = program;
    this.options = options;
  }

  /** The one that is installed here. It is looked for when Maestro opens, and the environment is read for that. */
  static discover(options: ClaudeCodeOptions = {}): ClaudeCode {
    return new ClaudeCode(undefined, options);
  }

  /** The program at a path. */
  static at(program: string, options: ClaudeCodeOptions = {}): ClaudeCode {
    return new ClaudeCode(program, options);
  }
}

/** The account to use, with its secrets: keep them out of command lines and of all that you report. */
export interface AgentAccount {
  name: string;
  credentials: Record<string, string>;
  configDir: string | undefined;
}

/** A conversation to open. */
export interface Opening {
  sessionId: string;
  spec: SessionSpec;
  /** The directory to work in. */
  cwd: string;
  /** The conversation to go on with; none begins one. */
  resume: AgentPointer | undefined;
  /** Whether `resume` is copied into a conversation of its own. */
  fork: boolean;
  /** Variables for the agent and its tools. */
  env: Record<string, string>;
  account: AgentAccount | undefined;
  /** Aborted when nobody waits for the conversation any more. */
  signal: AbortSignal;
}

/** How a turn ended, where that is not as usual. */
export interface TurnEnd {
  /** Default: `end_turn`. */
  stopReason?: string | undefined;
  /** The agent's last text. Default: that of its last message. */
  result?: string | undefined;
  structuredOutput?: unknown;
  usage?: UsageInput | undefined;
  costMicroUsd?: number | undefined;
  durationMs?: number | undefined;
}

/** A question for a person. */
export interface Question {
  tool?: string | undefined;
  title?: string | undefined;
  input?: unknown;
  /** Default: `tool`. */
  kind?: ApprovalKind | undefined;
  toolCallId?: string | undefined;
  questions?: readonly QuestionInput[] | undefined;
  options?: readonly ApprovalOption[] | undefined;
  blockedPath?: string | undefined;
  agentId?: string | undefined;
}

/** A prompt for an agent of yours. */
export interface AgentPrompt {
  /** The number of the turn in this conversation, from 1. */
  turn: number;
  /** The text of what is asked. */
  text: string;
  /** All of what is asked. */
  blocks: ContentBlock[];
  /** Aborted when the turn is interrupted. */
  signal: AbortSignal;
  /** Asks a person, and waits for the answer. Giving up the wait takes the question back. */
  ask(question: Question, options?: CallOptions): Promise<Decision>;
}

/** What an agent yields: what it reports, or a text, which is a whole message. */
export type Said = EventDataInput | string;

/** A conversation with an agent of yours. What it has beside `prompt` is what it can do. */
export interface Conversation {
  /** The agent's own id of the conversation, where it has one. */
  agentSessionId?: string | undefined;
  /**
   * Answers a prompt: an async generator of what happens, which may return how the turn ended. What it throws ends the
   * turn as failed, with its text.
   */
  prompt(prompt: AgentPrompt): AsyncGenerator<Said, TurnEnd | void> | AsyncIterable<Said>;
  /** Takes a prompt into the turn under way. */
  steer?(prompt: AgentPrompt): Promise<void> | void;
  /** Changes the permission mode. */
  setMode?(mode: string): Promise<void> | void;
  /** Changes the model. */
  setModel?(model: string): Promise<void> | void;
  /** Answers a request of the agent's own protocol. */
  control?(request: unknown): Promise<unknown> | unknown;
  /** Cleans up. */
  close?(): Promise<void> | void;
}

/** What an agent's memory holds of what Maestro has seen. */
export type Evidence = 'holds' | 'behind' | 'missing' | 'unknown';

/** An agent of yours. */
export interface Agent {
  /** Opens a conversation, or goes on with one. */
  open(opening: Opening): Promise<Conversation> | Conversation;
  /** Looks, without starting anything, whether its memory holds what Maestro has seen. With it, it can resume. */
  evidence?(cwd: string, pointer: AgentPointer): Promise<Evidence> | Evidence;
  /** Whether it can copy a conversation. Default: `false`. */
  forks?: boolean | undefined;
}

/** The attempt under way, for a kind of task of yours. */
export class TaskRun {
  readonly #link: Link;
  readonly #run: number;
  /** The task as it was when the attempt started. */
  readonly task: TaskInfo;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  /** The fence of the attempt: it grows with every attempt of the task. */
  readonly token: number;
  /** The variables that tell a program which attempt it works for. */
  readonly env: Record<string, string>;
  /** Aborted when the task is to stop. Throw its `reason` then, or return what is done. */
  readonly signal: AbortSignal;

  /** @internal */
  constructor(link: Link, run: number, facts: Pick<TaskRun, 'task' | 'attempt' | 'token' | 'env' | 'signal'>) {
    this.#link = link;
    this.#run = run;
    ({ task: this.task, attempt: this.attempt, token: this.token, env: this.env, signal: this.signal } = facts);
  }

  /** What the task was given as `input`. */
  get input(): unknown {
    return this.task.spec.input;
  }

  /** Tells how far it is, 0 to 1, as a `task.progress` event. */
  async progress(message: string, fraction?: number, { signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('run.progress', { run: this.#run, message, fraction }, signal);
  }

  /** Records an event of your product in the task's stream; its type begins with `x.`. */
  async emit(type: `x.${string}`, data: unknown, { signal }: CallOptions = {}): Promise<void> {
    await this.#link.command('run.emit', { run: this.#run, type, data: data ?? null }, signal);
  }

  /** Rejects with `lease_lost` when the attempt has lost its authority. Ask right before an effect outside. */
  async verify({ signal }: CallOptions = {}): Promise<void> {
    await this.#link.query('run.verify', { run: this.#run }, signal);
  }

  /** Waits until somebody lets the task pass, or not; also over restarts, by the name `key` (default: the title). */
  async gate(
    title: string,
    { input, key, timeoutMs, assignee, signal }: CallOptions & {
      input?: unknown; key?: string | undefined; timeoutMs?: number | undefined; assignee?: string | undefined;
    } = {},
  ): Promise<ApprovalInfo> {
    const args = { run: this.#run, title, input, key, timeout_ms: timeoutMs, assignee };
    return readApprovalInfo(await this.#link.command('run.gate', args, signal));
  }
}

/** What came of an attempt, to be returned by a {@link TaskFunction}. */
export class TaskResult {
  readonly outcome: OutcomeInput;

  constructor(outcome: OutcomeInput) {
    this.outcome = outcome;
  }
}

/**
 * Does the work of one kind of task. What it returns is the result: a {@link TaskResult}, a text as its summary, or
 * anything else as its output. What it throws is a failure, tried again when the task may be and it is `retryable`.
 */
export type TaskFunction = (run: TaskRun) => Promise<unknown> | unknown;

/**
 * Answers approvals; nothing waits for a person. So does a question whose handler throws: what it threw is a warning of
 * the process, the approval's `handlerError`, and in an `approval.updated` event.
 */
export type PermissionHandler = (
  approval: ApprovalInfo, options: { signal: AbortSignal },
) => Promise<DecisionInput | null | undefined | void> | DecisionInput | null | undefined | void;

/** A tool that agents may use. */
export interface Tool {
  name: string;
  /** What agents are told about it. */
  description?: string | undefined;
  /** The JSON schema of its input. Default: any object. */
  schema?: unknown;
  /** Does it. What it gives is shown to the agent: a text as it is, anything else as JSON. */
  call(input: unknown, options: { signal: AbortSignal }): Promise<unknown> | unknown;
}

