import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/running-server.ts';
import { openManagement } from '../manage.ts';
import { scriptedEngine } from '../testing/scripted-engine.ts';
import { clientOf, createKey, jsonOf, ORIGIN, signIn, testApp, type TestClient } from '../testing/test-app.ts';
import { newSecret } from './secrets.ts';

// Keys as a client meets them: over HTTP, and while the command line changes them.

const ID = '00000000-0000-4000-8000-00000000000a';

async function scene(o: { dataFolder?: string; adminKey?: string } = {}) {
  const app = testApp({ engine: scriptedEngine([ID]), ...o });
  onTestFinished(() => app.close());
  return { app, admin: await signIn(app) };
}

const statusOf = async (client: TestClient): Promise<number> => (await client.get('/v1/native/info')).status;

test('an admin makes, lists and revokes keys; the secret is told once', async () => {
  const { app, admin } = await scene();
  const made = await admin.post('/v1/native/keys', { name: 'ci', user: 'ada', expires_at: '2099-01-01T00:00:00Z' });
  expect(made.status).toBe(201);
  const { secret, ...key } = await jsonOf<{ secret: string; id: string }>(made);
  expect(key).toEqual({
    type: 'key',
    id: expect.stringMatching(/^key_/),
    name: 'ci',
    user: 'ada',
    role: 'user',
    environment_id: null,
    created_at: expect.any(String),
    expires_at: '2099-01-01T00:00:00.000Z',
    last_used_at: null,
    revoked_at: null,
  });
  const ada = clientOf(app, secret);
  expect(await statusOf(ada)).toBe(200);
  const list = await (await admin.get('/v1/native/keys')).text();
  expect(list).not.toContain(secret.slice(9));
  expect(JSON.parse(list)).toMatchObject({ data: [{ id: key.id, last_used_at: expect.any(String) }], next_page: null });
  expect((await admin.delete(`/v1/native/keys/${key.id}`)).status).toBe(200);
  expect(await statusOf(ada)).toBe(401);
  expect((await admin.delete(`/v1/native/keys/${key.id}`)).status).toBe(404);
});

test('keys are listed page by page', async () => {
  const { admin } = await scene();
  for (const name of ['a', 'b', 'c']) await createKey(admin, { name });
  const first = await jsonOf<{ data: unknown[]; next_page: string }>(admin.get('/v1/native/keys?limit=2'));
  const second = await jsonOf<{ data: unknown[] }>(admin.get(`/v1/native/keys?limit=2&page=${first.next_page}`));
  const names = [...first.data, ...second.data].map((key) => (key as { name: string }).name);
  expect(names.toSorted()).toEqual(['a', 'b', 'c']);
});

test('a request that is sent again makes one key, and does not tell the secret again', async () => {
  const { admin } = await scene();
  const create = () => admin.post('/v1/native/keys', { name: 'ci' }, { 'idempotency-key': 'once' });
  expect((await create()).status).toBe(201);
  const again = await create();
  expect([again.status, await again.text()]).toEqual([409, expect.not.stringContaining('colloquy_')]);
  expect(await jsonOf(admin.get('/v1/native/keys'))).toMatchObject({ data: [{ name: 'ci' }] });
});

test.each([
  [{}],
  [{ name: 'a', role: 'root' }],
  [{ name: 'a', user: '../b' }],
  [{ name: 'a', expires_at: '2001-01-01T00:00:00Z' }],
  [{ name: 'a', expires_at: 'soon' }],
  [{ name: 'a', secret: 'mine' }],
  [{ name: 'a', hash: 'mine' }],
])('a key of %j is a 400', async (body) => {
  const { admin } = await scene();
  expect((await admin.post('/v1/native/keys', body)).status).toBe(400);
  expect(await jsonOf(admin.get('/v1/native/keys'))).toMatchObject({ data: [] });
});

test('a user’s key neither makes keys nor sees any', async () => {
  const { app, admin } = await scene();
  for (const role of ['user', 'observer']) {
    const { id, secret } = await createKey(admin, { name: role, role });
    const client = clientOf(app, secret);
    expect((await client.post('/v1/native/keys', { name: 'more', role: 'admin' })).status).toBe(403);
    expect((await client.get('/v1/native/keys')).status).toBe(403);
    expect((await client.delete(`/v1/native/keys/${id}`)).status).toBe(403);
  }
});

