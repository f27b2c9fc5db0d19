/** Base of every error that Colloquy throws on purpose. `code` is stable and survives JSON and a second copy of the package. */
export abstract class ColloquyError extends Error {
  abstract readonly code: string;
}

/** An option, or a combination of options, that cannot work; the message names it and the way out. Thrown before anything starts. */
export class ConfigurationError extends ColloquyError {
  override readonly name = 'ConfigurationError';
  readonly code = 'configuration';
}

/** Claude Code refused what it was asked for; `errorCode` is its own word for why, such as `bypass_not_launched`. */
export class ControlRefusedError extends ConfigurationError {
  readonly errorCode: string | undefined;
  constructor(message: string, errorCode: string | undefined) {
    super(message);
    this.errorCode = errorCode;
  }
}

/** The Messages API answered with an error, or with something that is not a complete answer. */
export class APIError extends ColloquyError {
  override readonly name = 'APIError';
  readonly code = 'api_error';
  /** HTTP status; `undefined` when the error came inside a stream that had begun with 200. */
  readonly status: number | undefined;
  /** The API's `error.type`, such as `overloaded_error`; `invalid_stream` when the answer broke the protocol. */
  readonly type: string;
  /** The API's `error.details.error_code`, when it sent one. */
  readonly errorCode: string | undefined;
  readonly requestId: string | undefined;
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The server's own word on whether to try again (`x-should-retry`). */
  readonly shouldRetry: boolean | undefined;

  constructor(
    message: string,
    facts: {
      status?: number | undefined;
      type: string;
      errorCode?: string | undefined;
      requestId?: string | undefined;
      retryAfterMs?: number | undefined;
      shouldRetry?: boolean | undefined;
    },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.status = facts.status;
    this.type = facts.type;
    this.errorCode = facts.errorCode;
    this.requestId = facts.requestId;
    this.retryAfterMs = facts.retryAfterMs;
    this.shouldRetry = facts.shouldRetry;
  }
}

/** The Messages API could not be reached, or the connection broke before the answer was whole. */
export class APIConnectionError extends ColloquyError {
  override readonly name = 'APIConnectionError';
  readonly code = 'api_connection';
}

/** Something took longer than its bound. */
export class TimeoutError extends ColloquyError {
  override readonly name = 'TimeoutError';
  readonly code = 'timeout';
}

/** A bound that the program had set was reached, such as `maxTurns` or `maxBudgetUsd`. */
export class LimitExceededError extends ColloquyError {
  override readonly name = 'LimitExceededError';
  readonly code = 'limit_exceeded';
}

/** The caller's signal was aborted, or what was waited for has been closed. `cause` is the signal's reason. */
export class AbortError extends ColloquyError {
  override readonly name = 'AbortError';
  readonly code = 'aborted';
}

/** No session has this id, in this store. */
export class SessionNotFoundError extends ColloquyError {
  override readonly name = 'SessionNotFoundError';
  readonly code = 'session_not_found';
  readonly sessionId: string;
  constructor(sessionId: string, options?: ErrorOptions) {
    super(`There is no session ${sessionId}; listSessions() shows those that exist`, options);
    this.sessionId = sessionId;
  }
}

/** Another client or process has this session open for writing. */
export class SessionBusyError extends ColloquyError {
  override readonly name = 'SessionBusyError';
  readonly code = 'session_busy';
  readonly sessionId: string;
  /** Who holds it, as `host pid`. */
  readonly owner: string;
  constructor(sessionId: string, owner: string, options?: ErrorOptions) {
    super(
      `Session ${sessionId} is open in ${owner}; close it there, or fork it with { resume, forkSession: true }`,
      options,
    );
    this.sessionId = sessionId;
    this.owner = owner;
  }
}

/** `receiveResponse()` was called with no prompt whose response is still to be received. */
export class NothingPendingError extends ColloquyError {
  override readonly name = 'NothingPendingError';
  readonly code = 'nothing_pending';
}

/** Claude Code, which the cli engine runs, cannot be used: it cannot be started, is too old, does not answer, or breaks its protocol. */
export class CLIConnectionError extends ColloquyError {
  override readonly name: string = 'CLIConnectionError';
  readonly code: string = 'cli_connection';
}

/** There is no Claude Code where it was looked for. */
export class CLINotFoundError extends CLIConnectionError {
  override readonly name = 'CLINotFoundError';
  override readonly code = 'cli_not_found';
  /** The path that was given, if one was. */
  readonly cliPath: string | undefined;
  /** Where it was looked for, in this order. */
  readonly lookedIn: readonly string[];
  constructor(
    message: string,
    facts: { cliPath?: string | undefined; lookedIn: readonly string[] },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.cliPath = facts.cliPath;
    this.lookedIn = facts.lookedIn;
  }
}

/** The process of Claude Code has ended while something was still expected of it. */
export class ProcessError extends ColloquyError {
  override readonly name = 'ProcessError';
  readonly code = 'process';
  /** `null` when a signal has ended it. */
  readonly exitCode: number | null;
  /** The signal that has ended it, such as `SIGKILL`. */
  readonly signal: string | null;
  /** The end of what it has written to its error output. */
  readonly stderr: string;
  constructor(
    message: string,
    facts: { exitCode: number | null; signal: string | null; stderr: string },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.exitCode = facts.exitCode;
    this.signal = facts.signal;
    this.stderr = facts.stderr;
  }
}

/** Claude Code has printed something where a message of its protocol was due. */
export class CLIJSONDecodeError extends ColloquyError {
  override readonly name = 'CLIJSONDecodeError';
  readonly code = 'cli_json_decode';
  /** The line, or its beginning. */
  readonly line: string;
  constructor(message: string, line: string, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}
