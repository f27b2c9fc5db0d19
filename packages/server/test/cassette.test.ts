import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { collectText, openSession } from 'colloquy';
import { cassetteOfSession, replayCassette } from 'colloquy/testing';
import { expect, test } from 'vitest';
import { jsonOf } from '../src/testing/test-app.ts';
import { createSession, follow, isResult, sendPrompt, startServer, temporaryFolder } from './running-server.ts';

test('a session of the server, read over HTTP, replays in a program without server and network', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'notes.txt'), 'Seven lines.');
  const emulator = createEmulator({
    script: [toolUse('Read', { file_path: join(folder, 'notes.txt') }), text('It says seven.'), text('Bye.')],
  });
  const server = await startServer({ folder, emulator });
  const { client } = server;
  const id = await createSession(client, { tools: ['Read'] });
  const reader = await follow(client, id);
  for (const prompt of ['Read the notes', 'Thanks']) {
    await sendPrompt(client, id, prompt);
    await reader.until(isResult);
  }
  const { data } = await jsonOf<{ data: unknown[] }>(client.get(`/v1/sessions/${id}/log`));
  await server.stop();

  const send = replayCassette(cassetteOfSession(data));
  await using session = await openSession({
    send,
    cwd: folder,
    env: {},
    tools: ['Read'],
    persistSession: false,
    settingSources: [],
  });
  expect(await collectText(session.query('Read the notes'))).toBe('It says seven.');
  expect(await collectText(session.query('Thanks'))).toBe('Bye.');
  send.finish();
});
