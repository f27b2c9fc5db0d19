import { createEmulator, paced, status, text, type Emulator } from '@colloquy/emulator';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { promptOf } from '../engines/user-message.ts';
import { AbortError, APIError, ConfigurationError, LimitExceededError, SessionNotFoundError } from '../errors.ts';
import { textOf, type SDKMessage } from '../messages.ts';
import type { Options } from '../options/options.ts';
import type { Clock } from './clock.ts';
import { openSession } from './open-session.ts';
import { SessionManager } from './session-manager.ts';

const offline = (emulator: Emulator): Options => ({
  send: emulator.send,
  env: {},
  persistSession: false,
  tools: [],
  settingSources: [],
});

/** A clock that stands still until it is moved. */
function manualClock(): Clock & { move(ms: number): void; timers(): number } {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    after(delayMs, run) {
      const timer = { at: now + delayMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    timers: () => timers.size,
    move(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  };
}

async function resultOf(messages: AsyncIterable<SDKMessage>): Promise<string> {
  let said = '';
  for await (const message of messages) if (message.type === 'result') said = textOf(message);
  return said;
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    if (turn > 10_000) throw new Error('It never came to hold');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'create' } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), which: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('use' as const), which: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(120) }) },
);

test('whatever is created, used, closed and left alone: so many at most, and exactly the idle ones go', async () => {
  const emulator = createEmulator();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 20 }), async (maxSessions, steps) => {
      const clock = manualClock();
      await using manager = new SessionManager({ maxSessions, idleTimeoutMs: 100, options: offline(emulator), clock });
      /** The model: when each was last active. */
      const active = new Map<string, number>();
      const chosen = (which: number): string | undefined => [...active.keys()][which % Math.max(active.size, 1)];
      for (const one of steps) {
        if (one.kind === 'wait') {
          clock.move(one.ms);
          for (const [id, at] of active) if (clock.now() - at >= 100) active.delete(id);
        } else if (one.kind === 'create') {
          const created = manager.create();
          if (active.size >= maxSessions) await expect(created).rejects.toThrow(LimitExceededError);
          else active.set(await created, clock.now());
        } else {
          const id = chosen(one.which);
          if (id === undefined) continue;
          if (one.kind === 'close') {
            active.delete(id);
            expect(await manager.close(id)).toBe(true);
          } else {
            await resultOf(manager.query(id, 'Hello'));
            await until(() => manager.get(id)?.pendingPrompts === 0);
            active.set(id, clock.now());
          }
        }
        expect(manager.ids.toSorted()).toEqual([...active.keys()].toSorted());
      }
      await manager.close();
      expect([manager.size, clock.timers()]).toEqual([0, 0]);
    }),
    { numRuns: 25 },
  );
});

test('prompts of one session are answered in the order of the calls, those of others meanwhile', async () => {
  const emulator = createEmulator();
  await using manager = new SessionManager({ options: offline(emulator) });
  const ids = await Promise.all([manager.create(), manager.create()]);
  const order: string[] = [];
  const ask = async (id: string, number: number): Promise<void> => {
    await resultOf(manager.query(id, `what did I say first? ${number}`));
    order.push(`${ids.indexOf(id)}:${number}`);
  };
  await Promise.all([0, 1, 2, 3, 4].flatMap((number) => ids.map((id) => ask(id, number))));
  for (const which of ['0', '1'])
    expect(order.filter((one) => one.startsWith(which))).toEqual([0, 1, 2, 3, 4].map((number) => `${which}:${number}`));
  expect(emulator.requests).toHaveLength(10);
});

test('a session that works, read or not, is not idle', async () => {
  const clock = manualClock();
  const emulator = createEmulator({ script: [paced(5, text('one two three'))] });
  await using manager = new SessionManager({ idleTimeoutMs: 100, options: offline(emulator), clock });
  const id = await manager.create();
  manager.query(id, 'Nobody reads this');
  clock.move(1_000);
  expect(manager.get(id)).toEqual({ id, pendingPrompts: 1, lastActiveMs: 0 });
  await until(() => manager.get(id)?.pendingPrompts === 0 || emulator.requests.length === 0);
  await emulator.idle();
  await until(() => manager.get(id)?.pendingPrompts === 0);
  expect(manager.get(id)?.lastActiveMs).toBe(1_000);
  clock.move(99);
  expect(manager.ids).toEqual([id]);
  clock.move(1);
  expect(manager.ids).toEqual([]);
  expect(() => manager.query(id, 'Hello')).toThrow(SessionNotFoundError);
});

