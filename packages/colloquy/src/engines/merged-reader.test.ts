import { expect, test } from 'vitest';
import { BatchIterator, pulled } from '../helpers/batch-iterator.ts';
import { MergedReader } from './merged-reader.ts';

/** A reader that tells what the test pushes. */
function pushed() {
  const batches: string[][] = [];
  let wake: ((batch: string[] | undefined) => void) | undefined;
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    get held() {
      return batches.length;
    },
    push(...batch: string[]) {
      if (wake === undefined) batches.push(batch);
      else wake(batch);
      wake = undefined;
    },
    next(): Promise<string[] | undefined> {
      const batch = batches.shift();
      if (batch !== undefined) return Promise.resolve(batch);
      return closed ? Promise.resolve(undefined) : new Promise((resolve) => (wake = resolve));
    },
    close() {
      closed = true;
      wake?.(undefined);
    },
  };
}

test('gives what each reader tells, in the order in which it comes', async () => {
  const [a, b] = [pushed(), pushed()];
  const merged = new MergedReader<string>();
  const iterator = new BatchIterator(pulled(merged));
  merged.add(a);
  a.push('a1', 'a2');
  const seen = [await iterator.next(), await iterator.next()];
  merged.add(b);
  b.push('b1');
  seen.push(await iterator.next());
  a.push('a3');
  seen.push(await iterator.next());
  expect(seen.map(({ value }) => value)).toEqual(['a1', 'a2', 'b1', 'a3']);
});

test('holds one batch of each reader at most', async () => {
  const a = pushed();
  const merged = new MergedReader<string>();
  for (const text of ['1', '2', '3']) a.push(text);
  merged.add(a);
  expect(a.held).toBe(2);
  expect(await merged.pull()).toEqual(['1']);
  expect(a.held).toBe(2);
  expect(await merged.pull()).toEqual(['2']);
  expect(a.held).toBe(1);
});

test('ends after what is ready, and closes its readers', async () => {
  const a = pushed();
  const merged = new MergedReader<string>();
  merged.add(a);
  a.push('last');
  await Promise.resolve();
  merged.end();
  expect(await merged.pull()).toEqual(['last']);
  expect(await merged.pull()).toBeUndefined();
  expect(a.closed).toBe(true);
  const late = pushed();
  merged.add(late);
  expect(late.closed).toBe(true);
});

test('a failure reaches a pull that waits', async () => {
  const merged = new MergedReader<string>();
  const waiting = merged.pull();
  merged.end({ error: new Error('aborted') });
  await expect(waiting).rejects.toThrow('aborted');
});

test('goes on when one of its readers ends', async () => {
  const [a, b] = [pushed(), pushed()];
  const merged = new MergedReader<string>();
  merged.add(a);
  merged.add(b);
  a.close();
  const waiting = merged.pull();
  b.push('b1');
  expect(await waiting).toEqual(['b1']);
});
