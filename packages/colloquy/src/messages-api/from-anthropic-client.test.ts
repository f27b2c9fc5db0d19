import { getEventListeners } from 'node:events';
import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { APIConnectionError, ConfigurationError, TimeoutError } from '../errors.ts';
import { fromAnthropicClient, type MessagesCreator } from './from-anthropic-client.ts';
import type { MessagesClient } from './messages-client.ts';
import { messageEnd, messageStart, textBlock, toFrames, USAGE } from './stream-fixtures.ts';

// Only the timers that are moved: the official client and the streams of the platform need the others.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const EVENTS = [messageStart(), ...textBlock(0, 'Hel', 'lo'), ...messageEnd()];
const STREAM = { 'content-type': 'text/event-stream', 'request-id': 'req_1' };

type Request = { headers: Headers; body: unknown };

/** The official client, whose network gives this answer. */
function official(answer: (signal: AbortSignal | null | undefined) => Response | Promise<Response>): {
  client: MessagesClient;
  requests: Request[];
} {
  const requests: Request[] = [];
  const client = new Anthropic({
    apiKey: 'k',
    authToken: null,
    logLevel: 'off',
    baseURL: 'http://api.test',
    fetch: async (_url, init) => {
      const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
      requests.push({ headers: new Headers(init?.headers), body });
      return answer(init?.signal);
    },
  });
  return { client: fromAnthropicClient(client), requests };
}

function creator(create: MessagesCreator['messages']['create']): MessagesClient {
  return fromAnthropicClient({ messages: { create } });
}

async function readAll(
  client: MessagesClient,
  signal?: AbortSignal,
): Promise<{ events: unknown[]; requestId: unknown }> {
  const { events, requestId } = await client.stream('{"model":"m","max_tokens":5,"messages":[]}', { signal });
  return { events: (await Array.fromAsync(events)).flat(), requestId };
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) => error,
  );
}

/** A body that gives this text, and then stays open until it is aborted. */
function openBody(text: string, signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      signal?.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
}

test('the official client streams: same events, with the request id, in one attempt of ours', async () => {
  const { client, requests } = official(() => new Response(toFrames(EVENTS), { headers: STREAM }));
  expect(await readAll(client)).toEqual({ events: EVENTS, requestId: 'req_1' });
  expect(requests).toMatchObject([{ body: { model: 'm', max_tokens: 5, messages: [], stream: true } }]);
});

test('headers of a call reach the network', async () => {
  const { client, requests } = official(() => new Response(toFrames(EVENTS), { headers: STREAM }));
  await client.stream('{}', { headers: { 'anthropic-beta': 'b-2' } });
  expect(requests[0]?.headers.get('anthropic-beta')).toBe('b-2');
});

test.each([
  ['cut before message_stop', toFrames(EVENTS.slice(0, -1))],
  ['empty', ''],
  ['a page', '<html>Sign in</html>'],
  ['frames without names', EVENTS.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')],
  ['broken JSON', 'event: message_start\ndata: {"type":\n\n'],
])(
  'a stream that the official client ends quietly or without a type, %s, is an invalid stream',
  async (_name, body) => {
    expect(await errorOf(readAll(official(() => new Response(body, { headers: STREAM })).client))).toMatchObject({
      type: 'invalid_stream',
    });
  },
);

test('an error status is our APIError with its facts, after one request', async () => {
  const body = {
    type: 'error',
    error: { type: 'rate_limit_error', message: 'Slow down', details: { error_code: 'ramp_limit_exceeded' } },
  };
  const headers = { 'request-id': 'req_9', 'retry-after': '3', 'x-should-retry': 'true' };
  const { client, requests } = official(() => Response.json(body, { status: 429, headers }));
  expect(await errorOf(readAll(client))).toMatchObject({
    name: 'APIError',
    message: 'The Messages API answered 429 rate_limit_error: Slow down',
    status: 429,
    type: 'rate_limit_error',
    errorCode: 'ramp_limit_exceeded',
    requestId: 'req_9',
    retryAfterMs: 3_000,
    shouldRetry: true,
  });
  expect(requests).toHaveLength(1);
});

test('an error event in the stream is our APIError without status', async () => {
  const error = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
  const { client } = official(() => new Response(toFrames(EVENTS.slice(0, 3)) + error, { headers: STREAM }));
  expect(await errorOf(readAll(client))).toMatchObject({
    name: 'APIError',
    status: undefined,
    type: 'overloaded_error',
  });
});

test('a network that fails, before or in the stream, is an APIConnectionError', async () => {
  const unreachable = official(() => Promise.reject(new TypeError('fetch failed')));
  expect(await errorOf(readAll(unreachable.client))).toBeInstanceOf(APIConnectionError);
  const broken = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(toFrames(EVENTS.slice(0, 2)))),
    pull: (controller) => controller.error(new TypeError('terminated')),
  });
  const { client } = official(() => new Response(broken, { headers: STREAM }));
  expect(await errorOf(readAll(client))).toBeInstanceOf(APIConnectionError);
});

