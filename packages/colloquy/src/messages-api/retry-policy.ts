import { APIConnectionError, APIError, TimeoutError } from '../errors.ts';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 32_000;
const MAX_RETRY_AFTER_MS = 60_000;
const JITTER = 0.25;

// The wait is over only when somebody raises the limit, so the API sends no retry-after with them.
const SPENT = new Set(['enforced_spend_limit_reached', 'contract_spend_limit_reached']);

// What may pass although no status tells: the error came inside a stream that had begun with 200.
const PASSING = new Set(['overloaded_error', 'api_error', 'timeout_error', 'rate_limit_error', 'invalid_stream']);

/**
 * Whether the same request may succeed if sent again: the server's own word (`x-should-retry`), else 408, 409, 429, 5xx, errors of
 * the connection, time-outs, and answers that broke off or broke the protocol. Aborts are not: look at your signal before you ask.
 * @see docs/internals/facts/messages-api.md, 9
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof APIConnectionError || error instanceof TimeoutError) return true;
  if (!(error instanceof APIError)) return false;
  if (error.shouldRetry !== undefined) return error.shouldRetry;
  if (error.errorCode !== undefined && SPENT.has(error.errorCode)) return false;
  if (error.type === 'invalid_stream' || error.status === undefined) return PASSING.has(error.type);
  return error.status === 408 || error.status === 409 || error.status === 429 || error.status >= 500;
}

/**
 * Milliseconds to wait before the next attempt, after `attempt` (from 1) failed: what the server asked for, at most 60 s, else 0.5 s
 * doubled with every attempt up to 32 s, less a random part of up to a quarter so that clients do not come back in step.
 * Ten waits without the server's word take less than three minutes.
 */
export function retryDelayMs(error: unknown, attempt: number, random: () => number = Math.random): number {
  const asked = error instanceof APIError ? error.retryAfterMs : undefined;
  if (asked !== undefined) return Math.min(asked, MAX_RETRY_AFTER_MS);
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS);
  return Math.round(delayMs * (1 - JITTER * random()));
}
