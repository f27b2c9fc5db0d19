import { expect, test } from 'vitest';
import { jsonOf } from '../src/testing/test-app.ts';
import { createSession, follow, isRequest, isResult, requestOf, sendPrompt, startServer } from './running-server.ts';

type Waiting = { data: { uuid: string; seq: number; content: { text: string }[]; priority: string; by: string }[] };
const ASKING = '@tool Bash {"command":"touch x"}';

/** A session whose turn waits for a person, so that prompts wait behind it. */
async function busySession() {
  const server = await startServer();
  const { client } = server;
  const id = await createSession(client);
  const stream = await follow(client, id);
  const running = await sendPrompt(client, id, ASKING);
  const request = requestOf((await stream.until(isRequest)).at(-1));
  const path = `/v1/sessions/${id}`;
  const queue = async (): Promise<Waiting['data']> => (await jsonOf<Waiting>(client.get(`${path}/queue`))).data;
  const receipt = (seq: number): Promise<unknown> => jsonOf(client.get(`${path}/receipts/${seq}`));
  const deny = (): Promise<Response> =>
    client.post(`${path}/answers`, { request, decision: { behavior: 'deny', message: 'No.' } });
  return { ...server, id, path, stream, running, queue, receipt, deny };
}

test('prompts that wait are listed, edited, moved ahead and withdrawn; their receipts tell what became of them', async () => {
  const { client, id, path, stream, running, queue, receipt, deny } = await busySession();
  const one = await sendPrompt(client, id, '@say one');
  const two = await sendPrompt(client, id, '@say two');
  const three = await sendPrompt(client, id, '@say three');
  expect((await queue()).map(({ uuid }) => uuid)).toEqual([one.uuid, two.uuid, three.uuid]);
  expect(await receipt(running.seq)).toMatchObject({ kind: 'prompt', uuid: running.uuid, state: 'taken' });
  expect(await receipt(one.seq)).toMatchObject({ state: 'admitted' });

  const withdrawn = await jsonOf<{ withdrawn: boolean; seq: number }>(client.delete(`${path}/queue/${one.uuid}`));
  expect(withdrawn.withdrawn).toBe(true);
  const edited = await jsonOf<{ uuid: string; seq: number }>(
    client.post(`${path}/queue/${three.uuid}`, { content: '@say THREE', priority: 'next' }),
  );
  expect((await queue()).map(({ uuid, priority }) => [uuid, priority])).toEqual([
    [edited.uuid, 'next'],
    [two.uuid, 'later'],
  ]);
  expect(await receipt(one.seq)).toMatchObject({ state: 'withdrawn' });
  expect(await receipt(withdrawn.seq)).toMatchObject({ kind: 'withdrawal', state: 'done' });
  expect(await receipt(three.seq)).toMatchObject({ state: 'withdrawn' });

  await deny();
  const ended = (uuid: string): Promise<unknown> =>
    stream.until(({ message }) => message?.type === 'result' && message.user_message_uuid === uuid);
  await ended(two.uuid);
  expect(await receipt(two.seq)).toMatchObject({ state: 'done', reason: 'completed' });
  expect(await receipt(edited.seq)).toMatchObject({ state: 'done' });
  expect(await queue()).toEqual([]);

  // What a turn has taken is neither withdrawn nor edited.
  for (const response of [
    await client.delete(`${path}/queue/${two.uuid}`),
    await client.post(`${path}/queue/${two.uuid}`, { content: 'x' }),
    await client.delete(`${path}/queue/${one.uuid}`),
  ]) {
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([409, 'false']);
  }
});

test('the receipt of an interrupt ends with the turn', async () => {
  const { client, path, stream, receipt, running } = await busySession();
  const { seq } = await jsonOf<{ seq: number }>(client.post(`${path}/control`, { name: 'interrupt', args: {} }));
  await stream.until(isResult);
  expect(await receipt(seq)).toMatchObject({ kind: 'interrupt', state: 'done' });
  expect(await receipt(running.seq)).toMatchObject({ state: 'done' });
});

test('a conversation goes on from before a prompt', async () => {
  const { client, emulator } = await startServer();
  const id = await createSession(client);
  const stream = await follow(client, id);
  await sendPrompt(client, id, '@say one');
  await stream.until(isResult);
  const second = await sendPrompt(client, id, '@say two');
  await stream.until(isResult);
  expect((await client.post(`/v1/sessions/${id}/rewind`, { to: second.uuid })).status).toBe(200);
  await sendPrompt(client, id, '@say three');
  await stream.until(isResult);
  const said = JSON.stringify(emulator.requests.at(-1)?.body);
  expect([said.includes('@say one'), said.includes('@say two')]).toEqual([true, false]);
  for (const to of [second.uuid, '00000000-0000-4000-8000-000000000000']) {
    expect((await client.post(`/v1/sessions/${id}/rewind`, { to })).status).toBe(400);
  }
});

test.each([
  ['receipts/0', 400],
  ['receipts/x', 400],
  ['receipts/99999', 404],
])('%s of a session is a %d', async (path, status) => {
  const { client } = await startServer();
  const id = await createSession(client);
  expect((await client.get(`/v1/sessions/${id}/${path}`)).status).toBe(status);
});
