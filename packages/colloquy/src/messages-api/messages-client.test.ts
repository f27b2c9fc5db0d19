import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { APIConnectionError, APIError, ConfigurationError, TimeoutError } from '../errors.ts';
import { VERSION } from '../helpers/version.ts';
import { endpointFromEnv } from './endpoint.ts';
import { createMessagesClient, type MessagesClient } from './messages-client.ts';
import { type Answer, fakeSend, messageEnd, messageStart, textBlock, toFrames, USAGE } from './stream-fixtures.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const EVENTS = [messageStart(), ...textBlock(0, 'Hello'), ...messageEnd()];
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-5-5',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: USAGE,
};
const JSON_TYPE = { 'content-type': 'application/json' };

function clientOf(...answers: Answer[]): { client: MessagesClient; send: ReturnType<typeof fakeSend> } {
  const send = fakeSend(...answers);
  const endpoint = {
    ...endpointFromEnv({ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'http://api.test/v1/' }),
    betas: ['a-1'],
  };
  return { client: createMessagesClient({ send, endpoint }), send };
}

async function readAll(client: MessagesClient, signal?: AbortSignal): Promise<unknown[]> {
  const { events } = await client.stream('{"stream":true}', { signal });
  return (await Array.fromAsync(events)).flat();
}

/** What a call rejects with. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) => error,
  );
}

test('a stream is one POST with our own headers, and gives its request id and events', async () => {
  const { client, send } = clientOf({ body: [toFrames(EVENTS)] });
  const { requestId, events } = await client.stream('{"stream":true}');
  expect(requestId).toBe('req_1');
  expect((await Array.fromAsync(events)).flat()).toEqual(EVENTS);
  expect(send.requests).toMatchObject([
    { method: 'POST', url: 'http://api.test/v1/messages', body: '{"stream":true}' },
  ]);
  expect(send.requests[0]?.headers).toEqual({
    'content-type': 'application/json',
    'anthropic-version': '2026-10-21',
    'anthropic-beta': 'a-1',
    authorization: 'Bearer k',
    'user-agent': `colloquy/${VERSION}`,
  });
});

test('headers of a call replace the own ones, and its betas join them', async () => {
  const { client, send } = clientOf({ body: [toFrames(EVENTS)] });
  await client.stream('{}', { headers: { 'Anthropic-Beta': 'b-2', 'User-Agent': 'mine', 'x-more': '1' } });
  expect(send.requests[0]?.headers).toMatchObject({ 'anthropic-beta': 'a-1,b-2', 'user-agent': 'mine', 'x-more': '1' });
});

test('a page with status 200 is an error that quotes its beginning', async () => {
  const html = `<!doctype html>\n<title>Sign in to the hotel network</title>${'<p>'.repeat(200)}`;
  const { client } = clientOf({ headers: { 'content-type': 'text/html' }, body: [html] });
  const error = await errorOf(client.stream('{}'));
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ type: 'invalid_stream', status: 200, requestId: 'req_1' });
  expect(String(error)).toContain(
    'text/html instead of a stream of events, and begins: <!doctype html> <title>Sign in to the hotel',
  );
  expect(String(error).length).toBeLessThan(400);
});

test('an error in a JSON body with status 200 is that error', async () => {
  const body = ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'];
  expect(await errorOf(clientOf({ headers: JSON_TYPE, body }).client.stream('{}'))).toMatchObject({
    type: 'overloaded_error',
  });
  expect(await errorOf(clientOf({ headers: JSON_TYPE, body }).client.create('{}'))).toMatchObject({
    type: 'overloaded_error',
  });
});

test('an answer without content type, or with events named only alike, is no stream', async () => {
  for (const type of ['', 'text/event-streams', 'application/json; was=text/event-stream']) {
    const { client } = clientOf({ headers: { 'content-type': type }, body: [toFrames(EVENTS)] });
    expect(await errorOf(client.stream('{}'))).toMatchObject({ type: 'invalid_stream' });
  }
  expect(
    await readAll(clientOf({ headers: { 'content-type': 'Text/Event-Stream' }, body: [toFrames(EVENTS)] }).client),
  ).toEqual(EVENTS);
});

test('an error status is an APIError with what headers and body say', async () => {
  const body = '{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"},"request_id":"req_b"}';
  const { client } = clientOf({ status: 429, headers: { 'retry-after': '7' }, body: [body] });
  expect(await errorOf(client.stream('{}'))).toMatchObject({
    status: 429,
    type: 'rate_limit_error',
    requestId: 'req_1',
    retryAfterMs: 7_000,
  });
});

test('the body of an error is read no further than a megabyte, 30 seconds, or its break', async () => {
  const endless = clientOf({ status: 500, body: Array.from({ length: 50 }, () => 'x'.repeat(100_000)) });
  expect(await errorOf(endless.client.create('{}'))).toMatchObject({ status: 500, type: 'api_error' });
  expect(endless.send.left).toBe(1);

  const broken = clientOf({ status: 502, body: ['<h1>Bad gateway', new Error('reset')] });
  expect(await errorOf(broken.client.create('{}'))).toMatchObject({
    status: 502,
    message: expect.stringContaining('<h1>Bad gateway'),
  });

  const stuck = errorOf(clientOf({ status: 503, body: ['Try la', 'hang'] }).client.stream('{}'));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await stuck).toMatchObject({ status: 503, message: expect.stringContaining('Try la') });
  expect(vi.getTimerCount()).toBe(0);
});

test('an abort while the body of an error is read is the abort', async () => {
  const controller = new AbortController();
  const failing = errorOf(clientOf({ status: 503, body: ['hang'] }).client.stream('{}', { signal: controller.signal }));
  await vi.advanceTimersByTimeAsync(1);
  controller.abort('enough');
  expect(await failing).toBe('enough');
});

test('a send that fails is an APIConnectionError, whatever it threw', async () => {
  const { client } = clientOf();
  const error = await errorOf(client.stream('{}'));
  expect(error).toBeInstanceOf(APIConnectionError);
  expect(error).toMatchObject({ cause: new Error('No answer is left') });
});

test('headers that do not come are a TimeoutError, after five minutes for a stream and ten without', async () => {
  const silent = createMessagesClient({
    endpoint: endpointFromEnv({}),
    send: ({ signal }) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  });
  const waits = {
    stream: errorOf(silent.stream('{}')),
    create: errorOf(silent.create('{}')),
    count: errorOf(silent.countTokens('{}')),
  };
  const settled = vi.fn();
  void waits.create.then(settled);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await waits.count).toBeInstanceOf(TimeoutError);
  await vi.advanceTimersByTimeAsync(240_000);
  expect(await waits.stream).toBeInstanceOf(TimeoutError);
  await vi.advanceTimersByTimeAsync(299_999);
  expect(settled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(await waits.create).toBeInstanceOf(TimeoutError);
});

test('a stream that is opened and never read gives its connection up after the idle time', async () => {
  const { client, send } = clientOf({ body: ['hang'] });
  await client.stream('{}');
  await vi.advanceTimersByTimeAsync(90_000);
  expect(send.requests[0]?.signal?.aborted).toBe(true);
});

test('a signal that is aborted already sends nothing', async () => {
  const { client, send } = clientOf({ body: [] });
  const signal = AbortSignal.abort('before');
  expect(await errorOf(client.stream('{}', { signal }))).toBe('before');
  expect(await errorOf(client.create('{}', { signal }))).toBe('before');
  expect(send.requests).toEqual([]);
});

test('no call leaves a listener on its signal or a timer', async () => {
  const { signal } = new AbortController();
  const { client } = clientOf(
    { body: [toFrames(EVENTS)] },
    { headers: JSON_TYPE, body: [JSON.stringify(MESSAGE)] },
    { headers: JSON_TYPE, body: ['{"input_tokens":3}'] },
    { status: 500, body: [] },
    { headers: { 'content-type': 'text/html' }, body: [] },
  );
  await readAll(client, signal);
  await client.create('{}', { signal });
  await client.countTokens('{}', { signal });
  await errorOf(client.create('{}', { signal }));
  await errorOf(client.stream('{}', { signal }));
  await errorOf(client.stream('{}', { signal }));
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('create gives the whole message, to the letter', async () => {
  const message = { ...MESSAGE, content: [{ type: 'new_kind', payload: [1] }, ...MESSAGE.content], container: null };
  const text = JSON.stringify(message);
  const { client, send } = clientOf({ headers: JSON_TYPE, body: [text.slice(0, 50), text.slice(50)] });
  expect(await client.create(new TextEncoder().encode('{}'))).toEqual(message);
  expect(send.requests[0]?.body).toBeInstanceOf(Uint8Array);
});

test.each([
  ['not JSON', '<html>', /it is not JSON, and begins: <html>$/],
  ['cut JSON', JSON.stringify(MESSAGE).slice(0, -5), /it is not JSON/],
  ['nothing', '', /it is not JSON/],
  ['something else', '{"data":[]}', /the answer has no id or no model$/],
  [
    'a block without its fields',
    JSON.stringify({ ...MESSAGE, content: [{ type: 'text' }] }),
    /has a text block without text$/,
  ],
  [
    'a tool input that is no object',
    JSON.stringify({ ...MESSAGE, content: [{ type: 'tool_use', id: 't', name: 'Read', input: [] }] }),
    /the input of block 0 \(Read\) is not an object$/,
  ],
  [
    'thinking without signature',
    JSON.stringify({ ...MESSAGE, content: [{ type: 'thinking', thinking: 'Hm' }] }),
    /the thinking of block 0 has no signature$/,
  ],
])('create rejects %s as breaking the protocol', async (_name, body, message) => {
  const error = await errorOf(clientOf({ headers: JSON_TYPE, body: [body] }).client.create('{}'));
  expect(error).toMatchObject({ type: 'invalid_stream', requestId: 'req_1' });
  expect(String(error)).toMatch(message);
});

test('countTokens asks its own path', async () => {
  const { client, send } = clientOf(
    { headers: JSON_TYPE, body: ['{"input_tokens":2095}'] },
    { headers: JSON_TYPE, body: ['{}'] },
  );
  expect(await client.countTokens('{}')).toBe(2095);
  expect(send.requests[0]?.url).toBe('http://api.test/v1/messages/count_tokens');
  expect(await errorOf(client.countTokens('{}'))).toMatchObject({ type: 'invalid_stream' });
});

test('a base URL that cannot work is refused when the client is made', () => {
  const endpoint = { ...endpointFromEnv({}), baseUrl: 'nowhere' };
  expect(() => createMessagesClient({ send: fakeSend(), endpoint })).toThrow(ConfigurationError);
});
