import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AbortError, ConfigurationError } from '../errors.ts';
import { answerKey } from './answer-key.ts';
import type { CacheStore } from './cache-store.ts';
import { ResponseCache, type ResponseCacheOptions } from './response-cache.ts';
import { sqliteCacheStore } from './sqlite-cache-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'colloquy-answers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(folder, `${(files += 1)}.db`);

const STORES: Record<string, () => ResponseCacheOptions> = {
  'in memory': () => ({}),
  'in a file': () => ({ store: sqliteCacheStore(newFile()) }),
};

type Call = { stop: AbortSignal; give: (value: unknown) => void; fail: (error: Error) => void };

/** Something to be asked whose answers come when the test says so. */
function slow(): { produce: (stop: AbortSignal) => Promise<unknown>; calls: Call[] } {
  const calls: Call[] = [];
  const produce = (stop: AbortSignal): Promise<unknown> =>
    new Promise((resolve, reject) => calls.push({ stop, give: resolve, fail: reject }));
  return { produce, calls };
}

/** A step of the model: what happens with one of five questions. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const), question: fc.nat(4), fails: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(150) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), question: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'clearExpired' } as const) },
);

describe.each(Object.entries(STORES))('%s', (name, options) => {
  test('what is given is what a list of the newest would hold, whatever is asked, and however time passes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 25 }), async (maxEntries, steps) => {
        let now = 1_000;
        const ttlMs = 100;
        await using cache = new ResponseCache({ ...options(), ttlMs, maxEntries, clock: { now: () => now } });
        /** The model: oldest use first. */
        const kept = new Map<number, { value: number; until: number }>();
        let produced = 0;
        for (const one of steps) {
          if (one.kind === 'wait') now += one.ms;
          else if (one.kind === 'delete') {
            const was = kept.delete(one.question);
            expect(await cache.delete(`question ${one.question}`)).toBe(was);
          } else if (one.kind === 'clearExpired') {
            const old = [...kept].filter(([, { until }]) => until <= now);
            for (const [question] of old) kept.delete(question);
            expect(await cache.clearExpired()).toBeGreaterThanOrEqual(0);
            expect(await cache.size()).toBe(kept.size);
          } else {
            const found = kept.get(one.question);
            const isFresh = found !== undefined && found.until > now;
            const before = produced;
            const asked = cache.getOrCreate(`question ${one.question}`, undefined, () => {
              produced += 1;
              if (one.fails) throw new Error('no answer');
              return produced;
            });
            if (isFresh) {
              expect([await asked, produced]).toEqual([found.value, before]);
              kept.delete(one.question);
              kept.set(one.question, found);
            } else if (one.fails) {
              await expect(asked).rejects.toThrow('no answer');
              // Too old, or a failure: neither is given later.
              expect(await cache.get(`question ${one.question}`)).toBeUndefined();
            } else {
              expect(await asked).toBe(before + 1);
              kept.delete(one.question);
              kept.set(one.question, { value: produced, until: now + ttlMs });
              const [oldest] = kept.keys();
              if (kept.size > maxEntries && oldest !== undefined) kept.delete(oldest);
            }
            // What is too old takes room only until it is looked for or cleared.
            expect(await cache.size()).toBeLessThanOrEqual(maxEntries);
            if (!isFresh) for (const [question, { until }] of kept) if (until <= now) kept.delete(question);
            if (!isFresh) await cache.clearExpired();
          }
        }
      }),
      { numRuns: name === 'in a file' ? 10 : 100 },
    );
  });

  test('is too old at the very millisecond of its end', async () => {
    let now = 0;
    await using cache = new ResponseCache({ ...options(), ttlMs: 100, clock: { now: () => now } });
    await cache.getOrCreate('Hello', {}, () => 'Hi');
    now = 99;
    expect(await cache.get('Hello', {})).toBe('Hi');
    now = 100;
    expect(await cache.get('Hello', {})).toBeUndefined();
  });

  test('those who ask the same meanwhile share one call; another question has its own', async () => {
    await using cache = new ResponseCache(options());
    const { produce, calls } = slow();
    const asked = ['a', 'a', 'b', 'a'].map((prompt) => cache.getOrCreate(prompt, { model: 'haiku' }, produce));
    await until(() => calls.length === 2);
    calls[0]?.give({ text: 'A' });
    calls[1]?.give({ text: 'B' });
    const answers = await Promise.all(asked);
    expect(answers).toEqual([{ text: 'A' }, { text: 'A' }, { text: 'B' }, { text: 'A' }]);
    // Everybody has a copy.
    expect(new Set(answers).size).toBe(4);
    expect(await cache.getOrCreate('a', { model: 'haiku' }, produce)).toEqual({ text: 'A' });
  });

  test('a failure is told to all who share it, and not kept', async () => {
    await using cache = new ResponseCache(options());
    const { produce, calls } = slow();
    const asked = Promise.allSettled([1, 2].map(() => cache.getOrCreate('a', {}, produce)));
    await until(() => calls.length === 1);
    calls[0]?.fail(new Error('lost'));
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = cache.getOrCreate('a', {}, produce);
    await until(() => calls.length === 2);
    calls[1]?.give('found');
    expect(await again).toBe('found');
  });

  test('whoever gives up leaves the others their answer; when all have, the work is told', async () => {
    await using cache = new ResponseCache(options());
    const { produce, calls } = slow();
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const one = cache.getOrCreate('a', {}, produce, { signal: first.signal });
    const two = cache.getOrCreate('a', {}, produce, { signal: second.signal });
    await until(() => calls.length === 1);
    first.abort();
    await expect(one).rejects.toThrow(AbortError);
    expect(calls[0]?.stop.aborted).toBe(false);
    second.abort();
    await expect(two).rejects.toThrow(AbortError);
    expect(calls[0]?.stop.aborted).toBe(true);
    calls[0]?.give('too late');
    third.abort();
    await expect(cache.getOrCreate('a', {}, produce, { signal: third.signal })).rejects.toThrow(AbortError);
    expect([calls.length, await cache.get('a', {})]).toEqual([1, undefined]);
  });

  test('what is deleted while it is produced is not kept', async () => {
    await using cache = new ResponseCache(options());
    const { produce, calls } = slow();
    const asked = cache.getOrCreate('a', {}, produce);
    await until(() => calls.length === 1);
    expect(await cache.delete('a', {})).toBe(true);
    calls[0]?.give('old');
    expect(await asked).toBe('old');
    expect(await cache.get('a', {})).toBeUndefined();
  });

  test('an answer that is no data is refused', async () => {
    await using cache = new ResponseCache(options());
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const answer of [undefined, 5n, circle])
      await expect(cache.getOrCreate('a', {}, () => answer)).rejects.toThrow(ConfigurationError);
  });
});

