import { join } from 'node:path';
import type { Entry } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/store/open-database.ts';
import { jsonOf, type TestClient } from '../src/testing/test-app.ts';
import { createSession, follow, isResult, startServer, temporaryFolder } from './running-server.ts';

const prompt = (content: string): object => ({ type: 'user', message: { role: 'user', content } });
const keyed = (key: string): Record<string, string> => ({ 'idempotency-key': key });
const MARKED = { 'x-stainless-retry-count': '1' };

async function promptsOf(client: TestClient, id: string): Promise<string[]> {
  const { data } = await jsonOf<{ data: Entry[] }>(client.get(`/v1/sessions/${id}/log?limit=1000`));
  return data.flatMap((entry) => (entry.kind === 'prompt' ? [entry.uuid] : []));
}

test('a prompt that is sent a hundred times at once with one key is one prompt, with one answer', async () => {
  const { client } = await startServer();
  const id = await createSession(client);
  const send = (): Promise<Response> => client.post(`/v1/sessions/${id}/messages`, prompt('hi'), keyed('k1'));
  const answers = await Promise.all(Array.from({ length: 100 }, send));
  const told = await Promise.all(answers.map(async (answer) => `${answer.status} ${await answer.text()}`));
  expect(new Set(told)).toHaveLength(1);
  expect(told[0]).toMatch(/^202 /);
  expect(await promptsOf(client, id)).toHaveLength(1);
  expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') === 'true')).toHaveLength(99);
});

test('making a session a hundred times with one key makes one', async () => {
  const { client } = await startServer();
  const make = async (): Promise<string> => {
    const { id } = await jsonOf<{ id: string }>(client.post('/v1/native/sessions', {}, keyed('k1')));
    return id;
  };
  expect(new Set(await Promise.all(Array.from({ length: 100 }, make)))).toHaveLength(1);
  expect((await jsonOf<{ data: unknown[] }>(client.get('/v1/native/sessions'))).data).toHaveLength(1);
});

test('a prompt with a uuid is one however often it is sent: at once, changed, marked as a retry, and after a restart', async () => {
  const folder = await temporaryFolder();
  const before = await startServer({ folder });
  const id = await createSession(before.client);
  const path = `/v1/sessions/${id}/messages`;
  const uuid = '33333333-3333-4333-8333-333333333333';
  const send = async (client: TestClient, content: string, headers?: Record<string, string>): Promise<unknown> => {
    const { settled: _, ...place } = await jsonOf<Record<string, unknown>>(
      client.post(path, { ...prompt(content), uuid }, headers),
    );
    return place;
  };
  const first = await send(before.client, 'one');
  expect(first).toEqual({ uuid, seq: expect.any(Number) });
  const more = Array.from({ length: 20 }, (_, index) => send(before.client, `other ${index}`, index > 9 ? MARKED : {}));
  expect(await Promise.all(more)).toEqual(Array(20).fill(first));
  await before.stop();
  const { client } = await startServer({ folder });
  expect(await send(client, 'one', MARKED)).toEqual(first);
  expect(await promptsOf(client, id)).toEqual([uuid]);
});

test('a uuid that is none, or a field that nobody knows beside one, is refused', async () => {
  const { client } = await startServer();
  const id = await createSession(client);
  const uuid = '33333333-3333-4333-8333-333333333333';
  for (const more of [{ uuid: 'me' }, { uuid, unknown: 1 }])
    expect((await client.post(`/v1/sessions/${id}/messages`, { ...prompt('hi'), ...more })).status).toBe(400);
  expect(await promptsOf(client, id)).toEqual([]);
});

test('a key that comes back with another body, or for another path, is a 409', async () => {
  const { client } = await startServer();
  const id = await createSession(client);
  const path = `/v1/sessions/${id}/messages`;
  expect((await client.post(path, prompt('one'), keyed('k'))).status).toBe(202);
  const other = await client.post(path, prompt('two'), keyed('k'));
  expect([other.status, other.headers.get('x-should-retry')]).toEqual([409, 'false']);
  expect((await client.post('/v1/native/sessions', {}, keyed('k'))).status).toBe(409);
  expect(await promptsOf(client, id)).toHaveLength(1);
});

test.each(['', 'a b', 'é', 'x'.repeat(256)])('the key %j is refused', async (key) => {
  const { client } = await startServer();
  // Node refuses to send some of them at all; in this process they arrive.
  const post = async (): Promise<number> => (await client.post('/v1/native/sessions', {}, keyed(key))).status;
  expect(await post().catch(() => 400)).toBe(400);
});

test('what a client marks as a retry counts as the request before; what it does not mark is a new one', async () => {
  const { client } = await startServer();
  const id = await createSession(client);
  const path = `/v1/sessions/${id}/messages`;
  const first = await client.post(path, prompt('yes'));
  const again = await client.post(path, prompt('yes'), MARKED);
  expect(await again.text()).toBe(await first.text());
  expect(await promptsOf(client, id)).toHaveLength(1);
  await client.post(path, prompt('yes'));
  expect(await promptsOf(client, id)).toHaveLength(2);
  // Nothing like it came before: the first try was lost on its way here.
  expect((await client.post(path, prompt('no'), MARKED)).status).toBe(202);
  expect(await promptsOf(client, id)).toHaveLength(3);
});

test('a refusal is remembered as well, and a failure is not', async () => {
  const { client, emulator } = await startServer();
  const bad = await client.post('/v1/native/sessions', { nonsense: 1 }, keyed('bad'));
  expect(bad.status).toBe(400);
  const again = await client.post('/v1/native/sessions', { nonsense: 1 }, keyed('bad'));
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([400, 'true']);
  expect(emulator.requests).toHaveLength(0);
});

test('after a restart the answer is still known, and a request that was cut off half way is done once', async () => {
  const folder = await temporaryFolder();
  const before = await startServer({ folder });
  const id = await createSession(before.client);
  const path = `/v1/sessions/${id}/messages`;
  const first = await (await before.client.post(path, prompt('one'), keyed('k1'))).text();
  const second = await before.client.post(path, prompt('two'), keyed('k2'));
  expect(second.status).toBe(202);
  await before.stop();

  // As if the process had died between the prompt's acceptance and the answer.
  const db = await openDatabase<{ request: { key: string; status: number | null } }>({
    path: join(folder, 'requests.db'),
    synchronous: 'normal',
  });
  await db.updateTable('request').set({ status: null }).where('key', '=', 'k2').execute();
  await db.destroy();

  const { client } = await startServer({ folder });
  expect(await (await client.post(path, prompt('one'), keyed('k1'))).text()).toBe(first);
  const cut = await client.post(path, prompt('two'), keyed('k2'));
  expect([cut.status, cut.headers.get('idempotent-replayed')]).toEqual([202, null]);
  expect(await promptsOf(client, id)).toHaveLength(2);
  const stream = await follow(client, id);
  await stream.until(isResult);
});
