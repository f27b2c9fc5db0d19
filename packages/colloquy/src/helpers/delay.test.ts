import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { delay } from './delay.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('waits as long as asked, not a millisecond less', async () => {
  const passed = vi.fn();
  const waiting = delay(1_000).then(passed);
  await vi.advanceTimersByTimeAsync(999);
  expect(passed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(passed).toHaveBeenCalledOnce();
});

test('an abort ends the wait with the reason of the signal and leaves no timer', async () => {
  const controller = new AbortController();
  const waiting = delay(1_000, { signal: controller.signal });
  controller.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  expect(vi.getTimerCount()).toBe(0);
});

test('a signal that is aborted already rejects at once', async () => {
  await expect(delay(1_000, { signal: AbortSignal.abort('before') })).rejects.toBe('before');
  expect(vi.getTimerCount()).toBe(0);
});

test('leaves no listener on the signal, whichever way it ends', async () => {
  const controller = new AbortController();
  const waiting = delay(10, { signal: controller.signal });
  await vi.advanceTimersByTimeAsync(10);
  await waiting;
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});
