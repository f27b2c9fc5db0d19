import type { PlacedMessage } from 'colloquy/internal';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { informational, scriptedSession } from '../testing/scripted-session.ts';
import { streamMessages } from './message-stream.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const placed = (seq: number): PlacedMessage => ({ cursor: `1.${seq}.0`, message: informational(`m${seq}`) });

function open() {
  const session = scriptedSession('s');
  const server = new AbortController();
  const ends: unknown[] = [];
  const body = streamMessages(session, {
    after: '0.0.0',
    signal: server.signal,
    onEnd: (how) => ends.push(how),
  });
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const read = async (): Promise<string | undefined> => {
    const { done, value } = await reader.read();
    return done ? undefined : decoder.decode(value);
  };
  return { session, server, ends, reader, read };
}

const idsOf = (chunk: string | undefined): string[] =>
  [...(chunk ?? '').matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '');

test('begins with how to come back, then a chunk for each batch', async () => {
  const { session, read } = open();
  session.tell([placed(1), placed(2)]);
  expect(await read()).toBe('retry: 1000\n\n');
  expect(idsOf(await read())).toEqual(['1.1.0', '1.2.0']);
  const asked = { after: '0.0.0', partial: true, door: true, coalesceMs: 20 };
  expect(session.readers).toEqual([{ ...asked, isOpen: true }]);
});

test('a quiet stream beats every 15 s and goes on where it was', async () => {
  const { session, read } = open();
  await read();
  for (let beat = 0; beat < 3; beat++) {
    const next = read();
    await vi.advanceTimersByTimeAsync(14_999);
    expect(await Promise.race([next, Promise.resolve('pending')])).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await next).toBe(': hb\n\n');
  }
  session.tell([placed(1)]);
  expect(idsOf(await read())).toEqual(['1.1.0']);
});

test('a client that does not read takes nothing from the session but one chunk ahead', async () => {
  const { session, read } = open();
  await read();
  for (let seq = 1; seq <= 100; seq++) {
    session.tell([placed(seq)]);
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(session.taken).toBeLessThanOrEqual(2);
});

test('a client that takes no chunk for two minutes is let go', async () => {
  const { session, ends, read } = open();
  session.tell([placed(1)]);
  await read();
  await vi.advanceTimersByTimeAsync(119_999);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(ends).toEqual([{ ended: false }]);
  expect(session.readers[0]?.isOpen).toBe(false);
  await read();
  expect(await read()).toBeUndefined();
});

test('a client that leaves releases its reader, its timers, and nothing else', async () => {
  const { session, ends, read, reader } = open();
  session.tell([placed(1)]);
  await read();
  await read();
  await reader.cancel();
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual([{ ended: false }]);
  expect(session.readers[0]?.isOpen).toBe(false);
  expect(session.isClosed).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test('a client that leaves while the stream is quiet releases it as well', async () => {
  const { session, ends, read, reader } = open();
  await read();
  const last = read();
  await vi.advanceTimersByTimeAsync(5_000);
  await reader.cancel();
  expect(await last).toBeUndefined();
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual([{ ended: false }]);
  expect(session.readers[0]?.isOpen).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test('when the server closes, the stream ends and the session stays', async () => {
  const { session, server, ends, read } = open();
  await read();
  const last = read();
  server.abort();
  expect(await last).toBeUndefined();
  expect(ends).toEqual([{ ended: false }]);
  expect(session.isClosed).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test('when the session is closed, the stream ends and says so', async () => {
  const { session, ends, read } = open();
  await read();
  const last = read();
  await session[Symbol.asyncDispose]();
  expect(await last).toBeUndefined();
  expect(ends).toEqual([{ ended: true }]);
});

test('when reading fails, the stream ends and the fault is told inside', async () => {
  const { session, ends, read } = open();
  await read();
  const last = read();
  const fault = new Error('disk full');
  session.fail(fault);
  expect(await last).toBeUndefined();
  expect(ends).toEqual([{ ended: false, error: fault }]);
});

test('a long batch goes out in chunks of bounded size, one after the other without a pause', async () => {
  const { session, read } = open();
  const long = (seq: number): PlacedMessage => ({ cursor: `1.${seq}.0`, message: informational('x'.repeat(100_000)) });
  session.tell([long(1), long(2), long(3), long(4), long(5)]);
  await read();
  expect(idsOf(await read())).toEqual(['1.1.0', '1.2.0']);
  expect(idsOf(await read())).toEqual(['1.3.0', '1.4.0']);
  expect(idsOf(await read())).toEqual(['1.5.0']);
});
