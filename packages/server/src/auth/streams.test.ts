import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CredentialName, Principal } from './principal.ts';
import { Streams } from './streams.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const WITHIN_MS = 5_000;

function scene() {
  const bad = new Set<string>();
  const asked: number[] = [];
  const errors: unknown[] = [];
  const closing = new AbortController();
  let failure: Error | undefined;
  const streams = new Streams({
    async goodOf(names: readonly CredentialName[]) {
      asked.push(names.length);
      if (failure !== undefined) throw failure;
      return new Set(names.filter(({ id }) => !bad.has(id)));
    },
    closing: closing.signal,
    onError: (error) => errors.push(error),
  });
  return { streams, bad, asked, errors, closing, fail: (error: Error | undefined) => (failure = error) };
}

const holder = (id: string): Principal => ({
  name: id,
  user: 'ada',
  role: 'user',
  via: 'key',
  credential: { kind: 'key', id },
});

test('a stream ends within five seconds of its credential, and those of others stay', async () => {
  const { streams, bad } = scene();
  const [ada, adaToo, bob] = [streams.open(holder('ada')), streams.open(holder('ada')), streams.open(holder('bob'))];
  await vi.advanceTimersByTimeAsync(3_000);
  expect(ada.signal.aborted).toBe(false);
  bad.add('ada');
  await vi.advanceTimersByTimeAsync(WITHIN_MS);
  expect([ada, adaToo, bob].map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
});

test('one timer asks for all streams, each credential once, and none runs while nothing is open', async () => {
  const { streams, asked } = scene();
  expect(vi.getTimerCount()).toBe(0);
  const opened = Array.from({ length: 500 }, (_, n) => streams.open(holder(n % 2 === 0 ? 'ada' : 'bob')));
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toEqual([2]);
  for (const stream of opened) {
    stream.end();
    stream.end();
  }
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toEqual([2]);
  streams.open(holder('ada')).end();
  expect(vi.getTimerCount()).toBe(0);
});

test('who revokes a credential here need not wait for the timer', async () => {
  const { streams, bad } = scene();
  const { signal } = streams.open(holder('ada'));
  const before = streams.recheck();
  bad.add('ada');
  await Promise.all([before, streams.recheck()]);
  expect(signal.aborted).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('while it cannot be found out, streams stay open and the fault is told; then they end', async () => {
  const { streams, bad, errors, fail } = scene();
  const { signal } = streams.open(holder('ada'));
  bad.add('ada');
  fail(new Error('the disk is gone'));
  await vi.advanceTimersByTimeAsync(4_000);
  expect([signal.aborted, errors.length]).toEqual([false, 2]);
  fail(undefined);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(signal.aborted).toBe(true);
});

test('every stream ends when the server closes, and one that is opened then ends at once', async () => {
  const { streams, closing } = scene();
  const { signal } = streams.open(holder('ada'));
  closing.abort();
  expect([signal.aborted, streams.open(holder('bob')).signal.aborted]).toEqual([true, true]);
});
