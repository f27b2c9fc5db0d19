import { SessionBusyError, SessionNotFoundError } from 'colloquy';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scriptedEngine } from '../testing/scripted-engine.ts';
import { SessionHost } from './session-host.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const IDLE_MS = 60_000;

function host(o: { ids?: string[]; maxOpen?: number } = {}) {
  const engine = scriptedEngine(o.ids ?? ['a', 'b', 'c']);
  const errors: unknown[] = [];
  const sessions = new SessionHost({
    engine,
    optionsOf: async () => ({ maxRetries: 3 }),
    idleMs: IDLE_MS,
    maxOpen: o.maxOpen ?? 100,
    onError: (error) => errors.push(error),
  });
  return { engine, errors, sessions };
}

test('a session is opened once, however many ask for it at the same time', async () => {
  const { engine, sessions } = host();
  const held = await Promise.all(Array.from({ length: 50 }, () => sessions.hold('a')));
  expect(new Set(held.map(({ session }) => session)).size).toBe(1);
  expect(engine.opened).toEqual([{ maxRetries: 3, resume: 'a' }]);
});

test('it stays open while it is used, and closes 60 s after its last user has gone', async () => {
  const { engine, sessions } = host();
  const [one, two] = [await sessions.hold('a'), await sessions.hold('a')];
  one.release();
  one.release();
  await vi.advanceTimersByTimeAsync(10 * IDLE_MS);
  expect(engine.session('a').isClosed).toBe(false);
  two.release();
  await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
  expect(engine.session('a').isClosed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(engine.session('a').isClosed).toBe(true);
});

test('while a turn runs it stays open, whoever has gone', async () => {
  const { engine, sessions } = host();
  engine.rows.get('a')!.running = true;
  (await sessions.hold('a')).release();
  await vi.advanceTimersByTimeAsync(5 * IDLE_MS);
  expect(engine.session('a').isClosed).toBe(false);
  engine.rows.get('a')!.running = false;
  await vi.advanceTimersByTimeAsync(IDLE_MS);
  expect(engine.session('a').isClosed).toBe(true);
});

test('while something goes on beside its turns it stays open, unless its place is needed', async () => {
  const { engine, sessions } = host({ maxOpen: 1 });
  (await sessions.hold('a')).release();
  engine.session('a').hasBackgroundWork = true;
  await vi.advanceTimersByTimeAsync(5 * IDLE_MS);
  expect(engine.session('a').isClosed).toBe(false);
  await sessions.hold('b');
  expect(engine.session('a').isClosed).toBe(true);
});

test('a user who comes while it is closing gets it opened again, after it has closed', async () => {
  const { engine, sessions } = host();
  (await sessions.hold('a')).release();
  const first = engine.session('a');
  const closing = engine.holdClosing('a');
  await vi.advanceTimersByTimeAsync(IDLE_MS);
  const held = sessions.hold('a');
  await vi.advanceTimersByTimeAsync(0);
  expect(engine.opened).toHaveLength(1);
  closing.resolve();
  expect((await held).session).not.toBe(first);
  expect(engine.opened).toHaveLength(2);
});

test('a session that cannot be opened fails for everybody who asked, and is tried anew by the next', async () => {
  const { engine, sessions } = host();
  engine.failOpening('a', new SessionBusyError('a', 'host 1'));
  const asked = await Promise.allSettled([sessions.hold('a'), sessions.hold('a')]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(sessions.hold('gone')).rejects.toBeInstanceOf(SessionNotFoundError);
  engine.failOpening('a', undefined);
  expect((await sessions.hold('a')).session.id).toBe('a');
});

test('a session lost to another process is let go, so that the next request learns the truth', async () => {
  const { engine, sessions } = host();
  const lost = (await sessions.hold('a')).session;
  await expect(sessions.use('a', () => Promise.reject(new SessionBusyError('a', 'host 1')))).rejects.toBeInstanceOf(
    SessionBusyError,
  );
  await vi.advanceTimersByTimeAsync(0);
  expect((await sessions.hold('a')).session).not.toBe(lost);
  expect(engine.opened).toHaveLength(2);
});

test('past the bound, idle sessions make room; when all are busy the answer is 503', async () => {
  const { engine, sessions } = host({ maxOpen: 2 });
  const a = await sessions.hold('a');
  (await sessions.hold('b')).release();
  await sessions.hold('c');
  expect(engine.session('b').isClosed).toBe(true);
  await expect(sessions.hold('b')).rejects.toMatchObject({ status: 503 });
  a.release();
  engine.rows.get('a')!.running = true;
  await expect(sessions.hold('b')).rejects.toMatchObject({ status: 503 });
});

test('what is erased is closed first, and who asks meanwhile finds nothing', async () => {
  const { engine, sessions } = host();
  const { session } = await sessions.hold('a');
  const closing = engine.holdClosing('a');
  const removed = sessions.remove('a', async () => void engine.rows.delete('a'));
  const asked = sessions.hold('a').catch((error: unknown) => error);
  closing.resolve();
  await removed;
  expect(await asked).toBeInstanceOf(SessionNotFoundError);
  expect(engine.opened).toHaveLength(2);
  expect(session).toMatchObject({ isClosed: true });
});

test('an erasure that fails is told, and the session can be opened again', async () => {
  const { sessions } = host();
  await expect(sessions.remove('a', () => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
  expect((await sessions.hold('a')).session.id).toBe('a');
});

test('closing closes all, ends the timers, and refuses what comes later', async () => {
  const { engine, sessions } = host();
  await sessions.hold('a');
  (await sessions.hold('b')).release();
  await sessions.close();
  expect(engine.session('a').isClosed && engine.session('b').isClosed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  await expect(sessions.hold('a')).rejects.toMatchObject({ status: 503 });
});

test('a session that fails to close is told, and does not stand in the way of the others', async () => {
  const { engine, errors, sessions } = host();
  await sessions.hold('a');
  await sessions.hold('b');
  engine.holdClosing('a').reject(new Error('stuck'));
  await sessions.close();
  expect(errors).toEqual([new Error('stuck')]);
  expect(engine.session('b').isClosed).toBe(true);
});

test('one that has failed, as on a full disk, is closed and opened anew for whoever comes next', async () => {
  const { engine, sessions } = host();
  const first = await sessions.hold('a');
  engine.session('a').fail(new Error('The disk is full'));
  const next = await sessions.hold('a');
  expect(next.session).not.toBe(first.session);
  expect(engine.opened).toHaveLength(2);
  first.release();
  await vi.advanceTimersByTimeAsync(2 * IDLE_MS);
  expect(engine.session('a').isClosed).toBe(false);
});

test('one that has failed in the middle of a turn does not stay open for it', async () => {
  const { engine, sessions } = host();
  engine.rows.get('a')!.running = true;
  (await sessions.hold('a')).release();
  engine.session('a').fail(new Error('The disk is full'));
  await vi.advanceTimersByTimeAsync(IDLE_MS);
  expect(engine.session('a').isClosed).toBe(true);
});
