import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonOf, type TestClient } from '../src/testing/test-app.ts';
import { createSession, follow, sendPrompt, startServer, temporaryFolder } from './running-server.ts';

type Found = {
  data: { session_id: string; title: string; role: string; snippet: string; matches: [number, number][] }[];
  next_page: string | null;
};

const search = (client: TestClient, q: string, more = ''): Promise<Found> =>
  jsonOf(client.get(`/v1/native/search?q=${encodeURIComponent(q)}${more}`));

async function say(client: TestClient, text: string, id?: string): Promise<string> {
  const session = id ?? (await createSession(client));
  const stream = await follow(client, session);
  const { uuid } = await sendPrompt(client, session, text);
  await stream.until(({ message }) => message?.type === 'result' && message.user_message_uuid === uuid);
  return session;
}

test('what was said is found: by word, by the beginning of the last one, without accents, and what was said just now', async () => {
  const folder = await temporaryFolder();
  const before = await startServer({ folder });
  const { client } = before;
  const herring = await say(client, '@say The herring swims\n in the Zürichsee.');
  await say(client, '@say Nothing of the kind.');
  expect(await search(client, 'herring swi')).toMatchObject({
    data: [
      // The shorter text first.
      { session_id: herring, role: 'assistant' },
      { session_id: herring, role: 'user' },
    ],
    next_page: null,
  });
  const { snippet, matches } = (await search(client, 'zurichsee')).data.at(-1)!;
  expect(matches.map(([from, to]) => snippet.slice(from, to))).toEqual(['Zürichsee']);
  expect((await search(client, 'mackerel')).data).toEqual([]);
  await say(client, '@say A mackerel, too.', herring);
  expect((await search(client, 'mackerel')).data.map(({ session_id }) => session_id)).toEqual([herring, herring]);

  await before.stop();
  const again = await startServer({ folder });
  expect((await search(again.client, 'mackerel')).data).toHaveLength(2);
});

test('a search is no program: quotes, operators and odd characters are words or nothing', async () => {
  const { client } = await startServer();
  const id = await say(client, '@say say "NEAR" AND (nothing) OR text:foo* -bar');
  for (const q of [
    '"NEAR" AND',
    'text:foo*',
    '(nothing) OR',
    "'; DROP TABLE words; --",
    'NEAR(a b)',
    '"',
    '***',
    '𝕏 \u{0}',
    'NE\u{0}AR',
    'a'.repeat(1_000),
  ]) {
    expect((await client.get(`/v1/native/search?q=${encodeURIComponent(q)}`)).status).toBe(200);
  }
  expect((await search(client, '"NEAR"')).data[0]).toMatchObject({ session_id: id });
  for (const query of [
    '',
    '?q=',
    '?q=x&limit=0',
    '?q=x&limit=101',
    '?q=x&page=-1',
    '?q=x&nonsense=1',
    `?q=${'a'.repeat(1_001)}`,
  ]) {
    expect((await client.get(`/v1/native/search${query}`)).status).toBe(400);
  }
});

test('a list of finds goes on page by page', async () => {
  const { client } = await startServer();
  const id = await createSession(client);
  for (let n = 0; n < 3; n += 1) await say(client, `@say needle ${n}`, id);
  const seen: string[] = [];
  let page: string | null = '0';
  while (page !== null) {
    const part: Found = await search(client, 'needle', `&limit=4&page=${page}`);
    seen.push(...part.data.map(({ snippet }) => snippet));
    page = part.next_page;
  }
  expect(seen).toHaveLength(6);
});

test('a deleted conversation is found no longer', async () => {
  const { client } = await startServer();
  const id = await say(client, '@say a secret plan');
  expect((await search(client, 'secret')).data).toHaveLength(2);
  expect((await client.delete(`/v1/native/sessions/${id}`)).status).toBe(204);
  expect((await search(client, 'secret')).data).toEqual([]);
});

test('a deleted conversation leaves none of its words in the data folder', async () => {
  const folder = await temporaryFolder();
  const { client } = await startServer({ folder });
  await say(client, '@say something else');
  const id = await say(client, '@say plan-of-the-heist');
  await search(client, 'heist');
  expect((await client.delete(`/v1/native/sessions/${id}`)).status).toBe(204);
  for (const name of await readdir(folder)) {
    if ((await stat(join(folder, name))).isFile())
      expect(await readFile(join(folder, name), 'latin1')).not.toContain('of-the-heist');
  }
});

test('a conversation is exported as Markdown and as JSON', async () => {
  const { client } = await startServer();
  const id = await say(client, '@tool Glob {"pattern":"*.none"}\n@say Here is code:\n```js\n1\n```');
  const markdown = await client.get(`/v1/sessions/${id}/export`);
  expect(markdown.headers.get('content-disposition')).toBe(`attachment; filename="conversation-${id}.md"`);
  const text = await markdown.text();
  expect(text).toMatch(/^# .*\n\nSession .*, with claude-opus-5-5\.\n\n## You\n\n@tool Glob/);
  expect(text).toContain('<details><summary>Glob</summary>');
  expect(text).toContain('## Claude');
  const json = await jsonOf<{ session: { id: string }; messages: { type: string }[] }>(
    client.get(`/v1/sessions/${id}/export?format=json`),
  );
  expect(json.session.id).toBe(id);
  expect(json.messages.map(({ type }) => type)).toEqual(['user', 'assistant', 'user', 'assistant']);
  expect((await client.get(`/v1/sessions/${id}/export?format=pdf`)).status).toBe(400);
});
