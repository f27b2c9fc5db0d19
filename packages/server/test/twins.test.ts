import { join } from 'node:path';
import { openSqliteStore } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { jsonOf } from '../src/testing/test-app.ts';
import { createSession, startServer, temporaryFolder } from './running-server.ts';

// The same thing asked for at once, without an Idempotency-Key.

const statuses = async (answers: Promise<Response>[]): Promise<number[]> =>
  (await Promise.all(answers)).map(({ status }) => status);

test('a session whose id is asked for ten times at once is one, and each time the same', async () => {
  const { client } = await startServer();
  const id = '11111111-1111-4111-8111-111111111111';
  const make = (): Promise<Response> => client.post('/v1/native/sessions', { id });
  expect(await statuses(Array.from({ length: 10 }, make))).toEqual(Array(10).fill(201));
  expect((await jsonOf<{ data: unknown[] }>(client.get('/v1/native/sessions'))).data).toHaveLength(1);
});

test('a fork that is asked for ten times at once is one', async () => {
  const { client } = await startServer();
  const from = await createSession(client);
  const id = '22222222-2222-4222-8222-222222222222';
  const fork = (): Promise<Response> => client.post(`/v1/native/sessions/${from}/fork`, { id });
  expect(await statuses(Array.from({ length: 10 }, fork))).toEqual(Array(10).fill(201));
  expect((await jsonOf<{ data: unknown[] }>(client.get('/v1/native/sessions'))).data).toHaveLength(2);
});

test('of forks of two sessions that are asked for at once under one id, one is made and the other refused', async () => {
  const { client } = await startServer();
  const id = '22222222-2222-4222-8222-222222222222';
  const from = [await createSession(client), await createSession(client)];
  const forks = from.map((each) => client.post(`/v1/native/sessions/${each}/fork`, { id }));
  expect((await statuses(forks)).toSorted((a, b) => a - b)).toEqual([201, 409]);
});

test('a fork of a long fork, asked for again, is the same one', async () => {
  const folder = await temporaryFolder();
  const { client } = await startServer({ folder });
  const fork = (from: string, id: string): Promise<Response> => client.post(`/v1/native/sessions/${from}/fork`, { id });
  const [first, second] = ['33333333-3333-4333-8333-333333333333', '44444444-4444-4444-8444-444444444444'];
  const from = await createSession(client);
  expect((await fork(from, first)).status).toBe(201);
  {
    await using store = await openSqliteStore({ path: join(folder, 'sessions.db') });
    await store.append(first, Array(1_500).fill({ kind: 'interrupt', by: 'x', keepQueue: true }));
  }
  expect(await statuses([fork(first, second)])).toEqual([201]);
  expect(await statuses([fork(first, second), fork(from, second)])).toEqual([201, 409]);
});
