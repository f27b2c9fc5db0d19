import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { untilAborted } from './until-aborted.ts';

test('gives what the promise gives, and leaves no listener behind', async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  expect(await untilAborted(Promise.resolve(2), undefined)).toBe(2);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('rejects with the reason as soon as the signal aborts', async () => {
  const controller = new AbortController();
  const waiting = untilAborted(new Promise(() => {}), controller.signal);
  controller.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  await expect(untilAborted(Promise.resolve(1), controller.signal)).rejects.toBe('enough');
});

test('a promise that fails after the abort, or was too late from the beginning, is no unhandled rejection', async () => {
  const controller = new AbortController();
  controller.abort(new Error('stop'));
  const late = Promise.withResolvers<void>();
  await expect(untilAborted(late.promise, controller.signal)).rejects.toThrow('stop');
  late.reject(new Error('too late'));
  await new Promise((resolve) => setImmediate(resolve));
});
