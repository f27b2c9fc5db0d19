import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import type { HttpSend } from '../messages-api/http-send.ts';
import { recordCassette, type RecordOptions } from './record-cassette.ts';
import { replayCassette } from './replay-cassette.ts';

/** What is used of vitest's test context. */
export type CassetteContext = {
  task: { name: string; fullTestName?: string | undefined; file: { filepath: string } };
  onTestFinished: (run: () => void) => void;
};

export type UseCassetteOptions = RecordOptions & {
  /** True: ask for real. Default: when `COLLOQUY_RECORD` is `1`, and when there is no cassette yet, but for CI, where that fails. */
  record?: boolean | undefined;
  env?: Record<string, string | undefined> | undefined;
};

/**
 * A `send` for one test of vitest: recorded when it first runs, replayed from then on, from a file in `__cassettes__` beside the test's.
 * A replayed test fails when a request is another one than was recorded, or is missing. `COLLOQUY_RECORD=1` records again. Further calls
 * in one test give the same `send`.
 * ```ts
 * test('greets', async (context) => {
 *   expect(await ask('Hello', { send: useCassette(context) })).toMatch(/Hi|Hello/);
 * });
 * ```
 * @throws ConfigurationError in CI when there is no cassette
 */
export function useCassette({ task, onTestFinished }: CassetteContext, o: UseCassetteOptions = {}): HttpSend {
  const begun = inUse.get(task);
  if (begun !== undefined) return begun;
  const { send, finish } = open(task, o);
  inUse.set(task, send);
  // A test that is tried again is the same task.
  onTestFinished(() => {
    inUse.delete(task);
    finish();
  });
  return send;
}

/** Of tests that run now. */
const inUse = new WeakMap<CassetteContext['task'], HttpSend>();

function open(task: CassetteContext['task'], o: UseCassetteOptions): { send: HttpSend; finish: () => void } {
  const { env = process.env } = o;
  const path = pathOf(task);
  const isThere = existsSync(path);
  if (o.record ?? (env['COLLOQUY_RECORD'] === '1' || (!isThere && !env['CI']))) {
    return { send: recordCassette(path, o), finish: () => {} };
  }
  if (!isThere) {
    throw new ConfigurationError(
      `There is no cassette ${path}; run the test once with COLLOQUY_RECORD=1 and a key, and commit the file`,
    );
  }
  const send = replayCassette(path, o);
  return { send, finish: () => send.finish() };
}

function pathOf({ name, fullTestName = name, file: { filepath } }: CassetteContext['task']): string {
  const file = basename(filepath).replace(/\.(test|spec)\.[cm]?[jt]sx?$/, '');
  const words = fullTestName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-|-$/g, '');
  // Names may differ in what is left out.
  const digest = createHash('sha256').update(fullTestName).digest('hex').slice(0, 6);
  return join(dirname(filepath), '__cassettes__', `${file}.${words}.${digest}.jsonl`);
}
