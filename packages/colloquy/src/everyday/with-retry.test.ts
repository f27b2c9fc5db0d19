import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AbortError, APIConnectionError, APIError, ConfigurationError } from '../errors.ts';
import { withRetry } from './with-retry.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const overloaded = (retryAfterMs?: number): APIError =>
  new APIError('busy', { status: 529, type: 'overloaded_error', retryAfterMs });

/** Fails with these errors, then gives `done`; and notes when it was called, by the fake clock. */
function failing(...errors: unknown[]): { run: () => Promise<string>; calls: number[] } {
  const calls: number[] = [];
  const run = async (): Promise<string> => {
    calls.push(Date.now());
    if (calls.length <= errors.length) throw errors[calls.length - 1];
    return 'done';
  };
  return { run, calls };
}

async function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const all = Promise.allSettled([promise]);
  await vi.runAllTimersAsync();
  return (await all)[0];
}

test('waits grow, less a random part, and the last is bounded', async () => {
  const { run, calls } = failing(...Array.from({ length: 4 }, () => new APIConnectionError('lost')));
  const o = { minDelayMs: 100, factor: 3, maxDelayMs: 800, jitter: 0.5, random: () => 0.5 };
  expect(await settled(withRetry(run, o))).toEqual({ status: 'fulfilled', value: 'done' });
  const waits = calls.slice(1).map((at, index) => at - (calls[index] ?? 0));
  expect(waits).toEqual([75, 225, 600, 600]);
});

test('what the server asks for is waited for, to the millisecond; too much of it is not', async () => {
  const { run, calls } = failing(overloaded(30_000));
  const answer = withRetry(run);
  await vi.advanceTimersByTimeAsync(29_999);
  expect(calls).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await answer).toBe('done');
  const patient = failing(overloaded(60_001));
  expect(await settled(withRetry(patient.run))).toMatchObject({ status: 'rejected', reason: { retryAfterMs: 60_001 } });
  expect(patient.calls).toHaveLength(1);
});

test.each([
  ['a refused key', new APIError('no', { status: 401, type: 'authentication_error' })],
  [
    'a spent limit',
    new APIError('no', { status: 429, type: 'rate_limit_error', errorCode: 'enforced_spend_limit_reached' }),
  ],
  ['an error of the program', new TypeError('no')],
  ['an option', new ConfigurationError('no')],
])('%s is not tried again', async (_, error) => {
  const { run, calls } = failing(error);
  expect(await settled(withRetry(run))).toEqual({ status: 'rejected', reason: error });
  expect(calls).toHaveLength(1);
});

test('the last error is thrown as it was, after so many retries; each wait is told', async () => {
  const errors = [overloaded(1), overloaded(2), overloaded(3)];
  const told: number[] = [];
  const { run } = failing(...errors);
  const outcome = withRetry(run, { retries: 2, onRetry: ({ attempt, delayMs }) => void told.push(attempt, delayMs) });
  expect(await settled(outcome)).toEqual({ status: 'rejected', reason: errors[2] });
  expect(told).toEqual([1, 1, 2, 2]);
});

test('an abort ends a wait at once, and lets no attempt begin', async () => {
  const controller = new AbortController();
  const { run, calls } = failing(overloaded(10_000), overloaded(10_000));
  const outcome = withRetry(run, { signal: controller.signal });
  outcome.catch(() => {});
  await vi.advanceTimersByTimeAsync(5_000);
  controller.abort(new Error('enough'));
  await expect(outcome).rejects.toMatchObject({ name: 'AbortError', cause: { message: 'enough' } });
  await expect(withRetry(run, { signal: controller.signal })).rejects.toThrow(AbortError);
  expect([calls.length, vi.getTimerCount()]).toEqual([1, 0]);
});

test.each([
  { retries: -1 },
  { retries: 1.5 },
  { minDelayMs: Number.NaN },
  { factor: 0.5 },
  { factor: '2' as never },
  { jitter: 2 },
])('%j cannot work, and nothing is run', async (o) => {
  const { run, calls } = failing();
  await expect(withRetry(run, o)).rejects.toThrow(ConfigurationError);
  expect(calls).toEqual([]);
});

test('however often it fails, there are at most so many attempts, and every wait is within its bounds', async () => {
  const waits = fc.record({
    failures: fc.nat(12),
    retries: fc.nat(8),
    minDelayMs: fc.nat(1000),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    maxDelayMs: fc.nat(5000),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(waits, async ({ failures, random, ...o }) => {
      const { run, calls } = failing(...Array.from({ length: failures }, () => new APIConnectionError('lost')));
      const { status } = await settled(withRetry(run, { ...o, random: () => random }));
      expect(status).toBe(failures <= o.retries ? 'fulfilled' : 'rejected');
      expect(calls).toHaveLength(Math.min(failures, o.retries) + 1);
      for (const [index, at] of calls.slice(1).entries()) {
        const grown = Math.min(o.minDelayMs * o.factor ** index, o.maxDelayMs);
        const wait = at - (calls[index] ?? 0);
        expect(wait).toBeLessThanOrEqual(Math.round(grown));
        expect(wait).toBeGreaterThanOrEqual(Math.floor(grown * (1 - o.jitter)));
      }
    }),
  );
});

test.each([() => Number.NaN, () => -3, () => 5])(
  'a random number that is none, or too large, bends no wait (%o)',
  async (random) => {
    const waits: number[] = [];
    const onRetry = ({ delayMs }: { delayMs: number }): void => void waits.push(delayMs);
    const o = { retries: 2, minDelayMs: 4, jitter: 0.5, random, onRetry };
    const failed = withRetry(() => Promise.reject(new APIConnectionError('lost')), o).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await failed).toBeInstanceOf(APIConnectionError);
    expect(waits).toHaveLength(2);
    for (const [index, wait] of waits.entries()) expect([2 * 2 ** index, 4 * 2 ** index]).toContain(wait);
  },
);

test('without a least wait there is none, however large the factor', async () => {
  const waits: number[] = [];
  const onRetry = ({ delayMs }: { delayMs: number }): void => void waits.push(delayMs);
  const o = { retries: 3, minDelayMs: 0, factor: 1e300, onRetry };
  const failed = withRetry(() => Promise.reject(new APIConnectionError('lost')), o).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  expect(await failed).toBeInstanceOf(APIConnectionError);
  expect(waits).toEqual([0, 0, 0]);
});
