import { expect, test, vi } from 'vitest';
import { jsonOf, type TestClient } from '../src/testing/test-app.ts';
import {
  createSession,
  follow,
  isRequest,
  isResult,
  sendPrompt,
  startServer,
  temporaryFolder,
} from './running-server.ts';

const DAY_MS = 24 * 60 * 60_000;
const idsOf = async (client: TestClient): Promise<string[]> =>
  (await jsonOf<{ data: { id: string }[] }>(client.get('/v1/native/sessions'))).data.map(({ id }) => id);

test('sessions that were quiet for too long are deleted, those that wait for somebody are not', async () => {
  const folder = await temporaryFolder();
  const before = await startServer({ folder });
  const quiet = await createSession(before.client);
  await sendPrompt(before.client, quiet, '@say x');
  await (await follow(before.client, quiet)).until(isResult);
  const asking = await createSession(before.client);
  await sendPrompt(before.client, asking, '@tool Bash {"command":"touch x"}');
  await (await follow(before.client, asking)).until(isRequest);
  await before.stop();

  const young = await startServer({ folder, deleteAfterMs: DAY_MS });
  await young.app.recovered;
  expect((await idsOf(young.client)).toSorted()).toEqual([quiet, asking].toSorted());
  await young.stop();

  const { client } = await startServer({ folder, deleteAfterMs: 1 });
  await vi.waitUntil(async () => !(await idsOf(client)).includes(quiet), { timeout: 4_000 });
  expect(await idsOf(client)).toEqual([asking]);
});
