import { createEmulator, paced, text } from '@colloquy/emulator';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AbortError, ConfigurationError, LimitExceededError } from '../errors.ts';
import { textOf } from '../messages.ts';
import type { Options } from '../options/options.ts';
import { ConversationPool, type PoolLease } from './conversation-pool.ts';

const offline = (o: Options = {}): Options => ({ env: {}, persistSession: false, tools: [], settingSources: [], ...o });
/** What is ready has happened. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Asked = { lease?: PoolLease; failed?: unknown; controller: AbortController };

function ask(pool: ConversationPool, granted: number[], asked: Asked[]): void {
  const one: Asked = { controller: new AbortController() };
  const number = asked.push(one) - 1;
  pool.acquire(one.controller.signal).then(
    (lease) => {
      one.lease = lease;
      granted.push(number);
    },
    (error: unknown) => (one.failed = error),
  );
}

const step = fc.oneof(
  fc.constant({ kind: 'acquire' } as const),
  fc.record({ kind: fc.constant('release' as const), which: fc.nat(30) }),
  fc.record({ kind: fc.constant('abort' as const), which: fc.nat(30) }),
  fc.constant({ kind: 'settle' } as const),
);

test('whatever is asked, given back and given up: never more than so many, in order, and no slot is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), async (max, steps) => {
      const pool = new ConversationPool({ maxConcurrent: max });
      const granted: number[] = [];
      const asked: Asked[] = [];
      for (const one of steps) {
        if (one.kind === 'acquire') ask(pool, granted, asked);
        else if (one.kind === 'settle') await settle();
        else if (one.kind === 'release') asked[one.which % Math.max(asked.length, 1)]?.lease?.release();
        else asked[one.which % Math.max(asked.length, 1)]?.controller.abort();
        expect(pool.activeQueries).toBeLessThanOrEqual(max);
        // No slot is free while somebody waits.
        if (pool.waiting > 0) expect(pool.activeQueries).toBe(max);
      }
      for (let left = -1; left !== granted.length;) {
        left = granted.length;
        for (const { lease } of asked) lease?.release();
        await settle();
      }
      expect(granted).toEqual(granted.toSorted((a, b) => a - b));
      const refused = asked.filter(({ failed }) => failed !== undefined);
      expect(refused.every(({ failed, controller }) => failed instanceof AbortError && controller.signal.aborted)).toBe(
        true,
      );
      expect(granted.length + refused.length).toBe(asked.length);
      expect([pool.activeQueries, pool.waiting]).toEqual([0, 0]);
    }),
  );
});

test('a lease that is given back twice frees one slot, and the end of its scope frees it too', async () => {
  const pool = new ConversationPool({ maxConcurrent: 2 });
  const first = await pool.acquire();
  {
    await using _second = await pool.acquire();
    expect(pool.activeQueries).toBe(2);
  }
  first.release();
  first.release();
  expect(pool.activeQueries).toBe(0);
});

test('beyond the bound of those who wait, one more is refused', async () => {
  const pool = new ConversationPool({ maxConcurrent: 1, maxWaiting: 1, closeTimeoutMs: 1 });
  await pool.acquire();
  const waiting = pool.acquire().catch((error: unknown) => error);
  await expect(pool.acquire()).rejects.toThrow(LimitExceededError);
  expect(pool.waiting).toBe(1);
  // The lease is never given back: it is waited for, but not for ever.
  await pool.close();
  expect(await waiting).toBeInstanceOf(AbortError);
});

test('what run throws frees the slot', async () => {
  const pool = new ConversationPool({ maxConcurrent: 1 });
  await expect(pool.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await pool.run(() => pool.activeQueries)).toBe(1);
  expect(pool.activeQueries).toBe(0);
});

test('twenty queries go two at a time, and each has its own answer', async () => {
  const emulator = createEmulator();
  await using pool = new ConversationPool({ maxConcurrent: 2, options: offline({ send: emulator.send }) });
  let most = 0;
  const ask = async (number: number): Promise<string> => {
    let said = '';
    for await (const message of pool.query(`@emit ${number + 1}`)) {
      most = Math.max(most, pool.activeQueries);
      if (message.type === 'result') said = textOf(message);
    }
    return said;
  };
  const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => ask(number)));
  const lengths = answers.map(({ length }) => length);
  expect(lengths).toEqual([...new Set(lengths)].toSorted((a, b) => a - b));
  expect([most, pool.activeQueries]).toEqual([2, 0]);
});

test('a loop that is left, or never begun, holds no slot', async () => {
  const emulator = createEmulator({ script: [text('One'), text('Two')] });
  await using pool = new ConversationPool({ maxConcurrent: 1, options: offline({ send: emulator.send }) });
  const never = pool.query('never');
  for await (const _ of pool.query('left')) break;
  const waiting = pool.query('waits');
  const lease = await pool.acquire();
  const first = waiting.next();
  await waiting.return();
  expect(await first).toEqual({ value: undefined, done: true });
  lease.release();
  expect([pool.activeQueries, pool.waiting]).toEqual([0, 0]);
  await never.return();
});

test('close ends what runs and whoever waits, with AbortError', async () => {
  const emulator = createEmulator({ script: [paced(10_000, text('slowly spoken words'))] });
  const pool = new ConversationPool({ maxConcurrent: 1, options: offline({ send: emulator.send }) });
  const running = (async () => {
    for await (const _ of pool.query('Hello'));
  })();
  const waiting = pool.run(() => 1);
  await emulator.nextRequest();
  const ended = Promise.allSettled([running, waiting]);
  await pool.close();
  expect((await ended).map((one) => one.status === 'rejected' && one.reason instanceof AbortError)).toEqual([
    true,
    true,
  ]);
  await expect(pool.acquire()).rejects.toThrow('The pool is closed');
  expect(pool.activeQueries).toBe(0);
});

test('an abort of the query’s own controller while it waits is an AbortError', async () => {
  const pool = new ConversationPool({ maxConcurrent: 1 });
  const lease = await pool.acquire();
  const abortController = new AbortController();
  const first = pool.query('Hello', offline({ abortController })).next();
  abortController.abort();
  await expect(first).rejects.toThrow(AbortError);
  lease.release();
  expect(pool.activeQueries).toBe(0);
});

test('sessions kept warm answer too, and those that nobody has used are closed', async () => {
  const emulator = createEmulator({ script: [text('One'), text('Two'), text('Three')] });
  await using pool = new ConversationPool({ maxConcurrent: 3, warm: 2, options: offline({ send: emulator.send }) });
  await settle();
  const ask = async (): Promise<string> => {
    let said = '';
    for await (const message of pool.query('Hello')) said = textOf(message);
    return said;
  };
  expect([await ask(), await ask(), await ask()]).toEqual(['One', 'Two', 'Three']);
});

test.each([
  { maxConcurrent: 0 },
  { maxConcurrent: 1.5 },
  { maxConcurrent: 1, maxWaiting: -1 },
  { maxConcurrent: 1, closeTimeoutMs: Number.NaN },
  { maxConcurrent: 1, warm: 1, options: { continue: true } },
])('%j cannot work', (o) => {
  expect(() => new ConversationPool(o)).toThrow(ConfigurationError);
});
