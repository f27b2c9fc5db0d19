import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { openManagement, type RunningServer, serve } from '@colloquy/server';
import { createEmulator } from '@colloquy/emulator';
import { createMemoryStore } from 'colloquy/internal';
import { expect, onTestFinished, test } from 'vitest';

// Published advisories about who gets in (docs/internals/facts/advisories.md, by their numbers), against a server on a socket.
// What holds for every single route is in packages/server/test/ownership.

type Scene = {
  server: RunningServer;
  folder: string;
  /** Makes a key of its own user and gives its secret. */
  keyOf: (user: string) => Promise<string>;
  fetch: (
    path: string,
    key: string | undefined,
    init?: { method?: string; body?: unknown; headers?: object },
  ) => Promise<Response>;
  sessionOf: (key: string, text: string) => Promise<string>;
};

async function openScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-attack-'));
  const server = await serve({
    store: createMemoryStore(),
    cwd: folder,
    dataFolder: folder,
    model: 'claude-opus-5-5',
    endpoint: 'a test',
    sessionDefaults: { send: createEmulator().send },
  });
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const send: Scene['fetch'] = (path, key, { method = 'GET', body, headers } = {}) =>
    fetch(server.url + path, {
      method,
      headers: {
        ...(key === undefined ? {} : { 'x-api-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    server,
    folder,
    async keyOf(user) {
      await using management = await openManagement(folder);
      return (await management.createKey({ name: user, user, role: 'user' })).secret;
    },
    fetch: send,
    async sessionOf(key, text) {
      const made = await send('/v1/native/sessions', key, { method: 'POST', body: { options: { title: text } } });
      const { id } = (await made.json()) as { id: string };
      await say(send, key, id, text);
      return id;
    },
  };
}

async function say(send: Scene['fetch'], key: string, id: string, text: string, more: object = {}): Promise<Response> {
  const message = { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null, ...more };
  return send(`/v1/sessions/${id}/messages`, key, { method: 'POST', body: message });
}

/** The first byte of the frame that ends a socket: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1 */
const CLOSE_FRAME = 0x88;

const streamOf = (id: string): string => `/v1/sessions/${id}/messages/stream`;

/** Asks for a WebSocket, as bytes: with headers that no client library would let through. A number is the status of the refusal. */
function upgrade(server: RunningServer, path: string, headers: Record<string, string>): Promise<Duplex | number> {
  const asking = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: server.port, path, headers: { ...asking, ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.once('upgrade', (_, socket) => resolve(socket));
    sent.once('error', reject).end();
  });
}

/** What an attempt to open a socket comes to: `open`, or the status of the refusal. */
async function attempt(server: RunningServer, path: string, headers: Record<string, string>): Promise<'open' | number> {
  const came = await upgrade(server, path, headers);
  if (typeof came === 'number') return came;
  came.destroy();
  return 'open';
}

/** The status of a plain request that names its host as given. */
function statusFor(server: RunningServer, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject).end();
  });
}

test('1, 33: with nothing configured, only health and the page answer without a credential', async () => {
  const { server, fetch: send } = await openScene();
  expect((await send('/healthz', undefined)).status).toBe(200);
  for (const path of [
    '/v1/native/info',
    '/v1/agents',
    '/v1/native/keys',
    '/v1/nothing',
    '/metrics',

    '/admin',
  ]) {
    expect([path, (await send(path, undefined)).status]).toEqual([path, 401]);
  }
  expect(await attempt(server, streamOf(crypto.randomUUID()), {})).toBe(401);
});

test('5: neither a request nor a socket is taken under another name of this machine', async () => {
  const { server, keyOf, sessionOf } = await openScene();
  const key = await keyOf('ada');
  const id = await sessionOf(key, 'Hello');
  const { port } = server;
  const names = [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost.',
    '127.0.0.1.',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.0.0.2',
    '0.0.0.0',
    '0',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:0:0:1]',
    '[::1%25lo]',
    'ip6-localhost',
    'localhost\t',
    'user@localhost',
  ];
  const hosts = [
    ...names.map((name) => `${name}:${port}`),
    ...names,
    `localhost:${port + 1}`,
    'localhost',
    '127.0.0.1',
  ];
  for (const host of hosts) {
    const headers = { host, 'x-api-key': key };
    expect([host, await refused(() => statusFor(server, '/v1/native/info', headers))]).toEqual([host, true]);
    expect([host, await refused(() => attempt(server, streamOf(id), headers))]).toEqual([host, true]);
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `LOCALHOST:${port}`]) {
    expect(await statusFor(server, '/v1/native/info', { host, 'x-api-key': key })).toBe(200);
  }
});

