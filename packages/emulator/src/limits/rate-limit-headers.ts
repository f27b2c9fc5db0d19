import type { Allowance } from './rate-limits.ts';
import type { TokenBucket } from './token-bucket.ts';

/** What every answer to a messages request says of the key's allowance, at the moment it begins. */
export function rateLimitHeaders(allowance: Allowance, nowMs: number): Record<string, string> {
  const requests = told(allowance.requests, nowMs, 1);
  const input = told(allowance.input, nowMs, 1000);
  const output = told(allowance.output, nowMs, 1000);
  // Without a suffix the header tells of the tighter of the two.
  const tighter = allowance.output.level(nowMs) < allowance.input.level(nowMs) ? output : input;
  return {
    'anthropic-ratelimit-requests-limit': requests.limit,
    'anthropic-ratelimit-requests-remaining': requests.remaining,
    'anthropic-ratelimit-requests-reset': requests.reset,
    'anthropic-ratelimit-tokens-limit': tighter.limit,
    'anthropic-ratelimit-tokens-remaining': tighter.remaining,
    'anthropic-ratelimit-tokens-reset': tighter.reset,
    'anthropic-ratelimit-input-tokens-limit': input.limit,
    'anthropic-ratelimit-input-tokens-remaining': input.remaining,
    'anthropic-ratelimit-input-tokens-reset': input.reset,
    'anthropic-ratelimit-output-tokens-limit': output.limit,
    'anthropic-ratelimit-output-tokens-remaining': output.remaining,
    'anthropic-ratelimit-output-tokens-reset': output.reset,
  };
}

function told(
  bucket: TokenBucket,
  nowMs: number,
  roundTo: number,
): { limit: string; remaining: string; reset: string } {
  const remaining = Math.max(0, Math.round(Math.floor(bucket.level(nowMs)) / roundTo) * roundTo);
  return {
    limit: String(bucket.perMinute),
    remaining: String(remaining),
    reset: toRfc3339(nowMs + bucket.msUntil(bucket.perMinute, nowMs)),
  };
}

/** The same second is asked for again and again, and formatting it costs more than all else here. */
let lastSecond = { ms: -1, text: '' };

function toRfc3339(ms: number): string {
  const whole = Math.ceil(ms / 1000) * 1000;
  if (lastSecond.ms !== whole) lastSecond = { ms: whole, text: new Date(whole).toISOString().replace('.000', '') };
  return lastSecond.text;
}