test('a session is idle only idleTimeoutMs after it was last used', async () => {
  const clock = manualClock();
  await using manager = new SessionManager({ idleTimeoutMs: 100, options: offline(createEmulator()), clock });
  const id = await manager.create();
  clock.move(60);
  await resultOf(manager.query(id, 'Hello'));
  await until(() => manager.get(id)?.pendingPrompts === 0);
  clock.move(99);
  expect(manager.ids).toEqual([id]);
  clock.move(1);
  expect([manager.ids, clock.timers()]).toEqual([[], 0]);
});

test('sessions that are being opened count, and a failed one frees its place', async () => {
  const emulator = createEmulator();
  await using manager = new SessionManager({ maxSessions: 1, options: offline(emulator) });
  await expect(manager.create({ resume: '00000000-0000-4000-8000-000000000000' })).rejects.toThrow(
    SessionNotFoundError,
  );
  const outcomes = await Promise.allSettled([manager.create(), manager.create()]);
  expect(outcomes.map(({ status: how }) => how)).toEqual(['fulfilled', 'rejected']);
  expect(manager.size).toBe(1);
});

test('close ends turns and loops, is bounded, and nothing is opened after it', async () => {
  const emulator = createEmulator({ script: [paced(60_000, text('slow words'))] });
  const manager = new SessionManager({ options: offline(emulator) });
  const id = await manager.create();
  const reading = resultOf(manager.query(id, 'Hello'));
  const waiting = resultOf(manager.query(id, 'Me too'));
  const ended = Promise.allSettled([reading, waiting]);
  await emulator.nextRequest();
  const late = manager.create();
  await manager.close();
  expect((await ended).map((one) => one.status === 'rejected' && one.reason instanceof AbortError)).toEqual([
    true,
    true,
  ]);
  await expect(late).rejects.toThrow(AbortError);
  await expect(manager.create()).rejects.toThrow(AbortError);
  expect(() => manager.query(id, 'Hello')).toThrow(AbortError);
});

test('a session throws like query(), after the result, and goes on', async () => {
  const emulator = createEmulator({ script: [status(400), text('Fine.')] });
  await using session = await openSession(offline(emulator));
  const types: string[] = [];
  const first = (async () => {
    for await (const message of session.query('1')) types.push(message.type);
  })();
  await expect(first).rejects.toThrow(APIError);
  expect(types.at(-1)).toBe('result');
  expect(await resultOf(session.query('2'))).toBe('Fine.');
  expect(session.pendingPrompts).toBe(0);
  expect(() => session.query('')).toThrow(ConfigurationError);
  await session.close();
  await expect(resultOf(session.query('3'))).rejects.toThrow(AbortError);
});

test('a prompt whose turn has ended is not asked again, and that is said', async () => {
  await using session = await openSession(offline(createEmulator({ script: [text('Once.')] })));
  const named = { ...promptOf('1'), uuid: '11111111-1111-4111-8111-111111111111' as const };
  expect(await resultOf(session.query(named))).toBe('Once.');
  await expect(resultOf(session.query(named))).rejects.toThrow('The prompt was accepted before');
  expect(session.pendingPrompts).toBe(0);
});

test('an interrupt ends the turn, an abort only the reading', async () => {
  const emulator = createEmulator({ script: [paced(60_000, text('slow words')), text('Second.')] });
  await using session = await openSession(offline(emulator));
  const controller = new AbortController();
  const read = resultOf(session.query('1', { signal: controller.signal }));
  const next = resultOf(session.query('2'));
  await emulator.nextRequest();
  controller.abort();
  await expect(read).rejects.toThrow(AbortError);
  expect(session.pendingPrompts).toBe(2);
  await session.interrupt();
  expect(await next).toBe('Second.');
});

test.each([{ maxSessions: 0 }, { idleTimeoutMs: 0 }, { closeTimeoutMs: Number.POSITIVE_INFINITY }])(
  '%j cannot work',
  (o) => {
    expect(() => new SessionManager(o)).toThrow(ConfigurationError);
  },
);