test('a key means the same however it comes, and if two come, either is enough', async () => {
  const { app, admin } = await scene();
  const { secret } = await createKey(admin, { name: 'ada' });
  const wrong = `colloquy_${newSecret()}`;
  const you = async (headers: Record<string, string>): Promise<string | number> => {
    const response = await app.fetch(new Request(`${ORIGIN}/v1/native/info`, { headers }));
    return response.ok ? (await jsonOf<{ you: string }>(response)).you : response.status;
  };
  expect(await you({ authorization: `Bearer ${secret}` })).toBe('ada');
  expect(await you({ 'x-api-key': secret })).toBe('ada');
  expect(await you({ cookie: `colloquy=${secret}` })).toBe('ada');
  expect(await you({ authorization: `Bearer ${wrong}`, 'x-api-key': secret })).toBe('ada');
  expect(await you({ authorization: `Bearer ${secret}`, 'x-api-key': wrong })).toBe('ada');
  expect(await you({ authorization: 'Basic eDp5', 'x-api-key': secret })).toBe('ada');
  expect(await you({ authorization: `Bearer ${wrong}`, 'x-api-key': wrong })).toBe(401);
  expect(await you({ 'x-api-key': `${secret} ` })).toBe('ada');
  for (const near of [
    secret.slice(0, -1),
    `${secret}a`,
    secret.slice(9),
    secret.toUpperCase(),
    `${secret}, ${secret}`,
  ]) {
    expect(await you({ 'x-api-key': near })).toBe(401);
    expect(await you({ authorization: `Bearer ${near}` })).toBe(401);
  }
  expect(await you({ 'x-api-key': 'x'.repeat(100_000) })).toBe(401);
});

test('the operator’s key is an admin’s, of the same user as the page, and lies nowhere', async () => {
  const adminKey = 'a key from the environment'.replaceAll(' ', '-').padEnd(32, '0');
  const dataFolder = await temporaryFolder();
  const { app, admin } = await scene({ dataFolder, adminKey });
  const operator = clientOf(app, adminKey);
  expect(await statusOf(operator)).toBe(200);
  expect(await jsonOf(operator.get('/v1/native/keys'))).toMatchObject({ data: [] });
  const { secret } = await createKey(operator, { name: 'ci' });
  expect(await statusOf(clientOf(app, secret))).toBe(200);
  expect(await statusOf(clientOf(app, `${adminKey}0`))).toBe(401);
  expect(await statusOf(admin)).toBe(200);
  const { app: other } = await scene({ dataFolder });
  expect(await statusOf(clientOf(other, adminKey))).toBe(401);
});

test.each(['', 'short', 'x'.repeat(31), 'x'.repeat(513), `${'x'.repeat(32)} y`])(
  'the operator’s key is not %j',
  (adminKey) => {
    expect(() => testApp({ engine: scriptedEngine([]), adminKey })).toThrow('COLLOQUY_API_KEY');
  },
);

test('a key that another process makes works at once, and ends at once when it is revoked there', async () => {
  const dataFolder = await temporaryFolder();
  const { app } = await scene({ dataFolder });
  await using management = await openManagement(dataFolder);
  const { secret } = await management.createKey({ name: 'ci', user: 'ada', role: 'admin' });
  expect(await statusOf(clientOf(app, secret))).toBe(200);
  await management.revokeKey('ci');
  expect(await statusOf(clientOf(app, secret))).toBe(401);
  const [link] = await management.createLinks(ORIGIN);
  const token = link?.split('#token=')[1];
  const redeem = () =>
    app.fetch(
      new Request(`${ORIGIN}/auth/exchange`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      }),
    );
  const statuses = (await Promise.all([redeem(), redeem(), redeem()])).map(({ status }) => status);
  expect(statuses.toSorted((a, b) => a - b)).toEqual([204, 401, 401]);
});

test('a stream ends when its key is revoked, and when its page signs out; those of others go on', async () => {
  const { app, admin } = await scene();
  const [key, other] = [
    await createKey(admin, { name: 'a', user: 'local' }),
    await createKey(admin, { name: 'b', user: 'local' }),
  ];
  const page = await signIn(app);
  const open = async (client: TestClient) => readToEnd(await client.get(`/v1/sessions/${ID}/messages/stream`));
  const streams = {
    key: await open(clientOf(app, key.secret)),
    page: await open(page),
    other: await open(clientOf(app, other.secret)),
  };
  await admin.delete(`/v1/native/keys/${key.id}`);
  await streams.key.ended;
  expect([streams.page.isOpen(), streams.other.isOpen()]).toEqual([true, true]);
  const signedOut = await page.post('/auth/sign-out', {});
  expect([signedOut.status, signedOut.headers.get('set-cookie')]).toEqual([
    204,
    expect.stringMatching(/^colloquy=; Max-Age=0/),
  ]);
  await streams.page.ended;
  expect([streams.other.isOpen(), await statusOf(page), await statusOf(admin)]).toEqual([true, 401, 200]);
  expect((await clientOf(app, other.secret).post('/auth/sign-out', {})).status).toBe(400);
});

function readToEnd(response: Response): { ended: Promise<void>; isOpen: () => boolean } {
  const reader = response.body?.getReader();
  onTestFinished(() => reader?.cancel());
  let isOpen = true;
  const read = async (): Promise<void> => {
    while ((await reader?.read())?.done === false);
    isOpen = false;
  };
  return { ended: read(), isOpen: () => isOpen };
}