test('a file keeps answers over a restart, for two at once, readable by its owner only and without the questions', async () => {
  const path = join(folder, 'deep', 'er', 'answers.db');
  const open = (): ResponseCache => new ResponseCache({ store: sqliteCacheStore(path) });
  {
    await using cache = open();
    await cache.getOrCreate('a very secret question', {}, () => 'kept');
  }
  await using one = open();
  await using two = open();
  expect(await one.get('a very secret question', {})).toBe('kept');
  await two.getOrCreate('other', {}, () => 2);
  expect(await one.get('other', {})).toBe(2);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'latin1')).not.toContain('secret');
});

test('a file of something else is told, and an answer that cannot be kept is given all the same', async () => {
  const path = newFile();
  writeFileSync(path, 'no database at all, but long enough to look like one '.repeat(50));
  await using cache = new ResponseCache({ store: sqliteCacheStore(path) });
  await expect(cache.get('a')).rejects.toMatchObject({ code: expect.stringMatching(/^store/) });
  const errors: unknown[] = [];
  await using full = new ResponseCache({
    store: { ...sqliteCacheStore(newFile()), set: () => Promise.reject(new Error('disk full')) },
    onStoreError: (error) => errors.push(error),
  });
  expect(await full.getOrCreate('a', {}, () => 'paid for')).toBe('paid for');
  expect(errors).toEqual([new Error('disk full')]);
});

