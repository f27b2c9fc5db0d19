import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { PlacedMessage } from 'colloquy/internal';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { informational, scriptedSession } from '../testing/scripted-session.ts';
import { streamOverSocket } from './socket-stream.ts';

const placed = (seq: number): PlacedMessage => ({ cursor: `1.${seq}.0`, message: informational(`m${seq}`) });

async function open() {
  const session = scriptedSession('s');
  const left = new AbortController();
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close());
  await once(server, 'listening');
  const streamed = new Promise((resolve) => {
    server.once('connection', (socket) => {
      streamOverSocket(session, socket, { after: '0.0.0', signal: left.signal }).then(resolve, resolve);
    });
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const closed = once(client, 'close').then(([code]) => code as number);
  await once(client, 'open');
  return { session, left, client, closed, streamed };
}

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
