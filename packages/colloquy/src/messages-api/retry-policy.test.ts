import { expect, test } from 'vitest';
import { AbortError, APIConnectionError, APIError, TimeoutError } from '../errors.ts';
import { isRetryable, retryDelayMs } from './retry-policy.ts';

const apiError = (facts: ConstructorParameters<typeof APIError>[1]): APIError => new APIError('test', facts);

test.each([
  [400, 'invalid_request_error', false],
  [401, 'authentication_error', false],
  [402, 'billing_error', false],
  [403, 'permission_error', false],
  [404, 'not_found_error', false],
  [408, 'timeout_error', true],
  [409, 'conflict_error', true],
  [413, 'request_too_large', false],
  [422, 'invalid_request_error', false],
  [429, 'rate_limit_error', true],
  [500, 'api_error', true],
  [503, 'api_error', true],
  [504, 'timeout_error', true],
  [529, 'overloaded_error', true],
  [200, 'invalid_stream', true],
  [undefined, 'invalid_stream', true],
  [undefined, 'overloaded_error', true],
  [undefined, 'api_error', true],
  [undefined, 'invalid_request_error', false],
])('status %s with type %s is tried again: %s', (status, type, retryable) => {
  expect(isRetryable(apiError({ status, type }))).toBe(retryable);
});

test('a spent limit does not come back by waiting', () => {
  const spent = { status: 429, type: 'rate_limit_error' };
  expect(isRetryable(apiError({ ...spent, errorCode: 'enforced_spend_limit_reached' }))).toBe(false);
  expect(isRetryable(apiError({ ...spent, errorCode: 'contract_spend_limit_reached' }))).toBe(false);
  expect(isRetryable(apiError({ ...spent, errorCode: 'ramp_limit_exceeded' }))).toBe(true);
});

test('the word of the server wins over everything else', () => {
  expect(isRetryable(apiError({ status: 400, type: 'invalid_request_error', shouldRetry: true }))).toBe(true);
  expect(isRetryable(apiError({ status: 529, type: 'overloaded_error', shouldRetry: false }))).toBe(false);
});

test('lost connections and time-outs are tried again; aborts and mistakes of the program are not', () => {
  expect(isRetryable(new APIConnectionError('reset'))).toBe(true);
  expect(isRetryable(new TimeoutError('stalled'))).toBe(true);
  expect(isRetryable(new AbortError('stop'))).toBe(false);
  expect(isRetryable(new TypeError('undefined is not a function'))).toBe(false);
  expect(isRetryable('text')).toBe(false);
});

test('waits double from half a second to 32 seconds', () => {
  const delays = Array.from({ length: 10 }, (_, index) => retryDelayMs(new Error('x'), index + 1, () => 0));
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000, 32_000]);
});

test('chance takes off at most a quarter', () => {
  expect(retryDelayMs(new Error('x'), 3, () => 0.999_999)).toBe(1_500);
});

test('waits exactly as long as the server asked, up to a minute', () => {
  expect(retryDelayMs(apiError({ status: 429, type: 'rate_limit_error', retryAfterMs: 30_000 }), 1)).toBe(30_000);
  expect(retryDelayMs(apiError({ status: 429, type: 'rate_limit_error', retryAfterMs: 0 }), 5)).toBe(0);
  expect(retryDelayMs(apiError({ status: 429, type: 'rate_limit_error', retryAfterMs: 900_000 }), 1)).toBe(60_000);
});