test('an answer that the store has lost a part of is asked for again', async () => {
  const kept = sqliteCacheStore(newFile());
  const store: CacheStore = { ...kept, get: async (key, now) => (await kept.get(key, now))?.slice(0, -1) };
  await using cache = new ResponseCache({ store });
  expect(await cache.getOrCreate('a', {}, () => 'one')).toBe('one');
  expect(await cache.get('a', {})).toBeUndefined();
  expect(await cache.getOrCreate('a', {}, () => 'two')).toBe('two');
});

test('what ends after close is given, and does not open the file again', async () => {
  const path = newFile();
  const cache = new ResponseCache({ store: sqliteCacheStore(path) });
  const { produce, calls } = slow();
  const answer = cache.getOrCreate('a', {}, produce);
  await until(() => calls.length === 1);
  await cache.close();
  calls[0]!.give('late');
  expect(await answer).toBe('late');
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test('a damaged file is told as what it is', async () => {
  const path = newFile();
  writeFileSync(path, 'no database at all, but long enough to look like one '.repeat(50));
  await using cache = new ResponseCache({ store: sqliteCacheStore(path) });
  await expect(cache.get('a')).rejects.toThrow(/^Answers are kept in .*damaged/);
});

describe('the key', () => {
  test('does not depend on the order of names, nor on who asks and how', () => {
    const send = async (): Promise<never> => Promise.reject(new Error('never'));
    const one = answerKey('Hello', { model: 'haiku', effort: 'low', apiKey: 'sk-1', send, timeoutMs: 5 });
    const two = answerKey('Hello', {
      effort: 'low',
      model: 'haiku',
      onText: () => {},
      env: { ANTHROPIC_API_KEY: 'sk-2' },
    });
    expect(two.replace(',"env":{}', '')).toBe(one);
    expect(one + two).not.toContain('sk-');
    const remote = (key: string): string =>
      answerKey('Hello', { engine: 'remote', server: { url: 'http://a', key, send } });
    expect(remote('sk-3')).toBe(remote('sk-4'));
    expect(remote('sk-3')).not.toContain('sk-');
  });

  test('is another one for another question', () => {
    const keys = [
      answerKey('a', undefined),
      answerKey('a', { model: 'haiku' }),
      answerKey('a', { model: 'opus' }),
      answerKey('a', { env: { ANTHROPIC_MODEL: 'opus' } }),
      answerKey('a', { outputSchema: z.object({ name: z.string() }) }),
      answerKey('a', { outputSchema: z.object({ name: z.number() }) }),
      answerKey([{ role: 'user', content: 'a' }], undefined),
      answerKey('["a"]', undefined),
      answerKey(['a'], undefined),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each([
    ['a function', { canUseTool: () => {} }, '`options.canUseTool`'],
    ['an object of a class', { tools: [new Date(0)] }, '`options.tools[0]`'],
    ['no number', { temperature: Number.NaN }, '`options.temperature`'],
  ])('cannot be made of %s, and says where', (_, options, place) => {
    expect(() => answerKey('a', options)).toThrow(ConfigurationError);
    expect(() => answerKey('a', options)).toThrow(place);
  });

  test('cannot be made of what is too deep, and of the very large it is made', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    expect(() => answerKey(deep, {})).toThrow(ConfigurationError);
    const large = Array.from({ length: 50_000 }, (_, index) => ({ role: 'user', content: { index } }));
    expect(answerKey(large, {})).toHaveLength(JSON.stringify([large, {}]).length);
  });

  test('of plain data it is the same if and only if the data are', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (one, two) => {
        const isSame = JSON.stringify(sorted(one)) === JSON.stringify(sorted(two));
        expect(answerKey(one, undefined) === answerKey(two, undefined)).toBe(isSame);
      }),
    );
  });
});

/** The same data with its names in order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [`k${key}`, sorted(one)]),
  );
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    if (turn > 10_000) throw new Error('It never came to hold');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
