import { EventEmitter } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { AbortError, TimeoutError } from '../errors.ts';
import { untilSignal } from './until-signal.ts';

afterEach(() => void vi.useRealTimers());

/** A process of which nothing is known but the signals that it gets. */
function fakeProcess(): { source: EventEmitter; listeners: () => number } {
  const source = new EventEmitter();
  const listeners = (): number => source.eventNames().reduce((sum, name) => sum + source.listenerCount(name), 0);
  return { source, listeners };
}

const untilStopped = (stop: AbortSignal): Promise<string> =>
  new Promise((resolve) => stop.addEventListener('abort', () => resolve('ended well')));

test('work that ends by itself gives its value, and nothing listens any more', async () => {
  const { source, listeners } = fakeProcess();
  const running = untilSignal(async () => 7, { source });
  expect(listeners()).toBe(2);
  expect(await running).toEqual({ signal: undefined, value: 7 });
  expect(listeners()).toBe(0);
});

test('the first signal lets the work end well', async () => {
  const { source, listeners } = fakeProcess();
  const running = untilSignal(untilStopped, { source });
  source.emit('SIGTERM');
  expect(await running).toEqual({ signal: 'SIGTERM', value: 'ended well' });
  expect(listeners()).toBe(0);
});

test('an AbortError after the signal is a good end; another error is not', async () => {
  const { source } = fakeProcess();
  const aborted = untilSignal(
    (stop) => new Promise((_, reject) => stop.addEventListener('abort', () => reject(new AbortError('left')))),
    { source },
  );
  source.emit('SIGINT');
  expect(await aborted).toEqual({ signal: 'SIGINT', value: undefined });
  const broken = untilSignal(
    (stop) => new Promise((_, reject) => stop.addEventListener('abort', () => reject(new Error('disk full')))),
    { source },
  );
  source.emit('SIGINT');
  await expect(broken).rejects.toThrow('disk full');
  await expect(untilSignal(() => Promise.reject(new AbortError('by itself')), { source })).rejects.toThrow('by itself');
});

test('work that does not heed it is given up when its time is over, to the millisecond', async () => {
  vi.useFakeTimers();
  const { source, listeners } = fakeProcess();
  let ended = false;
  const running = untilSignal(() => new Promise(() => {}), { source, graceMs: 1_000 });
  const outcome = running.catch((error: unknown) => error).finally(() => (ended = true));
  source.emit('SIGINT');
  await vi.advanceTimersByTimeAsync(999);
  expect(ended).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await outcome).toBeInstanceOf(TimeoutError);
  expect([listeners(), vi.getTimerCount()]).toEqual([0, 0]);
});

test('a second signal ends the wait at once', async () => {
  const { source, listeners } = fakeProcess();
  const running = untilSignal(() => new Promise(() => {}), { source });
  source.emit('SIGINT');
  source.emit('SIGTERM');
  await expect(running).rejects.toThrow('SIGTERM came while the work was ending after SIGINT');
  expect(listeners()).toBe(0);
});

test('without work it waits for a signal, of the process if nothing else is said', async () => {
  const before = process.listenerCount('SIGUSR2');
  const running = untilSignal({ signals: ['SIGUSR2'] });
  process.kill(process.pid, 'SIGUSR2');
  expect(await running).toEqual({ signal: 'SIGUSR2', value: undefined });
  expect(process.listenerCount('SIGUSR2')).toBe(before);
});
