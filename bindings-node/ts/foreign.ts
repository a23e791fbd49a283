import { randomUUID } from 'node:crypto';
import type { Callee, Link } from './bridge.js';
import { AbortError, MaestroError } from './protocol/errors.js';
import {
  type Agent, type AgentPrompt, ClaudeCode, type ClaudeCodeOptions, type Conversation, type Hook, type PermissionHandler, type TaskFunction, TaskResult, TaskRun,
  type Tool, type TurnEnd,
} from './plugins.js';
import {
  readAgentPointer, readApprovalInfo, readContentBlock, readDecision, readSessionSpec, readTaskInfo, writeApprovalOption, writeDecision,
  writeOutcome, writeQuestion, writeUsage,
} from './protocol/codec.js';
import { writeEventData } from './protocol/event.js';
import { type Json, only } from './protocol/helpers.js';

/** An agent that the core has itself, such as the scripted one of `@maestro/core/testing`. */
export interface BuiltInAgent {
  /** @internal */
  agentConfig(): Json;
}

/** Everything that the user implements for one node. */
export interface Implemented {
  agents?: Record<string, ClaudeCode | Agent | BuiltInAgent> | undefined;
  tasks?: Record<string, TaskFunction> | undefined;
  mcpServers?: Record<string, readonly Tool[]> | undefined;
  permissionHandler?: PermissionHandler | undefined;
}

const CLAUDE_OPTIONS = new Set<keyof ClaudeCodeOptions>([
  'configDir', 'inheritEnv', 'denyEnv', 'env', 'extraArgs', 'account', 'loginForTools', 'handshakeTimeoutMs', 'controlTimeoutMs', 'quietMs',
  'maxLineBytes', 'hooks',
]);

/** Answers the core's calls with what the user implements. */
export class Foreign implements Callee {
  readonly #implemented: Implemented;
  readonly #hooks: Hook[] = [];
  readonly #running = new Map<number, AbortController>();
  readonly #conversations = new Map<number, Conversation>();
  #link: Link | undefined;

  constructor(implemented: Implemented) {
    this.#implemented = implemented;
  }

  bind(link: Link): this {
    this.#link = link;
    return this;
  }

  /** The part of the configuration that says what is implemented here. */
  config(): Json {
    const { agents = {}, tasks = {}, mcpServers = {}, permissionHandler } = this.#implemented;
    const each = <T>(of: Record<string, T>, write: (value: T, name: string) => Json): Json =>
      Object.fromEntries(Object.entries(of).map(([name, value]) => [name, write(value, name)]));
    return {
      agents: each(agents, (agent, name) => this.#agentConfig(agent, name)),
      tasks: Object.keys(tasks),
      mcp_servers: each(mcpServers, (tools) => tools.map(({ name, description, schema }) => ({ name, description, schema: schema ?? { type: 'object' } }))),
      permission_handler: permissionHandler !== undefined,
    };
  }

  #agentConfig(agent: ClaudeCode | Agent | BuiltInAgent, name: string): Json {
    if (agent instanceof ClaudeCode) return this.#claudeConfig(agent);
    if ('agentConfig' in agent) return agent.agentConfig();
    if (typeof agent?.open !== 'function') {
      throw new MaestroError('invalid_config', `\`agents.${name}\` must be a ClaudeCode, or an object with a method \`open\``, { context: [['field', `agents.${name}`]] });
    }
    const can = ['steer', 'set_mode', 'set_model', 'control', 'close'];
    if (agent.evidence) can.push('resume');
    if (agent.forks) can.push('fork');
    return { kind: 'foreign', can };
  }

  #claudeConfig({ program, options }: ClaudeCode): Json {
    only('ClaudeCodeOptions', options, CLAUDE_OPTIONS);
    const hooks = options.hooks?.map((hook) => {
      const handler = String(this.#hooks.push(hook) - 1);
      return { event: hook.event, matcher: hook.matcher, timeout_ms: hook.timeoutMs, handler };
    });
    return {
      kind: 'claude_code', program, config_dir: options.configDir, inherit_env: options.inheritEnv, deny_env: options.denyEnv, env: options.env,
      extra_args: options.extraArgs, account: options.account, login_for_tools: options.loginForTools,
      handshake_timeout_ms: options.handshakeTimeoutMs, control_timeout_ms: options.controlTimeoutMs, quiet_ms: options.quietMs,
      max_line_bytes: options.maxLineBytes, hooks,
    };
  }

