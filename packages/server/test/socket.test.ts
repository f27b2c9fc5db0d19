import { join } from 'node:path';
import { createEmulator } from '@colloquy/emulator';
import { openSqliteStore } from 'colloquy/internal';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningServer, serve } from '../src/serve.ts';
import { jsonOf } from '../src/testing/test-app.ts';
import { temporaryFolder } from './running-server.ts';

type Frame = { id?: string; event?: string; data: { type: string; uuid?: string; kind?: string; viewers?: unknown[] } };

type Started = { server: RunningServer; faults: unknown[]; get: Call; post: Call; headers: Record<string, string> };

async function start(): Promise<Started> {
  const faults: unknown[] = [];
  const folder = await temporaryFolder();
  const store = await openSqliteStore({ path: join(folder, 'sessions.db') });
  const server = await serve({
    store,
    cwd: folder,
    dataFolder: folder,
    model: 'claude-opus-5-5',
    endpoint: 'a test',
    sessionDefaults: { send: createEmulator().send },
    onError: (error) => faults.push(error),
  });
  onTestFinished(async () => {
    await server.close();
    await store[Symbol.asyncDispose]();
  });
  const token = new URL(server.link).hash.replace('#token=', '');
  const exchanged = await fetch(`${server.url}/auth/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  const secret = /^colloquy=([^;]+)/.exec(exchanged.headers.get('set-cookie') ?? '')?.[1];
  const headers = { authorization: `Bearer ${secret}` };
  const call =
    (method: string): Call =>
    (path, body) =>
      fetch(server.url + path, {
        method,
        headers: { ...headers, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
  return { server, faults, get: call('GET'), post: call('POST'), headers };
}
type Call = (path: string, body?: object) => Promise<Response>;

/** A client that keeps every frame it is told. */
class SocketClient {
  readonly frames: Frame[] = [];
  readonly closed: Promise<number>;
  /** Messages that went on in the next one. */
  parts = 0;
  readonly #socket: WebSocket;
  #text = '';
  #wake = (): void => {};

  constructor(server: RunningServer, path: string, headers: Record<string, string>) {
    this.#socket = new WebSocket(server.url.replace('http', 'ws') + path, { headers });
    this.#socket.on('message', (data: Buffer) => {
      const text = String(data);
      const goesOn = text.startsWith('+');
      this.#text += goesOn ? text.slice(1) : text;
      if (goesOn) return void (this.parts += 1);
      this.frames.push(...(JSON.parse(this.#text) as Frame[]));
      this.#text = '';
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', resolve);
      this.#socket.on('error', () => resolve(0));
      this.#socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0));
    });
    onTestFinished(() => this.#socket.terminate());
  }

  async until(fits: (frame: Frame) => boolean): Promise<Frame[]> {
    while (!this.frames.some(fits)) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.frames;
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
  }
}

const isResult = ({ data }: Frame): boolean => data.type === 'result';

async function conversation(post: Call): Promise<string> {
  const { id } = await jsonOf<{ id: string }>(post('/v1/native/sessions', {}));
  const message = { type: 'user', message: { role: 'user', content: '@emit 20' } };
  expect((await post(`/v1/sessions/${id}/messages`, message)).status).toBe(202);
  return id;
}

test('a socket tells what the stream tells, and goes on from a cursor', async () => {
  const { server, post, headers } = await start();
  const id = await conversation(post);
  const path = `/v1/sessions/${id}/messages/stream`;
  const client = new SocketClient(server, path, headers);
  const all = (await client.until(isResult)).filter(({ id: cursor }) => cursor !== undefined);
  const half = all.findIndex(({ data }) => data.type === 'assistant');
  const again = new SocketClient(server, `${path}?after=${all[half]?.id}`, headers);
  const rest = (await again.until(isResult)).filter(({ id: cursor }) => cursor !== undefined);
  const uuids = (frames: Frame[]): unknown[] =>
    frames.filter(({ data }) => data.type !== 'stream_event').map(({ data }) => data.uuid);
  expect(uuids(rest)).toEqual(uuids(all.slice(half + 1)));
});

test('without a credential, and for a session that does not exist, there is no socket', async () => {
  const { server, post, headers } = await start();
  const id = await conversation(post);
  const path = `/v1/sessions/${id}/messages/stream`;
  const unknown = '/v1/sessions/00000000-0000-4000-8000-000000000000/messages/stream';
  expect(await new SocketClient(server, path, {}).closed).toBe(401);
  expect(await new SocketClient(server, unknown, headers).closed).toBe(404);
  expect(await new SocketClient(server, `${path}?after=x`, headers).closed).toBe(400);
  expect(await new SocketClient(server, path, { ...headers, origin: 'https://evil.example' }).closed).toBe(403);
});

test('without stream events, and in parts, as it is asked for', async () => {
  const { server, post, headers } = await start();
  const { id } = await jsonOf<{ id: string }>(post('/v1/native/sessions', {}));
  const client = new SocketClient(server, `/v1/sessions/${id}/messages/stream?partial=false&parts=true`, headers);
  const content = '😀'.repeat(200_000);
  await post(`/v1/sessions/${id}/messages`, { type: 'user', message: { role: 'user', content } });
  const frames = await client.until(isResult);
  expect(frames.filter(({ data }) => data.type === 'stream_event')).toEqual([]);
  expect(JSON.stringify(frames)).toContain(content);
  expect(client.parts).toBe(1);
});

test("a place that the session has not come to ends the socket, and is nobody else's fault", async () => {
  const { server, faults, post, headers } = await start();
  const id = await conversation(post);
  const path = `/v1/sessions/${id}/messages/stream`;
  expect(await new SocketClient(server, `${path}?after=1.999.0`, headers).closed).toBe(1011);
  expect(faults).toEqual([]);
});

test('a socket is read only, and ends with the server', async () => {
  const { server, post, headers } = await start();
  const id = await conversation(post);
  const path = `/v1/sessions/${id}/messages/stream`;
  const talker = new SocketClient(server, path, headers);
  await talker.until(isResult);
  talker.say('hello');
  expect(await talker.closed).toBe(1003);
  const reader = new SocketClient(server, path, headers);
  await reader.until(isResult);
  await server.close();
  expect([1001, 1006]).toContain(await reader.closed);
});

test('who looks on is told to everybody who does, and listed', async () => {
  const { server, get, post, headers } = await start();
  const id = await conversation(post);
  const path = `/v1/sessions/${id}/messages/stream`;
  const first = new SocketClient(server, path, headers);
  await first.until(isResult);
  const second = new SocketClient(server, path, headers);
  const count = (frame: Frame): number =>
    frame.event === 'signal' ? ((frame.data as { signal?: { viewers?: unknown[] } }).signal?.viewers?.length ?? 0) : 0;
  await first.until((frame) => count(frame) === 2);
  expect(await jsonOf(get(`/v1/sessions/${id}/viewers`))).toMatchObject({
    data: [
      { role: 'admin', door: 'websocket' },
      { role: 'admin', door: 'websocket' },
    ],
  });
  second.close();
  await second.closed;
  await first.until((frame) => frame === first.frames.at(-1) && count(frame) === 1);
  expect((await jsonOf<{ data: unknown[] }>(get(`/v1/sessions/${id}/viewers`))).data).toHaveLength(1);
});
