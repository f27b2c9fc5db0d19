import { APIError, ConfigurationError } from '../errors.ts';
import { abortErrorOf, atBorder } from '../helpers/abort-error.ts';
import { MAX_TIMER_MS } from '../helpers/deadline.ts';
import { delay } from '../helpers/delay.ts';
import { isRetryable } from '../messages-api/retry-policy.ts';
import { checkCount, checkMs } from './check-bounds.ts';

export type RetryOptions = {
  /** Attempts after the first. Default 4. */
  retries?: number | undefined;
  /** The wait after the first attempt; `factor` times as long after each further one. Default 500. */
  minDelayMs?: number | undefined;
  /** No wait is longer, unless the server asks for it. Default 32,000. */
  maxDelayMs?: number | undefined;
  /** At least 1. Default 2. */
  factor?: number | undefined;
  /** A random part of a wait, up to this share, is left out, so that many clients do not come back in step. 0 to 1; default 0.25. */
  jitter?: number | undefined;
  /** A server that asks for a longer wait (`retry-after`) is not waited for: its error is thrown. Default 60,000. */
  maxRetryAfterMs?: number | undefined;
  /** Ends the attempts and the waits between them with AbortError; `run` gets it too. */
  signal?: AbortSignal | undefined;
  /** Whether another attempt makes sense. Default: lost connections, time-outs, and errors of the API that may pass. */
  isRetryable?: ((error: unknown) => boolean) | undefined;
  /** Told before each wait: `attempt` (from 1) has failed with `error`. */
  onRetry?: ((retry: { attempt: number; delayMs: number; error: unknown }) => void) | undefined;
  /** From 0 to 1, for the jitter. Default `Math.random`. */
  random?: (() => number) | undefined;
};

/**
 * Does something again when it fails in a way that may pass: after as long as the server asked for, else after a wait that grows.
 * The clients retry single requests themselves; this is for what is larger, such as a whole `query()`, or an `ask()` with `maxRetries: 0`.
 * ```ts
 * const answer = await withRetry((signal) => ask('Hello', { signal, maxRetries: 0 }), { retries: 5 });
 * ```
 * @throws the last error as it was; AbortError when the signal aborts; ConfigurationError for options that cannot work
 */
export async function withRetry<T>(
  run: (signal: AbortSignal | undefined, attempt: number) => PromiseLike<T> | T,
  o: RetryOptions = {},
): Promise<T> {
  const { signal } = o;
  const plan = planOf(o);
  const isAborted = (): boolean => signal?.aborted === true;
  for (let attempt = 1; ; attempt += 1) {
    if (isAborted()) throw abortErrorOf(signal);
    try {
      return await run(signal, attempt);
    } catch (error) {
      if (isAborted()) throw atBorder(error, signal);
      const delayMs = attempt > plan.retries || !plan.isRetryable(error) ? undefined : plan.delayMs(error, attempt);
      if (delayMs === undefined) throw error;
      o.onRetry?.({ attempt, delayMs, error });
      await waitFor(delayMs, signal);
    }
  }
}

type Plan = {
  retries: number;
  isRetryable: (error: unknown) => boolean;
  /** Undefined: the server asks for more patience than there is. */
  delayMs: (error: unknown, attempt: number) => number | undefined;
};

function planOf(o: RetryOptions): Plan {
  const { minDelayMs = 500, maxDelayMs = 32_000, maxRetryAfterMs = 60_000, random = Math.random } = o;
  const retries = checkCount('retries', o.retries ?? 4, 0);
  const factor = checkFactor('factor', o.factor ?? 2, 1, Number.MAX_VALUE);
  const jitter = checkFactor('jitter', o.jitter ?? 0.25, 0, 1);
  checkMs('minDelayMs', minDelayMs);
  checkMs('maxDelayMs', maxDelayMs);
  checkMs('maxRetryAfterMs', maxRetryAfterMs);
  return {
    retries,
    isRetryable: o.isRetryable ?? isRetryable,
    delayMs(error, attempt) {
      const asked = error instanceof APIError ? error.retryAfterMs : undefined;
      if (asked !== undefined) return asked > maxRetryAfterMs ? undefined : asked;
      // Not 0 * Infinity.
      const grown = Math.min(minDelayMs * Math.min(factor ** (attempt - 1), MAX_TIMER_MS), maxDelayMs, MAX_TIMER_MS);
      const chance = Math.min(Math.max(random() || 0, 0), 1);
      return Math.round(grown * (1 - jitter * chance));
    },
  };
}

function checkFactor(name: string, value: number, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  const wanted = most === Number.MAX_VALUE ? `${least} or more` : `from ${least} to ${most}`;
  throw new ConfigurationError(`\`${name}\` must be a number ${wanted}, not ${String(value)}`);
}

async function waitFor(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(delayMs, { signal });
  } catch (error) {
    throw atBorder(error, signal);
  }
}
