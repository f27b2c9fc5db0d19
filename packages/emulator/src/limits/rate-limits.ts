import type { Model } from '../models/model-table.ts';
import { refuse } from '../refusals/refusal.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { TokenBucket } from './token-bucket.ts';

/** Allowances of each key, for each class of models apart (all Opus models share one, and so on). */
export type RateLimitOptions = {
  /** Default 1,000,000. Those to count tokens have an allowance of their own, as large. */
  requestsPerMinute?: number | undefined;
  /** Default 1,000,000,000. What is read from the cache does not count. */
  inputTokensPerMinute?: number | undefined;
  /** Default 1,000,000,000. Counted when it is written, so an answer may overdraw it; the next request is then refused. */
  outputTokensPerMinute?: number | undefined;
};

/** The three allowances of one key and class of models. */
export type Allowance = { requests: TokenBucket; input: TokenBucket; output: TokenBucket };

// More than any one machine can use, so that nobody meets a limit without having asked for it.
const DEFAULTS = { requests: 1_000_000, input: 1_000_000_000, output: 1_000_000_000 };
/** The allowances of keys not seen for longest are forgotten, which fills them. */
const MAX_ALLOWANCES = 10_000;

/** A token bucket for each key, class of models and kind of limit. */
export class RateLimits {
  readonly #perMinute: { requests: number; input: number; output: number };
  readonly #allowances = new Map<string, Allowance>();

  /** @throws RangeError for a limit that is not a number above 0. */
  constructor(o: RateLimitOptions = {}) {
    this.#perMinute = {
      requests: positive('requestsPerMinute', o.requestsPerMinute ?? DEFAULTS.requests),
      input: positive('inputTokensPerMinute', o.inputTokensPerMinute ?? DEFAULTS.input),
      output: positive('outputTokensPerMinute', o.outputTokensPerMinute ?? DEFAULTS.output),
    };
  }

  /** Takes a request and its input out of the key's allowance. @throws Refusal (429) when that holds too little. */
  admit(o: { key: string; model: Model; inputTokens: number }, nowMs: number): Allowance {
    const allowance = this.#allowanceOf(`${o.model.line} ${o.key}`, nowMs);
    const { requests, input, output } = allowance;
    const waits = [
      { what: 'requests', bucket: requests, ms: requests.msUntil(1, nowMs) },
      { what: 'input tokens', bucket: input, ms: input.msUntil(o.inputTokens, nowMs) },
      { what: 'output tokens', bucket: output, ms: output.msUntil(1, nowMs) },
    ];
    const [longest] = waits.filter(({ ms }) => ms > 0).toSorted((a, b) => b.ms - a.ms);
    if (longest) {
      refuse(
        `This request would exceed the rate limit of ${longest.bucket.perMinute} ${longest.what} per minute ` +
          `(model class: ${o.model.line}). The headers of this answer tell what is left, and when to try again.`,
        { status: 429, headers: { ...rateLimitHeaders(allowance, nowMs), 'retry-after': seconds(longest.ms) } },
      );
    }
    requests.take(1, nowMs);
    input.take(o.inputTokens, nowMs);
    return allowance;
  }

  /** Takes one request to count tokens. @throws Refusal (429). */
  admitCount(key: string, nowMs: number): void {
    const { requests } = this.#allowanceOf(`count_tokens ${key}`, nowMs);
    const ms = requests.msUntil(1, nowMs);
    if (ms > 0) {
      refuse(`This request would exceed the rate limit of ${requests.perMinute} requests per minute to count tokens`, {
        status: 429,
        headers: { 'retry-after': seconds(ms) },
      });
    }
    requests.take(1, nowMs);
  }

  #allowanceOf(name: string, nowMs: number): Allowance {
    const known = this.#allowances.get(name);
    if (known) return known;
    const { requests, input, output } = this.#perMinute;
    const made = {
      requests: new TokenBucket(requests, nowMs),
      input: new TokenBucket(input, nowMs),
      output: new TokenBucket(output, nowMs),
    };
    const oldest = this.#allowances.size >= MAX_ALLOWANCES ? this.#allowances.keys().next().value : undefined;
    if (oldest !== undefined) this.#allowances.delete(oldest);
    this.#allowances.set(name, made);
    return made;
  }
}

function seconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)));
}

function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`rateLimits.${name} must be a number above 0, not ${value}`);
}
