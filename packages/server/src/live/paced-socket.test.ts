import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { PacedSocket } from './paced-socket.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Written = { piece: string | Buffer; fin: boolean; taken: () => void };

/** A socket whose system takes what a test makes it take. */
class FakeSocket extends EventEmitter {
  readonly written: Written[] = [];
  pings = 0;
  isGone = false;

  send(piece: string | Buffer, { fin } = { fin: true }, taken = (): void => {}): void {
    this.written.push({ piece, fin, taken });
  }

  ping(): void {
    this.pings += 1;
  }

  terminate(): void {
    this.isGone = true;
  }
}

function open({ inParts = false } = {}) {
  const socket = new FakeSocket();
  const left = new AbortController();
  // What it is asked for here it has.
  const paced = new PacedSocket(socket as unknown as WebSocket, { signal: left.signal, inParts });
  return { socket, paced, left };
}

const BEAT_MS = 15_000;
const beats = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * BEAT_MS);
const LARGE = 'é😀\n'.repeat(1_000_000);

test('a large message goes in fragments, each once the one before is taken', async () => {
  const { socket, paced } = open();
  const sent = paced.send(LARGE);
  for (let count = 1; count <= 27; count += 1) {
    expect(socket.written).toHaveLength(count);
    socket.written.at(-1)?.taken();
    await vi.advanceTimersByTimeAsync(0);
  }
  await sent;
  expect(socket.written.map(({ fin }) => fin)).toEqual([...Array(26).fill(false), true]);
  const pieces = socket.written.map(({ piece }) => Buffer.from(piece));
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(256 * 1024);
  expect(Buffer.concat(pieces).toString() === LARGE).toBe(true);
});

test('for a page it is several messages, none of which cuts a character', async () => {
  const { socket, paced } = open({ inParts: true });
  const sent = paced.send(LARGE);
  for (let count = 1; count <= 16; count += 1) {
    socket.written.at(-1)?.taken();
    await vi.advanceTimersByTimeAsync(0);
  }
  await sent;
  const pieces = socket.written.map(({ piece }) => String(piece));
  expect(socket.written.every(({ fin }) => fin)).toBe(true);
  expect(pieces.every((piece) => Buffer.from(piece).toString() === piece)).toBe(true);
  expect(pieces.map((piece) => piece.startsWith('+'))).toEqual([...Array(15).fill(true), false]);
  expect(pieces.map((piece) => piece.replace(/^\+/, '')).join('') === LARGE).toBe(true);
});

test('a client that takes a large message for ten minutes, piece by piece, is kept', async () => {
  const { socket, paced } = open();
  void paced.send(LARGE);
  for (let count = 0; count < 20; count += 1) {
    await beats(2);
    expect([socket.written.length, socket.isGone]).toEqual([count + 1, false]);
    socket.written.at(-1)?.taken();
    await beats(0);
  }
});

test('one that takes nothing of it is let go after two minutes', async () => {
  const { socket, paced } = open();
  void paced.send(LARGE);
  socket.written[0]?.taken();
  await beats(8);
  expect(socket.isGone).toBe(false);
  await beats(1);
  expect(socket.isGone).toBe(true);
});

test('what the system has taken may be on its way for longer than a client takes to answer', async () => {
  const { socket, paced } = open();
  void paced.send('x'.repeat(100_000));
  socket.written[0]?.taken();
  await beats(7);
  expect([socket.isGone, socket.pings]).toEqual([false, 1]);
  socket.emit('pong');
  // From here on nothing is on its way.
  await beats(1);
  expect([socket.isGone, socket.pings]).toEqual([false, 2]);
  await beats(1);
  expect(socket.isGone).toBe(true);
});

test('a quiet client that answers is kept, and told that we are there', async () => {
  const { socket, paced } = open();
  for (let count = 1; count <= 50; count += 1) {
    await beats(1);
    expect([socket.isGone, socket.pings]).toEqual([false, count]);
    expect(socket.written.map(({ piece }) => piece)).toEqual(Array(count).fill('[]'));
    socket.emit('pong');
  }
  paced.stop();
  await beats(50);
  expect([socket.isGone, socket.pings, socket.listenerCount('pong')]).toEqual([false, 50, 0]);
});

test('one that does not is let go before it is asked again', async () => {
  const { socket } = open();
  await beats(1);
  expect(socket.isGone).toBe(false);
  await beats(1);
  expect([socket.isGone, socket.pings]).toEqual([true, 1]);
});

test('nothing more of a message is sent once nobody wants it', async () => {
  const { socket, paced, left } = open();
  const sent = paced.send(LARGE);
  left.abort();
  await sent;
  expect(socket.written).toHaveLength(1);
});