test('an abort rejects with its reason, in the official client too, and leaves no listener', async () => {
  const controller = new AbortController();
  const { client } = official(
    (signal) => new Response(openBody(toFrames(EVENTS.slice(0, 2)), signal), { headers: STREAM }),
  );
  const { events } = await client.stream('{}', { signal: controller.signal });
  const iterator = events[Symbol.asyncIterator]();
  expect(await iterator.next()).toMatchObject({ value: [EVENTS[0]] });
  expect(await iterator.next()).toMatchObject({ value: [EVENTS[1]] });
  const waiting = errorOf(iterator.next());
  controller.abort('enough');
  expect(await waiting).toBe('enough');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('leaving the loop early ends the stream of the client', async () => {
  let aborted: AbortSignal | null | undefined;
  const { client } = official((signal) => {
    aborted = signal;
    return new Response(openBody(toFrames(EVENTS.slice(0, 2)), signal), { headers: STREAM });
  });
  for await (const _ of (await client.stream('{}')).events) break;
  expect(aborted?.aborted).toBe(true);
});

const never = new Promise<never>(() => {});

/** What a client gives whose stream, once all is read, is left in this way. */
const leftBy = (leave: () => Promise<never>): AsyncIterable<unknown> => {
  const events = EVENTS.values();
  const next = async (): Promise<IteratorResult<unknown>> => events.next();
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
};

test.each<[string, () => AsyncIterable<unknown>]>([
  [
    'breaks',
    async function* () {
      yield* EVENTS;
      throw new TypeError('terminated');
    },
  ],
  [
    'does not end',
    async function* () {
      yield* EVENTS;
      await never;
    },
  ],
  ['cannot be left', () => leftBy(() => Promise.reject(new Error('locked')))],
  ['is never left', () => leftBy(() => never)],
])('an answer that is whole counts at once, also where its stream %s', async (_name, stream) => {
  const read = readAll(creator(async () => stream()));
  const [told] = await Promise.all([read, vi.advanceTimersByTimeAsync(1_000)]);
  expect(told).toEqual({ events: EVENTS, requestId: undefined });
});

test('create is read from a stream; countTokens is handed through', async () => {
  const { client } = official(() => new Response(toFrames(EVENTS), { headers: STREAM }));
  expect(await client.create(new TextEncoder().encode('{}'))).toMatchObject({
    content: [{ type: 'text', text: 'Hello' }],
    usage: { ...USAGE, output_tokens: 9 },
  });
  expect(await official(() => Response.json({ input_tokens: 7 })).client.countTokens('{}')).toBe(7);
});

test('a client of somebody else needs no more than create', async () => {
  async function* events(): AsyncGenerator<unknown> {
    yield* EVENTS;
  }
  const client = creator(() => Promise.resolve(events()));
  expect(await readAll(client)).toEqual({ events: EVENTS, requestId: undefined });
  await expect(client.countTokens('{}')).rejects.toBeInstanceOf(ConfigurationError);
});

test('a mistake in such a client is not taken for a lost connection', async () => {
  const client = creator(() => Promise.reject(new RangeError('oops')));
  expect(await errorOf(readAll(client))).toEqual(new RangeError('oops'));
});

test('events that break the protocol are refused', async () => {
  async function* events(): AsyncGenerator<unknown> {
    yield { type: 'message_start' };
  }
  expect(await errorOf(readAll(creator(() => Promise.resolve(events()))))).toMatchObject({ type: 'invalid_stream' });
});

test('an abort does not wait for a client that ignores it', async () => {
  const controller = new AbortController();
  const client = creator(() => new Promise(() => undefined));
  const pending = errorOf(client.stream('{}', { signal: controller.signal }));
  controller.abort('enough');
  expect(await pending).toBe('enough');

  const second = new AbortController();
  const deaf = creator(() =>
    Promise.resolve({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
  );
  const reading = errorOf(readAll(deaf, second.signal));
  await Promise.resolve();
  second.abort('now');
  expect(await reading).toBe('now');
});

test('a client that sends nothing for ten minutes is given up', async () => {
  const client = creator(() =>
    Promise.resolve({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
  );
  const reading = errorOf(readAll(client));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await reading).toBeInstanceOf(TimeoutError);
});
