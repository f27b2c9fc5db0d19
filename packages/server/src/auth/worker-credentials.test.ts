import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/running-server.ts';
import { uuidToId } from '../resources/ids.ts';
import { openTables } from '../store/tables.ts';
import { scriptedEngine } from '../testing/scripted-engine.ts';
import { clientOf, createKey, jsonOf, signIn, testApp } from '../testing/test-app.ts';
import { hashSecret } from './secrets.ts';
import { SessionTokens, workSecret } from './worker-credentials.ts';

afterEach(() => void vi.useRealTimers());

const ID = '00000000-0000-4000-8000-00000000000a';
const SCOPE = { session: ID, environment: 'env_a', work: 'work_a' };

async function openTokens(): Promise<SessionTokens> {
  const tables = await openTables(undefined);
  onTestFinished(() => tables.destroy());
  return new SessionTokens(() => Promise.resolve(tables));
}

test('a token is good until it expires, and longer when its worker says that it is alive', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const tokens = await openTokens();
  const start = Date.now();
  const hash = hashSecret(await tokens.issue(SCOPE, { user: 'ada', expiresAt: start + 90_000 }));
  vi.setSystemTime(start + 89_999);
  expect(await tokens.find(hash)).toEqual({ ...SCOPE, user: 'ada' });
  await tokens.extend('work_a', start + 180_000);
  vi.setSystemTime(start + 179_999);
  expect(await tokens.goodOf([hash])).toEqual(new Set([hash]));
  vi.setSystemTime(start + 180_000);
  expect(await tokens.find(hash)).toBeUndefined();
  expect(await tokens.goodOf([hash])).toEqual(new Set());
});

test('an item that another worker takes has one good token, and none once it is stopped', async () => {
  const tokens = await openTokens();
  const o = { user: 'ada', expiresAt: Date.now() + 90_000 };
  const first = await tokens.issue(SCOPE, o);
  const second = await tokens.issue(SCOPE, o);
  const other = await tokens.issue({ ...SCOPE, work: 'work_b' }, o);
  const isGood = async (token: string) => (await tokens.find(hashSecret(token))) !== undefined;
  expect([await isGood(first), await isGood(second), await isGood(other)]).toEqual([false, true, true]);
  await tokens.revoke('work_a');
  expect([await isGood(second), await isGood(other)]).toEqual([false, true]);
});

test('a worker reads its token from the secret of its work', () => {
  expect(JSON.parse(Buffer.from(workSecret('t'), 'base64url').toString())).toEqual({ sessions_token: 't' });
});

test('over HTTP a worker’s credentials reach what they are for, and nothing else', async () => {
  const dataFolder = await temporaryFolder();
  await using app = testApp({ engine: scriptedEngine([ID]), dataFolder });
  const admin = await signIn(app);
  const tables = await openTables(dataFolder);
  onTestFinished(() => tables.destroy());
  const tokens = new SessionTokens(() => Promise.resolve(tables));
  const expiresAt = Date.now() + 90_000;
  const worker = clientOf(app, await tokens.issue(SCOPE, { user: 'local', expiresAt }));
  const paths = ['/v1/native/info', '/v1/native/sessions', `/v1/native/sessions/${ID}`, `/v1/sessions/${ID}/log`];
  for (const path of paths) expect((await worker.get(path)).status).toBe(403);
  expect((await worker.post('/v1/native/keys', { name: 'mine' })).status).toBe(403);
  expect((await worker.post(`/v1/sessions/${ID}/messages`, {})).status).toBe(403);
  expect((await worker.get(`/v1/sessions/${uuidToId('sesn', ID.replace(/a$/, 'b'))}/events`)).status).toBe(404);
  await tokens.revoke('work_a');
  expect((await worker.get(`/v1/sessions/${uuidToId('sesn', ID)}/events`)).status).toBe(401);
  const made = admin.post('/v1/environments', { name: 'a', config: { type: 'self_hosted' } });
  const { id } = await jsonOf<{ id: string }>(made);
  const { secret } = await createKey(admin, { name: 'w', user: 'somebody', environment_id: id });
  const keys = await jsonOf<{ data: object[] }>(admin.get('/v1/native/keys'));
  expect(keys.data).toMatchObject([{ user: 'local', environment_id: id }]);
  expect((await clientOf(app, secret).get('/v1/native/info')).status).toBe(403);
  expect((await clientOf(app, secret).get('/v1/environments/env_b/work/poll')).status).toBe(404);
  const unknown = { name: 'v', environment_id: id.slice(0, -2) + '00' };
  expect((await admin.post('/v1/native/keys', unknown)).status).toBe(400);
});
