import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { AbortError, ConfigurationError } from '../errors.ts';
import { batch, type BatchProgress } from './batch.ts';

const folder = mkdtempSync(join(tmpdir(), 'colloquy-batch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(folder, `${(files += 1)}.jsonl`);

const outcomes = (results: readonly { ok: boolean; value?: unknown; error?: unknown }[]): unknown[] =>
  results.map((one) => (one.ok ? one.value : String(one.error)));

test('whatever fails, and however many at once: results are in order, and never more than so many run', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ steps: fc.nat(3), fails: fc.boolean() }), { maxLength: 25 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      async (inputs, concurrency, lazily) => {
        let running = 0;
        let most = 0;
        const source = lazily
          ? (async function* () {
              yield* inputs;
            })()
          : inputs;
        const told: BatchProgress[] = [];
        const results = await batch(
          source,
          async ({ steps, fails }) => {
            running += 1;
            most = Math.max(most, running);
            for (let number = 0; number < steps; number += 1) await new Promise((resolve) => setImmediate(resolve));
            running -= 1;
            if (fails) throw new Error('no');
            return steps;
          },
          { concurrency, onProgress: (progress) => told.push(progress) },
        );
        expect(outcomes(results)).toEqual(inputs.map(({ steps, fails }) => (fails ? 'Error: no' : steps)));
        expect(results.map(({ index, input }) => [index, input])).toEqual(inputs.map((input, index) => [index, input]));
        expect(most).toBeLessThanOrEqual(concurrency);
        expect(told.map(({ done }) => done)).toEqual(inputs.map((_, index) => index + 1));
        expect(told.at(-1)?.failed ?? 0).toBe(inputs.filter(({ fails }) => fails).length);
        expect(told.map(({ total }) => total)).toEqual(inputs.map(() => (lazily ? undefined : inputs.length)));
      },
    ),
    { numRuns: 60 },
  );
});

test('with a results file only what is missing or has failed is done again, equal inputs each for themselves', async () => {
  const resultsFile = newFile();
  const calls: string[] = [];
  const run = async (input: string): Promise<{ said: string; not?: undefined }> => {
    calls.push(input);
    if (input === 'bad' && calls.length < 5) throw new Error('lost');
    return { said: input.toUpperCase(), not: undefined };
  };
  const first = await batch(['a', 'bad', 'a', 'b'], run, { resultsFile, concurrency: 1 });
  expect(outcomes(first)).toEqual([{ said: 'A' }, 'Error: lost', { said: 'A' }, { said: 'B' }]);
  const second = await batch(['b', 'c', 'a', 'bad', 'a'], run, { resultsFile, concurrency: 1 });
  expect(outcomes(second)).toEqual([{ said: 'B' }, { said: 'C' }, { said: 'A' }, { said: 'BAD' }, { said: 'A' }]);
  expect(second.map(({ resumed }) => resumed)).toEqual([true, false, true, false, true]);
  expect(calls).toEqual(['a', 'bad', 'a', 'b', 'c', 'bad']);
  expect(statSync(resultsFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(resultsFile, 'utf8')).not.toContain('"bad"');
});

test('a line that a kill has torn, anywhere, counts as not there', async () => {
  const whole = newFile();
  const run = async (input: number): Promise<string> => `${input} 🌙`;
  await batch([1, 2, 3], run, { resultsFile: whole, concurrency: 1 });
  const bytes = readFileSync(whole);
  const [first = 0, second = 0] = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([index]) => index);
  for (let length = first + 1; length <= second; length += 1) {
    const resultsFile = newFile();
    writeFileSync(resultsFile, bytes.subarray(0, length));
    const done: number[] = [];
    const again = (input: number): Promise<string> => {
      done.push(input);
      return run(input);
    };
    const results = await batch([1, 2, 3], again, { resultsFile, concurrency: 1 });
    expect(outcomes(results)).toEqual(['1 🌙', '2 🌙', '3 🌙']);
    // All but the line break is all of it.
    expect(done).toEqual(length === second ? [3] : [2, 3]);
    const third = await batch([1, 2, 3], () => Promise.reject(new Error('never')), { resultsFile });
    expect(outcomes(third)).toEqual(['1 🌙', '2 🌙', '3 🌙']);
  }
});

