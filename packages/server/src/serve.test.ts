import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { ConfigurationError } from 'colloquy';
import type { PlacedMessage } from 'colloquy/internal';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type RunningServer, serve, type ServeOptions } from './serve.ts';
import { scriptedEngine } from './testing/scripted-engine.ts';
import { informational } from './testing/scripted-session.ts';

// The server over real sockets.

/** Sockets tell of a client's end when they like. */
const PATIENCE = { timeout: 4_000 };

async function start(o: Partial<ServeOptions> = {}) {
  const engine = scriptedEngine(['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b']);
  const faults: unknown[] = [];
  const server = await serve({
    engine,
    cwd: process.cwd(),
    model: 'test-model',
    endpoint: 'a test',
    onError: (error) => faults.push(error),
    ...o,
  });
  onTestFinished(() => server.close());
  const headers = { authorization: `Bearer ${await signIn(server)}` };
  const stream = (id: string, signal?: AbortSignal): Promise<Response> =>
    fetch(`${server.url}/v1/sessions/${id}/messages/stream`, { headers, ...(signal === undefined ? {} : { signal }) });
  return { engine, faults, server, headers, stream };
}

async function signIn({ url, link }: RunningServer): Promise<string> {
  const token = new URL(link).hash.replace('#token=', '');
  const headers = { 'content-type': 'application/json', origin: url };
  const response = await fetch(`${url}/auth/exchange`, { method: 'POST', headers, body: JSON.stringify({ token }) });
  return /^colloquy=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? '';
}

const placed = (seq: number, size = 1): PlacedMessage => ({
  cursor: `1.${seq}.0`,
  message: informational(`m${seq}`, 'x'.repeat(size)),
});

test('listens on this machine, at any free port, and its link signs in', async () => {
  const { server, headers } = await start();
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect(server.link).toMatch(new RegExp(`^${server.url}/#token=[\\w-]{43}$`));
  expect((await fetch(`${server.url}/v1/native/info`)).status).toBe(401);
  expect((await fetch(`${server.url}/v1/native/info`, { headers })).status).toBe(200);
  expect(server.createLink()).not.toBe(server.link);
});

test.each(['0.0.0.0', '::', '192.168.1.4', '127.0.0.2', '', 'chat.example.org'])(
  'does not listen on %s without a public origin',
  async (host) => {
    await expect(start({ host })).rejects.toBeInstanceOf(ConfigurationError);
  },
);

test('listens beyond this machine when it is told its public origin, and answers to that name', async () => {
  const engine = scriptedEngine([]);
  const options = { engine, cwd: process.cwd(), model: 'm', endpoint: 'e', host: '0.0.0.0' };
  await using server = await serve({ ...options, publicOrigin: 'https://chat.example.org' });
  expect(server.url).toBe('https://chat.example.org');
  expect(await statusOf(server.port, 'chat.example.org')).toBe(200);
  expect(await statusOf(server.port, 'other.example.org')).toBe(403);
});

test('listening on localhost, the link says so and is answered', async () => {
  const { server, headers } = await start({ host: 'localhost' });
  expect(server.url).toBe(`http://localhost:${server.port}`);
  expect((await fetch(`${server.url}/v1/native/info`, { headers })).status).toBe(200);
});

