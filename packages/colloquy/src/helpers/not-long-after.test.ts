import { getEventListeners } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { TimeoutError } from '../errors.ts';
import { notLongAfter } from './not-long-after.ts';

afterEach(() => void vi.useRealTimers());

test('what settles by itself is handed on, and nothing is left behind', async () => {
  vi.useFakeTimers();
  const stop = new AbortController();
  const work = Promise.withResolvers<string>();
  const settled = notLongAfter(stop.signal, 100, work.promise);
  stop.abort();
  work.resolve('done');
  expect(await settled).toBe('done');
  expect(await notLongAfter(new AbortController().signal, 100, Promise.resolve('at once'))).toBe('at once');
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
});

test('what goes on after it was stopped is waited for so long and no longer', async () => {
  vi.useFakeTimers();
  const stop = new AbortController();
  const outcome = vi.fn();
  notLongAfter(stop.signal, 100, new Promise(() => {})).catch(outcome);
  await vi.advanceTimersByTimeAsync(1_000);
  stop.abort();
  await vi.advanceTimersByTimeAsync(99);
  expect(outcome).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(outcome.mock.calls).toEqual([[expect.any(TimeoutError)]]);
});
