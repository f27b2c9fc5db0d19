import { expect, test } from 'vitest';
import { jsonOf } from '../src/testing/test-app.ts';
import { createSession, startServer } from './running-server.ts';

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
