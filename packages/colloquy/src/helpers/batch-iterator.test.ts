import { expect, test } from 'vitest';
import { BatchIterator, type BatchSource, pulled } from './batch-iterator.ts';

/** A source of the given batches that counts how often it was closed. */
function sourceOf(batches: (readonly number[] | Error)[]): BatchSource<number> & { closed: number } {
  let closed = 0;
  const source = pulled({
    async pull() {
      const batch = batches.shift();
      if (batch instanceof Error) throw batch;
      return batch;
    },
    close: () => void (closed += 1),
  });
  return {
    ...source,
    get closed() {
      return closed;
    },
  };
}

test('hands out every item in order, skips empty batches, and closes the source once at the end', async () => {
  const source = sourceOf([[1, 2], [], [3]]);
  const iterator = new BatchIterator(source);
  const seen: number[] = [];
  for await (const item of iterator) seen.push(item);
  expect(seen).toEqual([1, 2, 3]);
  expect(await iterator.next()).toEqual({ value: undefined, done: true });
  await iterator.return();
  expect(source.closed).toBe(1);
});

test('calls of next that overlap are answered in order', async () => {
  const iterator = new BatchIterator(sourceOf([[1, 2], [3], [4, 5]]));
  const answers = await Promise.all(Array.from({ length: 7 }, () => iterator.next()));
  expect(answers.map(({ value }) => value)).toEqual([1, 2, 3, 4, 5, undefined, undefined]);
  expect(await iterator.next()).toEqual({ value: undefined, done: true });
});

test('a source that fails ends the iteration with its error, once', async () => {
  const source = sourceOf([[1], new Error('broken')]);
  const iterator = new BatchIterator(source);
  expect(await iterator.next()).toEqual({ value: 1, done: false });
  await expect(iterator.next()).rejects.toThrow('broken');
  expect(await iterator.next()).toEqual({ value: undefined, done: true });
  expect(source.closed).toBe(1);
});

test('leaving the loop drops what is ready and closes the source', async () => {
  const source = sourceOf([[1, 2, 3]]);
  const iterator = new BatchIterator(source);
  for await (const item of iterator) if (item === 2) break;
  expect(source.closed).toBe(1);
  expect(await iterator.next()).toEqual({ value: undefined, done: true });
});

test('return ends a next that waits', async () => {
  let wake = (): void => {};
  const waited = new Promise<undefined>((resolve) => (wake = () => resolve(undefined)));
  const iterator = new BatchIterator<number>(pulled({ pull: () => waited, close: () => wake() }));
  const waiting = iterator.next();
  await iterator.return();
  expect(await waiting).toEqual({ value: undefined, done: true });
});

test('throw closes the source and rethrows', async () => {
  const source = sourceOf([[1]]);
  const iterator = new BatchIterator(source);
  await expect(iterator.throw(new Error('mine'))).rejects.toThrow('mine');
  expect(source.closed).toBe(1);
});

test('a source that cannot be closed at its end says so', async () => {
  const iterator = new BatchIterator({ ...sourceOf([[1]]), close: () => Promise.reject(new Error('not closed')) });
  expect(await iterator.next()).toEqual({ value: 1, done: false });
  await expect(iterator.next()).rejects.toThrow('not closed');
});
