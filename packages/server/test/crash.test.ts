import { expect, test } from 'vitest';
import { jsonOf, type TestClient } from '../src/testing/test-app.ts';
import {
  createSession,
  follow,
  isRequest,
  isResult,
  requestOf,
  sendPrompt,
  startServer,
  temporaryFolder,
} from './running-server.ts';
import { serveInChild } from './serve-in-child.ts';

// A server that is killed without warning, and the next one on the same folder.

/** A server in a process of its own, and who talks to it. */
async function startChild(folder: string, deadly?: string): Promise<{ client: TestClient; kill: () => Promise<void> }> {
  const { origin, secret, kill } = await serveInChild(folder, deadly);
  const json = { 'content-type': 'application/json' };
  const authorization = `Bearer ${secret}`;
  const client: TestClient = {
    secret,
    get: (path, headers = {}) => fetch(origin + path, { headers: { authorization, ...headers } }),
    post: (path, body, headers = {}) =>
      fetch(origin + path, {
        method: 'POST',
        headers: { authorization, ...json, ...headers },
        body: JSON.stringify(body),
      }),
    delete: (path) => fetch(origin + path, { method: 'DELETE', headers: { authorization } }),
  };
  return { client, kill };
}

test('what a killed server had accepted, the next one takes up by itself: open turns, queued prompts, pending questions', async () => {
  const folder = await temporaryFolder();
  const first = await startChild(folder);
  const asking = await createSession(first.client);
  const idle = await createSession(first.client);
  const before = await follow(first.client, asking);
  const prompt = await sendPrompt(first.client, asking, '@tool Bash {"command":"touch once"}');
  await before.until(isRequest);
  const queued = await sendPrompt(first.client, asking, '@say The queued one.');
  await first.kill();

  const second = await startServer({ folder });
  await second.app.recovered;
  const told = await follow(second.client, asking);
  const request = requestOf((await told.until(isRequest)).at(-1));
  const answer = { request, decision: { behavior: 'allow' } };
  const answers = `/v1/sessions/${asking}/answers`;
  const won = await jsonOf<object>(second.client.post(answers, answer, { 'idempotency-key': 'k' }));
  expect(won).toMatchObject({ won: true });
  const results = [...(await told.until(isResult)), ...(await told.until(isResult))].filter(isResult);
  expect(results.map(({ message }) => message)).toEqual([
    expect.objectContaining({ subtype: 'success', user_message_uuid: prompt.uuid }),
    expect.objectContaining({ subtype: 'success', user_message_uuid: queued.uuid, result: 'The queued one.' }),
  ]);
  expect(await jsonOf(second.client.get(`/v1/native/sessions/${idle}`))).toMatchObject({ running: false });
  // Its sender may never have heard that it won.
  expect(await jsonOf(second.client.post(answers, answer))).toEqual(won);
});

test('a fork that a killed server was making is not there, and its retry makes it', async () => {
  const folder = await temporaryFolder();
  const first = await startChild(folder, 'fork');
  const from = await createSession(first.client);
  const fork = (client: TestClient): Promise<Response> =>
    client.post(`/v1/native/sessions/${from}/fork`, {}, { 'idempotency-key': 'k' });
  await expect(fork(first.client)).rejects.toThrow('fetch failed');
  await first.kill();

  const { client } = await startServer({ folder });
  const ids = async (): Promise<string[]> =>
    (await jsonOf<{ data: { id: string }[] }>(client.get('/v1/native/sessions'))).data.map(({ id }) => id);
  expect(await ids()).toEqual([from]);
  const again = await fork(client);
  expect(again.status).toBe(201);
  const { id } = await jsonOf<{ id: string }>(again);
  expect((await ids()).toSorted()).toEqual([from, id].toSorted());
});

test('a page that was signed in before the crash still is', async () => {
  const folder = await temporaryFolder();
  const first = await startChild(folder);
  const { secret } = first.client;
  await first.kill();
  const { app } = await startServer({ folder });
  const headers = { authorization: `Bearer ${secret}` };
  expect((await app.fetch(new Request('http://127.0.0.1:4010/v1/native/info', { headers }))).status).toBe(200);
});