  async call(id: number, name: string, request: Json): Promise<unknown> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      return await this.#answer(id, name, request, controller.signal);
    } catch (error) {
      const heeded = controller.signal.aborted && (error === controller.signal.reason || (error as Error | undefined)?.name === 'AbortError');
      throw heeded ? new MaestroError('cancelled', 'cancelled by Maestro', { cause: error }) : error;
    } finally {
      this.#running.delete(id);
    }
  }

  cancel(id: number): void {
    const running = this.#running.get(id);
    if (running) running.abort(new AbortError('cancelled by Maestro'));
    else this.#conversations.delete(id);
  }

  async #answer(id: number, name: string, request: Json, signal: AbortSignal): Promise<unknown> {
    const { agents = {}, tasks = {}, mcpServers = {}, permissionHandler } = this.#implemented;
    switch (name) {
      case 'task.run': {
        const { run, attempt, token, env } = request;
        const task = readTaskInfo(request.task);
        const returned = await tasks[request.kind]!(new TaskRun(this.#link!, run, { task, attempt, token, env, signal }));
        if (returned instanceof TaskResult) return { outcome: writeOutcome(returned.outcome) };
        return { returned: returned ?? null };
      }
      case 'permission.decide': {
        const decision = await permissionHandler!(readApprovalInfo(request.approval), { signal });
        return decision ? writeDecision(decision) : null;
      }
      case 'tool.call': {
        const tool = mcpServers[request.server]?.find((known) => known.name === request.tool);
        return tool!.call(request.input, { signal });
      }
      case 'hook.call': {
        const { event, input, tool, tool_call_id: toolCallId } = request;
        const call = { event, input, tool: tool ?? undefined, toolCallId: toolCallId ?? undefined, signal };
        return (await this.#hooks[Number(request.handler)]!.handler(call)) ?? { reply: 'continue' };
      }
      case 'fault': return this.#warn(request);
      case 'agent.open': return this.#open(id, request, agents[request.agent] as Agent, signal);
      case 'agent.evidence': return (agents[request.agent] as Agent).evidence!(request.cwd, readAgentPointer(request.pointer));
      case 'agent.prompt': return this.#prompt(request, signal);
      case 'agent.steer': return this.#can(request, 'steer')(this.#asked(request, signal));
      case 'agent.set_mode': return this.#can(request, 'setMode')(request.mode);
      case 'agent.set_model': return this.#can(request, 'setModel')(request.model);
      case 'agent.control': return this.#can(request, 'control')(request.request);
      case 'agent.close': {
        const conversation = this.#conversation(request);
        return conversation.close?.();
      }
      default: throw new MaestroError('unsupported', `this version of @maestro/core knows no \`${name}\``);
    }
  }

  #warn({ message, error }: Json): void {
    const { message: why, cause } = this.#link!.error(error);
    const detail = cause instanceof Error ? cause.stack : undefined;
    process.emitWarning(`${message}: ${why}`, detail === undefined ? { type: 'MaestroWarning' } : { type: 'MaestroWarning', detail });
  }

  async #open(id: number, request: Json, agent: Agent, signal: AbortSignal): Promise<Json> {
    const { session_id: sessionId, cwd, resume, fork, env, account } = request;
    const conversation = await agent.open({
      sessionId, spec: readSessionSpec(request.spec), cwd, resume: resume ? readAgentPointer(resume) : undefined, fork, env, signal,
      account: account ? { name: account.name, credentials: account.credentials, configDir: account.config_dir ?? undefined } : undefined,
    });
    signal.throwIfAborted();
    this.#conversations.set(id, conversation);
    return { agent_session_id: conversation.agentSessionId };
  }

  async #prompt(request: Json, signal: AbortSignal): Promise<Json> {
    const said = this.#conversation(request).prompt(this.#asked(request, signal))[Symbol.asyncIterator]();
    let over = false;
    try {
      for (;;) {
        const { value, done } = await said.next();
        if (done) {
          over = true;
          return value ? turnEnd(value as TurnEnd) : null;
        }
        const event = typeof value === 'string' ? message(value) : writeEventData(value);
        await this.#link!.command('agent.report', { conversation: request.conversation, events: [event] });
      }
    } finally {
      if (!over) await said.return?.();
    }
  }

  #asked(request: Json, signal: AbortSignal): AgentPrompt {
    return {
      turn: request.turn ?? 0,
      text: request.text,
      blocks: request.prompt.map(readContentBlock),
      signal,
      ask: async (question, options = {}) => {
        const approval = {
          kind: question.kind, tool: question.tool, tool_call_id: question.toolCallId, title: question.title, input: question.input,
          questions: question.questions?.map(writeQuestion), options: question.options?.map(writeApprovalOption),
          blocked_path: question.blockedPath, agent_id: question.agentId,
        };
        // An interrupted turn asks nothing any more.
        const given = AbortSignal.any(options.signal ? [signal, options.signal] : [signal]);
        return readDecision(await this.#link!.command('agent.ask', { conversation: request.conversation, approval }, given));
      },
    };
  }

  #conversation(request: Json): Conversation {
    const conversation = this.#conversations.get(request.conversation);
    if (!conversation) throw new MaestroError('closed', 'the conversation is over');
    return conversation;
  }

  #can<K extends 'steer' | 'setMode' | 'setModel' | 'control'>(request: Json, method: K): NonNullable<Conversation[K]> {
    const conversation = this.#conversation(request);
    const found = conversation[method];
    if (!found) throw new MaestroError('unsupported', `this agent has no \`${method}\``);
    return found.bind(conversation) as NonNullable<Conversation[K]>;
  }
}

function message(text: string): Json {
  return writeEventData({ type: 'message', data: { messageId: randomUUID(), role: 'assistant', blocks: [{ type: 'text', text }] } });
}

function turnEnd(end: TurnEnd): Json {
  return {
    stop_reason: end.stopReason, result: end.result, structured_output: end.structuredOutput, usage: end.usage && writeUsage(end.usage),
    cost_micro_usd: end.costMicroUsd, duration_ms: end.durationMs,
  };
}
