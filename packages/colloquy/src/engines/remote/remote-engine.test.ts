import { expect, test, vi } from 'vitest';
import { APIConnectionError, APIError, ConfigurationError, SessionNotFoundError } from '../../errors.ts';
import type { HttpRequest, HttpResponse, HttpSend } from '../../messages-api/http-send.ts';
import type { SDKMessage } from '../../messages.ts';
import type { Options } from '../../options/options.ts';
import { promptOf } from '../user-message.ts';
import { remoteEngine } from './remote-engine.ts';
import type { RemoteSession } from './remote-session.ts';

// The remote engine against a server of a few lines, which answers as no good one would.

const ID = '11111111-1111-4111-8111-111111111111';
const json = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: bytesOf(JSON.stringify(body)),
});
const html = (status = 200): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: bytesOf('<!doctype html><title>Sign in</title>'),
});
const problem = (status: number, message: string): HttpResponse =>
  json(status, { type: 'error', error: { type: 'some_error', message } });

async function* bytesOf(...texts: string[]): AsyncGenerator<Uint8Array, void, void> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

const info = (n: number, content = ''): SDKMessage => ({
  type: 'system',
  subtype: 'informational',
  level: 'info',
  content,
  uuid: `00000000-0000-4000-8000-00000000000${n}`,
  session_id: ID,
});
const frame = (id: string, message: unknown): string => `id: ${id}\ndata: ${JSON.stringify(message)}\n\n`;

/** A stream that stays open after what it says, until it is left. */
function stream(...texts: string[]): HttpResponse {
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: bytesOf(...texts) };
}
function openStream(signal: AbortSignal | undefined, ...texts: string[]): HttpResponse {
  const body = async function* (): AsyncGenerator<Uint8Array, void, void> {
    yield* bytesOf(...texts);
    await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
  };
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: body() };
}

type Route = (request: HttpRequest, count: number) => HttpResponse | Promise<HttpResponse>;

/** A server of these routes, by the end of the path; what it does not have is a session that has just been made. */
function serverOf(routes: Record<string, Route>): { options: Options; requests: HttpRequest[] } {
  const requests: HttpRequest[] = [];
  const counts = new Map<string, number>();
  const send: HttpSend = async (request) => {
    request.signal?.throwIfAborted();
    requests.push(request);
    const path = new URL(request.url).pathname;
    const name = Object.keys(routes).find((end) => path.endsWith(end));
    if (name === undefined)
      return path.endsWith('/stream') ? openStream(request.signal) : json(201, { id: ID, options: {}, tools: [] });
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return (routes[name] as Route)(request, count);
  };
  return { options: { engine: 'remote', server: { url: 'http://server.test/', key: 'k' }, send }, requests };
}

const open = (options: Options, more: Options = {}): Promise<RemoteSession> =>
  remoteEngine(options.server, options.send).open({ ...options, ...more });

async function read(session: RemoteSession, count: number): Promise<SDKMessage[]> {
  const read: SDKMessage[] = [];
  for await (const message of session.messages()) {
    read.push(message);
    if (read.length === count) break;
  }
  return read;
}

const lifecycleOf = (messages: readonly SDKMessage[]): string[] =>
  messages.map((message) => (message.type === 'system' && message.subtype === 'informational' ? message.content : ''));

test('a page in place of an answer is told as what it is, and not asked for again', async () => {
  const { options, requests } = serverOf({ '/v1/native/sessions': () => html() });
  await expect(open(options)).rejects.toThrow(APIConnectionError);
  await expect(open(options)).rejects.toThrow('is no Colloquy server');
  expect(requests).toHaveLength(2);
});

test('a redirect is not followed: the key stays here', async () => {
  const { options, requests } = serverOf({
    '/v1/native/sessions': () => ({ ...html(302), headers: { location: 'https://elsewhere.test/' } }),
  });
  await expect(open(options)).rejects.toThrow('redirects to https://elsewhere.test/');
  expect(requests.map(({ url }) => url)).toEqual(['http://server.test/v1/native/sessions']);
});

test.each([
  [401, 'No valid credential', APIError],
  [400, 'options.model: must be text', ConfigurationError],
])('a status %i is the error that it stands for', async (status, message, type) => {
  const { options, requests } = serverOf({ '/v1/native/sessions': () => problem(status, message) });
  await expect(open(options)).rejects.toThrow(type);
  await expect(open(options)).rejects.toThrow(message);
  expect(requests).toHaveLength(2);
});

