import { expect, onTestFinished, test, vi } from 'vitest';
import { type OpenPlace, prompt, openSession } from './store-place.ts';

export function watchTests(place: OpenPlace): void {
  test('a watcher hears at once of appends in its own process', async () => {
    const { store } = await openSession(place);
    const stop = new AbortController();
    const heads = store.watch('s', stop.signal)[Symbol.asyncIterator]();
    const next = heads.next();
    await store.append('s', [prompt('one')]);
    expect(await next).toEqual({ done: false, value: 1 });
    await store.append('s', [prompt('two')]);
    await store.append('s', [prompt('three')]);
    expect(await heads.next()).toEqual({ done: false, value: 3 });
    const last = heads.next();
    stop.abort();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  test('a watcher hears within a second of appends through another store', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    const stop = new AbortController();
    const heads = store.watch('s', stop.signal)[Symbol.asyncIterator]();
    const next = heads.next();
    await other.append('s', [prompt('one')]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await next).toEqual({ done: false, value: 1 });
    stop.abort();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaving the loop ends the watching, and so does closing the store', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { store } = await openSession(place);
    const { signal } = new AbortController();
    const left = store.watch('s', signal);
    await store.append('s', [prompt('one')]);
    for await (const head of left) {
      expect(head).toBe(1);
      break;
    }
    expect(vi.getTimerCount()).toBe(0);
    const waiting = store.watch('s', signal)[Symbol.asyncIterator]().next();
    await store[Symbol.asyncDispose]();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(vi.getTimerCount()).toBe(0);
  });
}
