// Generated from docs/wire/schema.json by generate.mjs; do not edit.

import type { EventData, EventDataInput } from './event.js';

/** A time in UTC: RFC 3339 with microseconds, which `new Date(at)` reads. */
export type Timestamp = string;

/** An account. */
export interface AccountInfo {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** Its name. */
  name: string;
  /** The kind of agent that it is for; any when empty. */
  agent: string;
  /** Variables, and where their values are. */
  credentials: Record<string, string>;
  /** The agent's configuration directory. */
  configDir?: PlacePath | undefined;
  /** Words for people and products to find it by. */
  labels: Record<string, unknown>;
  /** Whether it is in use. */
  state: AccountState;
  /** What was last seen of it. */
  status: AccountStatus;
  /** When it was created. */
  createdAt: Timestamp;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** An account. What may be left out has its default. */
export interface AccountInfoInput {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** Its name. */
  name: string;
  /** The kind of agent that it is for; any when empty. */
  agent?: string | undefined;
  /** Variables, and where their values are. */
  credentials?: Record<string, string> | undefined;
  /** The agent's configuration directory. */
  configDir?: PlacePath | undefined;
  /** Words for people and products to find it by. */
  labels?: Record<string, unknown> | undefined;
  /** Whether it is in use. */
  state?: AccountState | undefined;
  /** What was last seen of it. */
  status?: AccountStatusInput | undefined;
  /** When it was created. */
  createdAt: Timestamp;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** A rate limit, as the service last told of it. */
export interface AccountLimit {
  /** `allowed`, `allowed_warning` or `rejected`, in the agent's word. */
  status: string;
  /** How much is used, 0 to 1. */
  utilization?: number | undefined;
  /** When it resets; what was seen before that says nothing after it. */
  resetsAt?: Timestamp | undefined;
  /** When it was seen. */
  seenAt: Timestamp;
}

/** An account to create, or what it is to become. */
export interface AccountSpec {
  /** Its name, unique within the tenant; 1 to 200 bytes. */
  name: string;
  /** The kind of agent that it is for, for example `claude_code`; any when empty. */
  agent: string;
  /**
   * What its agents are given: a variable, and where its value is. They hide it from the tools
   * that they run wherever they can.
   */
  credentials: Record<string, string>;
  /**
   * The agent's configuration directory, at the place of the node, for example with a login that
   * the agent itself keeps. It holds the transcripts too.
   */
  configDir?: string | undefined;
  /** Words for people and products to find it by. */
  labels: Record<string, unknown>;
}

/** An account to create, or what it is to become. What may be left out has its default. */
export interface AccountSpecInput {
  /** Its name, unique within the tenant; 1 to 200 bytes. */
  name?: string | undefined;
  /** The kind of agent that it is for, for example `claude_code`; any when empty. */
  agent?: string | undefined;
  /**
   * What its agents are given: a variable, and where its value is. They hide it from the tools
   * that they run wherever they can.
   */
  credentials?: Record<string, string> | undefined;
  /**
   * The agent's configuration directory, at the place of the node, for example with a login that
   * the agent itself keeps. It holds the transcripts too.
   */
  configDir?: string | undefined;
  /** Words for people and products to find it by. */
  labels?: Record<string, unknown> | undefined;
}

/** Whether an account is in use. */
export type AccountState =
  /** Sessions can use it. */
  | 'active'
  /** It is history; its name is free. */
  | 'removed'
  /** One that this version does not know, kept. */
  | (string & {});

/** What was last seen of an account. */
export interface AccountStatus {
  /** Whether its login was taken. */
  login: LoginState;
  /** When `login` became what it is. */
  loginAt?: Timestamp | undefined;
  /** The limits that the service told of, by window, for example `five_hour`. */
  limits: Record<string, AccountLimit>;
}

/** What was last seen of an account. What may be left out has its default. */
export interface AccountStatusInput {
  /** Whether its login was taken. */
  login?: LoginState | undefined;
  /** When `login` became what it is. */
  loginAt?: Timestamp | undefined;
  /** The limits that the service told of, by window, for example `five_hour`. */
  limits?: Record<string, AccountLimit> | undefined;
}

/** Who did something. It stands on every record and event. */
export interface Actor {
  /** The kind of actor. */
  kind: ActorKind;
  /** The actor's name within its kind. */
  id: string;
}

/** What kind of actor did something. */
export type ActorKind =
  /** A person, as the embedding product names them. */
  | 'person'
  /** What answers without a person: a rule by its id, `permission_handler`, or `timeout`. */
  | 'policy'
  /** A coding agent. */
  | 'agent'
  /** A Maestro node: sweeps, recovery, scheduling. */
  | 'node'
  /** One that this version does not know, kept. */
  | (string & {});

/** A command of an agent. */
export interface AgentCommand {
  /** Its name, without the slash. */
  name: string;
  /** What it does, in the agent's words. */
  about: string;
}

/** A command of an agent. What may be left out has its default. */
export interface AgentCommandInput {
  /** Its name, without the slash. */
  name?: string | undefined;
  /** What it does, in the agent's words. */
  about?: string | undefined;
}

/** A message of the agent that this version has no other event for; `raw` holds it. */
export interface AgentFrame {
  /** The agent's type of the message, for example `system/status`. */
  frameType: string;
}

/** A message of the agent that this version has no other event for; `raw` holds it. What may be left out has its default. */
export interface AgentFrameInput {
  /** The agent's type of the message, for example `system/status`. */
  frameType?: string | undefined;
}

/** An agent that is registered with a node. */
export interface AgentInfo {
  /** The name that it is registered under. */
  name: string;
  /** What kind of agent it is, for example `claude_code`. */
  kind: string;
}

/** A model that an agent offers. */
export interface AgentModel {
  /** What a session names to get it. */
  id: string;
  /** What people call it. */
  name: string;
  /** What it is good for, in the agent's words. */
  about: string;
}

/** A model that an agent offers. What may be left out has its default. */
export interface AgentModelInput {
  /** What a session names to get it. */
  id?: string | undefined;
  /** What people call it. */
  name?: string | undefined;
  /** What it is good for, in the agent's words. */
  about?: string | undefined;
}

/** The agent wrote something that is not of its protocol. Nothing of it is dropped silently. */
export interface AgentOutput {
  /** `not_json`, `not_utf8`, `too_long` or `cut`. */
  reason: string;
  /** The text, with invalid UTF-8 replaced, or its head when too long. */
  text: string;
  /** How many bytes there were. */
  bytes: number;
}

/** The agent wrote something that is not of its protocol. Nothing of it is dropped silently. What may be left out has its default. */
export interface AgentOutputInput {
  /** `not_json`, `not_utf8`, `too_long` or `cut`. */
  reason?: string | undefined;
  /** The text, with invalid UTF-8 replaced, or its head when too long. */
  text?: string | undefined;
  /** How many bytes there were. */
  bytes?: number | undefined;
}

/** Where the agent keeps its side of the conversation: a last-seen pointer, not identity. */
export interface AgentPointer {
  /** The agent's own id of the conversation. */
  agentSessionId?: string | undefined;
  /** The id that our last prompt went out with. */
  lastPrompt?: string | undefined;
  /** The agent's id of the last whole message that we have. */
  lastMessage?: string | undefined;
  /** The configuration directory that the agent keeps it in, where the account has one of its own. */
  configDir?: string | undefined;
}

/** The account's rate limit is near or reached. */
export interface AgentRateLimited {
  /** `allowed_warning` or `rejected`, in the agent's word. */
  status: string;
  /** How much is used, 0 to 1. */
  utilization?: number | undefined;
  /** When it resets. */
  resetsAt?: Timestamp | undefined;
  /** Which limit, for example `five_hour`. */
  window?: string | undefined;
  /** The account that the limit is of, by name. */
  account?: string | undefined;
}

/** The account's rate limit is near or reached. What may be left out has its default. */
export interface AgentRateLimitedInput {
  /** `allowed_warning` or `rejected`, in the agent's word. */
  status?: string | undefined;
  /** How much is used, 0 to 1. */
  utilization?: number | undefined;
  /** When it resets. */
  resetsAt?: Timestamp | undefined;
  /** Which limit, for example `five_hour`. */
  window?: string | undefined;
  /** The account that the limit is of, by name. */
  account?: string | undefined;
}

/** The agent repeats a failed call to its model. */
export interface AgentRetrying {
  /** Which repetition, from 1. */
  attempt: number;
  /** How many it will try. */
  maxAttempts?: number | undefined;
  /** How long it waits before. */
  delayMs?: number | undefined;
  /** The HTTP status that failed; none for a lost connection. */
  status?: number | undefined;
  /** Why, in the agent's word. */
  reason?: string | undefined;
}

/** The agent repeats a failed call to its model. What may be left out has its default. */
export interface AgentRetryingInput {
  /** Which repetition, from 1. */
  attempt?: number | undefined;
  /** How many it will try. */
  maxAttempts?: number | undefined;
  /** How long it waits before. */
  delayMs?: number | undefined;
  /** The HTTP status that failed; none for a lost connection. */
  status?: number | undefined;
  /** Why, in the agent's word. */
  reason?: string | undefined;
}

/** What a look at an agent found. */
export interface AgentStatus {
  /** Whether it is there. */
  installed: boolean;
  /** Its program, if it has one. */
  program?: string | undefined;
  /** Its version, in its own words. */
  version?: string | undefined;
  /** Whether this version of Maestro was tested with it; none when its version is not known. */
  tested?: boolean | undefined;
  /**
   * How it logs in: `api_key`, `auth_token`, `oauth_token`, `provider`, `stored`, `none`. Never a
   * secret, and no proof that the login is taken.
   */
  login: string;
  /** Where it keeps settings, login and transcripts, as far as is known. */
  configDir?: string | undefined;
  /** The models that it offers. */
  models: AgentModel[];
  /** Its permission modes. */
  modes: string[];
  /** Its commands, as in `/name`. */
  commands: AgentCommand[];
  /** Why no more is known. */
  problem?: ErrorInfo | undefined;
}

/** What a look at an agent found. What may be left out has its default. */
export interface AgentStatusInput {
  /** Whether it is there. */
  installed?: boolean | undefined;
  /** Its program, if it has one. */
  program?: string | undefined;
  /** Its version, in its own words. */
  version?: string | undefined;
  /** Whether this version of Maestro was tested with it; none when its version is not known. */
  tested?: boolean | undefined;
  /**
   * How it logs in: `api_key`, `auth_token`, `oauth_token`, `provider`, `stored`, `none`. Never a
   * secret, and no proof that the login is taken.
   */
  login?: string | undefined;
  /** Where it keeps settings, login and transcripts, as far as is known. */
  configDir?: string | undefined;
  /** The models that it offers. */
  models?: readonly AgentModelInput[] | undefined;
  /** Its permission modes. */
  modes?: readonly string[] | undefined;
  /** Its commands, as in `/name`. */
  commands?: readonly AgentCommandInput[] | undefined;
  /** Why no more is known. */
  problem?: ErrorInfoInput | undefined;
}

/** The agent's process wrote to its standard error. */
export interface AgentStderr {
  /** The text; bounded. */
  text: string;
}

/** The agent's process wrote to its standard error. What may be left out has its default. */
export interface AgentStderrInput {
  /** The text; bounded. */
  text?: string | undefined;
}

/** Something is not as expected, and the agent goes on. */
export interface AgentWarning {
  /** What it is, for programs: `version_untested`, `capability_missing`. */
  code: string;
  /** What it is, for people. */
  message: string;
}

/** Something is not as expected, and the agent goes on. What may be left out has its default. */
export interface AgentWarningInput {
  /** What it is, for programs: `version_untested`, `capability_missing`. */
  code?: string | undefined;
  /** What it is, for people. */
  message?: string | undefined;
}

/** Nobody answered in time, so it was denied. The actor is the timeout. */
export interface ApprovalExpired {
  /** The approval. */
  approvalId?: string | undefined;
}

/** Which approvals to list. Every given field narrows; an empty list means "any". */
export interface ApprovalFilter {
  /** Any of these states. */
  states: ApprovalState[];
  /** Of these projects. */
  projectIds: string[];
  /** Of this session. */
  sessionId?: string | undefined;
  /** Of this task. */
  taskId?: string | undefined;
  /** Of this kind. */
  kind?: ApprovalKind | undefined;
  /** That this one is to answer. */
  assignee?: string | undefined;
  /** At most this many, up to 1000. Default 100. A page may be shorter though more follow. */
  limit?: number | undefined;
  /** Where the page before ended. */
  pageToken?: string | undefined;
}

/** Which approvals to list. Every given field narrows; an empty list means "any". What may be left out has its default. */
export interface ApprovalFilterInput {
  /** Any of these states. */
  states?: readonly ApprovalState[] | undefined;
  /** Of these projects. */
  projectIds?: readonly string[] | undefined;
  /** Of this session. */
  sessionId?: string | undefined;
  /** Of this task. */
  taskId?: string | undefined;
  /** Of this kind. */
  kind?: ApprovalKind | undefined;
  /** That this one is to answer. */
  assignee?: string | undefined;
  /** At most this many, up to 1000. Default 100. A page may be shorter though more follow. */
  limit?: number | undefined;
  /** Where the page before ended. */
  pageToken?: string | undefined;
}

/**
 * An answer cannot reach the process that asked, since that is gone: it answers the same question
 * once, when the session asks it again.
 */
export interface ApprovalGranted {
  /** The approval that was answered. */
  approvalId?: string | undefined;
  /** The answer. */
  decision: Decision;
  /** Who answered. */
  by: Actor;
  /** The SHA-256 of the input that it is bound to. */
  inputHash: string;
  /** When it is void unless it has answered. */
  expiresAt?: Timestamp | undefined;
}

/**
 * An answer cannot reach the process that asked, since that is gone: it answers the same question
 * once, when the session asks it again. What may be left out has its default.
 */
export interface ApprovalGrantedInput {
  /** The approval that was answered. */
  approvalId?: string | undefined;
  /** The answer. */
  decision?: DecisionInput | undefined;
  /** Who answered. */
  by?: Actor | undefined;
  /** The SHA-256 of the input that it is bound to. */
  inputHash?: string | undefined;
  /** When it is void unless it has answered. */
  expiresAt?: Timestamp | undefined;
}

/** An approval. */
export interface ApprovalInfo {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** The project. */
  projectId?: string | undefined;
  /** The session that waits; a gate has none. */
  sessionId?: string | undefined;
  /** The turn that waits. */
  turnId?: string | undefined;
  /** The task that waits. */
  taskId?: string | undefined;
  /** What has become of it. */
  state: ApprovalState;
  /** What kind of question it is. */
  kind: ApprovalKind;
  /** The tool that wants to run. */
  tool?: string | undefined;
  /** The call that wants to run. */
  toolCallId?: string | undefined;
  /** One line for people. */
  title: string;
  /** The tool's input, or the question. */
  input: unknown;
  /** The agent's own name of the question; it answers to this, in this process only. */
  agentRequestId: string;
  /** The name under which a task opened a gate. */
  key?: string | undefined;
  /**
   * When the round of attempts began that a gate belongs to. A task that somebody tries again opens
   * its gates anew.
   */
  round?: Timestamp | undefined;
  /** The questions, where the agent asks the person something. */
  questions: Question[];
  /** The answers that the agent knows. */
  options: ApprovalOption[];
  /** Rules that the agent proposes, verbatim. */
  suggestions: unknown[];
  /**
   * The rules that an allowance keeps when it is remembered, word for word: no more than these.
   * Empty where it cannot be remembered.
   */
  rememberedRules: string[];
  /** The path that made the agent ask. */
  blockedPath?: string | undefined;
  /** The subagent that asks, if one does. */
  agentId?: string | undefined;
  /** Who is to answer, as the embedding product names people. Anybody may. */
  assignee?: string | undefined;
  /** What the permission handler failed with. A person is asked, as if there were none. */
  handlerError?: ErrorInfo | undefined;
  /** The answer. */
  decision?: Decision | undefined;
  /** Who answered. */
  decidedBy?: Actor | undefined;
  /** When it was answered. */
  decidedAt?: Timestamp | undefined;
  /** The rules that answered, or that want a person to answer. */
  rule?: string | undefined;
  /** The approval whose grant answered. */
  grantedBy?: string | undefined;
  /** When the agent was told the answer, or was about to be. */
  deliveredAt?: Timestamp | undefined;
  /** When the answer is sent to the agent's node again unless the agent was told. */
  deliverAt?: Timestamp | undefined;
  /** What became of an answer that the agent could not be told. */
  grant?: Grant | undefined;
  /** When it was asked. */
  createdAt: Timestamp;
  /** When it is denied if nobody answers. */
  expiresAt?: Timestamp | undefined;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** An approval. What may be left out has its default. */
export interface ApprovalInfoInput {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** The project. */
  projectId?: string | undefined;
  /** The session that waits; a gate has none. */
  sessionId?: string | undefined;
  /** The turn that waits. */
  turnId?: string | undefined;
  /** The task that waits. */
  taskId?: string | undefined;
  /** What has become of it. */
  state: ApprovalState;
  /** What kind of question it is. */
  kind: ApprovalKind;
  /** The tool that wants to run. */
  tool?: string | undefined;
  /** The call that wants to run. */
  toolCallId?: string | undefined;
  /** One line for people. */
  title?: string | undefined;
  /** The tool's input, or the question. */
  input?: unknown | undefined;
  /** The agent's own name of the question; it answers to this, in this process only. */
  agentRequestId?: string | undefined;
  /** The name under which a task opened a gate. */
  key?: string | undefined;
  /**
   * When the round of attempts began that a gate belongs to. A task that somebody tries again opens
   * its gates anew.
   */
  round?: Timestamp | undefined;
  /** The questions, where the agent asks the person something. */
  questions?: readonly QuestionInput[] | undefined;
  /** The answers that the agent knows. */
  options?: readonly ApprovalOption[] | undefined;
  /** Rules that the agent proposes, verbatim. */
  suggestions?: readonly unknown[] | undefined;
  /**
   * The rules that an allowance keeps when it is remembered, word for word: no more than these.
   * Empty where it cannot be remembered.
   */
  rememberedRules?: readonly string[] | undefined;
  /** The path that made the agent ask. */
  blockedPath?: string | undefined;
  /** The subagent that asks, if one does. */
  agentId?: string | undefined;
  /** Who is to answer, as the embedding product names people. Anybody may. */
  assignee?: string | undefined;
  /** What the permission handler failed with. A person is asked, as if there were none. */
  handlerError?: ErrorInfoInput | undefined;
  /** The answer. */
  decision?: DecisionInput | undefined;
  /** Who answered. */
  decidedBy?: Actor | undefined;
  /** When it was answered. */
  decidedAt?: Timestamp | undefined;
  /** The rules that answered, or that want a person to answer. */
  rule?: string | undefined;
  /** The approval whose grant answered. */
  grantedBy?: string | undefined;
  /** When the agent was told the answer, or was about to be. */
  deliveredAt?: Timestamp | undefined;
  /** When the answer is sent to the agent's node again unless the agent was told. */
  deliverAt?: Timestamp | undefined;
  /** What became of an answer that the agent could not be told. */
  grant?: GrantInput | undefined;
  /** When it was asked. */
  createdAt: Timestamp;
  /** When it is denied if nobody answers. */
  expiresAt?: Timestamp | undefined;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** What kind of question it is. */
export type ApprovalKind =
  /** May this tool run? */
  | 'tool'
  /** The agent asks the person something. */
  | 'question'
  /** Is this plan good? */
  | 'plan'
  /** A tool server asks the person for something. */
  | 'elicitation'
  /** A workflow or a task waits for a go-ahead. */
  | 'gate'
  /** One that this version does not know, kept. */
  | (string & {});

/** An answer that the agent knows. */
export interface ApprovalOption {
  /** Its id for the agent. */
  id: string;
  /** ACP's kind: `allow_once`, `allow_always`, `reject_once` or `reject_always`. */
  kind: string;
  /** One line for people. */
  title: string;
}

/** One page of approvals, oldest first. */
export interface ApprovalPage {
  /** The approvals. */
  approvals: ApprovalInfo[];
  /** Where the next page starts; none when this is the last. */
  next?: string | undefined;
  /** Watching from here misses nothing that came after this page. */
  asOf: string;
}

/** One page of approvals, oldest first. What may be left out has its default. */
export interface ApprovalPageInput {
  /** The approvals. */
  approvals: readonly ApprovalInfoInput[];
  /** Where the next page starts; none when this is the last. */
  next?: string | undefined;
  /** Watching from here misses nothing that came after this page. */
  asOf: string;
}

/** An agent or workflow waits for an answer. */
export interface ApprovalRequested {
  /** The approval. */
  approvalId?: string | undefined;
  /** What kind of question it is. */
  kind: ApprovalKind;
  /** The tool that wants to run. */
  tool?: string | undefined;
  /** The call that wants to run. */
  toolCallId?: string | undefined;
  /** One line for people. */
  title: string;
  /** The tool's input, or the question. */
  input: unknown;
  /** The questions, where the agent asks the person something. */
  questions: Question[];
  /** The answers that the agent knows. */
  options: ApprovalOption[];
  /** Rules that the agent proposes, verbatim. */
  suggestions: unknown[];
  /**
   * The rules that an allowance keeps when it is remembered, word for word: no more than these.
   * Empty where it cannot be remembered.
   */
  rememberedRules: string[];
  /** The path that made the agent ask. */
  blockedPath?: string | undefined;
  /** The subagent that asks, if one does. */
  agentId?: string | undefined;
  /** Who is to answer, if anybody is named. */
  assignee?: string | undefined;
  /**
   * The rules that answer it, or that want a person to. Where `answered` is true, nobody needs to
   * be asked: `approval.resolved` is the next event.
   */
  rule?: string | undefined;
  /** Whether a rule or a grant answered it at once. */
  answered: boolean;
  /** When it is denied if nobody answers. */
  expiresAt?: Timestamp | undefined;
}

/** An agent or workflow waits for an answer. What may be left out has its default. */
export interface ApprovalRequestedInput {
  /** The approval. */
  approvalId?: string | undefined;
  /** What kind of question it is. */
  kind?: ApprovalKind | undefined;
  /** The tool that wants to run. */
  tool?: string | undefined;
  /** The call that wants to run. */
  toolCallId?: string | undefined;
  /** One line for people. */
  title?: string | undefined;
  /** The tool's input, or the question. */
  input?: unknown | undefined;
  /** The questions, where the agent asks the person something. */
  questions?: readonly QuestionInput[] | undefined;
  /** The answers that the agent knows. */
  options?: readonly ApprovalOption[] | undefined;
  /** Rules that the agent proposes, verbatim. */
  suggestions?: readonly unknown[] | undefined;
  /**
   * The rules that an allowance keeps when it is remembered, word for word: no more than these.
   * Empty where it cannot be remembered.
   */
  rememberedRules?: readonly string[] | undefined;
  /** The path that made the agent ask. */
  blockedPath?: string | undefined;
  /** The subagent that asks, if one does. */
  agentId?: string | undefined;
  /** Who is to answer, if anybody is named. */
  assignee?: string | undefined;
  /**
   * The rules that answer it, or that want a person to. Where `answered` is true, nobody needs to
   * be asked: `approval.resolved` is the next event.
   */
  rule?: string | undefined;
  /** Whether a rule or a grant answered it at once. */
  answered?: boolean | undefined;
  /** When it is denied if nobody answers. */
  expiresAt?: Timestamp | undefined;
}

/** An approval was answered. */
export interface ApprovalResolved {
  /** The approval. */
  approvalId?: string | undefined;
  /** The answer. */
  decision: Decision;
  /** Who answered. */
  by: Actor;
  /** The policy's rule, if one answered. */
  rule?: string | undefined;
  /** Why, in the words of whoever answered. */
  reason?: string | undefined;
  /** The input that runs, where it is allowed. */
  input?: unknown | undefined;
  /** The approval whose grant answered, if one did. */
  grantedBy?: string | undefined;
}

/** An approval was answered. What may be left out has its default. */
export interface ApprovalResolvedInput {
  /** The approval. */
  approvalId?: string | undefined;
  /** The answer. */
  decision?: DecisionInput | undefined;
  /** Who answered. */
  by?: Actor | undefined;
  /** The policy's rule, if one answered. */
  rule?: string | undefined;
  /** Why, in the words of whoever answered. */
  reason?: string | undefined;
  /** The input that runs, where it is allowed. */
  input?: unknown | undefined;
  /** The approval whose grant answered, if one did. */
  grantedBy?: string | undefined;
}

/** What has become of an approval. */
export type ApprovalState =
  /** Waits for an answer. */
  | 'pending'
  /** Allowed or answered. */
  | 'allowed'
  /** Denied. */
  | 'denied'
  /** Denied since nobody answered in time. */
  | 'expired'
  /** Void: the agent took it back. */
  | 'withdrawn'
  /** Void: the process that asked is gone. */
  | 'owner_lost'
  /** One that this version does not know, kept. */
  | (string & {});

/**
 * An approval has more time, another one is to answer it, or the permission handler failed and leaves
 * it to a person. What is given holds from now on.
 */
export interface ApprovalUpdated {
  /** The approval. */
  approvalId?: string | undefined;
  /** When it is denied if nobody answers. */
  expiresAt?: Timestamp | undefined;
  /** Who is to answer; anybody when none. */
  assignee?: string | undefined;
  /** What the permission handler failed with, if that is what happened. */
  handlerError?: ErrorInfo | undefined;
}

/**
 * An approval has more time, another one is to answer it, or the permission handler failed and leaves
 * it to a person. What is given holds from now on. What may be left out has its default.
 */
export interface ApprovalUpdatedInput {
  /** The approval. */
  approvalId?: string | undefined;
  /** When it is denied if nobody answers. */
  expiresAt?: Timestamp | undefined;
  /** Who is to answer; anybody when none. */
  assignee?: string | undefined;
  /** What the permission handler failed with, if that is what happened. */
  handlerError?: ErrorInfoInput | undefined;
}

/** The question is void: the agent took it back, or is gone. */
export interface ApprovalWithdrawn {
  /** The approval. */
  approvalId?: string | undefined;
  /** `agent`, `interrupted` or `owner_lost`; for a gate `task_ended` or `task_cancelled`. */
  reason: string;
}

/** The question is void: the agent took it back, or is gone. What may be left out has its default. */
export interface ApprovalWithdrawnInput {
  /** The approval. */
  approvalId?: string | undefined;
  /** `agent`, `interrupted` or `owner_lost`; for a gate `task_ended` or `task_cancelled`. */
  reason?: string | undefined;
}

/** One attempt of a task. */
export interface AttemptInfo {
  /** Its number, from 1. */
  number: number;
  /** What became of it. */
  state: AttemptState;
  /** The fence that all its writes carried. */
  token: number;
  /** The node that worked on it. */
  nodeId: string;
  /** When it started. */
  startedAt: Timestamp;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
  /** How it failed. */
  error?: ErrorInfo | undefined;
}

/** One attempt of a task. What may be left out has its default. */
export interface AttemptInfoInput {
  /** Its number, from 1. */
  number: number;
  /** What became of it. */
  state: AttemptState;
  /** The fence that all its writes carried. */
  token: number;
  /** The node that worked on it. */
  nodeId: string;
  /** When it started. */
  startedAt: Timestamp;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
  /** How it failed. */
  error?: ErrorInfoInput | undefined;
}

/** The node that worked on an attempt is gone. */
export interface AttemptLost {
  /** The attempt. */
  attempt: number;
  /** The node that held it. */
  nodeId?: string | undefined;
  /** How that is known: `process_dead` or `lease_lapsed`. */
  evidence: string;
}

/** The node that worked on an attempt is gone. What may be left out has its default. */
export interface AttemptLostInput {
  /** The attempt. */
  attempt?: number | undefined;
  /** The node that held it. */
  nodeId?: string | undefined;
  /** How that is known: `process_dead` or `lease_lapsed`. */
  evidence?: string | undefined;
}

/** What was found and done about an attempt that was lost. */
export interface AttemptRecovered {
  /** The attempt. */
  attempt: number;
  /** How many processes it had left behind that were ended. */
  processesEnded: number;
  /** What follows: `resume`, `fresh`, `queue` or `give_up`. */
  action: string;
  /** For people. */
  detail: string;
}

/** What was found and done about an attempt that was lost. What may be left out has its default. */
export interface AttemptRecoveredInput {
  /** The attempt. */
  attempt?: number | undefined;
  /** How many processes it had left behind that were ended. */
  processesEnded?: number | undefined;
  /** What follows: `resume`, `fresh`, `queue` or `give_up`. */
  action?: string | undefined;
  /** For people. */
  detail?: string | undefined;
}

/** What became of an attempt. */
export type AttemptState =
  /** Under way. */
  | 'running'
  /** It worked. */
  | 'succeeded'
  /** It failed by itself. */
  | 'failed'
  /** It was called off. */
  | 'cancelled'
  /** It waits for a person. */
  | 'input_required'
  /** Its node was lost. */
  | 'lost'
  /** Its node was shut down cleanly. */
  | 'parked'
  /** One that this version does not know, kept. */
  | (string & {});

/** Where a payload is that is too large for an event. */
export interface BlobRef {
  /** Its address within the tenant: a keyed hash of the content. */
  address: string;
  /** How many bytes it has. */
  size: number;
  /** Its media type, for example `text/plain` or `application/json`. */
  mediaType: string;
  /** How it begins, when it is text. */
  head: string;
}

/** Where a payload is that is too large for an event. What may be left out has its default. */
export interface BlobRefInput {
  /** Its address within the tenant: a keyed hash of the content. */
  address?: string | undefined;
  /** How many bytes it has. */
  size?: number | undefined;
  /** Its media type, for example `text/plain` or `application/json`. */
  mediaType?: string | undefined;
  /** How it begins, when it is text. */
  head?: string | undefined;
}

/** Somebody asked for a task to be cancelled. */
export interface CancelRequest {
  /** Who. */
  by: Actor;
  /** When. */
  at: Timestamp;
  /** Why, for people. */
  reason: string;
  /** When the attempt loses its authority if it has not ended by then. */
  forceAt: Timestamp;
}

/** Somebody asked for a task to be cancelled. What may be left out has its default. */
export interface CancelRequestInput {
  /** Who. */
  by: Actor;
  /** When. */
  at: Timestamp;
  /** Why, for people. */
  reason?: string | undefined;
  /** When the attempt loses its authority if it has not ended by then. */
  forceAt: Timestamp;
}

/** What a workspace holds that is not in its base. */
export interface Changes {
  /** Every file that differs from the base, committed or not. */
  files: FileChange[];
  /** Whether tracked files differ from the last commit. */
  uncommitted: boolean;
  /** Whether there are files that git does not know and does not ignore. */
  untracked: boolean;
  /** Whether there are ignored files that are no output of a build. */
  ignored: boolean;
  /** Whether there is a stash that was made in the workspace. */
  stashed: boolean;
  /**
   * Commits that are in no other branch, those included that only a reflog of the workspace leads
   * to, and those of submodules that none of their remotes has.
   */
  unmerged: number;
  /** The last commit. */
  head?: string | undefined;
}

/** What a workspace holds that is not in its base. What may be left out has its default. */
export interface ChangesInput {
  /** Every file that differs from the base, committed or not. */
  files: readonly FileChange[];
  /** Whether tracked files differ from the last commit. */
  uncommitted: boolean;
  /** Whether there are files that git does not know and does not ignore. */
  untracked: boolean;
  /** Whether there are ignored files that are no output of a build. */
  ignored?: boolean | undefined;
  /** Whether there is a stash that was made in the workspace. */
  stashed?: boolean | undefined;
  /**
   * Commits that are in no other branch, those included that only a reflog of the workspace leads
   * to, and those of submodules that none of their remotes has.
   */
  unmerged: number;
  /** The last commit. */
  head?: string | undefined;
}

/** One answer to choose. */
export interface Choice {
  /** What is chosen, and given as the answer. */
  label: string;
  /** What it means. */
  description: string;
}

/** One answer to choose. What may be left out has its default. */
export interface ChoiceInput {
  /** What is chosen, and given as the answer. */
  label?: string | undefined;
  /** What it means. */
  description?: string | undefined;
}

/** One block of a prompt or message. */
export type ContentBlock =
  /** Text. */
  | { type: 'text'; text: string; }
  /** An image. */
  | { type: 'image'; mediaType: string; data: string; }
  /** A file, given with a prompt. Claude Code takes PDF and text. */
  | { type: 'file'; name?: string | undefined; mediaType: string; data: string; }
  /** Anything else, verbatim. */
  | { type: 'other'; block: unknown; }
  /** One that this version does not know, whole. */
  | { type: 'unknown'; wire: Record<string, unknown> };

/** The agent replaced the older part of its context by a summary. */
export interface ContextCompacted {
  /** What began it: `auto` or `manual`. */
  trigger: string;
  /** Tokens in use before. */
  before?: number | undefined;
  /** Tokens in use after. */
  after?: number | undefined;
}

/** The agent replaced the older part of its context by a summary. What may be left out has its default. */
export interface ContextCompactedInput {
  /** What began it: `auto` or `manual`. */
  trigger?: string | undefined;
  /** Tokens in use before. */
  before?: number | undefined;
  /** Tokens in use after. */
  after?: number | undefined;
}

/** How full the model's context is. */
export interface ContextUpdated {
  /** Tokens in use. */
  used: number;
  /** Tokens that fit. */
  size?: number | undefined;
}

/** How full the model's context is. What may be left out has its default. */
export interface ContextUpdatedInput {
  /** Tokens in use. */
  used?: number | undefined;
  /** Tokens that fit. */
  size?: number | undefined;
}

/** An answer to an approval. */
export type Decision =
  /** It may run. */
  | { decision: 'allow'; input?: unknown | undefined; remember: Remember; }
  /** It may not run. */
  | { decision: 'deny'; message: string; interrupt: boolean; }
  /** The answers to a question, by question. */
  | { decision: 'answer'; answers: unknown; }
  /** One that this version does not know, whole. */
  | { decision: 'unknown'; wire: Record<string, unknown> };

/** An answer to an approval. */
export type DecisionInput =
  /** It may run. */
  | { decision: 'allow'; input?: unknown | undefined; remember?: Remember | undefined; }
  /** It may not run. */
  | { decision: 'deny'; message?: string | undefined; interrupt?: boolean | undefined; }
  /** The answers to a question, by question. */
  | { decision: 'answer'; answers: unknown; }
  /** One that this version does not know, whole. */
  | { decision: 'unknown'; wire: Record<string, unknown> };

/**
 * What a rule does with the calls that it fits. A rule that denies beats one that asks, and that
 * one beats a rule that allows, whatever their levels.
 */
export type Effect =
  /** The call may not run. */
  | 'deny'
  /** A person is asked, whatever allows it. */
  | 'ask'
  /** The call may run. */
  | 'allow'
  /** One that this version does not know, kept. */
  | (string & {});

/** An `Error` as data: on the wire, in records and in events. */
export interface ErrorInfo {
  /** What a reader can do about it. */
  kind: ErrorKind;
  /** Why it failed. */
  message: string;
  /** What was being done. */
  operation: string;
  /** Facts about what the call was about. */
  context: [string, string][];
  /** The limit that was reached, if one was. */
  limit?: LimitHit | undefined;
  /** Whether the same call may succeed later. */
  retryable: boolean;
  /** Whether the effect may have happened in spite of the error. */
  unknownOutcome: boolean;
  /**
   * Names the exception of another language that this is, for the process that threw it, which may
   * still have it.
   */
  exceptionId?: string | undefined;
}

/** An `Error` as data: on the wire, in records and in events. What may be left out has its default. */
export interface ErrorInfoInput {
  /** What a reader can do about it. */
  kind: ErrorKind;
  /** Why it failed. */
  message: string;
  /** What was being done. */
  operation?: string | undefined;
  /** Facts about what the call was about. */
  context?: [string, string][] | undefined;
  /** The limit that was reached, if one was. */
  limit?: LimitHit | undefined;
  /** Whether the same call may succeed later. */
  retryable?: boolean | undefined;
  /** Whether the effect may have happened in spite of the error. */
  unknownOutcome?: boolean | undefined;
  /**
   * Names the exception of another language that this is, for the process that threw it, which may
   * still have it.
   */
  exceptionId?: string | undefined;
}

/** What a caller can do about an `Error`. The strings are the same in every language. */
export type ErrorKind =
  /** An argument is wrong; the message names the field. Correct it. */
  | 'invalid_argument'
  /** The process-wide configuration is wrong. Correct it and start again. */
  | 'invalid_config'
  /** The thing named does not exist. */
  | 'not_found'
  /** A thing with this name or key exists already. */
  | 'already_exists'
  /** Somebody changed the thing in between, or its state does not allow the call. Read it again. */
  | 'conflict'
  /** This node no longer holds the lease that the call needs. Stop the work. */
  | 'lease_lost'
  /** The work was cancelled. */
  | 'cancelled'
  /** The time allowed for the call has passed. */
  | 'timeout'
  /** Something outside does not answer now. Retrying may help. */
  | 'unavailable'
  /** The caller may not do this. */
  | 'permission_denied'
  /** A limit is reached; `Error::limit` says which. */
  | 'resource_exhausted'
  /** This adapter, agent or version cannot do it. */
  | 'unsupported'
  /** The other side broke its protocol. */
  | 'protocol'
  /** The object was closed. */
  | 'closed'
  /** A defect in Maestro or an adapter. */
  | 'internal'
  /** One that this version does not know, kept. */
  | (string & {});

/** Which events a feed shows. Every given field narrows; an empty list means "any". */
export interface EventFilter {
  /** Whose events; none means every tenant's and is for a node's own use only. */
  tenantId?: string | undefined;
  /** Events of these projects. */
  projectIds: string[];
  /** Events of these sessions. */
  sessionIds: string[];
  /** Events of these tasks, their sessions' included. */
  taskIds: string[];
  /** Events of these types; `task.*` means every type that starts with `task.`. */
  types: string[];
}

/** Which events a feed shows. Every given field narrows; an empty list means "any". What may be left out has its default. */
export interface EventFilterInput {
  /** Whose events; none means every tenant's and is for a node's own use only. */
  tenantId?: string | undefined;
  /** Events of these projects. */
  projectIds?: readonly string[] | undefined;
  /** Events of these sessions. */
  sessionIds?: readonly string[] | undefined;
  /** Events of these tasks, their sessions' included. */
  taskIds?: readonly string[] | undefined;
  /** Events of these types; `task.*` means every type that starts with `task.`. */
  types?: readonly string[] | undefined;
}

/** A changed file. */
export interface FileChange {
  /** Its path relative to the workspace, with `/`. */
  path: string;
  /** What happened to it. */
  status: FileStatus;
  /** Lines added; none for binary files. */
  added?: number | undefined;
  /** Lines removed; none for binary files. */
  removed?: number | undefined;
}

/** A tool call changed a file. */
export interface FileChanged {
  /** The call. */
  toolCallId: string;
  /** The file, relative to the workspace where it lies inside. */
  path: string;
  /** Lines added, where the agent tells. */
  added?: number | undefined;
  /** Lines removed, where the agent tells. */
  removed?: number | undefined;
}

/** A tool call changed a file. What may be left out has its default. */
export interface FileChangedInput {
  /** The call. */
  toolCallId?: string | undefined;
  /** The file, relative to the workspace where it lies inside. */
  path?: string | undefined;
  /** Lines added, where the agent tells. */
  added?: number | undefined;
  /** Lines removed, where the agent tells. */
  removed?: number | undefined;
}

/** What happened to a file. */
export type FileStatus =
  /** New. */
  | 'added'
  /** Changed. */
  | 'modified'
  /** Gone. */
  | 'deleted'
  /** Moved. */
  | 'renamed'
  /** One that this version does not know, kept. */
  | (string & {});

/** A file that the session's tools changed. */
export interface FileView {
  /** The file, relative to the workspace where it lies inside. */
  path: string;
  /** How often it was changed. */
  changes: number;
  /** Lines added; none when no change told. */
  added?: number | undefined;
  /** Lines removed; none when no change told. */
  removed?: number | undefined;
  /** How many changes did not tell their lines, so that the numbers are too low. */
  uncounted: number;
}

/** A file that the session's tools changed. What may be left out has its default. */
export interface FileViewInput {
  /** The file, relative to the workspace where it lies inside. */
  path?: string | undefined;
  /** How often it was changed. */
  changes?: number | undefined;
  /** Lines added; none when no change told. */
  added?: number | undefined;
  /** Lines removed; none when no change told. */
  removed?: number | undefined;
  /** How many changes did not tell their lines, so that the numbers are too low. */
  uncounted?: number | undefined;
}

/** Events are missing here, and this says so. */
export interface Gap {
  /** Why, for people. */
  reason: string;
  /** How many, if known. */
  missing?: number | undefined;
}

/** Events are missing here, and this says so. What may be left out has its default. */
export interface GapInput {
  /** Why, for people. */
  reason?: string | undefined;
  /** How many, if known. */
  missing?: number | undefined;
}

/**
 * An answer that came when the process that had asked was gone. It answers the same question once:
 * the same kind and tool with the same input, in the same session.
 */
export interface Grant {
  /** What has become of it. */
  state: GrantState;
  /** The SHA-256 of the input as canonical JSON, in hexadecimal. */
  inputHash: string;
  /** When it was made. */
  createdAt: Timestamp;
  /** When it is void unless it has answered. */
  expiresAt: Timestamp;
  /** The approval that it has answered. */
  usedBy?: string | undefined;
}

/**
 * An answer that came when the process that had asked was gone. It answers the same question once:
 * the same kind and tool with the same input, in the same session. What may be left out has its default.
 */
export interface GrantInput {
  /** What has become of it. */
  state?: GrantState | undefined;
  /** The SHA-256 of the input as canonical JSON, in hexadecimal. */
  inputHash?: string | undefined;
  /** When it was made. */
  createdAt?: Timestamp | undefined;
  /** When it is void unless it has answered. */
  expiresAt?: Timestamp | undefined;
  /** The approval that it has answered. */
  usedBy?: string | undefined;
}

/** What has become of a grant. */
export type GrantState =
  /** It answers the same question once, when that is asked again. */
  | 'open'
  /** It has answered. */
  | 'spent'
  /** The question was not asked again in time. */
  | 'expired'
  /** One that this version does not know, kept. */
  | (string & {});

/** What an item of a conversation is. */
export type ItemBody =
  /** A turn began, or a prompt was added to the one under way. */
  | { item: 'prompt'; origin: Origin; blocks: ContentBlock[]; by?: Actor | undefined; foldedInto?: string | undefined; }
  /** What an agent or a person said. */
  | { item: 'message'; messageId: string; role: string; blocks: ContentBlock[]; }
  /** What an agent thought. */
  | { item: 'thought'; messageId: string; text: string; redacted: boolean; }
  /** A use of a tool. */
  | { item: 'tool'; toolCallId: string; parentToolCallId?: string | undefined; name: string; kind: string; title: string; locations: string[]; input: unknown; effectiveInput?: unknown | undefined; status: ToolStatus; content: ToolContent[]; result?: unknown | undefined; truncated: boolean; full?: BlobRef | undefined; background: boolean; approval?: ToolApproval | undefined; endedAt?: Timestamp | undefined; }
  /** A turn ended. */
  | { item: 'turn_ended'; stopReason: string; isError: boolean; error?: ErrorInfo | undefined; result?: string | undefined; structuredOutput?: unknown | undefined; usage: Usage; costMicroUsd?: number | undefined; durationMs?: number | undefined; }
  /** Something that a person should know. */
  | { item: 'notice'; event: EventData; }
  /** One that this version does not know, whole. */
  | { item: 'unknown'; wire: Record<string, unknown> };

/** What an item of a conversation is. */
export type ItemBodyInput =
  /** A turn began, or a prompt was added to the one under way. */
  | { item: 'prompt'; origin?: Origin | undefined; blocks?: readonly ContentBlock[] | undefined; by?: Actor | undefined; foldedInto?: string | undefined; }
  /** What an agent or a person said. */
  | { item: 'message'; messageId?: string | undefined; role?: string | undefined; blocks?: readonly ContentBlock[] | undefined; }
  /** What an agent thought. */
  | { item: 'thought'; messageId?: string | undefined; text?: string | undefined; redacted?: boolean | undefined; }
  /** A use of a tool. */
  | { item: 'tool'; toolCallId?: string | undefined; parentToolCallId?: string | undefined; name?: string | undefined; kind?: string | undefined; title?: string | undefined; locations?: readonly string[] | undefined; input?: unknown | undefined; effectiveInput?: unknown | undefined; status?: ToolStatus | undefined; content?: readonly ToolContentInput[] | undefined; result?: unknown | undefined; truncated?: boolean | undefined; full?: BlobRefInput | undefined; background?: boolean | undefined; approval?: ToolApprovalInput | undefined; endedAt?: Timestamp | undefined; }
  /** A turn ended. */
  | { item: 'turn_ended'; stopReason?: string | undefined; isError?: boolean | undefined; error?: ErrorInfoInput | undefined; result?: string | undefined; structuredOutput?: unknown | undefined; usage?: UsageInput | undefined; costMicroUsd?: number | undefined; durationMs?: number | undefined; }
  /** Something that a person should know. */
  | { item: 'notice'; event: EventDataInput; }
  /** One that this version does not know, whole. */
  | { item: 'unknown'; wire: Record<string, unknown> };

/** Which limit an `ErrorKind::ResourceExhausted` error ran into. */
export interface LimitHit {
  /** The limit's name, for example `concurrency`. */
  limit: string;
  /** What it is counted over, for example `project:shop`. */
  scope: string;
  /** How much is in use. */
  used: number;
  /** How much is allowed. */
  max: number;
  /** When it resets, if it does. */
  resetsAt?: Timestamp | undefined;
}

/** A limit was reached that somebody had set. */
export interface LimitReached {
  /** Which one, and how far it is used. */
  limit: LimitHit;
  /** What follows: `queue`, `refuse` or `stop`. */
  action: string;
}

/** A limit was reached that somebody had set. What may be left out has its default. */
export interface LimitReachedInput {
  /** Which one, and how far it is used. */
  limit?: LimitHit | undefined;
  /** What follows: `queue`, `refuse` or `stop`. */
  action?: string | undefined;
}

/** Whether an account's login was taken, the last time that it showed. */
export type LoginState =
  /** It was not used yet. */
  | 'unknown'
  /** The service answered. */
  | 'ok'
  /** The service refused it. */
  | 'refused'
  /** One that this version does not know, kept. */
  | (string & {});

/** How a tool server of a session is. */
export interface McpServerStatus {
  /** Its name. */
  name: string;
  /** In the agent's word, for example `connected`, `pending`, `failed`, `needs-auth`. */
  status: string;
}

/** How a tool server of a session is. What may be left out has its default. */
export interface McpServerStatusInput {
  /** Its name. */
  name?: string | undefined;
  /** In the agent's word, for example `connected`, `pending`, `failed`, `needs-auth`. */
  status?: string | undefined;
}

/** A whole message, or one more block of it. */
export interface Message {
  /** The agent's id of the message; blocks with the same id belong together. */
  messageId: string;
  /** `assistant` or `user`. */
  role: string;
  /**
   * Which block of the message the first of these is, from 0, where the agent tells. Pieces of
   * these blocks and of those before are replaced. None means the whole message.
   */
  block?: number | undefined;
  /** The content. */
  blocks: ContentBlock[];
  /** The subagent that wrote it, if one did. */
  agentId?: string | undefined;
}

/** A whole message, or one more block of it. What may be left out has its default. */
export interface MessageInput {
  /** The agent's id of the message; blocks with the same id belong together. */
  messageId?: string | undefined;
  /** `assistant` or `user`. */
  role?: string | undefined;
  /**
   * Which block of the message the first of these is, from 0, where the agent tells. Pieces of
   * these blocks and of those before are replaced. None means the whole message.
   */
  block?: number | undefined;
  /** The content. */
  blocks?: readonly ContentBlock[] | undefined;
  /** The subagent that wrote it, if one did. */
  agentId?: string | undefined;
}

/** A piece of a message that is being written. Ephemeral: `message` replaces it. */
export interface MessageDelta {
  /** The message it belongs to. */
  messageId: string;
  /** The block of the message, from 0. */
  block: number;
  /** Grows when the agent starts the message again; earlier pieces are void. */
  generation: number;
  /** Where in the block the piece starts, in UTF-8 bytes. */
  offset: number;
  /** The piece. */
  text: string;
  /** The subagent that writes, if one does. */
  agentId?: string | undefined;
}

/** A piece of a message that is being written. Ephemeral: `message` replaces it. What may be left out has its default. */
export interface MessageDeltaInput {
  /** The message it belongs to. */
  messageId?: string | undefined;
  /** The block of the message, from 0. */
  block?: number | undefined;
  /** Grows when the agent starts the message again; earlier pieces are void. */
  generation?: number | undefined;
  /** Where in the block the piece starts, in UTF-8 bytes. */
  offset?: number | undefined;
  /** The piece. */
  text?: string | undefined;
  /** The subagent that writes, if one does. */
  agentId?: string | undefined;
}

/** What was said. Blocks that come one by one are put together while nothing comes between. */
export interface MessageItem {
  /** The agent's id of the message. Several items may be of one. */
  messageId: string;
  /** `assistant` or `user`. */
  role: string;
  /** The content. */
  blocks: ContentBlock[];
}

/** What was said. Blocks that come one by one are put together while nothing comes between. What may be left out has its default. */
export interface MessageItemInput {
  /** The agent's id of the message. Several items may be of one. */
  messageId?: string | undefined;
  /** `assistant` or `user`. */
  role?: string | undefined;
  /** The content. */
  blocks?: readonly ContentBlock[] | undefined;
}

/** What was written of a message is void: the agent starts it again, or never ended it. */
export interface MessageSuperseded {
  /** The message whose pieces are void. */
  messageId: string;
  /** The last generation that is void. */
  generation: number;
  /** The subagent that wrote it, if one did. */
  agentId?: string | undefined;
}

/** What was written of a message is void: the agent starts it again, or never ended it. What may be left out has its default. */
export interface MessageSupersededInput {
  /** The message whose pieces are void. */
  messageId?: string | undefined;
  /** The last generation that is void. */
  generation?: number | undefined;
  /** The subagent that wrote it, if one did. */
  agentId?: string | undefined;
}

/** A node started. */
export interface NodeJoined {
  /** Maestro's version. */
  version: string;
  /** How many tasks it works on at once. */
  concurrency: number;
}

/** A node started. What may be left out has its default. */
export interface NodeJoinedInput {
  /** Maestro's version. */
  version?: string | undefined;
  /** How many tasks it works on at once. */
  concurrency?: number | undefined;
}

/** A node is gone without having said so. */
export interface NodeLost {
  /** How that is known: `process_dead` or `lease_lapsed`. */
  evidence: string;
}

/** A node is gone without having said so. What may be left out has its default. */
export interface NodeLostInput {
  /** How that is known: `process_dead` or `lease_lapsed`. */
  evidence?: string | undefined;
}

/**
 * Something that a person should know. Its event's type is one of `agent.retrying`,
 * `agent.rate_limited`, `agent.warning`, `agent.stderr`, `agent.output`, `limit.reached`,
 * `session.resumed`, `session.forked`, `session.failed`, `session.closed`, `context.compacted`,
 * `gap`.
 */
export interface NoticeItem {
  /** The content of the event that says it. A retry takes the place of the one before. */
  event: EventData;
}

/**
 * Something that a person should know. Its event's type is one of `agent.retrying`,
 * `agent.rate_limited`, `agent.warning`, `agent.stderr`, `agent.output`, `limit.reached`,
 * `session.resumed`, `session.forked`, `session.failed`, `session.closed`, `context.compacted`,
 * `gap`. What may be left out has its default.
 */
export interface NoticeItemInput {
  /** The content of the event that says it. A retry takes the place of the one before. */
  event: EventDataInput;
}

/** The turn under way. */
export interface OpenTurn {
  /** Its id. */
  id?: string | undefined;
  /** What began it. */
  origin: Origin;
  /** When it began. */
  startedAt: Timestamp;
}

/** What began a turn. */
export type Origin =
  /** A prompt. */
  | { kind: 'prompt'; }
  /** The agent itself, for example since a background subagent came back. */
  | { kind: 'agent'; reason: string; }
  /** Maestro, which asked the agent to go on after its process was lost. */
  | { kind: 'recovery'; }
  /** One that this version does not know, whole. */
  | { kind: 'unknown'; wire: Record<string, unknown> };

/** What came of an attempt. A bad result is data, not an error. */
export type Outcome =
  /** It worked. */
  | { outcome: 'succeeded'; summary: string; output: unknown; workElsewhere: WorkElsewhere[]; }
  /** It did not. */
  | { outcome: 'failed'; error: ErrorInfo; retryable: boolean; }
  /** It was called off. */
  | { outcome: 'cancelled'; reason: string; }
  /** It cannot go on without a person. */
  | { outcome: 'input_required'; reason: string; detail: unknown; }
  /** One that this version does not know, whole. */
  | { outcome: 'unknown'; wire: Record<string, unknown> };

/** What came of an attempt. A bad result is data, not an error. */
export type OutcomeInput =
  /** It worked. */
  | { outcome: 'succeeded'; summary?: string | undefined; output?: unknown | undefined; workElsewhere?: readonly WorkElsewhere[] | undefined; }
  /** It did not. */
  | { outcome: 'failed'; error: ErrorInfoInput; retryable?: boolean | undefined; }
  /** It was called off. */
  | { outcome: 'cancelled'; reason?: string | undefined; }
  /** It cannot go on without a person. */
  | { outcome: 'input_required'; reason: string; detail?: unknown | undefined; }
  /** One that this version does not know, whole. */
  | { outcome: 'unknown'; wire: Record<string, unknown> };

/** One block of a message or thought that is being written. */
export interface Partial {
  /** The message it belongs to. */
  messageId: string;
  /** The block of the message, from 0. */
  block: number;
  /** Whether it is a thought. */
  thought: boolean;
  /** Which try of the agent to write it. */
  generation: number;
  /**
   * Where in the block `text` starts, in UTF-8 bytes. More than 0 means that what came before
   * did not get here.
   */
  offset: number;
  /** The text so far. */
  text: string;
  /** The subagent that writes, if one does. */
  agentId?: string | undefined;
  /** The turn that it is written in. */
  turnId?: string | undefined;
  /** When the last piece came. */
  at?: Timestamp | undefined;
}

/** One block of a message or thought that is being written. What may be left out has its default. */
export interface PartialInput {
  /** The message it belongs to. */
  messageId?: string | undefined;
  /** The block of the message, from 0. */
  block?: number | undefined;
  /** Whether it is a thought. */
  thought?: boolean | undefined;
  /** Which try of the agent to write it. */
  generation?: number | undefined;
  /**
   * Where in the block `text` starts, in UTF-8 bytes. More than 0 means that what came before
   * did not get here.
   */
  offset?: number | undefined;
  /** The text so far. */
  text?: string | undefined;
  /** The subagent that writes, if one does. */
  agentId?: string | undefined;
  /** The turn that it is written in. */
  turnId?: string | undefined;
  /** When the last piece came. */
  at?: Timestamp | undefined;
}

/** A question that waits for an answer. */
export interface PendingApproval {
  /** The approval. */
  approvalId?: string | undefined;
  /** What kind of question it is. */
  kind: ApprovalKind;
  /** The tool that wants to run. */
  tool?: string | undefined;
  /** The call that wants to run. */
  toolCallId?: string | undefined;
  /** One line for people. */
  title: string;
  /** The tool's input, or the question. */
  input: unknown;
  /** The questions, where the agent asks the person something. */
  questions: Question[];
  /** The answers that the agent knows. */
  options: ApprovalOption[];
  /** Rules that the agent proposes, verbatim. */
  suggestions: unknown[];
  /**
   * The rules that an allowance keeps when it is remembered, word for word: no more than these.
   * Empty where it cannot be remembered.
   */
  rememberedRules: string[];
  /** The path that made the agent ask. */
  blockedPath?: string | undefined;
  /** The subagent that asks, if one does. */
  agentId?: string | undefined;
  /** Who is to answer, if anybody is named. */
  assignee?: string | undefined;
  /**
   * The rules that answer it, or that want a person to. Where `answered` is true, nobody needs to
   * be asked: `approval.resolved` is the next event.
   */
  rule?: string | undefined;
  /** Whether a rule or a grant answered it at once. */
  answered: boolean;
  /** When it is denied if nobody answers. */
  expiresAt?: Timestamp | undefined;
  /** When it was asked. */
  requestedAt: Timestamp;
  /** The turn that waits. */
  turnId?: string | undefined;
}

/** A question that waits for an answer. What may be left out has its default. */
export interface PendingApprovalInput {
  /** The approval. */
  approvalId?: string | undefined;
  /** What kind of question it is. */
  kind?: ApprovalKind | undefined;
  /** The tool that wants to run. */
  tool?: string | undefined;
  /** The call that wants to run. */
  toolCallId?: string | undefined;
  /** One line for people. */
  title?: string | undefined;
  /** The tool's input, or the question. */
  input?: unknown | undefined;
  /** The questions, where the agent asks the person something. */
  questions?: readonly QuestionInput[] | undefined;
  /** The answers that the agent knows. */
  options?: readonly ApprovalOption[] | undefined;
  /** Rules that the agent proposes, verbatim. */
  suggestions?: readonly unknown[] | undefined;
  /**
   * The rules that an allowance keeps when it is remembered, word for word: no more than these.
   * Empty where it cannot be remembered.
   */
  rememberedRules?: readonly string[] | undefined;
  /** The path that made the agent ask. */
  blockedPath?: string | undefined;
  /** The subagent that asks, if one does. */
  agentId?: string | undefined;
  /** Who is to answer, if anybody is named. */
  assignee?: string | undefined;
  /**
   * The rules that answer it, or that want a person to. Where `answered` is true, nobody needs to
   * be asked: `approval.resolved` is the next event.
   */
  rule?: string | undefined;
  /** Whether a rule or a grant answered it at once. */
  answered?: boolean | undefined;
  /** When it is denied if nobody answers. */
  expiresAt?: Timestamp | undefined;
  /** When it was asked. */
  requestedAt: Timestamp;
  /** The turn that waits. */
  turnId?: string | undefined;
}

/** A path at a place. */
export interface PlacePath {
  /** Where the path is. */
  place: string;
  /** The absolute path there. */
  path: string;
}

/** One entry of a plan. */
export interface PlanEntry {
  /** The agent's id of it, where it has one. */
  id?: string | undefined;
  /** What is to be done. */
  content: string;
  /** How it stands, in ACP's words. */
  status: PlanStatus;
  /** What is being done, where the agent says it in other words than `content`. */
  active?: string | undefined;
}

/** One entry of a plan. What may be left out has its default. */
export interface PlanEntryInput {
  /** The agent's id of it, where it has one. */
  id?: string | undefined;
  /** What is to be done. */
  content?: string | undefined;
  /** How it stands, in ACP's words. */
  status?: PlanStatus | undefined;
  /** What is being done, where the agent says it in other words than `content`. */
  active?: string | undefined;
}

/** How an entry of a plan stands. */
export type PlanStatus =
  /** Not begun. */
  | 'pending'
  /** Under way. */
  | 'in_progress'
  /** Done. */
  | 'completed'
  /** One that this version does not know, kept. */
  | (string & {});

/** The agent's plan, whole. */
export interface PlanUpdated {
  /** Its entries, in order. An empty plan has none. */
  entries: PlanEntry[];
  /** The subagent whose plan it is, if it is one's. */
  agentId?: string | undefined;
}

/** The agent's plan, whole. What may be left out has its default. */
export interface PlanUpdatedInput {
  /** Its entries, in order. An empty plan has none. */
  entries?: readonly PlanEntryInput[] | undefined;
  /** The subagent whose plan it is, if it is one's. */
  agentId?: string | undefined;
}

/** A rule was removed. */
export interface PolicyRemoved {
  /** The rule. */
  ruleId?: string | undefined;
  /** Which calls it meant. */
  rule: string;
  /** What became of them. */
  effect?: Effect | undefined;
}

/** A rule was removed. What may be left out has its default. */
export interface PolicyRemovedInput {
  /** The rule. */
  ruleId?: string | undefined;
  /** Which calls it meant. */
  rule?: string | undefined;
  /** What became of them. */
  effect?: Effect | undefined;
}

/** A rule was put, or put again with another effect. */
export interface PolicyUpdated {
  /** The rule as it is now. */
  rule?: RuleInfo | undefined;
}

/** A rule was put, or put again with another effect. What may be left out has its default. */
export interface PolicyUpdatedInput {
  /** The rule as it is now. */
  rule?: RuleInfoInput | undefined;
}

/** A process that can be recognised later, also after its pid was given to another. */
export interface ProcessRef {
  /** Where it runs. */
  place: string;
  /** Its process id there. */
  pid: number;
  /** When it started, in the unit of the place (clock ticks since boot on Linux). */
  start: number;
  /** Which boot of the place, if it tells. A process of another boot is gone. */
  boot?: string | undefined;
  /** Which pid namespace, if the place has them. Another one's pids mean nothing here. */
  namespace?: string | undefined;
  /** When we started it, for people. */
  startedAt?: Timestamp | undefined;
}

/** A project was created. */
export interface ProjectCreated {
  /** Its name. */
  name: string;
  /** Its directory. */
  path: string;
}

/** A project was created. What may be left out has its default. */
export interface ProjectCreatedInput {
  /** Its name. */
  name?: string | undefined;
  /** Its directory. */
  path?: string | undefined;
}

/** A project. */
export interface ProjectInfo {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** Its name. */
  name: string;
  /** Its directory. */
  path: PlacePath;
  /** Whether it takes work. */
  state: ProjectState;
  /** The agent for tasks that name none. */
  agent?: string | undefined;
  /** The account for sessions that name none, by id or name. */
  account?: string | undefined;
  /** What workspaces start from. */
  base?: string | undefined;
  /** How many of its tasks may run at once, over all nodes. */
  maxRunning?: number | undefined;
  /** When it was created. */
  createdAt: Timestamp;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** A project to create or update. Fields that are not given stay as they are. */
export interface ProjectSpec {
  /** Its name, unique within the tenant; 1 to 200 bytes. */
  name: string;
  /**
   * Its directory at the place of the node. It must be there, and is kept under its real name:
   * absolute, with no link and no `..` in it.
   */
  path: string;
  /** The agent for tasks that name none. */
  agent?: string | undefined;
  /** The account for sessions that name none, by id or name. */
  account?: string | undefined;
  /** The branch or commit that workspaces start from; none means what is checked out. */
  base?: string | undefined;
  /** How many tasks of the project may run at once, over all nodes; none means no limit. */
  maxRunning?: number | undefined;
}

/** A project to create or update. Fields that are not given stay as they are. What may be left out has its default. */
export interface ProjectSpecInput {
  /** Its name, unique within the tenant; 1 to 200 bytes. */
  name?: string | undefined;
  /**
   * Its directory at the place of the node. It must be there, and is kept under its real name:
   * absolute, with no link and no `..` in it.
   */
  path?: string | undefined;
  /** The agent for tasks that name none. */
  agent?: string | undefined;
  /** The account for sessions that name none, by id or name. */
  account?: string | undefined;
  /** The branch or commit that workspaces start from; none means what is checked out. */
  base?: string | undefined;
  /** How many tasks of the project may run at once, over all nodes; none means no limit. */
  maxRunning?: number | undefined;
}

/** Whether a project takes work. */
export type ProjectState =
  /** Its tasks run. */
  | 'active'
  /** Its tasks wait. */
  | 'paused'
  /** It is history. */
  | 'archived'
  /** One that this version does not know, kept. */
  | (string & {});

/** A project was changed. */
export interface ProjectUpdated {
  /** Its name. */
  name: string;
}

/** A project was changed. What may be left out has its default. */
export interface ProjectUpdatedInput {
  /** Its name. */
  name?: string | undefined;
}

/** A queued prompt was taken back. */
export interface PromptCancelled {
  /** Why, for people. */
  reason: string;
}

/** A queued prompt was taken back. What may be left out has its default. */
export interface PromptCancelledInput {
  /** Why, for people. */
  reason?: string | undefined;
}

/** A prompt became part of the turn under way, and begins none of its own. */
export interface PromptFolded {
  /** What was asked. */
  prompt: ContentBlock[];
  /** The turn that it became part of. */
  intoTurnId?: string | undefined;
}

/** A prompt became part of the turn under way, and begins none of its own. What may be left out has its default. */
export interface PromptFoldedInput {
  /** What was asked. */
  prompt?: readonly ContentBlock[] | undefined;
  /** The turn that it became part of. */
  intoTurnId?: string | undefined;
}

/** What was asked. */
export interface PromptItem {
  /** What began the turn. */
  origin: Origin;
  /** What was asked; nothing when the agent began by itself. */
  blocks: ContentBlock[];
  /** Who asked, or whoever noticed that the turn began. */
  by?: Actor | undefined;
  /** The turn that it was added to, instead of beginning one. */
  foldedInto?: string | undefined;
}

/** What was asked. What may be left out has its default. */
export interface PromptItemInput {
  /** What began the turn. */
  origin?: Origin | undefined;
  /** What was asked; nothing when the agent began by itself. */
  blocks?: readonly ContentBlock[] | undefined;
  /** Who asked, or whoever noticed that the turn began. */
  by?: Actor | undefined;
  /** The turn that it was added to, instead of beginning one. */
  foldedInto?: string | undefined;
}

/** A prompt waits for its turn. */
export interface PromptQueued {
  /** What is asked. */
  prompt: ContentBlock[];
  /** Its place in the queue, from 1. */
  position: number;
}

/** A prompt waits for its turn. What may be left out has its default. */
export interface PromptQueuedInput {
  /** What is asked. */
  prompt?: readonly ContentBlock[] | undefined;
  /** Its place in the queue, from 1. */
  position?: number | undefined;
}

/** Something that an agent asks the person. */
export interface Question {
  /** The question; an answer names it by this. */
  question: string;
  /** A word or two to head it with. */
  header: string;
  /** The answers to choose from; another text is an answer too. */
  choices: Choice[];
  /** Whether several may be chosen. */
  multiple: boolean;
}

/** Something that an agent asks the person. What may be left out has its default. */
export interface QuestionInput {
  /** The question; an answer names it by this. */
  question?: string | undefined;
  /** A word or two to head it with. */
  header?: string | undefined;
  /** The answers to choose from; another text is an answer too. */
  choices?: readonly ChoiceInput[] | undefined;
  /** Whether several may be chosen. */
  multiple?: boolean | undefined;
}

/** A prompt that waits. */
export interface QueuedPrompt {
  /** The turn that it will be. */
  turnId: string;
  /** What is asked. */
  prompt: ContentBlock[];
  /** Who asks. */
  by: Actor;
  /** What kind of turn it begins. */
  origin: Origin;
  /** The name that its giver knows it by, so that asking again does not prompt again. */
  key?: string | undefined;
  /** What was first asked, where the prompt only goes on with it. */
  firstPrompt: ContentBlock[];
}

/** A prompt that waits. What may be left out has its default. */
export interface QueuedPromptInput {
  /** The turn that it will be. */
  turnId: string;
  /** What is asked. */
  prompt: readonly ContentBlock[];
  /** Who asks. */
  by: Actor;
  /** What kind of turn it begins. */
  origin?: Origin | undefined;
  /** The name that its giver knows it by, so that asking again does not prompt again. */
  key?: string | undefined;
  /** What was first asked, where the prompt only goes on with it. */
  firstPrompt?: readonly ContentBlock[] | undefined;
}

/** A prompt that waits for its turn. */
export interface QueuedView {
  /** The turn that it will begin. */
  turnId?: string | undefined;
  /** What is asked. */
  blocks: ContentBlock[];
  /** Who asked. */
  by: Actor;
  /** When. */
  at: Timestamp;
}

/** A prompt that waits for its turn. What may be left out has its default. */
export interface QueuedViewInput {
  /** The turn that it will begin. */
  turnId?: string | undefined;
  /** What is asked. */
  blocks?: readonly ContentBlock[] | undefined;
  /** Who asked. */
  by: Actor;
  /** When. */
  at: Timestamp;
}

/** How long an allowance holds. */
export type Remember =
  /** For this call. */
  | 'once'
  /** As a rule for calls like this one in the same session. */
  | 'session'
  /** As a rule for calls like this one in the same project. */
  | 'project'
  /** One that this version does not know, kept. */
  | (string & {});

/** A reply that was given. */
export interface ReplyInfo {
  /** Its number, from 1. */
  number: number;
  /** What was said; kept of the latest reply only, since the session's events have all. */
  prompt: ContentBlock[];
  /** Who said it. */
  by: Actor;
  /** When. */
  at: Timestamp;
  /** The key that makes a repeated reply count once. */
  idempotencyKey?: string | undefined;
}

/** A reply that was given. What may be left out has its default. */
export interface ReplyInfoInput {
  /** Its number, from 1. */
  number: number;
  /** What was said; kept of the latest reply only, since the session's events have all. */
  prompt?: readonly ContentBlock[] | undefined;
  /** Who said it. */
  by: Actor;
  /** When. */
  at: Timestamp;
  /** The key that makes a repeated reply count once. */
  idempotencyKey?: string | undefined;
}

/** What a person says to a task that is over or waits for a person. Text is the simple case. */
export interface ReplySpec {
  /** What the agent is asked. */
  prompt: ContentBlock[];
  /** Giving the same key to the same task again changes nothing; 1 to 200 bytes. */
  idempotencyKey?: string | undefined;
}

/** What a person says to a task that is over or waits for a person. Text is the simple case. What may be left out has its default. */
export interface ReplySpecInput {
  /** What the agent is asked. */
  prompt?: readonly ContentBlock[] | undefined;
  /** Giving the same key to the same task again changes nothing; 1 to 200 bytes. */
  idempotencyKey?: string | undefined;
}

/** How often and when a task is tried again. */
export interface RetryPolicy {
  /** How many attempts may fail by themselves. Default 1: a failure is final. At most 100. */
  maxAttempts: number;
  /**
   * How many attempts may be lost with their node before the task is given up as poisonous.
   * Default 5. A clean shutdown does not count.
   */
  maxCrashes: number;
  /**
   * How long to wait after the first failure. Default 1 s; doubled after each further one. Up to
   * half as much is added by chance, so that many do not try again at once.
   */
  backoffMs: number;
  /** The longest wait, apart from what chance adds. Default 5 min. */
  maxBackoffMs: number;
}

/** How often and when a task is tried again. What may be left out has its default. */
export interface RetryPolicyInput {
  /** How many attempts may fail by themselves. Default 1: a failure is final. At most 100. */
  maxAttempts?: number | undefined;
  /**
   * How many attempts may be lost with their node before the task is given up as poisonous.
   * Default 5. A clean shutdown does not count.
   */
  maxCrashes?: number | undefined;
  /**
   * How long to wait after the first failure. Default 1 s; doubled after each further one. Up to
   * half as much is added by chance, so that many do not try again at once.
   */
  backoffMs?: number | undefined;
  /** The longest wait, apart from what chance adds. Default 5 min. */
  maxBackoffMs?: number | undefined;
}

/** Which rules to list. Without a level all of the tenant's are. */
export interface RuleFilter {
  /** Those of just this level. */
  level?: RuleLevel | undefined;
  /** At most this many, up to 1000. Default 100. */
  limit?: number | undefined;
  /** Where the page before ended. */
  pageToken?: string | undefined;
}

/** A rule. */
export interface RuleInfo {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** For whose calls it holds. */
  level: RuleLevel;
  /** Which calls. */
  rule: string;
  /** What becomes of them. */
  effect: Effect;
  /** Why, for people. */
  reason: string;
  /** The approval whose answer was remembered as this rule. */
  approvalId?: string | undefined;
  /** Who put it. */
  createdBy: Actor;
  /** When it was first put. */
  createdAt: Timestamp;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** A rule. What may be left out has its default. */
export interface RuleInfoInput {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** For whose calls it holds. */
  level: RuleLevel;
  /** Which calls. */
  rule: string;
  /** What becomes of them. */
  effect: Effect;
  /** Why, for people. */
  reason?: string | undefined;
  /** The approval whose answer was remembered as this rule. */
  approvalId?: string | undefined;
  /** Who put it. */
  createdBy: Actor;
  /** When it was first put. */
  createdAt: Timestamp;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** For whose calls a rule holds. */
export type RuleLevel =
  /** Those of one session. */
  | { kind: 'session'; sessionId: string; }
  /** Those of one project. */
  | { kind: 'project'; projectId: string; }
  /** All of the tenant's. */
  | { kind: 'tenant'; }
  /** One that this version does not know, whole. */
  | { kind: 'unknown'; wire: Record<string, unknown> };

/** One page of rules, oldest first. */
export interface RulePage {
  /** The rules. */
  rules: RuleInfo[];
  /** Where the next page starts; none when this is the last. */
  next?: string | undefined;
  /** Watching from here misses nothing that came after this page. */
  asOf: string;
}

/** One page of rules, oldest first. What may be left out has its default. */
export interface RulePageInput {
  /** The rules. */
  rules: readonly RuleInfoInput[];
  /** Where the next page starts; none when this is the last. */
  next?: string | undefined;
  /** Watching from here misses nothing that came after this page. */
  asOf: string;
}

/** A rule to put. Without a session or project it holds for the whole tenant. */
export interface RuleSpec {
  /** Which calls, for example `Bash(git status:*)`. */
  rule: string;
  /** What becomes of them. */
  effect: Effect;
  /** Only those of this session. */
  sessionId?: string | undefined;
  /** Only those of this project, by id or name. */
  project?: string | undefined;
  /** Why, for people; a denied agent is told. */
  reason: string;
}

/** A rule to put. Without a session or project it holds for the whole tenant. What may be left out has its default. */
export interface RuleSpecInput {
  /** Which calls, for example `Bash(git status:*)`. */
  rule: string;
  /** What becomes of them. */
  effect: Effect;
  /** Only those of this session. */
  sessionId?: string | undefined;
  /** Only those of this project, by id or name. */
  project?: string | undefined;
  /** Why, for people; a denied agent is told. */
  reason?: string | undefined;
}

/** What the rules say about a call. */
export interface Ruling {
  /** What becomes of the call; none when no rule fits, so that a person is asked. */
  effect?: Effect | undefined;
  /** The rules that decided: one, or for a command of several parts all that were needed. */
  rules: RuleInfo[];
  /** Whether symbolic links were followed. Where they could not be, no rule about paths allows. */
  followedLinks: boolean;
}

/** What the rules say about a call. What may be left out has its default. */
export interface RulingInput {
  /** What becomes of the call; none when no rule fits, so that a person is asked. */
  effect?: Effect | undefined;
  /** The rules that decided: one, or for a command of several parts all that were needed. */
  rules: readonly RuleInfoInput[];
  /** Whether symbolic links were followed. Where they could not be, no rule about paths allows. */
  followedLinks: boolean;
}

/** The session is over for good. */
export interface SessionClosed {
  /** Why, for people. */
  reason: string;
}

/** The session is over for good. What may be left out has its default. */
export interface SessionClosedInput {
  /** Why, for people. */
  reason?: string | undefined;
}

/** The agent's process ended or broke its protocol; the session can be resumed. */
export interface SessionFailed {
  /** Why. */
  error?: ErrorInfo | undefined;
  /** How the process ended, for people. */
  exit?: string | undefined;
}

/** The agent's process ended or broke its protocol; the session can be resumed. What may be left out has its default. */
export interface SessionFailedInput {
  /** Why. */
  error?: ErrorInfoInput | undefined;
  /** How the process ended, for people. */
  exit?: string | undefined;
}

/** Which sessions to list. Every given field narrows; an empty list means "any". */
export interface SessionFilter {
  /** In any of these states. */
  states: SessionState[];
  /** Of these projects. */
  projectIds: string[];
  /** Of this task. */
  taskId?: string | undefined;
  /** At most this many, up to 1000. Default 100. */
  limit?: number | undefined;
  /** Where the page before ended. */
  pageToken?: string | undefined;
}

/** Which sessions to list. Every given field narrows; an empty list means "any". What may be left out has its default. */
export interface SessionFilterInput {
  /** In any of these states. */
  states?: readonly SessionState[] | undefined;
  /** Of these projects. */
  projectIds?: readonly string[] | undefined;
  /** Of this task. */
  taskId?: string | undefined;
  /** At most this many, up to 1000. Default 100. */
  limit?: number | undefined;
  /** Where the page before ended. */
  pageToken?: string | undefined;
}

/** A session began as a copy of another one. */
export interface SessionForked {
  /** The session that it was copied from; none when the agent's own conversation was given. */
  fromSessionId?: string | undefined;
  /** The agent's own id of the conversation that was copied. */
  fromAgentSessionId?: string | undefined;
}

/** The agent waits for a prompt. */
export interface SessionIdle {
}

/** A session. */
export interface SessionInfo {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** Who opened it. */
  createdBy: Actor;
  /** Its project. */
  projectId?: string | undefined;
  /** Its account. */
  accountId?: string | undefined;
  /** The name that its account had when it was opened. */
  accountName?: string | undefined;
  /** The task that it works for. */
  taskId?: string | undefined;
  /** How it was opened. */
  spec: SessionSpec;
  /** What it does now. */
  state: SessionState;
  /** The directory that it works in. */
  cwd: PlacePath;
  /** The agent's side of the conversation. */
  pointer: AgentPointer;
  /** Its process, while there is one. */
  process?: ProcessRef | undefined;
  /** The node whose process it is. */
  nodeId?: string | undefined;
  /** How many processes it has had. */
  processes: number;
  /** How many processes in a row were lost with their node during a turn. */
  losses: number;
  /** How many times in a row no process came to be. */
  failedStarts: number;
  /** When a node gives it a process, if it waits for one and the last start failed. */
  wakeAt?: Timestamp | undefined;
  /**
   * The number of the first turn that the agent may remember: it begins anew when its memory is
   * lost.
   */
  remembersFrom: number;
  /** The model in use. */
  model?: string | undefined;
  /** The permission mode in use. */
  mode?: string | undefined;
  /** Prompts that wait, first comes first. At most `SessionInfo::MAX_QUEUE`. */
  queue: QueuedPrompt[];
  /** The turn under way, or the last one. */
  turn?: TurnInfo | undefined;
  /** The last turn with a key, when turns without it came after. */
  keyedTurn?: TurnInfo | undefined;
  /** How many turns it has had. */
  turns: number;
  /** What all turns used. */
  usage: Usage;
  /** When it was opened. */
  createdAt: Timestamp;
  /** When it was closed. */
  closedAt?: Timestamp | undefined;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** A session. What may be left out has its default. */
export interface SessionInfoInput {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** Who opened it. */
  createdBy: Actor;
  /** Its project. */
  projectId?: string | undefined;
  /** Its account. */
  accountId?: string | undefined;
  /** The name that its account had when it was opened. */
  accountName?: string | undefined;
  /** The task that it works for. */
  taskId?: string | undefined;
  /** How it was opened. */
  spec: SessionSpecInput;
  /** What it does now. */
  state: SessionState;
  /** The directory that it works in. */
  cwd: PlacePath;
  /** The agent's side of the conversation. */
  pointer?: AgentPointer | undefined;
  /** Its process, while there is one. */
  process?: ProcessRef | undefined;
  /** The node whose process it is. */
  nodeId?: string | undefined;
  /** How many processes it has had. */
  processes?: number | undefined;
  /** How many processes in a row were lost with their node during a turn. */
  losses?: number | undefined;
  /** How many times in a row no process came to be. */
  failedStarts?: number | undefined;
  /** When a node gives it a process, if it waits for one and the last start failed. */
  wakeAt?: Timestamp | undefined;
  /**
   * The number of the first turn that the agent may remember: it begins anew when its memory is
   * lost.
   */
  remembersFrom?: number | undefined;
  /** The model in use. */
  model?: string | undefined;
  /** The permission mode in use. */
  mode?: string | undefined;
  /** Prompts that wait, first comes first. At most `SessionInfo::MAX_QUEUE`. */
  queue?: readonly QueuedPromptInput[] | undefined;
  /** The turn under way, or the last one. */
  turn?: TurnInfoInput | undefined;
  /** The last turn with a key, when turns without it came after. */
  keyedTurn?: TurnInfoInput | undefined;
  /** How many turns it has had. */
  turns?: number | undefined;
  /** What all turns used. */
  usage?: UsageInput | undefined;
  /** When it was opened. */
  createdAt: Timestamp;
  /** When it was closed. */
  closedAt?: Timestamp | undefined;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** A session was opened with an agent. */
export interface SessionOpened {
  /** The agent, by its registered name. */
  agent: string;
  /** The directory that it works in. */
  cwd: string;
  /** The agent's own id of the conversation, as last seen. */
  agentSessionId?: string | undefined;
  /** The agent's version. */
  agentVersion?: string | undefined;
  /** The model in use. */
  model?: string | undefined;
  /** The permission mode in use. */
  mode?: string | undefined;
}

/** A session was opened with an agent. What may be left out has its default. */
export interface SessionOpenedInput {
  /** The agent, by its registered name. */
  agent?: string | undefined;
  /** The directory that it works in. */
  cwd?: string | undefined;
  /** The agent's own id of the conversation, as last seen. */
  agentSessionId?: string | undefined;
  /** The agent's version. */
  agentVersion?: string | undefined;
  /** The model in use. */
  model?: string | undefined;
  /** The permission mode in use. */
  mode?: string | undefined;
}

/** One page of sessions, newest first. */
export interface SessionPage {
  /** The sessions. */
  sessions: SessionInfo[];
  /** Where the next page starts; none when this is the last. */
  next?: string | undefined;
  /** Watching from here misses nothing that came after this page. */
  asOf: string;
}

/** One page of sessions, newest first. What may be left out has its default. */
export interface SessionPageInput {
  /** The sessions. */
  sessions: readonly SessionInfoInput[];
  /** Where the next page starts; none when this is the last. */
  next?: string | undefined;
  /** Watching from here misses nothing that came after this page. */
  asOf: string;
}

/** The agent waits for a person. */
export interface SessionRequiresAction {
}

/** A session goes on in a new process. */
export interface SessionResumed {
  /** The agent's own id of the conversation. */
  agentSessionId?: string | undefined;
  /** What was found: `transcript_holds`, `transcript_behind`, `transcript_missing` or `unknown`. */
  evidence: string;
  /** Whether the agent had to start anew, without its memory of the conversation. */
  fresh: boolean;
}

/** A session goes on in a new process. What may be left out has its default. */
export interface SessionResumedInput {
  /** The agent's own id of the conversation. */
  agentSessionId?: string | undefined;
  /** What was found: `transcript_holds`, `transcript_behind`, `transcript_missing` or `unknown`. */
  evidence?: string | undefined;
  /** Whether the agent had to start anew, without its memory of the conversation. */
  fresh?: boolean | undefined;
}

/** The agent works. */
export interface SessionRunning {
}

/** How to open a session. */
export interface SessionSpec {
  /** The agent by its registered name; the project's, or the only one there is, when empty. */
  agent: string;
  /** The project, by id or name. */
  project?: string | undefined;
  /** The account, by id or name; the project's when none. */
  account?: string | undefined;
  /** One line for people. */
  title: string;
  /** The model; the agent's default when none. */
  model?: string | undefined;
  /** The permission mode; when none, the agent's mode that asks, whatever its own settings say. */
  mode?: string | undefined;
  /** Which tools run without asking, and which never. */
  tools: ToolRules;
  /** Text that is added to the agent's own system prompt. */
  systemPrompt?: string | undefined;
  /** A JSON schema for the result of each turn. */
  outputSchema: unknown;
  /**
   * Tool servers that the agent may use, by name: `null` for one of this process that is registered
   * under the name, else the agent's own configuration of one that it starts or reaches.
   */
  mcp: Record<string, unknown>;
  /**
   * Which of the agent's own settings it reads, for example `user`, `project`, `local`; an empty
   * list means none. `project` and `local` run programs that the repository, or an earlier task,
   * put there: they trust all who write to it. Default: Claude Code reads those of the user, and
   * gets the project's `CLAUDE.md` as text; what other agents do by themselves.
   */
  settingSources?: string[] | undefined;
  /** The most tokens of thought for one answer of the model. Default: the agent's own. */
  maxThinkingTokens?: number | undefined;
  /** Whether messages are reported in pieces while they are written. Default: yes. */
  partialMessages?: boolean | undefined;
  /** The most model calls of one turn. */
  maxTurnRequests?: number | undefined;
  /** What one process may spend. It may overshoot by one model call. */
  budgetMicroUsd?: number | undefined;
  /** How long an approval waits before it is denied. Default: for ever. */
  approvalTimeoutMs?: number | undefined;
  /** Variables added to the agent's environment. */
  env: Record<string, string>;
  /** Arguments added to the agent's command line. */
  extraArgs: string[];
}

/** How to open a session. What may be left out has its default. */
export interface SessionSpecInput {
  /** The agent by its registered name; the project's, or the only one there is, when empty. */
  agent?: string | undefined;
  /** The project, by id or name. */
  project?: string | undefined;
  /** The account, by id or name; the project's when none. */
  account?: string | undefined;
  /** One line for people. */
  title?: string | undefined;
  /** The model; the agent's default when none. */
  model?: string | undefined;
  /** The permission mode; when none, the agent's mode that asks, whatever its own settings say. */
  mode?: string | undefined;
  /** Which tools run without asking, and which never. */
  tools?: ToolRulesInput | undefined;
  /** Text that is added to the agent's own system prompt. */
  systemPrompt?: string | undefined;
  /** A JSON schema for the result of each turn. */
  outputSchema?: unknown | undefined;
  /**
   * Tool servers that the agent may use, by name: `null` for one of this process that is registered
   * under the name, else the agent's own configuration of one that it starts or reaches.
   */
  mcp?: Record<string, unknown> | undefined;
  /**
   * Which of the agent's own settings it reads, for example `user`, `project`, `local`; an empty
   * list means none. `project` and `local` run programs that the repository, or an earlier task,
   * put there: they trust all who write to it. Default: Claude Code reads those of the user, and
   * gets the project's `CLAUDE.md` as text; what other agents do by themselves.
   */
  settingSources?: readonly string[] | undefined;
  /** The most tokens of thought for one answer of the model. Default: the agent's own. */
  maxThinkingTokens?: number | undefined;
  /** Whether messages are reported in pieces while they are written. Default: yes. */
  partialMessages?: boolean | undefined;
  /** The most model calls of one turn. */
  maxTurnRequests?: number | undefined;
  /** What one process may spend. It may overshoot by one model call. */
  budgetMicroUsd?: number | undefined;
  /** How long an approval waits before it is denied. Default: for ever. */
  approvalTimeoutMs?: number | undefined;
  /** Variables added to the agent's environment. */
  env?: Record<string, string> | undefined;
  /** Arguments added to the agent's command line. */
  extraArgs?: readonly string[] | undefined;
}

/** What a session does now. */
export type SessionState =
  /** It waits for a prompt; its process may be gone and comes back with the next one. */
  | 'idle'
  /** The agent works. */
  | 'running'
  /** The agent waits for a person. */
  | 'requires_action'
  /** It is over. */
  | 'closed'
  /** One that this version does not know, kept. */
  | (string & {});

/** Something about the session changed; only what changed is given. */
export interface SessionUpdated {
  /** The title. */
  title?: string | undefined;
  /** The permission mode. */
  mode?: string | undefined;
  /** The model. */
  model?: string | undefined;
  /** The agent's own id of the conversation. */
  agentSessionId?: string | undefined;
  /** The agent's version. */
  agentVersion?: string | undefined;
  /** The slash commands that the agent offers. */
  commands: unknown[];
  /** The tool servers, each with how it is. */
  mcpServers: McpServerStatus[];
}

/** Something about the session changed; only what changed is given. What may be left out has its default. */
export interface SessionUpdatedInput {
  /** The title. */
  title?: string | undefined;
  /** The permission mode. */
  mode?: string | undefined;
  /** The model. */
  model?: string | undefined;
  /** The agent's own id of the conversation. */
  agentSessionId?: string | undefined;
  /** The agent's version. */
  agentVersion?: string | undefined;
  /** The slash commands that the agent offers. */
  commands?: readonly unknown[] | undefined;
  /** The tool servers, each with how it is. */
  mcpServers?: readonly McpServerStatusInput[] | undefined;
}

/**
 * A session as a person sees it: the fold of its events.
 *
 * `SessionView::apply` takes in one event after the other. It knows no clock and does no I/O, so
 * the same events always give the same view, on any machine and in any language.
 */
export interface SessionView {
  /** The session; none before its first event. */
  sessionId?: string | undefined;
  /** Its project. */
  projectId?: string | undefined;
  /** The task that it works for. */
  taskId?: string | undefined;
  /** What it does now. */
  state: SessionState;
  /** The agent, by its registered name. */
  agent: string;
  /** The agent's version. */
  agentVersion?: string | undefined;
  /** The agent's own id of the conversation, as last seen. */
  agentSessionId?: string | undefined;
  /** The directory that it works in. */
  cwd: string;
  /** The title. */
  title?: string | undefined;
  /** The model in use. */
  model?: string | undefined;
  /** The permission mode in use. */
  mode?: string | undefined;
  /** The slash commands that the agent offers. */
  commands: unknown[];
  /** The tool servers, each with how it is. */
  mcpServers: McpServerStatus[];
  /** How full the model's context is; none when the agent did not say. */
  context?: ContextUpdated | undefined;
  /** The conversation, oldest first, subagents' items included. */
  items: ViewItem[];
  /** How many older items are not in `items`, because of a limit. */
  itemsBefore: number;
  /** What is being written, in the order in which it began. It belongs below all items. */
  partials: Partial[];
  /** The plan of the session's own agent, whole. */
  plan: PlanEntry[];
  /** All subagents, in the order in which they were started. */
  subagents: SubagentView[];
  /** Questions that wait for an answer, oldest first. */
  approvals: PendingApproval[];
  /** Prompts that wait, first comes first. */
  queue: QueuedView[];
  /** Files that the session's tools changed, in the order of the first change. */
  files: FileView[];
  /** What it used and cost in all. */
  totals: Totals;
  /** The turn under way. */
  turn?: OpenTurn | undefined;
  /** How many turns have begun, as far as the events reach. */
  turns: number;
  /** The agent repeats a failed call to its model at the moment. */
  retrying?: AgentRetrying | undefined;
  /** What the agent last said about its rate limit. */
  rateLimit?: AgentRateLimited | undefined;
  /** When the last event happened. */
  lastAt?: Timestamp | undefined;
  /** Where to read on: after the last durable event. */
  cursor?: string | undefined;
  /**
   * How many durable events were taken in. It grows with each, and an item that changed has
   * this as its own.
   */
  revision: number;
  /** Whether no event is known to be missing. */
  complete: boolean;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/**
 * A session as a person sees it: the fold of its events.
 *
 * `SessionView::apply` takes in one event after the other. It knows no clock and does no I/O, so
 * the same events always give the same view, on any machine and in any language. What may be left out has its default.
 */
export interface SessionViewInput {
  /** The session; none before its first event. */
  sessionId?: string | undefined;
  /** Its project. */
  projectId?: string | undefined;
  /** The task that it works for. */
  taskId?: string | undefined;
  /** What it does now. */
  state?: SessionState | undefined;
  /** The agent, by its registered name. */
  agent?: string | undefined;
  /** The agent's version. */
  agentVersion?: string | undefined;
  /** The agent's own id of the conversation, as last seen. */
  agentSessionId?: string | undefined;
  /** The directory that it works in. */
  cwd?: string | undefined;
  /** The title. */
  title?: string | undefined;
  /** The model in use. */
  model?: string | undefined;
  /** The permission mode in use. */
  mode?: string | undefined;
  /** The slash commands that the agent offers. */
  commands?: readonly unknown[] | undefined;
  /** The tool servers, each with how it is. */
  mcpServers?: readonly McpServerStatusInput[] | undefined;
  /** How full the model's context is; none when the agent did not say. */
  context?: ContextUpdatedInput | undefined;
  /** The conversation, oldest first, subagents' items included. */
  items?: readonly ViewItemInput[] | undefined;
  /** How many older items are not in `items`, because of a limit. */
  itemsBefore?: number | undefined;
  /** What is being written, in the order in which it began. It belongs below all items. */
  partials?: readonly PartialInput[] | undefined;
  /** The plan of the session's own agent, whole. */
  plan?: readonly PlanEntryInput[] | undefined;
  /** All subagents, in the order in which they were started. */
  subagents?: readonly SubagentViewInput[] | undefined;
  /** Questions that wait for an answer, oldest first. */
  approvals?: readonly PendingApprovalInput[] | undefined;
  /** Prompts that wait, first comes first. */
  queue?: readonly QueuedViewInput[] | undefined;
  /** Files that the session's tools changed, in the order of the first change. */
  files?: readonly FileViewInput[] | undefined;
  /** What it used and cost in all. */
  totals?: TotalsInput | undefined;
  /** The turn under way. */
  turn?: OpenTurn | undefined;
  /** How many turns have begun, as far as the events reach. */
  turns?: number | undefined;
  /** The agent repeats a failed call to its model at the moment. */
  retrying?: AgentRetryingInput | undefined;
  /** What the agent last said about its rate limit. */
  rateLimit?: AgentRateLimitedInput | undefined;
  /** When the last event happened. */
  lastAt?: Timestamp | undefined;
  /** Where to read on: after the last durable event. */
  cursor?: string | undefined;
  /**
   * How many durable events were taken in. It grows with each, and an item that changed has
   * this as its own.
   */
  revision?: number | undefined;
  /** Whether no event is known to be missing. */
  complete?: boolean | undefined;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** One step of a script. In every text `${key}` is replaced. */
export type Step =
  /** Says something, word by word and then whole. */
  | { do: 'say'; text: string; pauseMs: number; }
  /** Thinks something, word by word and then whole. */
  | { do: 'think'; text: string; }
  /** Calls a tool that does nothing and gives what the script says. */
  | { do: 'tool'; name: string; input: unknown; ask: boolean; result: string; fails: boolean; ms: number; }
  /** Asks the person, and says what they answered. */
  | { do: 'ask'; question: string; choices: string[]; }
  /** Really writes a file below the working directory. */
  | { do: 'write'; path: string; content: string; ask: boolean; }
  /**
   * Really appends lines to a file below the working directory.
   *
   * What was appended before the process was lost is not appended again, except perhaps the last
   * line.
   */
  | { do: 'append'; path: string; lines: string[]; pauseMs: number; ask: boolean; }
  /** Waits, by the clock of the runtime. */
  | { do: 'wait'; ms: number; }
  /** Uses something, which counts for the turn. */
  | { do: 'spend'; usage: Usage; costMicroUsd?: number | undefined; }
  /** Ends the turn badly. */
  | { do: 'fail'; message: string; kind: ErrorKind; }
  /** Ends the turn. */
  | { do: 'end'; stopReason: string; }
  /** Does nothing until it is interrupted. */
  | { do: 'hang'; }
  /** Ends the agent itself at once, as a crash does. */
  | { do: 'exit'; }
  /** One that this version does not know, whole. */
  | { do: 'unknown'; wire: Record<string, unknown> };

/** One step of a script. In every text `${key}` is replaced. */
export type StepInput =
  /** Says something, word by word and then whole. */
  | { do: 'say'; text: string; pauseMs?: number | undefined; }
  /** Thinks something, word by word and then whole. */
  | { do: 'think'; text: string; }
  /** Calls a tool that does nothing and gives what the script says. */
  | { do: 'tool'; name?: string | undefined; input?: unknown | undefined; ask?: boolean | undefined; result?: string | undefined; fails?: boolean | undefined; ms?: number | undefined; }
  /** Asks the person, and says what they answered. */
  | { do: 'ask'; question: string; choices?: readonly string[] | undefined; }
  /** Really writes a file below the working directory. */
  | { do: 'write'; path: string; content: string; ask?: boolean | undefined; }
  /**
   * Really appends lines to a file below the working directory.
   *
   * What was appended before the process was lost is not appended again, except perhaps the last
   * line.
   */
  | { do: 'append'; path: string; lines: readonly string[]; pauseMs?: number | undefined; ask?: boolean | undefined; }
  /** Waits, by the clock of the runtime. */
  | { do: 'wait'; ms: number; }
  /** Uses something, which counts for the turn. */
  | { do: 'spend'; usage?: UsageInput | undefined; costMicroUsd?: number | undefined; }
  /** Ends the turn badly. */
  | { do: 'fail'; message: string; kind?: ErrorKind | undefined; }
  /** Ends the turn. */
  | { do: 'end'; stopReason: string; }
  /** Does nothing until it is interrupted. */
  | { do: 'hang'; }
  /** Ends the agent itself at once, as a crash does. */
  | { do: 'exit'; }
  /** One that this version does not know, whole. */
  | { do: 'unknown'; wire: Record<string, unknown> };

/** A subagent ended. */
export interface SubagentEnded {
  /** Which. */
  agentId: string;
  /** How: `completed`, `failed`, `stopped`, or `interrupted` when its process ended first. */
  status: string;
  /** What came of it, for people. */
  summary?: string | undefined;
  /** What it used in all, as far as the agent says. It is part of the turn's usage. */
  usage?: SubagentUsage | undefined;
}

/** A subagent ended. What may be left out has its default. */
export interface SubagentEndedInput {
  /** Which. */
  agentId?: string | undefined;
  /** How: `completed`, `failed`, `stopped`, or `interrupted` when its process ended first. */
  status?: string | undefined;
  /** What came of it, for people. */
  summary?: string | undefined;
  /** What it used in all, as far as the agent says. It is part of the turn's usage. */
  usage?: SubagentUsageInput | undefined;
}

/** A subagent got further. */
export interface SubagentProgress {
  /** Which. */
  agentId: string;
  /** What it does, for people. */
  message: string;
  /** The tool that it used last. */
  lastTool?: string | undefined;
  /** What it has used so far, as far as the agent says. */
  usage?: SubagentUsage | undefined;
  /** Whether the agent stopped waiting for it. */
  background?: boolean | undefined;
}

/** A subagent got further. What may be left out has its default. */
export interface SubagentProgressInput {
  /** Which. */
  agentId?: string | undefined;
  /** What it does, for people. */
  message?: string | undefined;
  /** The tool that it used last. */
  lastTool?: string | undefined;
  /** What it has used so far, as far as the agent says. */
  usage?: SubagentUsageInput | undefined;
  /** Whether the agent stopped waiting for it. */
  background?: boolean | undefined;
}

/** The agent started another one, or a command, that works beside it. */
export interface SubagentStarted {
  /** Its id in this session. */
  agentId: string;
  /** The subagent that started it; none for the session's own agent. */
  parentAgentId?: string | undefined;
  /** The call that started it. */
  toolCallId?: string | undefined;
  /** What kind it is, in the agent's word, for example `general-purpose`. */
  kind: string;
  /** One line for people. */
  title: string;
  /** What it was asked. */
  prompt?: string | undefined;
  /** 1 for one that the session's own agent started, 2 for one that such a one did, and so on. */
  depth: number;
  /** Whether the agent does not wait for it. */
  background: boolean;
}

/** The agent started another one, or a command, that works beside it. What may be left out has its default. */
export interface SubagentStartedInput {
  /** Its id in this session. */
  agentId?: string | undefined;
  /** The subagent that started it; none for the session's own agent. */
  parentAgentId?: string | undefined;
  /** The call that started it. */
  toolCallId?: string | undefined;
  /** What kind it is, in the agent's word, for example `general-purpose`. */
  kind?: string | undefined;
  /** One line for people. */
  title?: string | undefined;
  /** What it was asked. */
  prompt?: string | undefined;
  /** 1 for one that the session's own agent started, 2 for one that such a one did, and so on. */
  depth?: number | undefined;
  /** Whether the agent does not wait for it. */
  background?: boolean | undefined;
}

/** What a subagent used: totals. */
export interface SubagentUsage {
  /** Tokens of all kinds. */
  tokens: number;
  /** Calls of tools. */
  toolCalls: number;
  /** How long it worked. */
  durationMs: number;
}

/** What a subagent used: totals. What may be left out has its default. */
export interface SubagentUsageInput {
  /** Tokens of all kinds. */
  tokens?: number | undefined;
  /** Calls of tools. */
  toolCalls?: number | undefined;
  /** How long it worked. */
  durationMs?: number | undefined;
}

/** A subagent. Its own items are those with its `agent_id`. */
export interface SubagentView {
  /** Its id in the session. */
  agentId: string;
  /** The subagent that started it; none for the session's own agent. */
  parentAgentId?: string | undefined;
  /** The call that started it. */
  toolCallId?: string | undefined;
  /** What kind it is, in the agent's word. */
  kind: string;
  /** One line for people. */
  title: string;
  /** What it was asked. */
  prompt?: string | undefined;
  /** 1 for one that the session's own agent started, 2 for one that such a one did, and so on. */
  depth: number;
  /** Whether the agent does not wait for it. */
  background: boolean;
  /** How it ended: `completed`, `failed`, `stopped`, `interrupted`; none while it works. */
  ended?: string | undefined;
  /** What it does or did last, for people. */
  message?: string | undefined;
  /** The tool that it used last. */
  lastTool?: string | undefined;
  /** What came of it, for people. */
  summary?: string | undefined;
  /** What it has used; none when the agent does not say. It is part of the session's usage. */
  usage?: SubagentUsage | undefined;
  /** Its plan, whole. */
  plan: PlanEntry[];
  /** When it was started. */
  startedAt?: Timestamp | undefined;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
}

/** A subagent. Its own items are those with its `agent_id`. What may be left out has its default. */
export interface SubagentViewInput {
  /** Its id in the session. */
  agentId?: string | undefined;
  /** The subagent that started it; none for the session's own agent. */
  parentAgentId?: string | undefined;
  /** The call that started it. */
  toolCallId?: string | undefined;
  /** What kind it is, in the agent's word. */
  kind?: string | undefined;
  /** One line for people. */
  title?: string | undefined;
  /** What it was asked. */
  prompt?: string | undefined;
  /** 1 for one that the session's own agent started, 2 for one that such a one did, and so on. */
  depth?: number | undefined;
  /** Whether the agent does not wait for it. */
  background?: boolean | undefined;
  /** How it ended: `completed`, `failed`, `stopped`, `interrupted`; none while it works. */
  ended?: string | undefined;
  /** What it does or did last, for people. */
  message?: string | undefined;
  /** The tool that it used last. */
  lastTool?: string | undefined;
  /** What came of it, for people. */
  summary?: string | undefined;
  /** What it has used; none when the agent does not say. It is part of the session's usage. */
  usage?: SubagentUsageInput | undefined;
  /** Its plan, whole. */
  plan?: readonly PlanEntryInput[] | undefined;
  /** When it was started. */
  startedAt?: Timestamp | undefined;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
}

/** The task is over. */
export interface TaskEnded {
  /** `succeeded`, `failed` or `cancelled`. */
  state: TaskState;
  /** What came of it. */
  outcome?: Outcome | undefined;
  /** Why it was cancelled or gave up, for example `need_failed`. */
  reason?: string | undefined;
  /** How many attempts it took. */
  attempts: number;
  /** What all attempts used. */
  usage: Usage;
}

/** The task is over. What may be left out has its default. */
export interface TaskEndedInput {
  /** `succeeded`, `failed` or `cancelled`. */
  state?: TaskState | undefined;
  /** What came of it. */
  outcome?: OutcomeInput | undefined;
  /** Why it was cancelled or gave up, for example `need_failed`. */
  reason?: string | undefined;
  /** How many attempts it took. */
  attempts?: number | undefined;
  /** What all attempts used. */
  usage?: UsageInput | undefined;
}

/** Which tasks to list. Every given field narrows. */
export interface TaskFilter {
  /** Of this project, by id or name. */
  project?: string | undefined;
  /** In any of these states. */
  states: TaskState[];
  /** At most this many; 1 to 1000, default 100. */
  limit?: number | undefined;
  /** Where the page before ended. */
  pageToken?: string | undefined;
}

/** Which tasks to list. Every given field narrows. What may be left out has its default. */
export interface TaskFilterInput {
  /** Of this project, by id or name. */
  project?: string | undefined;
  /** In any of these states. */
  states?: readonly TaskState[] | undefined;
  /** At most this many; 1 to 1000, default 100. */
  limit?: number | undefined;
  /** Where the page before ended. */
  pageToken?: string | undefined;
}

/** A task. */
export interface TaskInfo {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** Who submitted it. */
  createdBy: Actor;
  /** Its project. */
  projectId?: string | undefined;
  /** What was asked. */
  spec: TaskSpec;
  /** The capability that a node needs to work on it. */
  requires: string;
  /** Where it is in its life. */
  state: TaskState;
  /** Why it was cancelled, given up or waits for a person. */
  reason?: string | undefined;
  /** Its attempts, oldest first. */
  attempts: AttemptInfo[];
  /** How many attempts failed by themselves since it was last submitted or retried. */
  failures: number;
  /** How many attempts were lost with their node since then. */
  crashes: number;
  /** The session that its attempts share. */
  sessionId?: string | undefined;
  /** The workspace that its attempts share. */
  workspaceId?: string | undefined;
  /** Somebody asked for it to be cancelled. */
  cancel?: CancelRequest | undefined;
  /** What came of it. */
  outcome?: Outcome | undefined;
  /** What all attempts used. */
  usage: Usage;
  /** The next attempt may not start before. */
  notBefore?: Timestamp | undefined;
  /** The attempt under way is given up unless it shows a sign of life before. */
  idleAt?: Timestamp | undefined;
  /** What was said to it since it was submitted, oldest first. */
  replies: ReplyInfo[];
  /** All attempts have to be over by. */
  deadlineAt?: Timestamp | undefined;
  /** When it was submitted. */
  createdAt: Timestamp;
  /** When its first attempt started. */
  startedAt?: Timestamp | undefined;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** A task. What may be left out has its default. */
export interface TaskInfoInput {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** Who submitted it. */
  createdBy: Actor;
  /** Its project. */
  projectId?: string | undefined;
  /** What was asked. */
  spec: TaskSpecInput;
  /** The capability that a node needs to work on it. */
  requires: string;
  /** Where it is in its life. */
  state: TaskState;
  /** Why it was cancelled, given up or waits for a person. */
  reason?: string | undefined;
  /** Its attempts, oldest first. */
  attempts?: readonly AttemptInfoInput[] | undefined;
  /** How many attempts failed by themselves since it was last submitted or retried. */
  failures?: number | undefined;
  /** How many attempts were lost with their node since then. */
  crashes?: number | undefined;
  /** The session that its attempts share. */
  sessionId?: string | undefined;
  /** The workspace that its attempts share. */
  workspaceId?: string | undefined;
  /** Somebody asked for it to be cancelled. */
  cancel?: CancelRequestInput | undefined;
  /** What came of it. */
  outcome?: OutcomeInput | undefined;
  /** What all attempts used. */
  usage?: UsageInput | undefined;
  /** The next attempt may not start before. */
  notBefore?: Timestamp | undefined;
  /** The attempt under way is given up unless it shows a sign of life before. */
  idleAt?: Timestamp | undefined;
  /** What was said to it since it was submitted, oldest first. */
  replies?: readonly ReplyInfoInput[] | undefined;
  /** All attempts have to be over by. */
  deadlineAt?: Timestamp | undefined;
  /** When it was submitted. */
  createdAt: Timestamp;
  /** When its first attempt started. */
  startedAt?: Timestamp | undefined;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** The task cannot go on without a person. */
export interface TaskInputRequired {
  /** Why: `approval`, `workspace_conflict`, `nested_repositories` or the task's own word. */
  reason: string;
  /** What exactly, for example the files of the conflict. */
  detail?: unknown | undefined;
}

/** The task cannot go on without a person. What may be left out has its default. */
export interface TaskInputRequiredInput {
  /** Why: `approval`, `workspace_conflict`, `nested_repositories` or the task's own word. */
  reason?: string | undefined;
  /** What exactly, for example the files of the conflict. */
  detail?: unknown | undefined;
}

/** One page of tasks. */
export interface TaskPage {
  /** The tasks, oldest first. */
  tasks: TaskInfo[];
  /** Where the next page starts. */
  next?: string | undefined;
  /** Subscribe after this to miss nothing of what happens later. */
  asOf: string;
}

/** One page of tasks. What may be left out has its default. */
export interface TaskPageInput {
  /** The tasks, oldest first. */
  tasks: readonly TaskInfoInput[];
  /** Where the next page starts. */
  next?: string | undefined;
  /** Subscribe after this to miss nothing of what happens later. */
  asOf: string;
}

/** The task reports how far it is. */
export interface TaskProgress {
  /** For people. */
  message: string;
  /** How far, 0 to 1. */
  fraction?: number | undefined;
  /** Anything else. */
  data?: unknown | undefined;
}

/** The task reports how far it is. What may be left out has its default. */
export interface TaskProgressInput {
  /** For people. */
  message?: string | undefined;
  /** How far, 0 to 1. */
  fraction?: number | undefined;
  /** Anything else. */
  data?: unknown | undefined;
}

/** Nothing but a free place keeps the task from starting. */
export interface TaskQueued {
}

/** The task will be attempted again. */
export interface TaskRetried {
  /** The attempt that ended. */
  attempt: number;
  /** Why: `failed`, `crashed`, `parked`, `lease_lost`, `requested` or `replied`. */
  reason: string;
  /** When the next attempt may start. */
  notBefore?: Timestamp | undefined;
  /** How the attempt failed. */
  error?: ErrorInfo | undefined;
}

/** The task will be attempted again. What may be left out has its default. */
export interface TaskRetriedInput {
  /** The attempt that ended. */
  attempt?: number | undefined;
  /** Why: `failed`, `crashed`, `parked`, `lease_lost`, `requested` or `replied`. */
  reason?: string | undefined;
  /** When the next attempt may start. */
  notBefore?: Timestamp | undefined;
  /** How the attempt failed. */
  error?: ErrorInfoInput | undefined;
}

/** What to do. The simple thing is `TaskSpec::prompt`; everything else has a default. */
export interface TaskSpec {
  /** Which registered `Task` does it; `agent` when empty. */
  kind: string;
  /** What an agent is asked; up to `SessionSpec::MAX_PROMPT_BYTES`. */
  prompt: string;
  /** The input of a task of another kind. */
  input: unknown;
  /** One line for people, up to 500 bytes; the head of the prompt when empty. */
  title: string;
  /** The project, by id or name. An agent needs one. */
  project?: string | undefined;
  /** The tasks that come first. */
  needs: string[];
  /** What has to become of `needs`. */
  when: When;
  /** Higher comes first. Default 0. */
  priority: number;
  /** Submitting the same key again within the tenant gives the same task; 1 to 200 bytes. */
  idempotencyKey?: string | undefined;
  /** Words for people and products to find it by. */
  labels: Record<string, unknown>;
  /** How often and when to try again. */
  retry: RetryPolicy;
  /** How long all attempts together may take from the first start; none means no limit. */
  deadlineMs?: number | undefined;
  /**
   * How long an attempt may show no sign of life: no event, no text of the agent, no call of the
   * task's context. It is given up up to a quarter later, and tried again as after a failure.
   * Time in which it waits for a person does not count. None means no limit.
   */
  idleTimeoutMs?: number | undefined;
  /** Not to be started before. */
  notBefore?: Timestamp | undefined;
  /** Where to work. */
  workspace: WorkspaceKind;
  /** What the workspace starts from; the project's when none. */
  base?: string | undefined;
  /** The session that an agent task opens. Its project and prompt come from the task. */
  session: SessionSpec;
}

/** What to do. The simple thing is `TaskSpec::prompt`; everything else has a default. What may be left out has its default. */
export interface TaskSpecInput {
  /** Which registered `Task` does it; `agent` when empty. */
  kind?: string | undefined;
  /** What an agent is asked; up to `SessionSpec::MAX_PROMPT_BYTES`. */
  prompt?: string | undefined;
  /** The input of a task of another kind. */
  input?: unknown | undefined;
  /** One line for people, up to 500 bytes; the head of the prompt when empty. */
  title?: string | undefined;
  /** The project, by id or name. An agent needs one. */
  project?: string | undefined;
  /** The tasks that come first. */
  needs?: readonly string[] | undefined;
  /** What has to become of `needs`. */
  when?: When | undefined;
  /** Higher comes first. Default 0. */
  priority?: number | undefined;
  /** Submitting the same key again within the tenant gives the same task; 1 to 200 bytes. */
  idempotencyKey?: string | undefined;
  /** Words for people and products to find it by. */
  labels?: Record<string, unknown> | undefined;
  /** How often and when to try again. */
  retry?: RetryPolicyInput | undefined;
  /** How long all attempts together may take from the first start; none means no limit. */
  deadlineMs?: number | undefined;
  /**
   * How long an attempt may show no sign of life: no event, no text of the agent, no call of the
   * task's context. It is given up up to a quarter later, and tried again as after a failure.
   * Time in which it waits for a person does not count. None means no limit.
   */
  idleTimeoutMs?: number | undefined;
  /** Not to be started before. */
  notBefore?: Timestamp | undefined;
  /** Where to work. */
  workspace?: WorkspaceKind | undefined;
  /** What the workspace starts from; the project's when none. */
  base?: string | undefined;
  /** The session that an agent task opens. Its project and prompt come from the task. */
  session?: SessionSpecInput | undefined;
}

/** An attempt of the task started. */
export interface TaskStarted {
  /** Its number, from 1. */
  attempt: number;
  /** The fence of the attempt. */
  token: number;
  /** The node that works on it. */
  nodeId?: string | undefined;
}

/** An attempt of the task started. What may be left out has its default. */
export interface TaskStartedInput {
  /** Its number, from 1. */
  attempt?: number | undefined;
  /** The fence of the attempt. */
  token?: number | undefined;
  /** The node that works on it. */
  nodeId?: string | undefined;
}

/** Where a task is in its life. */
export type TaskState =
  /** Waits for its needs or for a time. */
  | 'pending'
  /** Waits for a free place. */
  | 'queued'
  /** An attempt is under way. */
  | 'running'
  /** Cannot go on without a person. */
  | 'input_required'
  /** Done. */
  | 'succeeded'
  /** Given up. */
  | 'failed'
  /** Called off. */
  | 'cancelled'
  /** One that this version does not know, kept. */
  | (string & {});

/** A task was submitted. */
export interface TaskSubmitted {
  /** Its title. */
  title: string;
  /** Its kind. */
  kind: string;
  /** The tasks that have to succeed first. */
  needs: string[];
  /** Higher comes first. */
  priority: number;
  /** The state it starts in: `pending` or `queued`. */
  state: TaskState;
}

/** A task was submitted. What may be left out has its default. */
export interface TaskSubmittedInput {
  /** Its title. */
  title?: string | undefined;
  /** Its kind. */
  kind?: string | undefined;
  /** The tasks that have to succeed first. */
  needs?: readonly string[] | undefined;
  /** Higher comes first. */
  priority?: number | undefined;
  /** The state it starts in: `pending` or `queued`. */
  state?: TaskState | undefined;
}

/** Something about the task changed. */
export interface TaskUpdated {
  /** Whether somebody asked for the task to be cancelled. */
  cancelRequested: boolean;
  /** Why, for people. */
  reason?: string | undefined;
}

/** Something about the task changed. What may be left out has its default. */
export interface TaskUpdatedInput {
  /** Whether somebody asked for the task to be cancelled. */
  cancelRequested?: boolean | undefined;
  /** Why, for people. */
  reason?: string | undefined;
}

/** Why the task does not start. */
export interface TaskWaiting {
  /** The reasons. */
  reasons: WaitingReason[];
}

/** Why the task does not start. What may be left out has its default. */
export interface TaskWaitingInput {
  /** The reasons. */
  reasons?: readonly WaitingReasonInput[] | undefined;
}

/** A whole thought. */
export interface Thought {
  /** The agent's id of the message. */
  messageId: string;
  /** The thought; empty when redacted. */
  text: string;
  /** Whether the agent keeps the text to itself. */
  redacted: boolean;
  /**
   * Which block of the message it is, from 0, where the agent tells. None means that it replaces
   * all pieces of thoughts of the message.
   */
  block?: number | undefined;
  /** The subagent that thought it, if one did. */
  agentId?: string | undefined;
}

/** A whole thought. What may be left out has its default. */
export interface ThoughtInput {
  /** The agent's id of the message. */
  messageId?: string | undefined;
  /** The thought; empty when redacted. */
  text?: string | undefined;
  /** Whether the agent keeps the text to itself. */
  redacted?: boolean | undefined;
  /**
   * Which block of the message it is, from 0, where the agent tells. None means that it replaces
   * all pieces of thoughts of the message.
   */
  block?: number | undefined;
  /** The subagent that thought it, if one did. */
  agentId?: string | undefined;
}

/** A piece of a thought that is being written. Ephemeral: `thought` replaces it. */
export interface ThoughtDelta {
  /** The message it belongs to. */
  messageId: string;
  /** The block of the message, from 0. */
  block: number;
  /** Grows when the agent starts the message again; earlier pieces are void. */
  generation: number;
  /** Where in the block the piece starts, in UTF-8 bytes. */
  offset: number;
  /** The piece. */
  text: string;
  /** The subagent that thinks, if one does. */
  agentId?: string | undefined;
}

/** A piece of a thought that is being written. Ephemeral: `thought` replaces it. What may be left out has its default. */
export interface ThoughtDeltaInput {
  /** The message it belongs to. */
  messageId?: string | undefined;
  /** The block of the message, from 0. */
  block?: number | undefined;
  /** Grows when the agent starts the message again; earlier pieces are void. */
  generation?: number | undefined;
  /** Where in the block the piece starts, in UTF-8 bytes. */
  offset?: number | undefined;
  /** The piece. */
  text?: string | undefined;
  /** The subagent that thinks, if one does. */
  agentId?: string | undefined;
}

/** What was thought. */
export interface ThoughtItem {
  /** The agent's id of the message. */
  messageId: string;
  /** The thought; empty when redacted. */
  text: string;
  /** Whether the agent keeps the text to itself. */
  redacted: boolean;
}

/** What was thought. What may be left out has its default. */
export interface ThoughtItemInput {
  /** The agent's id of the message. */
  messageId?: string | undefined;
  /** The thought; empty when redacted. */
  text?: string | undefined;
  /** Whether the agent keeps the text to itself. */
  redacted?: boolean | undefined;
}

/** Whether a tool may run, and who said so. */
export interface ToolApproval {
  /** The approval. */
  approvalId?: string | undefined;
  /** What has become of it. */
  state: ApprovalState;
  /** Who answered. */
  by?: Actor | undefined;
  /** The policy's rule, if one answered. */
  rule?: string | undefined;
  /** Why, in the words of whoever answered. */
  reason?: string | undefined;
}

/** Whether a tool may run, and who said so. What may be left out has its default. */
export interface ToolApprovalInput {
  /** The approval. */
  approvalId?: string | undefined;
  /** What has become of it. */
  state?: ApprovalState | undefined;
  /** Who answered. */
  by?: Actor | undefined;
  /** The policy's rule, if one answered. */
  rule?: string | undefined;
  /** Why, in the words of whoever answered. */
  reason?: string | undefined;
}

/** One piece of what a tool gave. */
export type ToolContent =
  /** Text. */
  | { type: 'text'; text: string; }
  /** A change of a file. */
  | { type: 'diff'; path: string; old?: string | undefined; new: string; }
  /** What a command wrote. */
  | { type: 'terminal'; output: string; exitCode?: number | undefined; }
  /** An image. */
  | { type: 'image'; mediaType: string; data: string; }
  /** Something large that is kept beside the event. */
  | { type: 'blob'; blob: BlobRef; }
  /** Anything else, verbatim. */
  | { type: 'other'; content: unknown; }
  /** One that this version does not know, whole. */
  | { type: 'unknown'; wire: Record<string, unknown> };

/** One piece of what a tool gave. */
export type ToolContentInput =
  /** Text. */
  | { type: 'text'; text: string; }
  /** A change of a file. */
  | { type: 'diff'; path: string; old?: string | undefined; new: string; }
  /** What a command wrote. */
  | { type: 'terminal'; output: string; exitCode?: number | undefined; }
  /** An image. */
  | { type: 'image'; mediaType: string; data: string; }
  /** Something large that is kept beside the event. */
  | { type: 'blob'; blob: BlobRefInput; }
  /** Anything else, verbatim. */
  | { type: 'other'; content: unknown; }
  /** One that this version does not know, whole. */
  | { type: 'unknown'; wire: Record<string, unknown> };

/** A tool call ended. */
export interface ToolEnded {
  /** The call. */
  toolCallId: string;
  /** How. */
  status: ToolStatus;
  /** What it gave. */
  content: ToolContent[];
  /** The agent's structured result. */
  result?: unknown | undefined;
  /** Whether `content` was cut. */
  truncated: boolean;
  /** Where the whole of what was cut is, when this store has it. */
  full?: BlobRef | undefined;
  /** Whether it goes on in the background. */
  background: boolean;
}

/** A tool call ended. What may be left out has its default. */
export interface ToolEndedInput {
  /** The call. */
  toolCallId?: string | undefined;
  /** How. */
  status?: ToolStatus | undefined;
  /** What it gave. */
  content?: readonly ToolContentInput[] | undefined;
  /** The agent's structured result. */
  result?: unknown | undefined;
  /** Whether `content` was cut. */
  truncated?: boolean | undefined;
  /** Where the whole of what was cut is, when this store has it. */
  full?: BlobRefInput | undefined;
  /** Whether it goes on in the background. */
  background?: boolean | undefined;
}

/** A use of a tool, as far as it got. */
export interface ToolItem {
  /** The call. */
  toolCallId: string;
  /** The call that it is part of, for a subagent's. */
  parentToolCallId?: string | undefined;
  /** The tool; empty when the call's beginning is not known. */
  name: string;
  /** ACP's kind: `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch` or `other`. */
  kind: string;
  /** One line for people. */
  title: string;
  /** The files that it is about. */
  locations: string[];
  /** The input that the agent shows. */
  input: unknown;
  /** The input that runs, where it is another one. */
  effectiveInput?: unknown | undefined;
  /** How far it is. */
  status: ToolStatus;
  /** What it has given so far: text, diffs, output of commands. */
  content: ToolContent[];
  /** The agent's structured result. */
  result?: unknown | undefined;
  /** Whether `content` was cut. */
  truncated: boolean;
  /** Where the whole of what was cut is. */
  full?: BlobRef | undefined;
  /** Whether the agent does not wait for it. */
  background: boolean;
  /** The last question whether it may run. */
  approval?: ToolApproval | undefined;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
}

/** A use of a tool, as far as it got. What may be left out has its default. */
export interface ToolItemInput {
  /** The call. */
  toolCallId?: string | undefined;
  /** The call that it is part of, for a subagent's. */
  parentToolCallId?: string | undefined;
  /** The tool; empty when the call's beginning is not known. */
  name?: string | undefined;
  /** ACP's kind: `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch` or `other`. */
  kind?: string | undefined;
  /** One line for people. */
  title?: string | undefined;
  /** The files that it is about. */
  locations?: readonly string[] | undefined;
  /** The input that the agent shows. */
  input?: unknown | undefined;
  /** The input that runs, where it is another one. */
  effectiveInput?: unknown | undefined;
  /** How far it is. */
  status?: ToolStatus | undefined;
  /** What it has given so far: text, diffs, output of commands. */
  content?: readonly ToolContentInput[] | undefined;
  /** The agent's structured result. */
  result?: unknown | undefined;
  /** Whether `content` was cut. */
  truncated?: boolean | undefined;
  /** Where the whole of what was cut is. */
  full?: BlobRefInput | undefined;
  /** Whether the agent does not wait for it. */
  background?: boolean | undefined;
  /** The last question whether it may run. */
  approval?: ToolApprovalInput | undefined;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
}

/**
 * Which tools run without asking, and which never; in the agent's own rule language, for example
 * `Bash(git status:*)`.
 */
export interface ToolRules {
  /** Run without asking. */
  allow: string[];
  /** Never run. */
  deny: string[];
}

/**
 * Which tools run without asking, and which never; in the agent's own rule language, for example
 * `Bash(git status:*)`. What may be left out has its default.
 */
export interface ToolRulesInput {
  /** Run without asking. */
  allow?: readonly string[] | undefined;
  /** Never run. */
  deny?: readonly string[] | undefined;
}

/** The agent calls a tool. */
export interface ToolStarted {
  /** The call. */
  toolCallId: string;
  /** The call that it is part of, for a subagent's. */
  parentToolCallId?: string | undefined;
  /** The subagent that calls, if one does. */
  agentId?: string | undefined;
  /** The tool. */
  name: string;
  /** ACP's kind: `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch` or `other`. */
  kind: string;
  /** One line for people. */
  title: string;
  /** The files that it is about. */
  locations: string[];
  /** The input that the agent shows. */
  input: unknown;
  /** Whether the agent does not wait for it. */
  background: boolean;
}

/** The agent calls a tool. What may be left out has its default. */
export interface ToolStartedInput {
  /** The call. */
  toolCallId?: string | undefined;
  /** The call that it is part of, for a subagent's. */
  parentToolCallId?: string | undefined;
  /** The subagent that calls, if one does. */
  agentId?: string | undefined;
  /** The tool. */
  name?: string | undefined;
  /** ACP's kind: `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch` or `other`. */
  kind?: string | undefined;
  /** One line for people. */
  title?: string | undefined;
  /** The files that it is about. */
  locations?: readonly string[] | undefined;
  /** The input that the agent shows. */
  input?: unknown | undefined;
  /** Whether the agent does not wait for it. */
  background?: boolean | undefined;
}

/** The state of a tool call. */
export type ToolStatus =
  /** Asked for, not started. */
  | 'pending'
  /** Running. */
  | 'in_progress'
  /** Ended well. */
  | 'completed'
  /** Ended badly. */
  | 'failed'
  /** Not allowed to run. */
  | 'denied'
  /** Stopped before its end; whether it had an effect is not known. */
  | 'interrupted'
  /** One that this version does not know, kept. */
  | (string & {});

/** A call of a tool that does nothing and gives what the script says. */
export interface ToolStep {
  /** The tool. */
  name: string;
  /** Its input. */
  input: unknown;
  /** Whether it asks for permission first. */
  ask: boolean;
  /** What it gives. */
  result: string;
  /** Whether it fails. */
  fails: boolean;
  /** How long it runs. */
  ms: number;
}

/** A call of a tool that does nothing and gives what the script says. What may be left out has its default. */
export interface ToolStepInput {
  /** The tool. */
  name?: string | undefined;
  /** Its input. */
  input?: unknown | undefined;
  /** Whether it asks for permission first. */
  ask?: boolean | undefined;
  /** What it gives. */
  result?: string | undefined;
  /** Whether it fails. */
  fails?: boolean | undefined;
  /** How long it runs. */
  ms?: number | undefined;
}

/** Something about a running call changed. */
export interface ToolUpdated {
  /** The call. */
  toolCallId: string;
  /** The input that runs, where an approval changed it. */
  effectiveInput?: unknown | undefined;
  /** Its status. */
  status?: ToolStatus | undefined;
  /** What it has given so far, whole. */
  content: ToolContent[];
  /** Whether the agent stopped waiting for it. */
  background?: boolean | undefined;
}

/** Something about a running call changed. What may be left out has its default. */
export interface ToolUpdatedInput {
  /** The call. */
  toolCallId?: string | undefined;
  /** The input that runs, where an approval changed it. */
  effectiveInput?: unknown | undefined;
  /** Its status. */
  status?: ToolStatus | undefined;
  /** What it has given so far, whole. */
  content?: readonly ToolContentInput[] | undefined;
  /** Whether the agent stopped waiting for it. */
  background?: boolean | undefined;
}

/** A call to try the rules on. */
export interface ToolUse {
  /** The tool. */
  tool: string;
  /** Its input. */
  input: unknown;
  /** In this session: its rules and those of its project and tenant, in its directory. */
  sessionId?: string | undefined;
  /** In this project, by id or name, where no session is given. */
  project?: string | undefined;
}

/** A call to try the rules on. What may be left out has its default. */
export interface ToolUseInput {
  /** The tool. */
  tool?: string | undefined;
  /** Its input. */
  input?: unknown | undefined;
  /** In this session: its rules and those of its project and tenant, in its directory. */
  sessionId?: string | undefined;
  /** In this project, by id or name, where no session is given. */
  project?: string | undefined;
}

/** What the session used and cost. */
export interface Totals {
  /** What was used. */
  usage: Usage;
  /** What the priced part of it cost; none when nothing is priced, which is not zero. */
  costMicroUsd?: number | undefined;
  /** How many entries have no price, so that the cost is too low. */
  unpriced: number;
}

/** What the session used and cost. What may be left out has its default. */
export interface TotalsInput {
  /** What was used. */
  usage?: UsageInput | undefined;
  /** What the priced part of it cost; none when nothing is priced, which is not zero. */
  costMicroUsd?: number | undefined;
  /** How many entries have no price, so that the cost is too low. */
  unpriced?: number | undefined;
}

/** The agent stopped working. */
export interface TurnEnded {
  /** Why it stopped. */
  stopReason: string;
  /** Whether it failed. */
  isError: boolean;
  /** How it failed. */
  error?: ErrorInfo | undefined;
  /** The agent's last text. */
  result?: string | undefined;
  /** The structured result, where one was asked for. */
  structuredOutput?: unknown | undefined;
  /** What the turn used. */
  usage: Usage;
  /** What the turn cost, as far as the agent says. */
  costMicroUsd?: number | undefined;
  /** How long the agent says it took. */
  durationMs?: number | undefined;
}

/** The agent stopped working. What may be left out has its default. */
export interface TurnEndedInput {
  /** Why it stopped. */
  stopReason?: string | undefined;
  /** Whether it failed. */
  isError?: boolean | undefined;
  /** How it failed. */
  error?: ErrorInfoInput | undefined;
  /** The agent's last text. */
  result?: string | undefined;
  /** The structured result, where one was asked for. */
  structuredOutput?: unknown | undefined;
  /** What the turn used. */
  usage?: UsageInput | undefined;
  /** What the turn cost, as far as the agent says. */
  costMicroUsd?: number | undefined;
  /** How long the agent says it took. */
  durationMs?: number | undefined;
}

/** A turn. */
export interface TurnInfo {
  /** Its id. */
  id: string;
  /** Its place in the session, from 1. */
  number: number;
  /** What began it. */
  origin: Origin;
  /** The prompt, if one began it. */
  prompt: ContentBlock[];
  /**
   * The name that the giver of the prompt knows it by. Turns that go on with the same work, since
   * the agent or Maestro began them, have it too.
   */
  key?: string | undefined;
  /** What was first asked, where the turn goes on with the work of an earlier one. */
  firstPrompt: ContentBlock[];
  /** Which process of the session works on it, from 1. */
  processNumber: number;
  /** When it started. */
  startedAt: Timestamp;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
  /** Why it ended. */
  stopReason?: string | undefined;
  /** How it failed, if it did. */
  error?: ErrorInfo | undefined;
  /** The agent's last text. */
  result?: string | undefined;
  /** The structured result, where one was asked for. */
  structuredOutput: unknown;
  /** What it used. */
  usage: Usage;
}

/** A turn. What may be left out has its default. */
export interface TurnInfoInput {
  /** Its id. */
  id: string;
  /** Its place in the session, from 1. */
  number: number;
  /** What began it. */
  origin: Origin;
  /** The prompt, if one began it. */
  prompt?: readonly ContentBlock[] | undefined;
  /**
   * The name that the giver of the prompt knows it by. Turns that go on with the same work, since
   * the agent or Maestro began them, have it too.
   */
  key?: string | undefined;
  /** What was first asked, where the turn goes on with the work of an earlier one. */
  firstPrompt?: readonly ContentBlock[] | undefined;
  /** Which process of the session works on it, from 1. */
  processNumber: number;
  /** When it started. */
  startedAt: Timestamp;
  /** When it ended. */
  endedAt?: Timestamp | undefined;
  /** Why it ended. */
  stopReason?: string | undefined;
  /** How it failed, if it did. */
  error?: ErrorInfoInput | undefined;
  /** The agent's last text. */
  result?: string | undefined;
  /** The structured result, where one was asked for. */
  structuredOutput?: unknown | undefined;
  /** What it used. */
  usage?: UsageInput | undefined;
}

/** The agent began to work on a prompt, or by itself. */
export interface TurnStarted {
  /** What began the turn. */
  origin: Origin;
  /** The prompt, if one began it. */
  prompt: ContentBlock[];
}

/** The agent began to work on a prompt, or by itself. What may be left out has its default. */
export interface TurnStartedInput {
  /** What began the turn. */
  origin?: Origin | undefined;
  /** The prompt, if one began it. */
  prompt?: readonly ContentBlock[] | undefined;
}

/** What was used. All numbers are tokens of the agent's model calls, except `turns`. */
export interface Usage {
  /** Tokens read, without cached ones. */
  inputTokens: number;
  /** Tokens written. */
  outputTokens: number;
  /** Tokens read from a cache. */
  cacheReadTokens: number;
  /** Tokens written to a cache. */
  cacheWriteTokens: number;
  /** Turns that ended. */
  turns: number;
  /** What it cost as far as agents said, in micro-USD. */
  costMicroUsd: number;
}

/** What was used. All numbers are tokens of the agent's model calls, except `turns`. What may be left out has its default. */
export interface UsageInput {
  /** Tokens read, without cached ones. */
  inputTokens?: number | undefined;
  /** Tokens written. */
  outputTokens?: number | undefined;
  /** Tokens read from a cache. */
  cacheReadTokens?: number | undefined;
  /** Tokens written to a cache. */
  cacheWriteTokens?: number | undefined;
  /** Turns that ended. */
  turns?: number | undefined;
  /** What it cost as far as agents said, in micro-USD. */
  costMicroUsd?: number | undefined;
}

/** Usage was entered into the ledger. */
export interface UsageRecorded {
  /** What was used since the entry before. */
  usage: Usage;
  /** What it cost; none means unpriced, never zero. */
  costMicroUsd?: number | undefined;
  /** The model, where the agent tells them apart. */
  model?: string | undefined;
  /** Where the numbers come from, for example `agent_result`. */
  provenance: string;
}

/** Usage was entered into the ledger. What may be left out has its default. */
export interface UsageRecordedInput {
  /** What was used since the entry before. */
  usage?: UsageInput | undefined;
  /** What it cost; none means unpriced, never zero. */
  costMicroUsd?: number | undefined;
  /** The model, where the agent tells them apart. */
  model?: string | undefined;
  /** Where the numbers come from, for example `agent_result`. */
  provenance?: string | undefined;
}

/** One item of a conversation. */
export type ViewItem = {
  /** Its place in the conversation, from 1. It never changes. */
  id: number;
  /** The `SessionView::revision` that it last changed at. */
  revision: number;
  /** When it began. */
  at: Timestamp;
  /** The turn that it belongs to. */
  turnId?: string | undefined;
  /** The subagent whose item it is; none for the session's own agent. */
  agentId?: string | undefined;
} & ItemBody;

/** One item of a conversation. What may be left out has its default. */
export type ViewItemInput = {
  /** Its place in the conversation, from 1. It never changes. */
  id: number;
  /** The `SessionView::revision` that it last changed at. */
  revision: number;
  /** When it began. */
  at: Timestamp;
  /** The turn that it belongs to. */
  turnId?: string | undefined;
  /** The subagent whose item it is; none for the session's own agent. */
  agentId?: string | undefined;
} & ItemBodyInput;

/** Why a task does not start. */
export interface WaitingReason {
  /** `needs`, `not_before`, `project_paused`, `no_capable_node`, `limit` or `position`. */
  code: string;
  /** What it waits for, for example a task's id or a scope. */
  reference?: string | undefined;
  /** Until when, if that is known. */
  until?: Timestamp | undefined;
  /** How many are before it. */
  position?: number | undefined;
  /** What a person can do about it. */
  fix: string;
}

/** Why a task does not start. What may be left out has its default. */
export interface WaitingReasonInput {
  /** `needs`, `not_before`, `project_paused`, `no_capable_node`, `limit` or `position`. */
  code: string;
  /** What it waits for, for example a task's id or a scope. */
  reference?: string | undefined;
  /** Until when, if that is known. */
  until?: Timestamp | undefined;
  /** How many are before it. */
  position?: number | undefined;
  /** What a person can do about it. */
  fix?: string | undefined;
}

/** What has to become of a task's `needs` before it starts. */
export type When =
  /** All have succeeded; otherwise the task is cancelled with reason `need_failed`. */
  | 'success'
  /** All have ended. */
  | 'always'
  /** All have ended and at least one did not succeed; otherwise the task is cancelled. */
  | 'failure'
  /** One that this version does not know, kept. */
  | (string & {});

/** Work that may be of a task, but stands in the repository and not in the task's workspace. */
export interface WorkElsewhere {
  /** `branch`, `worktree` or `stash`. */
  kind: string;
  /** The branch, the directory of the worktree, or what the stash says of itself. */
  name: string;
  /** Its commit. */
  commit?: string | undefined;
}

/** Work was committed to the workspace's branch. */
export interface WorkspaceCommitted {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** The commit. */
  commit: string;
  /** What it changed. */
  files: FileChange[];
}

/** Work was committed to the workspace's branch. What may be left out has its default. */
export interface WorkspaceCommittedInput {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** The commit. */
  commit?: string | undefined;
  /** What it changed. */
  files?: readonly FileChange[] | undefined;
}

/** Branches do not merge by themselves. */
export interface WorkspaceConflicted {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** The files in conflict. */
  files: string[];
  /** The branch that does not merge. */
  with: string;
}

/** Branches do not merge by themselves. What may be left out has its default. */
export interface WorkspaceConflictedInput {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** The files in conflict. */
  files?: readonly string[] | undefined;
  /** The branch that does not merge. */
  with?: string | undefined;
}

/** Work that may be of the task stands elsewhere in the repository. */
export interface WorkspaceElsewhere {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** Where it stands. */
  work: WorkElsewhere[];
}

/** Work that may be of the task stands elsewhere in the repository. What may be left out has its default. */
export interface WorkspaceElsewhereInput {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** Where it stands. */
  work?: readonly WorkElsewhere[] | undefined;
}

/** A workspace. */
export interface WorkspaceInfo {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** The project that it was made from. */
  projectId: string;
  /** The task that works in it. */
  taskId: string;
  /** What has become of it. */
  state: WorkspaceState;
  /** The adapter's name: `git` or `directory`. */
  kind: string;
  /** The project that it was made from. */
  project: PlacePath;
  /** The workspace's own directory. For `git` it is the top of a worktree of the whole repository. */
  root: PlacePath;
  /**
   * Where the project is in it, with `/`, when the project is a directory inside of a repository.
   * Agents start there; everything in `root` is the workspace's, and paths are relative to `root`.
   */
  subdirectory?: string | undefined;
  /** Its branch. */
  branch?: string | undefined;
  /** The commit that its own work starts after, merged needs included. */
  base?: string | undefined;
  /**
   * Why it is the project directory itself although nobody asked for that, and what to do about it.
   * None when the work is isolated, or when the task asked for `directory`.
   */
  notIsolated?: string | undefined;
  /** What was made elsewhere in the repository while the task's agent worked, and may be its work. */
  workElsewhere: WorkElsewhere[];
  /** Whether it is kept although it is empty. */
  keep: boolean;
  /** The branch that it was merged into. */
  mergedInto?: string | undefined;
  /** When it was made. */
  createdAt: Timestamp;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** A workspace. What may be left out has its default. */
export interface WorkspaceInfoInput {
  /** Its id. */
  id: string;
  /** Whose it is. */
  tenantId: string;
  /** The project that it was made from. */
  projectId: string;
  /** The task that works in it. */
  taskId: string;
  /** What has become of it. */
  state: WorkspaceState;
  /** The adapter's name: `git` or `directory`. */
  kind: string;
  /** The project that it was made from. */
  project: PlacePath;
  /** The workspace's own directory. For `git` it is the top of a worktree of the whole repository. */
  root: PlacePath;
  /**
   * Where the project is in it, with `/`, when the project is a directory inside of a repository.
   * Agents start there; everything in `root` is the workspace's, and paths are relative to `root`.
   */
  subdirectory?: string | undefined;
  /** Its branch. */
  branch?: string | undefined;
  /** The commit that its own work starts after, merged needs included. */
  base?: string | undefined;
  /**
   * Why it is the project directory itself although nobody asked for that, and what to do about it.
   * None when the work is isolated, or when the task asked for `directory`.
   */
  notIsolated?: string | undefined;
  /** What was made elsewhere in the repository while the task's agent worked, and may be its work. */
  workElsewhere?: readonly WorkElsewhere[] | undefined;
  /** Whether it is kept although it is empty. */
  keep?: boolean | undefined;
  /** The branch that it was merged into. */
  mergedInto?: string | undefined;
  /** When it was made. */
  createdAt: Timestamp;
  /** Fields of a newer version, as they stand on the wire. */
  extra?: Record<string, unknown> | undefined;
}

/** The workspace stays, since it holds work. */
export interface WorkspaceKept {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** What it holds: `uncommitted`, `untracked`, `ignored`, `stashed`, `unmerged`. */
  reasons: string[];
}

/** The workspace stays, since it holds work. What may be left out has its default. */
export interface WorkspaceKeptInput {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** What it holds: `uncommitted`, `untracked`, `ignored`, `stashed`, `unmerged`. */
  reasons?: readonly string[] | undefined;
}

/** Which workspace a task gets. */
export type WorkspaceKind =
  /**
   * A git worktree where one can be made, else the project directory: `not_isolated` of the
   * workspace says why then.
   */
  | 'auto'
  /** A git worktree with its own branch. The task fails where none can be made. */
  | 'git'
  /** The project directory itself. */
  | 'directory'
  /** One that this version does not know, kept. */
  | (string & {});

/** The work is out. */
export interface WorkspaceMerged {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** The branch that it was merged into. */
  into: string;
  /** The commit that holds it there. */
  commit: string;
}

/** The work is out. What may be left out has its default. */
export interface WorkspaceMergedInput {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** The branch that it was merged into. */
  into?: string | undefined;
  /** The commit that holds it there. */
  commit?: string | undefined;
}

/** A workspace is ready to work in. */
export interface WorkspacePrepared {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** `git` or `directory`. */
  kind: string;
  /** Its directory. */
  path: string;
  /** Where the project is in it, when it is a directory inside of a repository. */
  subdirectory?: string | undefined;
  /** Why it is the project directory itself although nobody asked for that. */
  notIsolated?: string | undefined;
  /** Its branch. */
  branch?: string | undefined;
  /** The commit that it starts from. */
  base?: string | undefined;
  /** The branches of the task's needs that were merged in. */
  merged: string[];
  /** Whether it had been there before and was made again. */
  recreated: boolean;
}

/** A workspace is ready to work in. What may be left out has its default. */
export interface WorkspacePreparedInput {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** `git` or `directory`. */
  kind?: string | undefined;
  /** Its directory. */
  path?: string | undefined;
  /** Where the project is in it, when it is a directory inside of a repository. */
  subdirectory?: string | undefined;
  /** Why it is the project directory itself although nobody asked for that. */
  notIsolated?: string | undefined;
  /** Its branch. */
  branch?: string | undefined;
  /** The commit that it starts from. */
  base?: string | undefined;
  /** The branches of the task's needs that were merged in. */
  merged?: readonly string[] | undefined;
  /** Whether it had been there before and was made again. */
  recreated?: boolean | undefined;
}

/** The workspace is gone. */
export interface WorkspaceRemoved {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** Whether it held work that the caller discarded by name. */
  discarded: boolean;
}

/** The workspace is gone. What may be left out has its default. */
export interface WorkspaceRemovedInput {
  /** The workspace. */
  workspaceId?: string | undefined;
  /** Whether it held work that the caller discarded by name. */
  discarded?: boolean | undefined;
}

/** What has become of a workspace. */
export type WorkspaceState =
  /** There to work in. */
  | 'ready'
  /** Branches of needs did not merge; a person has to help. */
  | 'conflicted'
  /** Its work was merged; it may be swept when it holds nothing else. */
  | 'merged'
  /** Gone. */
  | 'removed'
  /** One that this version does not know, kept. */
  | (string & {});

/** What every event has beside its `type` and `data`. */
export interface EventEnvelope {
  /** Resume here to read on after this event. */
  cursor?: string | undefined;
  /** Its home stream, for example `task/<id>`. */
  stream: string;
  /** Its place in the home stream, from 1, without gaps. */
  seq?: number | undefined;
  /** When it happened, by the clock of the node that it happened on. */
  at: Timestamp;
  /** Whose data it is. */
  tenantId: string;
  /** Who did it. */
  actor: Actor;
  /** The project. */
  projectId?: string | undefined;
  /** The session. */
  sessionId?: string | undefined;
  /** The turn of the session. */
  turnId?: string | undefined;
  /** The task. */
  taskId?: string | undefined;
  /** The attempt of the task, from 1. */
  attempt?: number | undefined;
  /** The account that it is billed to. */
  accountId?: string | undefined;
  /** The node that did it. */
  nodeId?: string | undefined;
  /** The trace that the embedder gave. */
  traceId?: string | undefined;
  /** The schema version of `data`. */
  schema: number;
  /** The agent's own frame, verbatim, on the first event that was made of it. */
  raw?: string | undefined;
}

/** The content of each type of event. */
export interface EventTypes {
  'session.opened': SessionOpened;
  'session.resumed': SessionResumed;
  'session.forked': SessionForked;
  'session.running': SessionRunning;
  'session.requires_action': SessionRequiresAction;
  'session.idle': SessionIdle;
  'session.updated': SessionUpdated;
  'session.failed': SessionFailed;
  'session.closed': SessionClosed;
  'context.updated': ContextUpdated;
  'context.compacted': ContextCompacted;
  'prompt.queued': PromptQueued;
  'prompt.folded': PromptFolded;
  'prompt.cancelled': PromptCancelled;
  'turn.started': TurnStarted;
  'turn.ended': TurnEnded;
  'message.delta': MessageDelta;
  'thought.delta': ThoughtDelta;
  'message': Message;
  'thought': Thought;
  'message.superseded': MessageSuperseded;
  'tool.started': ToolStarted;
  'tool.updated': ToolUpdated;
  'tool.ended': ToolEnded;
  'file.changed': FileChanged;
  'plan.updated': PlanUpdated;
  'subagent.started': SubagentStarted;
  'subagent.progress': SubagentProgress;
  'subagent.ended': SubagentEnded;
  'approval.requested': ApprovalRequested;
  'approval.resolved': ApprovalResolved;
  'approval.updated': ApprovalUpdated;
  'approval.granted': ApprovalGranted;
  'approval.withdrawn': ApprovalWithdrawn;
  'approval.expired': ApprovalExpired;
  'policy.updated': PolicyUpdated;
  'policy.removed': PolicyRemoved;
  'usage.recorded': UsageRecorded;
  'limit.reached': LimitReached;
  'agent.retrying': AgentRetrying;
  'agent.rate_limited': AgentRateLimited;
  'agent.warning': AgentWarning;
  'agent.stderr': AgentStderr;
  'agent.output': AgentOutput;
  'agent.frame': AgentFrame;
  'task.submitted': TaskSubmitted;
  'task.queued': TaskQueued;
  'task.waiting': TaskWaiting;
  'task.started': TaskStarted;
  'task.progress': TaskProgress;
  'task.input_required': TaskInputRequired;
  'task.updated': TaskUpdated;
  'task.retried': TaskRetried;
  'task.ended': TaskEnded;
  'attempt.lost': AttemptLost;
  'attempt.recovered': AttemptRecovered;
  'project.created': ProjectCreated;
  'project.updated': ProjectUpdated;
  'workspace.prepared': WorkspacePrepared;
  'workspace.conflicted': WorkspaceConflicted;
  'workspace.committed': WorkspaceCommitted;
  'workspace.elsewhere': WorkspaceElsewhere;
  'workspace.kept': WorkspaceKept;
  'workspace.merged': WorkspaceMerged;
  'workspace.removed': WorkspaceRemoved;
  'node.joined': NodeJoined;
  'node.lost': NodeLost;
  'gap': Gap;
}

/** What one gives for the content of each type of event. */
export interface EventTypesInput {
  'session.opened': SessionOpenedInput;
  'session.resumed': SessionResumedInput;
  'session.forked': SessionForked;
  'session.running': SessionRunning;
  'session.requires_action': SessionRequiresAction;
  'session.idle': SessionIdle;
  'session.updated': SessionUpdatedInput;
  'session.failed': SessionFailedInput;
  'session.closed': SessionClosedInput;
  'context.updated': ContextUpdatedInput;
  'context.compacted': ContextCompactedInput;
  'prompt.queued': PromptQueuedInput;
  'prompt.folded': PromptFoldedInput;
  'prompt.cancelled': PromptCancelledInput;
  'turn.started': TurnStartedInput;
  'turn.ended': TurnEndedInput;
  'message.delta': MessageDeltaInput;
  'thought.delta': ThoughtDeltaInput;
  'message': MessageInput;
  'thought': ThoughtInput;
  'message.superseded': MessageSupersededInput;
  'tool.started': ToolStartedInput;
  'tool.updated': ToolUpdatedInput;
  'tool.ended': ToolEndedInput;
  'file.changed': FileChangedInput;
  'plan.updated': PlanUpdatedInput;
  'subagent.started': SubagentStartedInput;
  'subagent.progress': SubagentProgressInput;
  'subagent.ended': SubagentEndedInput;
  'approval.requested': ApprovalRequestedInput;
  'approval.resolved': ApprovalResolvedInput;
  'approval.updated': ApprovalUpdatedInput;
  'approval.granted': ApprovalGrantedInput;
  'approval.withdrawn': ApprovalWithdrawnInput;
  'approval.expired': ApprovalExpired;
  'policy.updated': PolicyUpdatedInput;
  'policy.removed': PolicyRemovedInput;
  'usage.recorded': UsageRecordedInput;
  'limit.reached': LimitReachedInput;
  'agent.retrying': AgentRetryingInput;
  'agent.rate_limited': AgentRateLimitedInput;
  'agent.warning': AgentWarningInput;
  'agent.stderr': AgentStderrInput;
  'agent.output': AgentOutputInput;
  'agent.frame': AgentFrameInput;
  'task.submitted': TaskSubmittedInput;
  'task.queued': TaskQueued;
  'task.waiting': TaskWaitingInput;
  'task.started': TaskStartedInput;
  'task.progress': TaskProgressInput;
  'task.input_required': TaskInputRequiredInput;
  'task.updated': TaskUpdatedInput;
  'task.retried': TaskRetriedInput;
  'task.ended': TaskEndedInput;
  'attempt.lost': AttemptLostInput;
  'attempt.recovered': AttemptRecoveredInput;
  'project.created': ProjectCreatedInput;
  'project.updated': ProjectUpdatedInput;
  'workspace.prepared': WorkspacePreparedInput;
  'workspace.conflicted': WorkspaceConflictedInput;
  'workspace.committed': WorkspaceCommittedInput;
  'workspace.elsewhere': WorkspaceElsewhereInput;
  'workspace.kept': WorkspaceKeptInput;
  'workspace.merged': WorkspaceMergedInput;
  'workspace.removed': WorkspaceRemovedInput;
  'node.joined': NodeJoinedInput;
  'node.lost': NodeLostInput;
  'gap': GapInput;
}

/** Every record by its name. */
export interface Records {
  AccountInfo: AccountInfo;
  AccountLimit: AccountLimit;
  AccountSpec: AccountSpec;
  AccountStatus: AccountStatus;
  Actor: Actor;
  AgentCommand: AgentCommand;
  AgentFrame: AgentFrame;
  AgentInfo: AgentInfo;
  AgentModel: AgentModel;
  AgentOutput: AgentOutput;
  AgentPointer: AgentPointer;
  AgentRateLimited: AgentRateLimited;
  AgentRetrying: AgentRetrying;
  AgentStatus: AgentStatus;
  AgentStderr: AgentStderr;
  AgentWarning: AgentWarning;
  ApprovalExpired: ApprovalExpired;
  ApprovalFilter: ApprovalFilter;
  ApprovalGranted: ApprovalGranted;
  ApprovalInfo: ApprovalInfo;
  ApprovalOption: ApprovalOption;
  ApprovalPage: ApprovalPage;
  ApprovalRequested: ApprovalRequested;
  ApprovalResolved: ApprovalResolved;
  ApprovalUpdated: ApprovalUpdated;
  ApprovalWithdrawn: ApprovalWithdrawn;
  AttemptInfo: AttemptInfo;
  AttemptLost: AttemptLost;
  AttemptRecovered: AttemptRecovered;
  BlobRef: BlobRef;
  CancelRequest: CancelRequest;
  Changes: Changes;
  Choice: Choice;
  ContentBlock: ContentBlock;
  ContextCompacted: ContextCompacted;
  ContextUpdated: ContextUpdated;
  Decision: Decision;
  ErrorInfo: ErrorInfo;
  Event: import('./event.js').Event;
  EventFilter: EventFilter;
  FileChange: FileChange;
  FileChanged: FileChanged;
  FileView: FileView;
  Gap: Gap;
  Grant: Grant;
  ItemBody: ItemBody;
  LimitHit: LimitHit;
  LimitReached: LimitReached;
  McpServerStatus: McpServerStatus;
  Message: Message;
  MessageDelta: MessageDelta;
  MessageItem: MessageItem;
  MessageSuperseded: MessageSuperseded;
  NodeJoined: NodeJoined;
  NodeLost: NodeLost;
  NoticeItem: NoticeItem;
  OpenTurn: OpenTurn;
  Origin: Origin;
  Outcome: Outcome;
  Partial: Partial;
  PendingApproval: PendingApproval;
  PlacePath: PlacePath;
  PlanEntry: PlanEntry;
  PlanUpdated: PlanUpdated;
  PolicyRemoved: PolicyRemoved;
  PolicyUpdated: PolicyUpdated;
  ProcessRef: ProcessRef;
  ProjectCreated: ProjectCreated;
  ProjectInfo: ProjectInfo;
  ProjectSpec: ProjectSpec;
  ProjectUpdated: ProjectUpdated;
  PromptCancelled: PromptCancelled;
  PromptFolded: PromptFolded;
  PromptItem: PromptItem;
  PromptQueued: PromptQueued;
  Question: Question;
  QueuedPrompt: QueuedPrompt;
  QueuedView: QueuedView;
  ReplyInfo: ReplyInfo;
  ReplySpec: ReplySpec;
  RetryPolicy: RetryPolicy;
  RuleFilter: RuleFilter;
  RuleInfo: RuleInfo;
  RuleLevel: RuleLevel;
  RulePage: RulePage;
  RuleSpec: RuleSpec;
  Ruling: Ruling;
  SessionClosed: SessionClosed;
  SessionFailed: SessionFailed;
  SessionFilter: SessionFilter;
  SessionForked: SessionForked;
  SessionIdle: SessionIdle;
  SessionInfo: SessionInfo;
  SessionOpened: SessionOpened;
  SessionPage: SessionPage;
  SessionRequiresAction: SessionRequiresAction;
  SessionResumed: SessionResumed;
  SessionRunning: SessionRunning;
  SessionSpec: SessionSpec;
  SessionUpdated: SessionUpdated;
  SessionView: SessionView;
  Step: Step;
  SubagentEnded: SubagentEnded;
  SubagentProgress: SubagentProgress;
  SubagentStarted: SubagentStarted;
  SubagentUsage: SubagentUsage;
  SubagentView: SubagentView;
  TaskEnded: TaskEnded;
  TaskFilter: TaskFilter;
  TaskInfo: TaskInfo;
  TaskInputRequired: TaskInputRequired;
  TaskPage: TaskPage;
  TaskProgress: TaskProgress;
  TaskQueued: TaskQueued;
  TaskRetried: TaskRetried;
  TaskSpec: TaskSpec;
  TaskStarted: TaskStarted;
  TaskSubmitted: TaskSubmitted;
  TaskUpdated: TaskUpdated;
  TaskWaiting: TaskWaiting;
  Thought: Thought;
  ThoughtDelta: ThoughtDelta;
  ThoughtItem: ThoughtItem;
  ToolApproval: ToolApproval;
  ToolContent: ToolContent;
  ToolEnded: ToolEnded;
  ToolItem: ToolItem;
  ToolRules: ToolRules;
  ToolStarted: ToolStarted;
  ToolStep: ToolStep;
  ToolUpdated: ToolUpdated;
  ToolUse: ToolUse;
  Totals: Totals;
  TurnEnded: TurnEnded;
  TurnInfo: TurnInfo;
  TurnStarted: TurnStarted;
  Usage: Usage;
  UsageRecorded: UsageRecorded;
  ViewItem: ViewItem;
  WaitingReason: WaitingReason;
  WorkElsewhere: WorkElsewhere;
  WorkspaceCommitted: WorkspaceCommitted;
  WorkspaceConflicted: WorkspaceConflicted;
  WorkspaceElsewhere: WorkspaceElsewhere;
  WorkspaceInfo: WorkspaceInfo;
  WorkspaceKept: WorkspaceKept;
  WorkspaceMerged: WorkspaceMerged;
  WorkspacePrepared: WorkspacePrepared;
  WorkspaceRemoved: WorkspaceRemoved;
}
