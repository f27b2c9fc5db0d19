import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { closedRoutes } from '../testing/closed-routes.ts';
import { scriptedEngine } from '../testing/scripted-engine.ts';
import { exchange, ORIGIN, signIn, testApp, tokenOf } from '../testing/test-app.ts';
import { newSecret } from './secrets.ts';

// Who gets in: credentials, hosts, origins, on every route.

afterEach(() => void vi.useRealTimers());

/** Every route behind the credential, with ids in place of its parameters. */
const CLOSED = closedRoutes().map(({ method, path }): [method: string, path: string] => [
  method,
  path.replaceAll(/:\w+/g, '00000000-0000-4000-8000-00000000000a'),
]);

test('the table of routes is not empty by mistake', () => {
  expect(CLOSED.length).toBeGreaterThanOrEqual(11);
});

const UNKNOWN = newSecret();
const CARRIERS: [string, Record<string, string>][] = [
  ['no credential', {}],
  ['an unknown bearer token', { authorization: `Bearer ${UNKNOWN}` }],
  ['an unknown cookie', { cookie: `colloquy=${UNKNOWN}`, origin: ORIGIN }],
  ['an empty bearer token', { authorization: 'Bearer ' }],
  ['another scheme', { authorization: `Basic ${UNKNOWN}` }],
  ['an unknown key', { 'x-api-key': UNKNOWN }],
  ['what looks like a key', { 'x-api-key': `colloquy_${UNKNOWN}`, authorization: `Bearer colloquy_${UNKNOWN}` }],
  ['a cookie of another name', { cookie: `session=${UNKNOWN}`, origin: ORIGIN }],
];

test.each(CLOSED)('%s %s answers 401 to whoever has no credential, and does nothing', async (method, path) => {
  const engine = scriptedEngine(['00000000-0000-4000-8000-00000000000a']);
  await using app = testApp({ engine });
  for (const [, headers] of CARRIERS) {
    const body = method === 'POST' ? { body: '{}' } : {};
    const request = new Request(ORIGIN + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...body,
    });
    const response = await app.fetch(request);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
  }
  expect(engine.opened).toEqual([]);
  expect([...engine.rows.keys()]).toEqual(['00000000-0000-4000-8000-00000000000a']);
});

test('a path that does not exist answers 401 without a credential, and 404 with one', async () => {
  await using app = testApp({ engine: scriptedEngine([]) });
  const client = await signIn(app);
  for (const path of [
    '/v1/nothing',
    '/v1//native/info',
    '/%76%31/native/nothing',
    '/V1/native/info',
    '/v1/native/info/',
    '/admin',
  ]) {
    expect((await app.fetch(new Request(ORIGIN + path))).status).toBe(401);
    expect((await client.get(path)).status).toBe(404);
  }
});

test('a good Authorization header counts and a bad one is not made good by a cookie', async () => {
  await using app = testApp({ engine: scriptedEngine([]) });
  const { secret } = await signIn(app);
  const info = async (headers: Record<string, string>) =>
    (await app.fetch(new Request(`${ORIGIN}/v1/native/info`, { headers }))).status;
  expect(await info({ authorization: `bearer ${secret}` })).toBe(200);
  expect(await info({ cookie: `other=1; colloquy=${secret}` })).toBe(200);
  expect(await info({ authorization: `Bearer ${secret}`, cookie: `colloquy=${UNKNOWN}` })).toBe(200);
  expect(await info({ authorization: `Bearer ${UNKNOWN}`, cookie: `colloquy=${secret}` })).toBe(401);
  expect(await info({ authorization: `Bearer ${secret} ${secret}` })).toBe(401);
});

test('a credential in the address is none', async () => {
  await using app = testApp({ engine: scriptedEngine([]) });
  const { secret } = await signIn(app);
  for (const query of [`token=${secret}`, `colloquy=${secret}`, `api_key=${secret}`]) {
    expect((await app.fetch(new Request(`${ORIGIN}/v1/native/info?${query}`))).status).toBe(401);
  }
});

