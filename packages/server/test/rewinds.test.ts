import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createSession, follow, isResult, sendPrompt, startServer } from './running-server.ts';

test('of rewinds that are asked for at once each is answered', async () => {
  const { client } = await startServer();
  const id = await createSession(client);
  const stream = await follow(client, id);
  const uuids: string[] = [];
  for (let n = 0; n < 6; n += 1) {
    uuids.push((await sendPrompt(client, id, `@say ${n}`)).uuid);
    await stream.until(isResult);
  }
  const rewinds: Promise<Response>[] = [];
  for (const to of uuids.toReversed()) {
    rewinds.push(client.post(`/v1/sessions/${id}/rewind`, { to }));
    // The next comes while this one is at work.
    for (let n = 0; n < 3; n += 1) await setImmediate();
  }
  const answers = await Promise.all(rewinds);
  expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
  // The session goes on.
  await sendPrompt(client, id, '@say more');
  await stream.until(isResult);
});