test('tells when the port is taken', async () => {
  const { server } = await start();
  await expect(start({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

/** The status of `/healthz`, asked for with this `Host` header over a socket. */
async function statusOf(port: number, host: string): Promise<number> {
  const request = httpRequest({ port, host: '127.0.0.1', path: '/healthz', headers: { host }, agent: false });
  request.end();
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

test('over a socket, too, only our own names and port are answered', async () => {
  const { server } = await start();
  const { port } = server;
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
    expect([host, await statusOf(port, host)]).toEqual([host, 200]);
  }
  const foreign = [
    '127.0.0.1',
    `127.0.0.1:${port + 1}`,
    `0.0.0.0:${port}`,
    `localhost.:${port}`,
    `127.1:${port}`,
    `2130706433:${port}`,
  ];
  for (const host of [
    ...foreign,
    `evil.example:${port}`,
    `user@127.0.0.1:${port}`,
    `127.0.0.1:${port}, evil.example`,
    `[::ffff:7f00:1]:${port}`,
  ]) {
    const status = await statusOf(port, host);
    expect([host, status >= 400 && status < 500]).toEqual([host, true]);
  }
});

test.each([
  'GET / HTTP/1.1\r\n\r\n',
  'GET http://evil.example/healthz HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n',
  'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: evil.example\r\n\r\n',
  'GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n',
  'GET /assets/..%2f..%2fpackage.json HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n',
  'nonsense\r\n\r\n',
])('answers %j with an error of the client', async (raw) => {
  const { server } = await start();
  const socket = connect(server.port, '127.0.0.1');
  socket.end(raw.replace('PORT', String(server.port)));
  const [chunk] = await once(socket, 'data');
  expect(String(chunk)).toMatch(/^HTTP\/1\.1 4\d\d /);
  socket.destroy();
});

test('streams what the session tells, as it tells it', async () => {
  const { engine, stream } = await start();
  const response = await stream('00000000-0000-4000-8000-00000000000a');
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const readUntil = async (mark: string): Promise<void> => {
    while (!text.includes(mark)) text += (await reader.read()).value ?? '';
  };
  await readUntil('retry: 1000\n\n');
  engine.session('00000000-0000-4000-8000-00000000000a').tell([placed(1)]);
  await readUntil('id: 1.1.0\n');
  engine.session('00000000-0000-4000-8000-00000000000a').tell([placed(2)]);
  await readUntil('id: 1.2.0\n');
  expect(text.match(/^id: .*$/gm)).toEqual(['id: 1.1.0', 'id: 1.2.0']);
  await reader.cancel();
});

test('a client that goes away releases its reader; the session stays open for its turn', async () => {
  const { engine, faults, stream } = await start();
  const leaving = new AbortController();
  const response = await stream('00000000-0000-4000-8000-00000000000a', leaving.signal);
  await response.body!.getReader().read();
  const session = engine.session('00000000-0000-4000-8000-00000000000a');
  await vi.waitFor(() => expect(session.readers).toHaveLength(1), PATIENCE);
  leaving.abort();
  await vi.waitFor(() => expect(session.readers[0]?.isOpen).toBe(false), PATIENCE);
  expect(session.isClosed).toBe(false);
  expect(session.controls).toEqual([]);
  expect(faults).toEqual([]);
});

test('a client that does not read takes no more than its socket holds, while another reads all', async () => {
  const { engine, stream } = await start();
  const CHUNK = 1_000_000;
  const slow = await stream('00000000-0000-4000-8000-00000000000a');
  const fast = await stream('00000000-0000-4000-8000-00000000000b');
  const [a, b] = [
    engine.session('00000000-0000-4000-8000-00000000000a'),
    engine.session('00000000-0000-4000-8000-00000000000b'),
  ];
  const reader = fast.body!.getReader();
  for (let seq = 1; seq <= 30; seq++) {
    a.tell([placed(seq, CHUNK)]);
    b.tell([placed(seq, CHUNK)]);
    for (let bytes = 0; bytes < CHUNK;) bytes += (await reader.read()).value?.byteLength ?? 0;
  }
  expect(b.taken).toBeGreaterThanOrEqual(30);
  expect(a.taken).toBeLessThan(20);
  await reader.cancel();
  await slow.body!.cancel();
});

test('closing ends open streams and idle connections at once', async () => {
  const { engine, server, stream } = await start();
  const response = await stream('00000000-0000-4000-8000-00000000000a');
  const text = response.text();
  const startedAt = performance.now();
  await server.close();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(await text).toBe('retry: 1000\n\n');
  expect(engine.session('00000000-0000-4000-8000-00000000000a').isClosed).toBe(true);
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed');
});

test.each([
  'http://user:pw@HOST/v1/native/sessions',
  'http://user@HOST/v1/native/sessions',
  'http://:pw@HOST/healthz',
  'http://user:pw@HOST/v1/sessions/x/messages',
])('an address with a user in it, %s, is the fault of whoever sends it', async (target) => {
  const { server, headers, faults } = await start();
  for (const method of ['POST', 'GET', 'DELETE']) {
    const answer = await rawly(server.port, [
      `${method} ${target.replace('HOST', `127.0.0.1:${server.port}`)} HTTP/1.1`,
      `host: 127.0.0.1:${server.port}`,
      `authorization: ${headers.authorization}`,
      'content-type: application/json',
      'content-length: 2',
      'connection: close',
      '',
      '{}',
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('The address of a request names no user');
    expect(answer).not.toContain('pw');
  }
  expect(faults).toEqual([]);
});

/** What is answered to lines that no client library would send. */
async function rawly(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(lines.join('\r\n'));
  return Buffer.concat(await socket.toArray()).toString();
}
