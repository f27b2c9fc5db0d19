import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createEmulator, cut, emit, raw, splitCharacters, stall, text, withFaults } from '../index.ts';
import type { Listening } from './listen.ts';
import { bodyOf, eventsOf, streamedText } from '../testing/ask.ts';

const HEADERS = { 'content-type': 'application/json', 'anthropic-version': '2026-10-21', 'x-api-key': 'any' };

/** One POST by node:http; resolves with the answer's head. */
async function post(
  at: Listening,
  body: unknown,
  o: { headers?: Record<string, string>; path?: string; method?: string } = {},
): Promise<IncomingMessage> {
  const request = httpRequest(`${at.url}${o.path ?? '/v1/messages'}`, {
    method: o.method ?? 'POST',
    headers: o.headers ?? HEADERS,
  });
  request.end(typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function read(response: IncomingMessage): Promise<{ chunks: Uint8Array[]; text: string; error: unknown }> {
  const chunks: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const chunk of response) chunks.push(chunk as Uint8Array);
  } catch (thrown) {
    error = thrown;
  }
  return { chunks, text: Buffer.concat(chunks).toString('utf8'), error };
}

test('streams over HTTP, on 127.0.0.1 and a free port', async () => {
  const emulator = createEmulator({ script: [text('Hello there')] });
  await using at = await emulator.listen();
  expect(at.url).toBe(`http://127.0.0.1:${at.port}`);
  const response = await post(at, bodyOf({ stream: true }));
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
  expect(streamedText(eventsOf((await read(response)).text))).toBe('Hello there');
  expect(response.headers['request-id']).toBe(emulator.requests[0]?.requestId);
});

test.each<[string, number, string, Record<string, string>, unknown]>([
  ['no credential', 401, 'authentication_error', { 'anthropic-version': '2026-10-21' }, bodyOf()],
  ['two credentials', 401, 'authentication_error', { ...HEADERS, authorization: 'Bearer other' }, bodyOf()],
  [
    'a credential that is no bearer',
    401,
    'authentication_error',
    { ...HEADERS, authorization: 'Basic eA==' },
    bodyOf(),
  ],
  ['no version', 400, 'invalid_request_error', { 'x-api-key': 'any' }, bodyOf()],
  ['an unknown version', 400, 'invalid_request_error', { ...HEADERS, 'anthropic-version': '2020-01-01' }, bodyOf()],
  ['a body that is no JSON', 400, 'invalid_request_error', HEADERS, '{"model":'],
  ['an empty body', 400, 'invalid_request_error', HEADERS, ''],
  ['an unknown model', 404, 'not_found_error', HEADERS, bodyOf({ model: 'claude-9' })],
])('refuses %s', async (_, status, type, headers, body) => {
  await using at = await createEmulator().listen();
  const response = await post(at, body, { headers });
  expect([response.statusCode, JSON.parse((await read(response)).text)]).toEqual([
    status,
    { type: 'error', error: { type, message: expect.any(String) }, request_id: response.headers['request-id'] },
  ]);
});

test('takes either header for the key, and both when they agree', async () => {
  await using at = await createEmulator().listen();
  const version = { 'anthropic-version': '2026-10-21' };
  for (const key of [
    { 'x-api-key': 'k' },
    { authorization: 'Bearer k' },
    { 'x-api-key': 'k', authorization: 'Bearer k' },
  ]) {
    const response = await post(at, bodyOf(), { headers: { ...version, ...key } });
    expect(response.statusCode).toBe(200);
    await read(response);
  }
});

test('refuses a body of more than 32 MB with 413, and reads it first so that the client can see that', async () => {
  await using at = await createEmulator().listen();
  const large = bodyOf({ messages: [{ role: 'user', content: 'x'.repeat(33 * 1024 * 1024) }] });
  const response = await post(at, large);
  expect([response.statusCode, (await read(response)).text]).toEqual([
    413,
    expect.stringContaining('request_too_large'),
  ]);
});

