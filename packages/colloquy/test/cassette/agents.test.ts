import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { createApiEngine, createMemoryStore, type Entry } from 'colloquy/internal';
import type { Options } from 'colloquy';
import { cassetteOfSession, replayCassette } from 'colloquy/testing';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

test('a session with a subagent, taken from its log, replays with the same answers', async () => {
  const cwd = temporaryFolder('cassette-agents');
  const hold = async (send: Options['send']): Promise<readonly Entry[]> => {
    await using store = createMemoryStore();
    const session = await createApiEngine({ store }).open({
      send,
      cwd,
      env: {},
      settingSources: [],
      allowedTools: ['Agent'],
    });
    const messages = session.messages();
    await session.send({ type: 'user', message: { role: 'user', content: 'Ask somebody' }, parent_tool_use_id: null });
    for await (const message of messages) if (message.type === 'result') break;
    await session[Symbol.asyncDispose]();
    return await store.read(session.id, { after: 0 });
  };
  const call = {
    description: 'Looks',
    prompt: 'What is here?',
    subagent_type: 'general-purpose',
    run_in_background: false,
  };
  const emulator = createEmulator({
    script: [toolUse('Agent', call), text('Nothing is here.'), text('It says: nothing.')],
  });
  const first = await hold(emulator.send);
  expect(emulator.requests).toHaveLength(3);
  const cassette = cassetteOfSession(first);
  expect(cassette.exchanges).toHaveLength(3);
  const send = replayCassette(cassette);
  const second = await hold(send);
  send.finish();
  const said = (entries: readonly Entry[]): unknown[] =>
    entries.flatMap((entry) => (entry.kind === 'model_block' ? [entry.block] : []));
  expect(said(second)).toEqual(said(first));
});
