import { expect, onTestFinished, test, vi } from 'vitest';
import { type OpenPlace, prompt, openSession } from './store-place.ts';

export function watchTests(place: OpenPlace): void {
  test('a watcher hears at once of appends in its own process, until it leaves', async () => {
    const { store } = await openSession(place);
    const heads: number[] = [];
    const leave = store.watch('s', (head) => heads.push(head));
    await store.append('s', [prompt('one')]);
    await store.append('s', [prompt('two'), prompt('three')]);
    expect(heads).toEqual([1, 3]);
    leave();
    leave();
    await store.append('s', [prompt('four')]);
    expect(heads).toEqual([1, 3]);
  });

  test('several watch one session, each on its own', async () => {
    const { store } = await openSession(place);
    const heads: number[] = [];
    const onHead = (head: number): void => void heads.push(head);
    const leaves = [store.watch('s', onHead), store.watch('s', onHead)];
    await store.append('s', [prompt('one')]);
    leaves[0]?.();
    await store.append('s', [prompt('two')]);
    expect(heads).toEqual([1, 1, 2]);
  });

  test('a watcher hears within a second of appends through another store', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { place: made, store } = await openSession(place);
    const other = await made.open();
    const heads: number[] = [];
    const leave = store.watch('s', (head) => heads.push(head));
    await other.append('s', [prompt('one')]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heads).toEqual([1]);
    leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('closing the store ends the watching', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { store } = await openSession(place);
    store.watch('s', () => {});
    await store[Symbol.asyncDispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
}
