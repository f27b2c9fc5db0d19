import { expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import { Pacer } from './pacer.ts';

/** A clock that a test moves; it tells which sleeps are under way. */
function handClock(): Clock & { sleeping: number[]; move(ms: number): Promise<void> } {
  const sleeps = new Set<{ until: number; wake(): void }>();
  let now = 0;
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleep = { until: now + ms, wake: resolve };
        sleeps.add(sleep);
        signal.addEventListener('abort', () => {
          sleeps.delete(sleep);
          reject(signal.reason);
        });
      }),
    get sleeping() {
      return [...sleeps].map(({ until }) => until);
    },
    move: async (ms) => {
      now += ms;
      for (const sleep of sleeps) {
        if (sleep.until > now) continue;
        sleeps.delete(sleep);
        sleep.wake();
      }
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

const NEVER = new AbortController().signal;

test('sleeps once at a time, until the earliest time that anyone waits for', async () => {
  const clock = handClock();
  const pacer = new Pacer(clock);
  const woken: number[] = [];
  for (const due of [30, 10, 20, 10]) void pacer.until(due, NEVER).then(() => woken.push(due));
  await clock.move(0);
  expect(clock.sleeping).toEqual([10]);
  await clock.move(10);
  expect([woken, clock.sleeping]).toEqual([[10, 10], [20]]);
  await clock.move(100);
  expect([woken, clock.sleeping]).toEqual([[10, 10, 20, 30], []]);
});

test('gives up a sleep when all who wait for it have left', async () => {
  const clock = handClock();
  const pacer = new Pacer(clock);
  const leave = new AbortController();
  const waiting = pacer.until(10, leave.signal);
  const other = pacer.until(50, NEVER);
  leave.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  expect(clock.sleeping).toEqual([50]);
  await clock.move(50);
  await other;
});

test('takes the time slept for as reached when the clock lags behind', async () => {
  const pacer = new Pacer({ now: () => 0, sleep: () => Promise.resolve() });
  expect(await pacer.until(5, NEVER)).toBeUndefined();
});

test('fails those who wait when the clock fails', async () => {
  const pacer = new Pacer({ now: () => 0, sleep: () => Promise.reject(new Error('broken clock')) });
  await expect(Promise.all([pacer.until(5, NEVER), pacer.until(9, NEVER)])).rejects.toThrow('broken clock');
});

test('waits for nothing that is past, and not at all for who has left', async () => {
  const clock = handClock();
  const pacer = new Pacer(clock);
  await pacer.until(0, NEVER);
  await expect(pacer.until(9, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  expect(clock.sleeping).toEqual([]);
});
