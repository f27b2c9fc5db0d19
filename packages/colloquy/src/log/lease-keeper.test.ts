import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type HeldLease, LeaseKeeper } from './lease-keeper.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

/** A keeper over a table that answers as the test says. */
function newKeeper(): {
  keeper: LeaseKeeper;
  renewed: string[][];
  answer: { error?: Error; lost?: string };
  claim: (id: string, ttlMs?: number) => HeldLease;
} {
  const renewed: string[][] = [];
  const answer: { error?: Error; lost?: string } = {};
  const keeper = new LeaseKeeper({
    async renew(renewals) {
      renewed.push(renewals.map(({ lease }) => lease.id));
      if (answer.error !== undefined) throw answer.error;
      return renewals.map(({ lease }) => lease).filter(({ id }) => id === answer.lost);
    },
    release: async () => undefined,
  });
  const claim = (id: string, ttlMs = 30_000): HeldLease => ({
    id,
    epoch: 1,
    owner: 'me',
    ttlMs,
    untilMs: Date.now() + ttlMs,
  });
  return { keeper, renewed, answer, claim };
}

test('one timer renews each lease when a third of its time has passed', async () => {
  const { keeper, renewed, claim } = newKeeper();
  keeper.hold(claim('a'));
  await vi.advanceTimersByTimeAsync(4_000);
  keeper.hold(claim('b'));
  keeper.hold(claim('c'));
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(5_999);
  expect(renewed).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(renewed).toEqual([['a']]);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(renewed).toEqual([['a'], ['b', 'c']]);
  expect(vi.getTimerCount()).toBe(1);
});

test('a lease that belongs to another by now is lost, the others are not', async () => {
  const { keeper, answer, claim } = newKeeper();
  const [a, b] = [keeper.hold(claim('a')), keeper.hold(claim('b'))];
  answer.lost = 'a';
  await vi.advanceTimersByTimeAsync(10_000);
  expect([a.lost.aborted, b.lost.aborted]).toEqual([true, false]);
  expect(a.lost.reason).toMatchObject({ code: 'session_busy', sessionId: 'a' });
});

test('a renewal that fails is tried again every second, and loses the lease only when its time is over', async () => {
  const { keeper, renewed, answer, claim } = newKeeper();
  const lease = keeper.hold(claim('a'));
  answer.error = new Error('disk');
  await vi.advanceTimersByTimeAsync(29_999);
  expect(renewed).toHaveLength(20);
  expect(lease.lost.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(lease.lost.reason).toMatchObject({ cause: answer.error });
  expect(vi.getTimerCount()).toBe(0);
});

test('a renewal that works again keeps the lease', async () => {
  const { keeper, answer, claim } = newKeeper();
  const lease = keeper.hold(claim('a'));
  answer.error = new Error('disk');
  await vi.advanceTimersByTimeAsync(25_000);
  delete answer.error;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lease.lost.aborted).toBe(false);
});

test('a released lease is neither renewed nor lost', async () => {
  const { keeper, renewed, claim } = newKeeper();
  const lease = keeper.hold(claim('a'));
  await lease.release();
  await lease.release();
  keeper.lose('a', 1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(renewed).toEqual([]);
  expect(lease.lost.aborted).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});
