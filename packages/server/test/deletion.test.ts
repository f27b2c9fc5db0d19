import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqliteStore } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { openTables } from '../src/store/tables.ts';
import { jsonOf, type TestClient } from '../src/testing/test-app.ts';
import { createSession, follow, isResult, sendPrompt, startServer, temporaryFolder } from './running-server.ts';

// What is deleted is gone, also where the server ended in the middle of it.

const WORD = 'plan-of-the-heist';

/** The files below a folder that have the word in them. */
async function filesWith(folder: string, word: string): Promise<string[]> {
  const paths = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
  const found: string[] = [];
  for (const path of paths) {
    if ((await stat(path)).isFile() && (await readFile(path, 'latin1')).includes(word)) found.push(path);
  }
  return found;
}

async function say(client: TestClient, id: string): Promise<void> {
  const stream = await follow(client, id);
  await sendPrompt(client, id, `@say ${WORD}`);
  await stream.until(isResult);
  await client.get(`/v1/native/search?q=${WORD}`);
}

test('the answer to the request that made a session goes with it, and its repeat makes no other', async () => {
  const folder = await temporaryFolder();
  const { client } = await startServer({ folder });
  const make = (): Promise<Response> =>
    client.post('/v1/native/sessions', { options: { systemPrompt: WORD, title: WORD } }, { 'idempotency-key': 'k' });
  const { id } = await jsonOf<{ id: string }>(make());
  const fork = await jsonOf<{ id: string }>(client.post(`/v1/native/sessions/${id}/fork`, { title: WORD }));
  for (const each of [fork.id, id]) expect((await client.delete(`/v1/native/sessions/${each}`)).status).toBe(204);
  expect(await filesWith(folder, WORD)).toEqual([]);
  expect((await make()).status).toBe(409);
  expect((await jsonOf<{ data: unknown[] }>(client.get('/v1/native/sessions'))).data).toEqual([]);
});

test.each(['before', 'after'])(
  'a deletion that was cut off %s the log was gone is finished at the next start',
  async (when) => {
    const folder = await temporaryFolder();
    const sessionFolders = join(folder, 'workspaces');
    const first = await startServer({ folder, sessionFolders });
    const id = await createSession(first.client);
    await say(first.client, id);
    await first.stop();
    const own = join(sessionFolders, id);
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'notes.txt'), WORD);
    expect(await filesWith(folder, WORD)).not.toEqual([]);

    const tables = await openTables(folder);
    await tables.insertInto('deletion').values({ session: id, begun_at: Date.now() }).execute();
    await tables.destroy();
    if (when === 'after') {
      await using store = await openSqliteStore({ path: join(folder, 'sessions.db') });
      await store.sessions.delete(id);
    }

    const second = await startServer({ folder, sessionFolders });
    await second.app.recovered;
    expect(await filesWith(folder, WORD)).toEqual([]);
    expect((await second.client.get(`/v1/native/sessions/${id}`)).status).toBe(404);
  },
);

test('a deletion that could not be is no deletion of a later session, nor of this one', async () => {
  const folder = await temporaryFolder();
  const first = await startServer({ folder });
  const id = await createSession(first.client);
  await first.stop();
  const tables = await openTables(folder);
  await tables.insertInto('deletion').values({ session: id, begun_at: 1 }).execute();
  await tables.destroy();
  const { app, client } = await startServer({ folder });
  await app.recovered;
  expect((await client.get(`/v1/native/sessions/${id}`)).status).toBe(200);
});
