import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import { tee } from './tee.ts';

async function* numbers(count: number, state: { pulled: number; left: boolean } = { pulled: 0, left: false }) {
  try {
    for (let number = 0; number < count; number += 1) {
      state.pulled += 1;
      yield number;
    }
  } finally {
    state.left = true;
  }
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

test('whoever reads when, each gets every item in order, and no more than so many are held', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(30),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(3), { maxLength: 80 }),
      async (items, count, maxBuffered, order) => {
        const state = { pulled: 0, left: false };
        const streams = tee(numbers(items, state), { count, maxBuffered });
        const got = streams.map(() => [] as number[]);
        const pending = streams.map(() => Promise.resolve());
        for (const which of order) {
          const index = which % count;
          pending[index] = (pending[index] ?? Promise.resolve()).then(async () => {
            const next = await streams[index]?.next();
            if (next?.done === false) got[index]?.push(next.value);
          });
          await new Promise((resolve) => setImmediate(resolve));
          const slowest = Math.min(...got.map(({ length }) => length));
          expect(state.pulled - slowest).toBeLessThanOrEqual(maxBuffered + 1);
        }
        const rest = await Promise.all(
          streams.map(async (stream, index) => {
            await pending[index];
            return all(stream);
          }),
        );
        for (const [index, more] of rest.entries()) {
          expect([...(got[index] ?? []), ...more]).toEqual(Array.from({ length: items }, (_, number) => number));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('an error comes after the items before it, to everybody', async () => {
  async function* broken() {
    yield 1;
    throw new Error('cut');
  }
  for (const stream of tee(broken())) {
    expect(await stream.next()).toEqual({ value: 1, done: false });
    await expect(stream.next()).rejects.toThrow('cut');
  }
});

test('one that is left holds nobody up; when all are left, so is the source', async () => {
  const state = { pulled: 0, left: false };
  const [one, two] = tee(numbers(100, state), { maxBuffered: 2 });
  await one?.next();
  await one?.return();
  for (let number = 0; number < 50; number += 1) await two?.next();
  expect([state.pulled, state.left]).toEqual([50, false]);
  await two?.return();
  expect(state.left).toBe(true);
});

test('leaving does not wait for a source that hangs', async () => {
  const hanging: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: () => new Promise(() => {}) }),
  };
  const [one, two] = tee(hanging);
  const pending = one?.next();
  await Promise.all([one?.return(), two?.return()]);
  expect(await pending).toEqual({ value: undefined, done: true });
});

test('there is at least one', () => {
  expect(() => tee(numbers(1), { count: 0 })).toThrow(ConfigurationError);
});

test.each<[string, unknown]>([
  ['is no stream', ['a']],
  ['is nothing', null],
  [
    'cannot be begun',
    {
      [Symbol.asyncIterator]: () => {
        throw new Error('closed');
      },
    },
  ],
  [
    'fails at once',
    {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          throw new Error('closed');
        },
      }),
    },
  ],
])('a source that %s is told to everybody', async (_, source) => {
  const [one, two] = tee(source as AsyncIterable<string>);
  await expect(one!.next()).rejects.toThrow(Error);
  await expect(two!.next()).rejects.toThrow(Error);
});
