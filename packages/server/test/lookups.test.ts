import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqliteStore } from 'colloquy/internal';
import { expect, onTestFinished, test, vi } from 'vitest';
import { clientOf, createKey } from '../src/testing/test-app.ts';
import { createSession, follow, isResult, startServer, temporaryFolder } from './running-server.ts';

// What a request costs, in looks and not in time, which depends on the machine.

test('a request looks its session up once, and one that makes a session only to open it', async () => {
  const folder = await temporaryFolder();
  const store = await openSqliteStore({ path: join(folder, 'sessions.db') });
  onTestFinished(() => store[Symbol.asyncDispose]());
  const get = vi.spyOn(store.sessions, 'get');
  const { client } = await startServer({ folder, store });
  const looks = async (work: () => Promise<unknown>): Promise<number> => {
    get.mockClear();
    await work();
    return get.mock.calls.length;
  };
  let id = '';
  // By whoever gathers its options, and by whoever takes its lease.
  expect(await looks(async () => (id = await createSession(client)))).toBe(2);
  const interrupt = { name: 'interrupt', args: {} };
  expect(await looks(() => client.post(`/v1/sessions/${id}/control`, interrupt))).toBe(1);
  expect(await looks(() => client.get(`/v1/native/sessions/${id}`))).toBe(1);
  const stream = await follow(client, id);
  const message = { type: 'user', message: { role: 'user', content: 'hi' } };
  expect(await looks(() => client.post(`/v1/sessions/${id}/messages`, message))).toBe(1);
  await stream.until(isResult);
});

test('the statements of a request are prepared once, whoever it is', async () => {
  const { app, client } = await startServer();
  const ann = clientOf(app, (await createKey(client, { name: 'ann', role: 'user' })).secret);
  const ids = await Promise.all([client, ann].map((one) => createSession(one)));
  const ask = async (): Promise<void> => {
    for (const [index, one] of [client, ann].entries()) {
      const interrupt = { name: 'interrupt', args: {} };
      expect((await one.post(`/v1/sessions/${ids[index]}/control`, interrupt)).status).toBe(200);
      expect((await one.get(`/v1/native/sessions/${ids[index]}`)).status).toBe(200);
    }
  };
  await ask();
  const prepare = vi.spyOn(Database.prototype, 'prepare');
  onTestFinished(() => prepare.mockRestore());
  for (let n = 0; n < 10; n += 1) await ask();
  expect(prepare.mock.calls.map(([sql]) => sql)).toEqual([]);
});
