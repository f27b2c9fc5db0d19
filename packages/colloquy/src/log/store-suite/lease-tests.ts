import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SessionNotFoundError } from '../../errors.ts';
import type { Store } from '../store.ts';
import { type OpenPlace, prompt, turnStart, openSession, claimed, accepted } from './store-place.ts';

export function leaseTests(place: OpenPlace): void {
  beforeEach(
    () =>
      void vi.useFakeTimers({
        now: 1_000_000,
        toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
      }),
  );
  afterEach(() => void vi.useRealTimers());

  test('one owner at a time; each claim has the next epoch', async () => {
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    const mine = await claimed(store, 's', 'me');
    expect(mine.epoch).toBe(1);
    expect(await other.claim('s', 'you', 30_000)).toBeUndefined();
    expect(await other.sessions.get('s')).toMatchObject({ owner: 'me', epoch: 1 });
    await mine.release();
    expect(await other.sessions.get('s')).toMatchObject({ owner: undefined });
    expect((await claimed(other, 's', 'you')).epoch).toBe(2);
    await expect(store.claim('unknown', 'me', 1_000)).rejects.toThrow(SessionNotFoundError);
  });

  test('an old epoch writes nothing, and its holder is told that the lease is lost', async () => {
    const { store } = await openSession(place);
    const old = await claimed(store, 's', 'me');
    const lease = await claimed(store, 's', 'me');
    expect(old.lost.aborted).toBe(true);
    expect(await store.append('s', [turnStart('t')], { epoch: old.epoch })).toEqual({ ok: false, why: 'epoch' });
    accepted(await store.append('s', [turnStart('t')], { epoch: lease.epoch }));
    expect(lease.lost.aborted).toBe(false);
    await old.release();
    expect(await store.sessions.get('s')).toMatchObject({ owner: 'me', head: 1 });
  });

  test('a lease is renewed for as long as its store is open', async () => {
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    const lease = await claimed(store, 's', 'me', 30_000);
    for (let minute = 0; minute < 5; minute += 1) {
      await advance(store, 59_000);
      expect(await other.claim('s', 'you', 30_000)).toBeUndefined();
    }
    expect(lease.lost.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(1);
    await lease.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a lease that ran out can be taken; who had it is told at its next renewal', async () => {
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    const mine = await claimed(store, 's', 'me', 30_000);
    // The process slept: time has passed, and no timer has run.
    vi.setSystemTime(Date.now() + 29_999);
    expect(await other.claim('s', 'you', 30_000)).toBeUndefined();
    vi.setSystemTime(Date.now() + 1);
    expect((await claimed(other, 's', 'you')).epoch).toBe(2);
    await mine.renew();
    expect(mine.lost.aborted).toBe(true);
    expect(mine.lost.reason).toMatchObject({ code: 'session_busy', sessionId: 's' });
    expect(await store.append('s', [turnStart('t')], { epoch: mine.epoch })).toEqual({ ok: false, why: 'epoch' });
  });

  test('a lease that ran out is good again while nobody else has taken it', async () => {
    const { store } = await openSession(place);
    const mine = await claimed(store, 's', 'me', 30_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    await mine.renew();
    expect(mine.lost.aborted).toBe(false);
    expect(await store.claim('s', 'you', 30_000)).toBeUndefined();
  });

  test('closing a store releases its leases and leaves no timer', async () => {
    const { place: made, store } = await openSession(place);
    await claimed(store);
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    expect(vi.getTimerCount()).toBe(0);
    await expect(store.append('s', [prompt('x')])).rejects.toThrow(/closed/);
    await expect(store.read('s', { after: 0 })).rejects.toThrow(/closed/);
    if (!made.survivesClosing) return;
    const again = await made.open();
    expect(await again.sessions.get('s')).toMatchObject({ owner: undefined, epoch: 1 });
  });
}

/** Moves the time, and waits for what the timers started to reach the store: reads come after writes begun before. */
async function advance(store: Store, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await vi.advanceTimersByTimeAsync(1_000);
    await store.sync();
  }
}
