import { expect, test } from 'vitest';
import { jsonOf } from '../src/testing/test-app.ts';
import { createSession, follow, isRequest, isResult, sendPrompt, startServer } from './running-server.ts';

test('draining lets a turn come to its end, and does not wait for one that waits for a person', async () => {
  const { app, client } = await startServer();
  const [asking, talking] = [await createSession(client), await createSession(client)];
  const asked = await follow(client, asking);
  await sendPrompt(client, asking, '@tool Bash {"command":"touch x"}');
  await asked.until(isRequest);
  const stream = await follow(client, talking);
  await sendPrompt(client, talking, '@emit 20 gap=10');
  await stream.until(({ message }) => message?.type === 'stream_event');
  await app.drain(30_000);
  const running = (id: string): Promise<unknown> => jsonOf(client.get(`/v1/native/sessions/${id}`));
  expect(await running(talking)).toMatchObject({ running: false });
  expect(await running(asking)).toMatchObject({ running: true });
});

test('draining is bounded', async () => {
  const { app, client } = await startServer();
  const id = await createSession(client);
  const stream = await follow(client, id);
  await sendPrompt(client, id, '@stall after=1');
  await stream.until(({ message }) => message?.type === 'stream_event');
  await app.drain(20);
  expect(await jsonOf(client.get(`/v1/native/sessions/${id}`))).toMatchObject({ running: true });
  await client.post(`/v1/sessions/${id}/control`, { name: 'interrupt', args: {} });
  await stream.until(isResult);
});
