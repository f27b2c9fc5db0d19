import { type SDKResultMessage, SessionNotFoundError } from 'colloquy';
import { createApiEngine } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { copySession } from '../../src/engines/api/copy-session.ts';
import { openWorkplace, plainModel, promptOf, recordSession, storeWith } from './recorded-session.ts';

test('a session forked after any entry opens and answers, and runs none of its calls', async () => {
  const recorded = await recordSession();
  const { store, id } = await storeWith(recorded);
  const flaws: string[] = [];
  for (const { seq, kind } of recorded) {
    const fork = await copySession(store, id, { upTo: seq });
    const { options, effects } = openWorkplace();
    const emulator = plainModel();
    const engine = createApiEngine({ store, send: emulator.send });
    await using session = await engine.open({ ...options, resume: fork });
    const messages = session.messages();
    await session.send(promptOf('note last'));
    const results: SDKResultMessage[] = [];
    for await (const message of messages) {
      if (message.type !== 'result') continue;
      results.push(message);
      break;
    }
    if (results[0]?.terminal_reason !== 'completed') flaws.push(`${seq} ${kind}: ${JSON.stringify(results[0])}`);
    if (effects.join() !== 'last') flaws.push(`${seq} ${kind}: ran ${effects.join()}`);
    for (const { status, messages: sent } of emulator.requests)
      if (status !== 200) flaws.push(`${seq} ${kind}: ${status} for ${JSON.stringify(sent.slice(-2))}`);
    const row = await store.sessions.get(fork);
    if (row?.running !== false) flaws.push(`${seq} ${kind}: a turn is open`);
  }
  expect(flaws).toEqual([]);
}, 60_000);

test('a fork of a session that is deleted meanwhile leaves nothing behind', async () => {
  const { store, id } = await storeWith(await recordSession());
  const read = store.read.bind(store);
  store.read = async (...args) => {
    await store.sessions.delete(id);
    return read(...args);
  };
  await expect(copySession(store, id)).rejects.toThrow(SessionNotFoundError);
  expect(await store.sessions.list()).toEqual([]);
});