test('the link’s token gives a cookie that scripts cannot read and other sites cannot send', async () => {
  await using app = testApp({ engine: scriptedEngine([]) });
  expect(app.createLink()).toMatch(/^http:\/\/127\.0\.0\.1:4010\/#token=[\w-]{43}$/);
  const response = await exchange(app, tokenOf(app), { origin: ORIGIN, 'sec-fetch-site': 'same-origin' });
  expect(response.status).toBe(204);
  expect(response.headers.get('set-cookie')).toMatch(
    /^colloquy=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/,
  );
});

test('behind a public https origin the link names it and the cookie is Secure', async () => {
  await using app = testApp({ engine: scriptedEngine([]), publicOrigin: 'https://chat.example.org' });
  expect(app.createLink()).toMatch(/^https:\/\/chat\.example\.org\/#token=/);
  const response = await exchange(app, tokenOf(app), { host: 'chat.example.org', origin: 'https://chat.example.org' });
  expect(response.headers.get('set-cookie')).toContain('; Secure');
});

test('a token is refused the second time, and its first cookie stays good', async () => {
  await using app = testApp({ engine: scriptedEngine([]) });
  const token = tokenOf(app);
  const [first, second] = await Promise.all([exchange(app, token), exchange(app, token)]);
  expect([first.status, second.status]).toEqual([204, 401]);
  expect(second.headers.get('set-cookie')).toBeNull();
});

test('many wrong tokens are answered with 429 for a minute, and the right one is taken all the same', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await using app = testApp({ engine: scriptedEngine([]) });
  const statuses = [];
  for (let i = 0; i < 22; i++) statuses.push((await exchange(app, newSecret())).status);
  expect(statuses).toEqual([...Array<number>(20).fill(401), 429, 429]);
  expect((await exchange(app, 'x')).headers.get('retry-after')).toBe('60');
  expect((await exchange(app, tokenOf(app))).status).toBe(204);
  vi.setSystemTime(Date.now() + 60_000);
  expect((await exchange(app, newSecret())).status).toBe(401);
});

test.each([['{}'], ['{"token":1}'], ['{"token":"x","more":1}'], ['[]'], ['null'], ['']])(
  'an exchange of %j is a 400',
  async (body) => {
    await using app = testApp({ engine: scriptedEngine([]) });
    const request = new Request(`${ORIGIN}/auth/exchange`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect((await app.fetch(request)).status).toBe(400);
  },
);

test('an exchange with a long body is refused unread', async () => {
  await using app = testApp({ engine: scriptedEngine([]) });
  expect((await exchange(app, 'x'.repeat(10_000))).status).toBe(413);
});

test('a page stays signed in when the server starts again on its data folder, and only there', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'colloquy-access-'));
  onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  const first = testApp({ engine: scriptedEngine([]), dataFolder });
  const { secret } = await signIn(first);
  const unused = tokenOf(first);
  await first.close();
  await using second = testApp({ engine: scriptedEngine([]), dataFolder });
  await using elsewhere = testApp({ engine: scriptedEngine([]) });
  const request = () => new Request(`${ORIGIN}/v1/native/info`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await second.fetch(request())).status).toBe(200);
  expect((await elsewhere.fetch(request())).status).toBe(401);
  // A link is for the server that printed it.
  expect((await exchange(second, unused)).status).toBe(401);
  expect(await readdir(join(dataFolder, 'credentials'))).toHaveLength(1);
});

test.each(['/', '/healthz', '/v1/native/info', '/assets/x.js', '/nothing'])(
  '%s answers no foreign host',
  async (path) => {
    await using app = testApp({ engine: scriptedEngine([]) });
    const { secret } = await signIn(app);
    for (const host of ['evil.example', 'evil.example:4010', '127.0.0.1:4011', '0.0.0.0:4010', 'localhost.:4010', '']) {
      const response = await app.fetch(
        new Request(ORIGIN + path, { headers: { host, authorization: `Bearer ${secret}` } }),
      );
      expect([host, response.status]).toEqual([host, 403]);
      expect(await response.json()).toMatchObject({ error: { type: 'permission_error' } });
    }
  },
);

test('a request that names another host in its address than in its header is refused', async () => {
  await using app = testApp({ engine: scriptedEngine([]) });
  expect(
    (await app.fetch(new Request('http://evil.example/healthz', { headers: { host: '127.0.0.1:4010' } }))).status,
  ).toBe(403);
  expect((await app.fetch(new Request('http://evil.example/healthz'))).status).toBe(403);
});

