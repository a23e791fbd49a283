/**
 * Agents for tests: one that plays scripts, and the real Claude Code against a scripted model.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { BuiltInAgent } from '../foreign.js';
import { MaestroError } from '../protocol/errors.js';
import { writeStep } from '../protocol/codec.js';
import type { Json } from '../protocol/helpers.js';
import type { StepInput } from '../protocol/model.js';

/** What a {@link ScriptedAgent} does, step by step; a text is said. */
export type Script = readonly (StepInput | string)[];

/** How a {@link ScriptedAgent} is set up. */
export interface ScriptedAgentOptions {
  /** What it does by default. Default: it says what it was asked. */
  default?: Script | undefined;
  /** What else it does: a line `scenario: NAME key=value` in a prompt chooses one, and `${key}` in it becomes the value. */
  scripts?: Record<string, Script> | undefined;
  /** Where it keeps its conversations. Default: nowhere that outlives the process. */
  rememberIn?: string | undefined;
}

/** A deterministic agent that plays scripts. */
export class ScriptedAgent implements BuiltInAgent {
  readonly #options: ScriptedAgentOptions;

  constructor(options: ScriptedAgentOptions = {}) {
    this.#options = options;
  }

  /** @internal */
  agentConfig(): Json {
    const { default: byDefault, scripts = {}, rememberIn } = this.#options;
    const written = Object.entries(scripts).map(([name, script]) => [name, write(script)]);
    return { kind: 'scripted', default: byDefault && write(byDefault), scripts: Object.fromEntries(written), remember_in: rememberIn };
  }
}

function write(script: Script): Json {
  return script.map((step) => writeStep(typeof step === 'string' ? { do: 'say', text: step } : step));
}

/**
 * A model on loopback that plays scenario files, for tests of the real Claude Code without an account. Give its `env`
 * to `ClaudeCode`.
 */
export class ScriptedModel implements AsyncDisposable {
  readonly #process: ChildProcess;
  /** Where it listens. */
  readonly baseUrl: string;

  private constructor(process: ChildProcess, baseUrl: string) {
    this.#process = process;
    this.baseUrl = baseUrl;
  }

  /**
   * Starts one. `program` is the built `scripted-model` of Maestro's repository; `scenarios` are files and directories of
   * scenarios beside the built-in ones.
   */
  static async start(program: string, { scenarios = [] }: { scenarios?: readonly string[] | undefined } = {}): Promise<ScriptedModel> {
    const process = spawn(program, ['--port', '0', ...scenarios.flatMap((path) => ['--scenarios', path])], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    process.stderr.setEncoding('utf8').on('data', (text: string) => { stderr = (stderr + text).slice(-2000); });
    const failed = new Promise<never>((_, reject) => {
      process.once('error', (error) => reject(new MaestroError('unavailable', `${program} cannot be started: ${error.message}`, { cause: error })));
      process.once('exit', () => reject(new MaestroError('unavailable', `${program} ended before it listened: ${stderr.trim()}`)));
    });
    const lines = createInterface({ input: process.stdout });
    const listening = new Promise<string>((resolve) => { lines.once('line', resolve); });
    const baseUrl = await Promise.race([listening, failed]);
    failed.catch(() => undefined);
    lines.close();
    return new ScriptedModel(process, baseUrl);
  }

  /** The variables that lead Claude Code to it, with a home of its own where it keeps everything. */
  env(home: string): Record<string, string> {
    return {
      HOME: home,
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      ANTHROPIC_BASE_URL: this.baseUrl,
      ANTHROPIC_API_KEY: 'sk-fake',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    };
  }

  /** Stops it. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => { this.#process.once('exit', () => resolve()); });
    this.#process.kill('SIGINT');
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
