import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { createEmulator, text, type Emulator } from '../index.ts';
import type { Listening } from '../server/listen.ts';
import { bodyOf, eventsOf, streamedText, tools } from '../testing/ask.ts';
import type { RequestDetails } from './request-details.ts';
import type { RequestSummary } from './request-summary.ts';

const KEY = 'sk-ant-api03-0123456789abcdef';
const API = { 'content-type': 'application/json', 'anthropic-version': '2026-10-21', authorization: `Bearer ${KEY}` };
const JSON_TYPE = { 'content-type': 'application/json' };

async function setUp(o: { beTheModel?: boolean } = {}): Promise<{ emulator: Emulator; at: Listening }> {
  const emulator = createEmulator();
  return { emulator, at: await emulator.listen({ page: o }) };
}

/** By node:http, which sends the `Host` it is told. */
async function send(
  at: Listening,
  path: string,
  o: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<IncomingMessage> {
  const request = httpRequest(at.url + path, { method: o.method ?? 'GET', headers: o.headers ?? {} });
  request.end(o.body === undefined ? undefined : JSON.stringify(o.body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('utf8');
}

const post = (at: Listening, path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(at, path, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
const ask = (at: Listening, fields: Record<string, unknown> = {}) =>
  send(at, '/v1/messages', { method: 'POST', headers: API, body: bodyOf({ stream: true, ...fields }) });

/** Reads the page's events until one request is as it should be. */
async function untilTold(at: Listening, isSo: (request: RequestSummary) => boolean): Promise<RequestSummary> {
  const response = await send(at, '/_emulator/events');
  let told = '';
  for await (const chunk of response) {
    told += String(chunk);
    const frames = told.split('\n\n').slice(0, -1);
    for (const [, data] of frames.map((frame) => /^data: (.+)$/m.exec(frame) ?? [])) {
      const { requests = [] } = JSON.parse(data ?? '{}') as { requests?: RequestSummary[] };
      const found = requests.find(isSo);
      if (found) return found;
    }
  }
  throw new Error(`The events ended: ${told}`);
}

test('there is a page only where it was asked for', async () => {
  await using at = await createEmulator().listen();
  const seen = await Promise.all(['/', '/_emulator/events'].map((path) => send(at, path)));
  expect(seen.map((response) => response.statusCode)).toEqual([404, 404]);
});

test('serves its files under a strict policy, and nothing beside them', async () => {
  const { at } = await setUp();
  await using _ = at;
  const html = await send(at, '/');
  expect(html.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
  });
  const page = await textOf(html);
  expect(page).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
  const files = [...page.matchAll(/\/_emulator\/files\/[a-z.-]+/g)].map(([path]) => path);
  const wrong = ['tsconfig.json', 'format.test.ts', '..%2fpage.ts', 'none.js'].map(
    (name) => `/_emulator/files/${name}`,
  );
  const seen = await Promise.all([...files, ...wrong].map(async (path) => (await send(at, path)).statusCode));
  expect(seen).toEqual([...files.map(() => 200), ...wrong.map(() => 404)]);
});

test('the API stays what it is beside the page, the look with HEAD included', async () => {
  const { emulator, at } = await setUp();
  await using _ = at;
  const seen = await Promise.all([send(at, '/', { method: 'HEAD' }), send(at, '/v1/unknown')]);
  expect(seen.map((response) => response.statusCode)).toEqual([404, 404]);
  expect(emulator.requests.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
    'GET /v1/unknown',
    'HEAD /',
  ]);
});

test.each<[string, number, Record<string, string>]>([
  ['the page itself', 200, { origin: 'ORIGIN', 'sec-fetch-site': 'same-origin' }],
  ['a program', 200, {}],
  ['the address bar', 200, { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
  ['localhost', 200, { host: 'localhost:PORT' }],
  ['a rebound name', 403, { host: 'evil.example:PORT' }],
  ['a name that begins well', 403, { host: '127.0.0.1.evil.example:PORT' }],
  ['another port', 403, { host: '127.0.0.1:1' }],
  ['no port', 403, { host: '127.0.0.1' }],
  ['another spelling of the address', 403, { host: '2130706433:PORT' }],
  ['another origin', 403, { origin: 'https://evil.example' }],
  ['another port of this machine', 403, { origin: 'http://127.0.0.1:1' }],
  ['a page without an origin', 403, { origin: 'null' }],
  ['another site', 403, { 'sec-fetch-site': 'cross-site' }],
  [
    'a link from another site',
    403,
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ],
  ['another port, by a fetch', 403, { 'sec-fetch-site': 'same-site' }],
])('data goes to this machine and its own page only: %s gets %i', async (_, status, headers) => {
  const { at } = await setUp();
  await using listening = at;
  (await ask(at)).resume();
  const { id } = await untilTold(at, () => true);
  const filled = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replace('PORT', String(at.port)).replace('ORIGIN', listening.url),
    ]),
  );
  const seen = await Promise.all([
    send(at, `/_emulator/requests/${id}`, { headers: filled }),
    post(at, '/_emulator/be-the-model', { on: false }, filled),
    send(at, '/_emulator/events', { headers: filled }),
  ]);
  expect(seen.map((response) => response.statusCode)).toEqual([status, status, status]);
});

test('a link on another site may lead to the page, which cannot be framed', async () => {
  const { at } = await setUp();
  await using _ = at;
  const site = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  const seen = await Promise.all(
    ['document', 'iframe'].map((dest) => send(at, '/', { headers: { ...site, 'sec-fetch-dest': dest } })),
  );
  expect(seen.map((response) => response.statusCode)).toEqual([200, 403]);
});

test('shows a request with its answer, and no credential in any form', async () => {
  const { emulator, at } = await setUp();
  await using _ = at;
  emulator.script(text('Your key is the one you sent.'));
  const messages = [{ role: 'user', content: `<system-reminder>no</system-reminder>My key is ${KEY}` }];
  await textOf(await ask(at, { messages }));
  const { id } = await untilTold(at, ({ state }) => state === 'answered');
  const response = await send(at, `/_emulator/requests/${id}`);
  const shown = await textOf(response);
  expect([shown.includes(KEY), response.headers['cache-control']]).toEqual([false, 'no-store']);
  const details = JSON.parse(shown) as RequestDetails;
  expect(details).toEqual({
    summary: {
      id: emulator.requests[0]?.requestId,
      method: 'POST',
      path: '/v1/messages',
      received_at_ms: emulator.requests[0]?.receivedAtMs,
      duration_ms: expect.any(Number),
      state: 'answered',
      status: 200,
      model: 'claude-opus-5-5',
      stream: true,
      prompt: 'My key is (hidden)',
      said: 'Your key is the one you sent.',
      usage: {
        cache_read: 0,
        cache_write: 0,
        cache_write_1h: 0,
        uncached: expect.any(Number),
        output: expect.any(Number),
        thinking: 0,
      },
      stop_reason: 'end_turn',
      events: 13,
    },
    query: '',
    headers: expect.objectContaining({ authorization: '(hidden)', 'anthropic-version': '2026-10-21' }),
    body: bodyOf({
      stream: true,
      messages: [{ role: 'user', content: '<system-reminder>no</system-reminder>My key is (hidden)' }],
    }),
    answer: expect.objectContaining({ content: [{ type: 'text', text: 'Your key is the one you sent.' }] }),
    callable_tools: [],
  });
});

test('says why a request was refused, and shows what is no conversation at all', async () => {
  const { at } = await setUp();
  await using _ = at;
  (await ask(at, { messages: [null, { role: 'user', content: [null, 5] }, 7] })).resume();
  const { error, status } = await untilTold(at, ({ state }) => state === 'answered');
  expect([status, error]).toEqual([400, { type: 'invalid_request_error', message: expect.any(String) }]);
});

test('a person answers with a text and a tool call, which the client streams; a second answer comes too late', async () => {
  const { at } = await setUp({ beTheModel: true });
  await using _ = at;
  const asking = ask(at, { tools: tools() });
  const { id, waits_until_ms: until } = await untilTold(at, ({ state }) => state === 'waiting');
  expect(until).toBeGreaterThan(Date.now());
  const answer = {
    blocks: [
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', name: 'Read', input: { file_path: 'a.md' } },
    ],
  };
  const wrong = await post(at, `/_emulator/requests/${id}/answer`, { blocks: [{ type: 'text', text: '' }] });
  expect([wrong.statusCode, await textOf(wrong)]).toEqual([400, '{"error":"blocks[0].text: must not be empty"}']);
  expect((await post(at, `/_emulator/requests/${id}/answer`, answer)).statusCode).toBe(200);
  const events = eventsOf(await textOf(await asking));
  expect(streamedText(events)).toBe('I look.');
  expect(events.find(({ type }) => type === 'message_delta')).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  expect((await post(at, `/_emulator/requests/${id}/answer`, answer)).statusCode).toBe(409);
});

test('whoever lets go of a request leaves it to the simulated assistant', async () => {
  const { at } = await setUp({ beTheModel: true });
  await using _ = at;
  const asking = ask(at, { messages: [{ role: 'user', content: '@say by itself' }] });
  const { id } = await untilTold(at, ({ state }) => state === 'waiting');
  expect((await post(at, `/_emulator/requests/${id}/release`, {})).statusCode).toBe(200);
  expect(streamedText(eventsOf(await textOf(await asking)))).toBe('by itself');
});

test('a client that leaves waits no more; closing the port lets others go', async () => {
  const { emulator, at } = await setUp({ beTheModel: true });
  const request = httpRequest(`${at.url}/v1/messages`, { method: 'POST', headers: API });
  request.on('error', () => {});
  request.end(JSON.stringify(bodyOf()));
  const { id } = await untilTold(at, ({ state }) => state === 'waiting');
  request.destroy();
  await untilTold(at, (told) => told.id === id && told.state === 'aborted');
  const inProcess = emulator.send({
    method: 'POST',
    url: '/v1/messages',
    headers: API,
    body: JSON.stringify(bodyOf({ messages: [{ role: 'user', content: '@say by itself' }] })),
  });
  await untilTold(at, ({ state }) => state === 'waiting');
  await at.close();
  expect((await inProcess).status).toBe(200);
});

test.each<[string, number, string, string, unknown, Record<string, string>]>([
  ['no JSON type', 415, 'POST', '/_emulator/be-the-model', { on: true }, { 'content-type': 'text/plain' }],
  ['no switch', 400, 'POST', '/_emulator/be-the-model', { on: 'yes' }, JSON_TYPE],
  ['a list', 400, 'POST', '/_emulator/be-the-model', [], JSON_TYPE],
  ['too much', 413, 'POST', '/_emulator/be-the-model', { on: 'x'.repeat(1024 * 1024) }, JSON_TYPE],
  ['an unknown request', 404, 'GET', '/_emulator/requests/req_none', undefined, {}],
  ['an unknown path', 404, 'GET', '/_emulator/none', undefined, {}],
  ['another method', 405, 'POST', '/_emulator/events', {}, JSON_TYPE],
])('refuses %s with %i', async (_, status, method, path, body, headers) => {
  const { at } = await setUp();
  await using _listening = at;
  const response = await send(at, path, { method, headers, body });
  expect([response.statusCode, JSON.parse(await textOf(response))]).toEqual([status, { error: expect.any(String) }]);
});
