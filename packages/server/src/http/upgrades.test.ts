import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type RunningServer, serve } from '../serve.ts';
import { scriptedEngine } from '../testing/scripted-engine.ts';

// Requests to change the protocol, as bytes.

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const SESSION = '00000000-0000-4000-8000-00000000000a';
const ADMIN_KEY = 'k'.repeat(40);

async function start(): Promise<RunningServer> {
  const engine = scriptedEngine([SESSION]);
  const server = await serve({ engine, cwd: process.cwd(), model: 'm', endpoint: 'e', adminKey: ADMIN_KEY });
  onTestFinished(() => server.close());
  return server;
}

/** What the server says to these lines until it ends, or the first of it; the client's own end stays open. */
async function say({ port }: RunningServer, lines: string[], o: { host?: string; more?: string } = {}) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  const { host = `127.0.0.1:${port}`, more = '' } = o;
  const key = `Authorization: Bearer ${ADMIN_KEY}`;
  const [first = '', ...others] = lines;
  socket.write(`${[first, `Host: ${host}`, key, ...others].join('\r\n')}\r\n\r\n${more}`);
  return { socket, answer: await firstOf(socket) };
}

async function firstOf(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString('latin1');
}

test('who offers another protocol than WebSocket, as HTTP clients of Java do, is answered as ever', async () => {
  const server = await start();
  const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAA'];
  const { answer } = await say(server, ['GET /healthz HTTP/1.1', ...offer]);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test('a host that is no host is a 400 here too', async () => {
  const server = await start();
  const lines = ['GET /healthz HTTP/1.1', ...WEBSOCKET];
  expect((await say(server, lines, { host: '[::1%25lo]' })).answer).toMatch(/^HTTP\/1\.1 400 /);
});

test('a socket that was refused does not stay, though its client says more and never ends', async () => {
  const server = await start();
  const lines = ['GET /v1/sessions/none/messages/stream HTTP/1.1', ...WEBSOCKET];
  const { socket, answer } = await say(server, lines, { more: 'x'.repeat(100_000) });
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  // Whoever writes on is told that nobody is there.
  socket.on('error', () => undefined);
  const writing = setInterval(() => socket.write('x'), 50);
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(writing);
});

test('a server closes in time, though a WebSocket client answers nothing', async () => {
  const server = await start();
  const { answer } = await say(server, [`GET /v1/sessions/${SESSION}/messages/stream HTTP/1.1`, ...WEBSOCKET]);
  expect(answer).toMatch(/^HTTP\/1\.1 101 /);
  const begun = Date.now();
  await server.close();
  expect(Date.now() - begun).toBeLessThan(5_000);
});
