import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PlacedMessage } from 'colloquy/internal';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { informational, scriptedSession } from '../testing/scripted-session.ts';
import { streamOverSocket } from './socket-stream.ts';

const placed = (seq: number): PlacedMessage => ({ cursor: `1.${seq}.0`, message: informational(`m${seq}`) });

async function open(o: { partial?: boolean; inParts?: boolean } = {}) {
  const session = scriptedSession('s');
  const left = new AbortController();
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close());
  await once(server, 'listening');
  const streamed = new Promise((resolve) => {
    server.once('connection', (socket) => {
      const read = { after: '0.0.0', partial: true, inParts: false, ...o, signal: left.signal } as const;
      streamOverSocket(session, socket, read).then(resolve, resolve);
    });
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const first = once(client, 'message').then(([data]) => String(data));
  const closed = once(client, 'close').then(([code]) => code as number);
  const [[{ socket }]] = (await Promise.all([once(client, 'upgrade'), once(client, 'open')])) as [
    [IncomingMessage],
    [],
  ];
  return { session, left, client, first, socket, closed, streamed };
}

test('it says at once that it stands, and reads what is asked for', async () => {
  const { session, first } = await open({ partial: false });
  expect(await first).toBe('[]');
  expect(session.readers).toMatchObject([{ after: '0.0.0', partial: false, door: true }]);
});

test('a session that is closed ends the stream: its client may come back', async () => {
  const { session, client, closed, streamed } = await open();
  session.tell([placed(1)]);
  await once(client, 'message');
  await session[Symbol.asyncDispose]();
  expect([await closed, await streamed]).toEqual([1001, { ended: true }]);
});

test('a fault is told as one', async () => {
  const { session, client, closed, streamed } = await open();
  session.tell([placed(1)]);
  await once(client, 'message');
  const fault = new Error('disk full');
  session.fail(fault);
  expect([await closed, await streamed]).toEqual([1011, fault]);
});

test('when the server closes, the session stays', async () => {
  const { session, left, closed, streamed } = await open();
  left.abort();
  expect([await closed, await streamed, session.isClosed]).toEqual([1001, { ended: false }, false]);
});

test('messages of a long history come in several messages of the socket', async () => {
  const { session, client } = await open();
  const told = Array.from({ length: 40 }, (_, n) => ({
    cursor: `1.${n + 1}.0` as const,
    message: informational(`m${n}`, 'x'.repeat(20_000)),
  }));
  const messages: { id: string }[][] = [];
  const all = new Promise<void>((resolve) => {
    client.on('message', (data: Buffer) => {
      messages.push(JSON.parse(String(data)) as { id: string }[]);
      if (messages.flat().length === 40) resolve();
    });
  });
  session.tell(told);
  await all;
  expect(messages.map(({ length }) => length)).toEqual([7, 7, 7, 7, 7, 5]);
  expect(messages.flat().map(({ id }) => id)).toEqual(told.map(({ cursor }) => cursor));
});

test('a client that takes a large message for five minutes keeps its socket', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { session, client, socket, closed } = await open();
  const content = 'é😀'.repeat(3 * 1024 * 1024);
  let received = 0;
  let nextPause = 1024 * 1024;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received < nextPause) return;
    nextPause += 1024 * 1024;
    socket.pause();
    vi.advanceTimersByTime(15_000);
    setImmediate(() => socket.resume());
  });
  session.tell([{ cursor: '1.1.0', message: informational('m', content) }]);
  const lost = closed.then((code) => [`closed with ${code}`]);
  const [data] = (await Promise.race([once(client, 'message'), lost])) as [Buffer | string];
  expect(received).toBeGreaterThan(18 * 1024 * 1024);
  const [frame] = JSON.parse(String(data)) as [{ data: { content: string } }];
  expect(frame.data.content === content).toBe(true);
});