test('answers other paths with 404 and other methods with 405', async () => {
  await using at = await createEmulator().listen();
  const seen = [];
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '//'],
    ['GET', '/v1/messages'],
    ['POST', '/v1/complete'],
    ['GET', '/v1/models/x%ZZ'],
  ] as const) {
    const response = await post(at, '', { method, path });
    seen.push(response.statusCode);
    await read(response);
  }
  expect(seen).toEqual([404, 404, 405, 404, 404]);
});

test('delivers every event before it breaks the connection', async () => {
  await using at = await createEmulator({ script: [cut({ afterEvents: 5000 }, emit(6000))] }).listen();
  const { text: body, error } = await read(await post(at, bodyOf({ stream: true, max_tokens: 128_000 })));
  expect([eventsOf(body).length, error]).toMatchObject([5000, { code: 'ECONNRESET' }]);
});

test.each([
  ['cut', undefined],
  ['reset', 'ECONNRESET'],
] as const)('a connection that is %s ends at its client with %s', async (type, code) => {
  const emulator = createEmulator({ script: [withFaults(text('Hi'), { type, afterEvents: 2 })] });
  await using at = await emulator.listen();
  const body = JSON.stringify(bodyOf({ stream: true }));
  const socket = connect(at.port, '127.0.0.1');
  let error: Error | undefined;
  socket.on('error', (caught) => (error = caught));
  socket
    .resume()
    .write(
      `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: any\r\nanthropic-version: 2026-10-21\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  await new Promise((resolve) => socket.once('close', resolve));
  expect((error as NodeJS.ErrnoException | undefined)?.code).toBe(code);
});

test('keeps the chunks that end inside a character apart', async () => {
  await using at = await createEmulator({ script: [splitCharacters(text('Grüße 你好 🌙'))] }).listen();
  const { chunks, text: body } = await read(await post(at, bodyOf({ stream: true })));
  expect(streamedText(eventsOf(body))).toBe('Grüße 你好 🌙');
  expect(chunks.filter((chunk) => Buffer.from(chunk).toString('utf8').includes('\uFFFD')).length).toBeGreaterThan(1);
});

test('sends the head of a stalled answer, and records the client’s leaving as aborted', async () => {
  const emulator = createEmulator({ script: [stall()] });
  await using at = await emulator.listen();
  const response = await post(at, bodyOf({ stream: true }));
  expect([response.statusCode, emulator.requests[0]?.state]).toEqual([200, 'answering']);
  response.destroy();
  await emulator.idle();
  expect(emulator.requests[0]?.aborted).toBe(true);
});

test('stops producing when a slow client goes away', async () => {
  const emulator = createEmulator({ script: [emit(500_000)] });
  await using at = await emulator.listen();
  const response = await post(at, bodyOf({ stream: true, model: 'claude-opus-5-5', max_tokens: 128_000 }));
  response.pause();
  await once(response, 'readable');
  response.destroy();
  await emulator.idle();
  expect(emulator.requests[0]?.state).toBe('aborted');
});

test('close ends open streams and idle connections at once, twice if asked, and frees the port', async () => {
  const emulator = createEmulator({ script: [stall()] });
  const at = await emulator.listen();
  const reading = read(await post(at, bodyOf({ stream: true })));
  const idle = connect(at.port, '127.0.0.1');
  await once(idle, 'connect');
  const idleClosed = once(idle, 'close');
  await Promise.all([at.close(), at.close()]);
  expect((await reading).error).toMatchObject({ code: 'ECONNRESET' });
  await idleClosed;
  await emulator.idle();
  await using again = await emulator.listen({ port: at.port });
  expect(again.port).toBe(at.port);
  await expect(emulator.listen({ port: at.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('an answer that HTTP cannot carry is a 500, not a broken connection', async () => {
  const emulator = createEmulator({ script: [raw({ headers: { 'a b': 'c' } }), text('Still here')] });
  await using at = await emulator.listen();
  const response = await post(at, bodyOf());
  const requestId = emulator.requests[0]?.requestId;
  expect([response.statusCode, response.headers['request-id']]).toEqual([500, requestId]);
  expect(JSON.parse((await read(response)).text)).toMatchObject({
    error: { type: 'api_error' },
    request_id: requestId,
  });
  expect((await post(at, bodyOf())).statusCode).toBe(200);
});
