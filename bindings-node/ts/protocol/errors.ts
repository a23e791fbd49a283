import type { Json } from './helpers.js';
import { readErrorInfo, writeErrorInfo } from './codec.js';
import type { ErrorInfo, ErrorKind, LimitHit } from './model.js';

/** Something that Maestro could not do. `code` says what the caller can do about it. */
export class MaestroError extends Error {
  override readonly name = 'MaestroError';
  /** The kind of error, for example `not_found`. */
  readonly code: ErrorKind;
  /** What was being done, for example `tasks.submit`. */
  readonly operation: string;
  /** Whether the same call may succeed later; of one of yours, unless you say, where it is `unavailable`. */
  readonly retryable: boolean;
  /** Whether it may have been done all the same. */
  readonly unknownOutcome: boolean;
  /** What it was about, for example `field` for a bad argument. */
  readonly context: Readonly<Record<string, string>>;
  /** The limit that was hit, if one was. */
  readonly limit: LimitHit | undefined;

  constructor(code: ErrorKind, message: string, details: Partial<Omit<ErrorInfo, 'kind' | 'message'>> & ErrorOptions = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.operation = details.operation ?? '';
    this.retryable = details.retryable ?? code === 'unavailable';
    this.unknownOutcome = details.unknownOutcome ?? false;
    this.context = Object.fromEntries(details.context ?? []);
    this.limit = details.limit;
  }

  /** The error that stands in a record, as one to throw. */
  static from(info: ErrorInfo): MaestroError {
    return new MaestroError(info.kind, info.message, info);
  }

  /** The same as a record. */
  info(): ErrorInfo {
    const { code: kind, message, operation, retryable, unknownOutcome, limit } = this;
    return { kind, message, operation, retryable, unknownOutcome, limit, context: Object.entries(this.context) };
  }
}

/** The caller gave up by an `AbortSignal`; `cause` is the signal's reason. */
export class AbortError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'ABORT_ERR';

  constructor(reason?: unknown) {
    super('The operation was aborted', { cause: reason });
  }
}

/** An error as the native half gives it. One of the exceptions by their ids that it is, is its cause. */
export function thrown(json: string, exceptions?: ReadonlyMap<string, unknown>): MaestroError {
  const info = readErrorInfo(JSON.parse(json));
  const id = info.exceptionId;
  if (id === undefined || !exceptions?.has(id)) return MaestroError.from(info);
  return new MaestroError(info.kind, info.message, { ...info, cause: exceptions.get(id) });
}

/** What a function of the user threw, as the native half takes it, with the id that it is kept under. */
export function caught(error: unknown, id: string): string {
  if (error instanceof MaestroError) return JSON.stringify({ ...writeErrorInfo(error.info()), exception_id: id });
  const retryable = (error as { retryable?: unknown })?.retryable === true;
  const info: Json = { kind: 'internal', message: told(error), retryable, unknown_outcome: false, exception_id: id };
  return JSON.stringify(info);
}

/** The text of what was thrown, with the name of its class where that says something. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' || error.name === '' ? error.message : `${error.name}: ${error.message}`;
}