test('a batch that is killed goes on where it was', { timeout: 20_000 }, async () => {
  const [resultsFile, calls] = [newFile(), newFile()];
  const program = `
    import { appendFileSync } from 'node:fs';
    import { batch } from ${JSON.stringify(join(import.meta.dirname, 'batch.ts'))};
    await batch(Array.from({ length: 50 }, (_, index) => index), async (index) => {
      appendFileSync(${JSON.stringify(calls)}, index + '\\n');
      if (index === 20) process.kill(process.pid, 'SIGKILL');
      return index * index;
    }, { resultsFile: ${JSON.stringify(resultsFile)}, concurrency: 3 });`;
  const run = new Promise<NodeJS.Signals | null | undefined>((resolve) => {
    const args = ['--conditions=colloquy-source', '--input-type=module-typescript', '--eval', program];
    execFile(process.execPath, args, (error) => resolve(error?.signal));
  });
  expect(await run).toBe('SIGKILL');
  const results = await batch(
    Array.from({ length: 50 }, (_, index) => index),
    async (index) => {
      appendFileSync(calls, `${index}\n`);
      return index * index;
    },
    { resultsFile },
  );
  expect(outcomes(results)).toEqual(Array.from({ length: 50 }, (_, index) => index * index));
  expect(results.filter(({ resumed }) => resumed).length).toBeGreaterThanOrEqual(18);
  // Only what was under way at the kill was begun twice.
  expect(readFileSync(calls, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(53);
});

test('an abort begins nothing more, keeps what is done, and waits for what ends', async () => {
  const resultsFile = newFile();
  const controller = new AbortController();
  const begun: number[] = [];
  const { signal } = controller;
  const running = batch(
    [1, 2, 3, 4],
    async (input, stop) => {
      begun.push(input);
      if (input === 2) controller.abort();
      stop.throwIfAborted();
      return input;
    },
    { resultsFile, concurrency: 1, signal },
  );
  await expect(running).rejects.toThrow(AbortError);
  await expect(batch([1], () => 1, { signal })).rejects.toThrow(AbortError);
  expect(begun).toEqual([1, 2]);
  const again = await batch([1, 2], async (input) => input * 10, { resultsFile });
  expect(outcomes(again)).toEqual([1, 20]);
});

test('what the inputs or the progress throw ends the batch, and the source is left', async () => {
  let left = false;
  async function* inputs(fails: boolean) {
    try {
      yield 1;
      if (fails) throw new Error('no more');
      yield 2;
      yield 3;
    } finally {
      left = true;
    }
  }
  await expect(batch(inputs(true), (input) => input)).rejects.toThrow('no more');
  left = false;
  const onProgress = (): void => {
    throw new Error('enough');
  };
  await expect(batch(inputs(false), (input) => input, { concurrency: 1, onProgress })).rejects.toThrow('enough');
  expect(left).toBe(true);
});

test('a file of something else is refused, and stays as it is', async () => {
  const resultsFile = newFile();
  writeFileSync(resultsFile, 'dear diary,\ntoday\nnothing');
  await expect(batch([1], () => 1, { resultsFile })).rejects.toThrow(ConfigurationError);
  expect(readFileSync(resultsFile, 'utf8')).toBe('dear diary,\ntoday\nnothing');
  expect(existsSync(`${resultsFile}.tmp`)).toBe(false);
});

test('what JSON cannot hold is refused for a results file', async () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  await expect(batch([1], () => circle, { resultsFile: newFile() })).rejects.toThrow(ConfigurationError);
});

test.each([null, 3, {}])('inputs that are %o are refused, and no file is made', async (inputs) => {
  const resultsFile = newFile();
  await expect(batch(inputs as never, () => 1, { resultsFile })).rejects.toThrow(ConfigurationError);
  expect(existsSync(resultsFile)).toBe(false);
});

test('a text is its characters, and no more workers begin than there are inputs', async () => {
  expect(outcomes(await batch('añ😀', (one) => one, { concurrency: Number.MAX_SAFE_INTEGER }))).toEqual([
    'a',
    'ñ',
    '😀',
  ]);
});

test('the second of two equal keys is not taken for another key', async () => {
  const o = { resultsFile: newFile(), keyOf: ({ key }: { key: string }) => key };
  const inputs = ['a', 'a', 'a#2', '2:a', '1:a'].map((key, value) => ({ key, value }));
  expect(outcomes(await batch(inputs, ({ value }) => value, o))).toEqual([0, 1, 2, 3, 4]);
  expect(outcomes(await batch(inputs, () => 'again', o))).toEqual([0, 1, 2, 3, 4]);
});

test.each(['dear diary\n', 'dear diary', '{"name":"my-package"}\n'])(
  'a file of one line, %j, is refused too',
  async (text) => {
    const resultsFile = newFile();
    writeFileSync(resultsFile, text);
    await expect(batch([1], () => 1, { resultsFile })).rejects.toThrow('is no results file of a batch');
    expect(readFileSync(resultsFile, 'utf8')).toBe(text);
  },
);

test.each(['/dev/zero', '/dev/null'])('%s is no results file', async (resultsFile) => {
  await expect(batch([1], () => 1, { resultsFile })).rejects.toThrow('is no results file of a batch');
});
