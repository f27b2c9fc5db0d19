import { join } from 'node:path';
import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/open-database.ts';
import { ASK_ALWAYS, customTool, Follower, isOver, newSession, ofType, say, waitsFor } from './conversing.ts';
import { all, type Managed, startManaged } from './fixture.ts';

// A request whose server died between what it did and its answer.

type Sent = { status: number; body: unknown };

async function send(server: Managed, id: string, key: string, event: object): Promise<Sent> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const body = JSON.stringify({ events: [event] });
  const response = await server.fetch(`/v1/sessions/${id}/events`, { method: 'POST', headers, body });
  return { status: response.status, body: await response.json() };
}

/** As if the process had died before it answered. */
async function forgetAnswers(folder: string): Promise<void> {
  const path = join(folder, 'requests.db');
  const db = await openDatabase<{ request: { key: string; status: number | null } }>({ path, synchronous: 'normal' });
  await db.updateTable('request').set({ status: null }).execute();
  await db.destroy();
}

test('events whose answer was lost with the server are answered as before, and done once', async () => {
  const script = [
    toolUse('write', { file_path: 'a.txt', content: 'x' }),
    text('Written.'),
    toolUse('look', { at: 'it' }),
    text('Seen.'),
  ];
  const before = await startManaged({ emulator: createEmulator({ script }) });
  const { folder, client } = before;
  const { id } = await newSession(before, { agent: { tools: [...ASK_ALWAYS, customTool('look')] } });
  const stream = await Follower.open(client, id);
  const sent: [string, object, Sent][] = [];
  const tell = async (key: string, event: object): Promise<void> => {
    sent.push([key, event, await send(before, id, key, event)]);
  };

  await tell('say', say('Write'));
  const [write] = ofType(await stream.until(waitsFor(1)), 'agent.tool_use');
  await tell('allow', { type: 'user.tool_confirmation', tool_use_id: write?.id, result: 'allow' });
  await stream.until(isOver);
  await tell('again', say('Look'));
  const [look] = ofType(await stream.until(waitsFor(1)), 'agent.custom_tool_use');
  const content = [{ type: 'text', text: 'Nice.' }];
  await tell('result', { type: 'user.custom_tool_result', custom_tool_use_id: look?.id, content });
  await stream.until(isOver);
  await tell('stop', { type: 'user.interrupt' });
  await client.beta.sessions.archive(id);
  expect(sent.map(([, , { status }]) => status)).toEqual([200, 200, 200, 200, 200]);
  const events = await all(client.beta.sessions.events.list(id));
  await before.stop();
  await forgetAnswers(folder);

  const after = await startManaged({ folder });
  for (const [key, event, first] of sent) expect(await send(after, id, key, event)).toEqual(first);
  expect(await all(after.client.beta.sessions.events.list(id))).toEqual(events);
  // What was not accepted then is looked at now.
  expect((await send(after, id, 'new', say('More'))).status).toBe(400);
});
