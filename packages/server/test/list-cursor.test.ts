import { expect, test } from 'vitest';
import { clientOf, createKey, jsonOf, type TestClient } from '../src/testing/test-app.ts';
import { createSession, startServer } from './running-server.ts';

test('the cursor of a list tells nothing of other people’s sessions, and what others do moves nothing', async () => {
  const { app, client: admin } = await startServer();
  const clients = [];
  for (const name of ['ann', 'bob']) clients.push(clientOf(app, (await createKey(admin, { name })).secret));
  const [ann, bob] = clients as [TestClient, TestClient];
  type Page = { data: { id: string }[]; next_page: string | null };
  const list = (client: TestClient, query: string): Promise<Page> => jsonOf(client.get(`/v1/native/sessions?${query}`));
  const mine: string[] = [];
  for (let n = 0; n < 4; n += 1) {
    mine.push(await createSession(ann));
    await createSession(bob);
  }
  const first = await list(ann, 'limit=2');
  for (let n = 0; n < 3; n += 1) await createSession(bob);
  const second = await list(ann, `limit=2&page=${first.next_page}`);
  expect([...first.data, ...second.data].map(({ id }) => id).toSorted()).toEqual(mine.toSorted());
  expect(second.next_page).toBeNull();
  const cursor = Buffer.from(first.next_page ?? '', 'base64url').toString();
  expect(JSON.parse(cursor)).toEqual(['native sessions', 'asc', false, expect.any(Number), first.data[1]?.id]);
  // Another's cursor shows nothing but one's own either.
  const theirs = (await list(bob, 'limit=100')).data.map(({ id }) => id);
  expect((await list(bob, `page=${first.next_page}`)).data.every(({ id }) => theirs.includes(id))).toBe(true);
});