test.each(CLOSED)('%s %s is refused to a page of another origin, with whatever credential', async (method, path) => {
  const engine = scriptedEngine(['00000000-0000-4000-8000-00000000000a']);
  await using app = testApp({ engine });
  const { secret } = await signIn(app);
  const foreign: Record<string, string>[] = [
    { origin: 'http://evil.example' },
    { origin: 'http://127.0.0.1:3000' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: ORIGIN, 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ];
  for (const headers of foreign) {
    for (const credential of [{ authorization: `Bearer ${secret}` }, { cookie: `colloquy=${secret}` }]) {
      const body = method === 'POST' ? { body: '{}' } : {};
      const init = { method, headers: { 'content-type': 'application/json', ...credential, ...headers }, ...body };
      expect((await app.fetch(new Request(ORIGIN + path, init))).status).toBe(403);
    }
  }
  expect(engine.opened).toEqual([]);
  expect([...engine.rows.keys()]).toEqual(['00000000-0000-4000-8000-00000000000a']);
});

test('a foreign page can neither exchange a token nor use it up', async () => {
  await using app = testApp({ engine: scriptedEngine([]) });
  const token = tokenOf(app);
  expect((await exchange(app, token, { origin: 'http://evil.example' })).status).toBe(403);
  expect((await exchange(app, token, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await exchange(app, token)).status).toBe(204);
});

test('a link on another site leads to the page', async () => {
  await using app = testApp({ engine: scriptedEngine([]) });
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  expect((await app.fetch(new Request(`${ORIGIN}/`, { headers }))).status).toBe(503);
});

test('with the cookie, what changes something and streams needs the browser’s word for their origin', async () => {
  await using app = testApp({ engine: scriptedEngine(['00000000-0000-4000-8000-00000000000a']) });
  const { secret } = await signIn(app);
  const cookie = `colloquy=${secret}`;
  const rename = (headers: Record<string, string>) =>
    app.fetch(
      new Request(`${ORIGIN}/v1/sessions/00000000-0000-4000-8000-00000000000a/control`, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json', ...headers },
        body: '{"name":"interrupt"}',
      }),
    );
  expect((await rename({})).status).toBe(403);
  expect((await rename({ origin: ORIGIN })).status).toBe(200);
  expect((await rename({ 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  const stream = async (headers: Record<string, string>) => {
    const response = await app.fetch(
      new Request(`${ORIGIN}/v1/sessions/00000000-0000-4000-8000-00000000000a/messages/stream`, {
        headers: { cookie, ...headers },
      }),
    );
    await response.body?.cancel();
    return response.status;
  };
  expect(await stream({})).toBe(403);
  expect(await stream({ 'sec-fetch-site': 'same-origin' })).toBe(200);
  expect((await app.fetch(new Request(`${ORIGIN}/v1/native/info`, { headers: { cookie } }))).status).toBe(200);
});

test('every answer carries a request id and the security headers, and none of CORS', async () => {
  await using app = testApp({ engine: scriptedEngine(['00000000-0000-4000-8000-00000000000a']) });
  const client = await signIn(app);
  const answers = [
    await client.get('/v1/native/info'),
    await client.get('/v1/nothing'),
    await app.fetch(new Request(`${ORIGIN}/`)),
    await app.fetch(new Request(`${ORIGIN}/v1/native/info`)),
    await app.fetch(new Request('http://evil.example/')),
    await app.fetch(
      new Request(`${ORIGIN}/v1/native/info`, { method: 'OPTIONS', headers: { origin: 'http://evil.example' } }),
    ),
    await client.get('/v1/sessions/00000000-0000-4000-8000-00000000000a/messages/stream'),
  ];
  const ids = answers.map(({ headers }) => headers.get('request-id'));
  expect(new Set(ids).size).toBe(answers.length);
  for (const { headers } of answers) {
    expect(headers.get('request-id')).toMatch(/^req_[0-9a-f]{24}$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  }
  expect(answers[0]?.headers.get('cache-control')).toBe('no-store');
  expect(answers[2]?.headers.get('content-security-policy')).toBe(
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  await answers.at(-1)?.body?.cancel();
});