/** Whether nothing was let in: refused as foreign, or not even understood as a host. */
async function refused(work: () => Promise<'open' | number>): Promise<boolean> {
  const came = await work().catch((error: Error) => error);
  return came instanceof Error || (came !== 'open' && came >= 400);
}

test('8, 22, 24: a socket asks for our origin, for an owner, and for a credential that is not in the address', async () => {
  const { server, keyOf, sessionOf } = await openScene();
  const key = await keyOf('ada');
  const path = streamOf(await sessionOf(key, 'Hello'));
  expect(await attempt(server, path, { 'x-api-key': key })).toBe('open');
  expect(await attempt(server, path, { cookie: `colloquy=${key}`, origin: server.url })).toBe('open');
  for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${server.port + 1}`, 'file://']) {
    expect(await attempt(server, path, { 'x-api-key': key, origin })).toBe(403);
    expect(await attempt(server, path, { cookie: `colloquy=${key}`, origin })).toBe(403);
  }
  // A cookie without a word on where the request comes from is no browser's.
  expect(await attempt(server, path, { cookie: `colloquy=${key}` })).toBe(403);
  for (const name of ['token', 'key', 'api_key', 'x-api-key', 'access_token', 'authorization']) {
    expect(await attempt(server, `${path}?${name}=${key}`, {})).toBe(401);
  }
  // 8: nor is there one for what is somebody else's, as for what nobody has.
  const bob = await keyOf('bob');
  expect(await attempt(server, path, { 'x-api-key': bob })).toBe(404);
  expect(await attempt(server, streamOf(crypto.randomUUID()), { 'x-api-key': bob })).toBe(404);
  const protocols = { 'sec-websocket-protocol': `bearer, ${key}` };
  expect(await attempt(server, path, protocols)).toBe(401);
});

test('6, 10: twenty users who name everything alike get each their own', async () => {
  const { folder, fetch: send } = await openScene();
  const uuid = crypto.randomUUID();
  const headers = { 'idempotency-key': 'the-same' };
  const users = [];
  {
    await using management = await openManagement(folder);
    for (let n = 0; n < 20; n += 1) {
      const { secret: key } = await management.createKey({ name: `user${n}`, user: `user${n}`, role: 'user' });
      users.push({ canary: `canary-${n}-`, key });
    }
  }
  const told = await Promise.all(
    users.map(async ({ canary, key }) => {
      const made = await send('/v1/native/sessions', key, { method: 'POST', body: { options: {} }, headers });
      const { id } = (await made.json()) as { id: string };
      const sent = await say(send, key, id, `I am ${canary}`, { uuid });
      const log = await (await send(`/v1/sessions/${id}/log?limit=1000`, key)).text();
      const list = await (await send('/v1/native/sessions', key)).text();
      const [found] = (JSON.parse(list) as { data: { id: string }[] }).data;
      return { id, canary, status: sent.status, isMine: found?.id === id, text: log + list };
    }),
  );
  expect(new Set(told.map(({ id }) => id)).size).toBe(20);
  for (const { canary, status, isMine, text } of told) {
    expect([status, isMine, text.includes(canary)]).toEqual([202, true, true]);
    expect(text.match(/canary-\d+-/g)?.every((found) => found === canary)).toBe(true);
  }
}, 15_000);

test('10: who names a new session as somebody else’s is called gets neither that one nor a word of it', async () => {
  const { keyOf, fetch: send, sessionOf } = await openScene();
  const [ada, bob] = [await keyOf('ada'), await keyOf('bob')];
  const adas = await sessionOf(ada, 'canary-ada');
  const bobs = await sessionOf(bob, 'canary-bob');
  const tries: [path: string, body: object][] = [
    ['/v1/native/sessions', { id: adas, options: { title: 'canary-ada' } }],
    ['/v1/native/sessions', { id: adas }],
    [`/v1/native/sessions/${bobs}/fork`, { id: adas }],
  ];
  for (const [path, body] of tries) {
    const answer = await send(path, bob, { method: 'POST', body });
    expect([path, answer.status, (await answer.text()).includes('canary')]).toEqual([path, 409, false]);
  }
  expect((await send(`/v1/native/sessions/${adas}`, bob)).status).toBe(404);
  expect(await (await send(`/v1/native/sessions/${adas}`, ada)).json()).toMatchObject({ title: 'canary-ada' });
});

test('9: a cursor of somebody else’s list or stream leads nowhere but through one’s own', async () => {
  const { keyOf, fetch: send, sessionOf } = await openScene();
  const [ada, bob] = [await keyOf('ada'), await keyOf('bob')];
  const adas = [await sessionOf(ada, 'canary-ada'), await sessionOf(ada, 'canary-ada')];
  const bobs = await sessionOf(bob, 'canary-bob');
  for (const [path, body] of [
    ['/v1/agents', { name: 'canary-ada', model: 'claude-opus-5-5' }],
    ['/v1/environments', { name: 'canary-ada' }],
  ] as const) {
    for (const n of [1, 2]) await send(path, ada, { method: 'POST', body: { ...body, name: `${body.name} ${n}` } });
  }
  for (const path of ['/v1/native/sessions', '/v1/agents', '/v1/environments']) {
    const { next_page: page } = (await (await send(`${path}?limit=1`, ada)).json()) as { next_page: string };
    expect(page).toEqual(expect.any(String));
    const answer = await send(`${path}?limit=100&page=${page}`, bob);
    expect(await answer.text()).not.toContain('canary-ada');
  }
  const cursor = '1.3.0';
  expect((await send(`${streamOf(adas[0] ?? '')}?after=${cursor}`, bob)).status).toBe(404);
  const own = await send(`/v1/sessions/${bobs}/log?after=0&limit=1000`, bob);
  expect(await own.text()).not.toContain('canary-ada');
});

test('12: revoking a key from another process ends its stream and its socket within five seconds, and nobody else’s', async () => {
  const { server, folder, keyOf, fetch: send, sessionOf } = await openScene();
  const key = await keyOf('ada');
  const id = await sessionOf(key, 'Hello');
  const spare = await otherKey(folder);
  const doors = [streamOf(id), `/v1/sessions/${id}/events/stream`];
  const streams = await Promise.all(doors.map((path) => send(path, key)));
  const socket = await upgrade(server, streamOf(id), { 'x-api-key': key });
  if (typeof socket === 'number') throw new Error(`no socket: ${socket}`);
  const told = new Promise((resolve) => socket.once('data', resolve));
  const closed = new Promise<void>((resolve) => {
    socket.on('data', ([first]: Buffer) => first === CLOSE_FRAME && resolve());
  });
  const kept = await send(streamOf(id), spare);
  await told;

  const started = Date.now();
  await using management = await openManagement(folder);
  await management.revokeKey('ada');
  for (const { body, status } of streams) {
    expect(status).toBe(200);
    for await (const chunk of body ?? []) void chunk;
  }
  await closed;
  expect(Date.now() - started).toBeLessThan(5_000);

  let later = 0;
  socket.on('data', () => (later += 1));
  const others = kept.body?.getReader();
  expect((await say(send, spare, id, 'canary-later')).status).toBe(202);
  let text = '';
  while (!text.includes('canary-later')) text += new TextDecoder().decode((await others?.read())?.value);
  expect(later).toBe(0);
  socket.destroy();
  await others?.cancel();
}, 15_000);

/** A second key of the same user. */
async function otherKey(folder: string): Promise<string> {
  await using management = await openManagement(folder);
  return (await management.createKey({ name: 'spare', user: 'ada', role: 'user' })).secret;
}