test('a prompt whose answer was lost is sent again under the same name', async () => {
  vi.useFakeTimers();
  const { options, requests } = serverOf({
    '/messages': (_, count) => {
      if (count === 1) throw new APIConnectionError('The connection broke');
      return count === 2 ? problem(503, 'In a moment') : json(202, { uuid: 'u', seq: 1 });
    },
  });
  const session = await open(options);
  const sending = session.send(promptOf('Hello'));
  await vi.advanceTimersByTimeAsync(1_000);
  await sending;
  const sent = requests.filter(({ url }) => url.endsWith('/messages'));
  expect(sent).toHaveLength(3);
  expect(new Set(sent.map(({ body }) => body)).size).toBe(1);
  expect(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  expect(sent.map(({ headers }) => headers['authorization'])).toEqual(Array(3).fill('Bearer k'));
  session.close();
  vi.useRealTimers();
});

test('a prompt that was sent again after its turn had ended still has its response', async () => {
  const { options } = serverOf({ '/messages': () => json(202, { uuid: 'u', seq: 4, settled: true }) });
  const session = await open(options);
  // Its place is behind what was told here: the response is still to come.
  expect(await session.send({ ...promptOf('Hello'), uuid: ID })).toEqual({ uuid: ID });
  session.close();
});

test('a lost stream goes on behind its last whole frame, and what was told is not told again', async () => {
  const { options, requests } = serverOf({
    '/stream': (request, count) =>
      count === 1
        ? stream(frame('1.1.0', info(1, 'a')), frame('1.1.0.1', info(2, 'b')), 'id: 1.2.0\ndata: {"type":"sys')
        : openStream(
            request.signal,
            frame('1.1.0.1', info(2, 'b')),
            frame('1.2.0', info(3, 'c')),
            frame('1.3.0', info(4, 'd')),
          ),
  });
  const session = await open(options);
  expect(lifecycleOf(await read(session, 4))).toEqual(['a', 'b', 'c', 'd']);
  const streams = requests.filter(({ url }) => url.includes('/stream'));
  expect(streams.map(({ url }) => new URL(url).searchParams.get('after'))).toEqual(['0.0.0', '1.1.0.1']);
  session.close();
});

test('a gap moves the place on, and loses no message', async () => {
  const gap = `id: 2.4.9\nevent: gap\ndata: ${JSON.stringify({ type: 'gap', cursor: '2.4.9', open: [] })}\n\n`;
  const { options, requests } = serverOf({
    '/stream': (request, count) =>
      count === 1
        ? stream(frame('1.4.3', info(1, 'a')), gap)
        : openStream(request.signal, frame('2.5.9', info(2, 'b'))),
  });
  const session = await open(options);
  expect(lifecycleOf(await read(session, 2))).toEqual(['a', 'b']);
  expect(requests.at(-1)?.url).toContain('after=2.4.9');
  session.close();
});

test('a frame of a megabyte comes whole, however it is cut', async () => {
  const large = 'ä'.repeat(500_000);
  const bytes = new TextEncoder().encode(frame('1.1.0', info(1, large)));
  const { options } = serverOf({
    '/stream': ({ signal }) => {
      const body = async function* (): AsyncGenerator<Uint8Array, void, void> {
        for (let at = 0; at < bytes.length; at += 65_537) yield bytes.subarray(at, at + 65_537);
        yield* openStream(signal).body;
      };
      return { ...stream(), body: body() };
    },
  });
  const session = await open(options);
  expect(lifecycleOf(await read(session, 1))).toEqual([large]);
  session.close();
});

test.each([
  ['the session is deleted', () => problem(404, 'There is no session'), SessionNotFoundError],
  ['the key is revoked', () => problem(401, 'No valid credential'), APIError],
])('when %s while it is read, readers are told at once', async (_, refusal, type) => {
  const { options, requests } = serverOf({
    '/stream': (_request, count) => (count === 1 ? stream(frame('1.1.0', info(1, 'a'))) : refusal()),
  });
  const session = await open(options);
  await expect(read(session, 2)).rejects.toThrow(type);
  expect(requests.filter(({ url }) => url.includes('/stream'))).toHaveLength(2);
  session.close();
});

test.each([
  ['is not reached', () => Promise.reject(new APIConnectionError('Refused'))],
  ['answers with pages', () => html()],
  ['ends every stream at once', () => stream()],
  ['is out of order', () => problem(503, 'Down')],
])('a server that %s is given up in the end, and then tried again by the next reader', async (_, fault) => {
  vi.useFakeTimers();
  let isBack = false;
  const { options, requests } = serverOf({
    '/stream': (request) => (isBack ? openStream(request.signal, frame('1.1.0', info(1, 'a'))) : fault()),
  });
  const session = await open(options);
  const told = read(session, 1).catch((error: unknown) => String(error));
  await vi.advanceTimersByTimeAsync(120_000);
  expect(await told).toMatch(/Refused|Colloquy server|end at once|Down/);
  expect(requests.length).toBeLessThan(20);
  isBack = true;
  expect(lifecycleOf(await read(session, 1))).toEqual(['a']);
  session.close();
  vi.useRealTimers();
});

test('a stream that is silent for longer than its heartbeats is opened again', async () => {
  vi.useFakeTimers();
  const { options, requests } = serverOf({ '/stream': (request) => openStream(request.signal, ': hb\n\n') });
  const session = await open(options);
  await vi.advanceTimersByTimeAsync(51_000);
  expect(requests.filter(({ url }) => url.includes('/stream'))).toHaveLength(2);
  session.close();
  vi.useRealTimers();
});

test('a reader that falls far behind goes on over a connection of its own, without a hole', async () => {
  const megabyte = 'x'.repeat(1_000_000);
  const frames = Array.from({ length: 12 }, (_, n) => frame(`1.${n + 1}.0`, info(0, `${n}${megabyte}`)));
  const { options, requests } = serverOf({
    '/stream': (request) => {
      const after = new URL(request.url).searchParams.get('after') ?? '';
      return openStream(request.signal, ...frames.slice(Number(after.split('.')[1])));
    },
  });
  const session = await open(options);
  const slow = session.messages()[Symbol.asyncIterator]();
  const quick = await read(session, 12);
  expect(lifecycleOf(quick).map((content) => content.replace(megabyte, ''))).toEqual(
    Array.from({ length: 12 }, (_, n) => String(n)),
  );
  const late: SDKMessage[] = [];
  while (late.length < 12) {
    const next = await slow.next();
    if (next.done === true) break;
    late.push(next.value);
  }
  expect(late).toEqual(quick);
  expect(requests.filter(({ url }) => url.includes('/stream'))).toHaveLength(2);
  await slow.return?.();
  session.close();
});
