import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HttpError, UnreachableError } from './http-error.ts';
import { createStreams } from './open-stream.ts';
import type { Batch } from './read-frames.ts';

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('location', { href: 'https://chat.example.org/#/s/id' });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A socket as the page sees it; a test is its server. */
class FakeSocket {
  static opened: FakeSocket[] = [];
  readonly url: string;
  isClosed = false;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(url: string) {
    this.url = url;
    FakeSocket.opened.push(this);
  }

  say(data: string | object): void {
    this.onmessage?.({ data: typeof data === 'string' ? data : JSON.stringify(data) });
  }

  refuse(): void {
    this.onclose?.();
  }

  close(): void {
    this.isClosed = true;
  }
}

function streams(refusal?: Error) {
  const asked: AbortSignal[] = [];
  const left = new AbortController();
  const open = createStreams(async (_, signal) => {
    asked.push(signal);
    if (refusal !== undefined) throw refusal;
    return new Response('id: 1.1.0\ndata: {"type":"user"}\n\n');
  });
  const read = async (): Promise<AsyncIterator<Batch>> =>
    (await open('/v1/sessions/s/messages/stream?after=1.0.0', left.signal))[Symbol.asyncIterator]();
  return { read, asked, left };
}

/** The socket that is opened next. */
async function socket(): Promise<FakeSocket> {
  for (let turns = 0; FakeSocket.opened.length === 0; turns += 1) {
    if (turns > 100) throw new Error('No socket is opened');
    await Promise.resolve();
  }
  return FakeSocket.opened.shift() as FakeSocket;
}

const OVER_HTTP = { cursor: '1.1.0', frames: [{ type: 'message', message: { type: 'user' } }] };

test('frames come over a socket, as over HTTP; a large message in parts', async () => {
  const { read, asked } = streams();
  const opening = read();
  const server = await socket();
  expect(server.url).toBe('wss://chat.example.org/v1/sessions/s/messages/stream?after=1.0.0&parts=true');
  server.say([]);
  const batches = await opening;
  server.say([
    { id: '1.1.0', data: { type: 'user' } },
    { event: 'signal', data: { signal: 7 } },
  ]);
  server.say('+[{"event":"gap","id":"1.1.5",');
  server.say('"data":{"type":"gap","open":[{"index":0,"text":"é"}]}}]');
  server.refuse();
  expect(
    [await batches.next(), await batches.next(), await batches.next()].map(({ value }) => value as unknown),
  ).toEqual([
    { cursor: undefined, frames: [] },
    OVER_HTTP,
    { cursor: '1.1.5', frames: [{ type: 'gap', open: [{ index: 0, text: 'é' }] }] },
  ]);
  expect([await batches.next(), asked]).toEqual([{ done: true, value: undefined }, []]);
});

test('a socket that is refused leaves it to HTTP to say why', async () => {
  const refusal = new HttpError(404, { type: 'not_found_error', message: 'gone', requestId: undefined });
  const opening = streams(refusal).read();
  (await socket()).refuse();
  await expect(opening).rejects.toBe(refusal);
});

test('a server that came back between the two is read over a socket', async () => {
  const { read, asked } = streams();
  const opening = read();
  (await socket()).refuse();
  (await socket()).say([]);
  expect((await (await opening).next()).value).toEqual({ cursor: undefined, frames: [] });
  expect(asked.map(({ aborted }) => aborted)).toEqual([true]);
});

test('where HTTP works and sockets do not, they are left alone for ten minutes', async () => {
  const { read } = streams();
  const opening = read();
  (await socket()).refuse();
  (await socket()).refuse();
  expect((await (await opening).next()).value).toEqual(OVER_HTTP);
  await vi.advanceTimersByTimeAsync(10 * 60_000 - 1);
  expect((await (await read()).next()).value).toEqual(OVER_HTTP);
  expect(FakeSocket.opened).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  void read();
  await socket();
});

test('a proxy that never answers is waited for once, for ten seconds', async () => {
  const opening = streams().read();
  const server = await socket();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(server.isClosed).toBe(true);
  expect((await (await opening).next()).value).toEqual(OVER_HTTP);
  expect(FakeSocket.opened).toEqual([]);
});

test('fifty seconds of silence break it, and so does nonsense; a word without frames is a sign of life', async () => {
  const { read } = streams();
  const opening = read();
  const server = await socket();
  server.say([]);
  const batches = await opening;
  await batches.next();
  await vi.advanceTimersByTimeAsync(49_999);
  server.say([]);
  await batches.next();
  const silent = Promise.allSettled([batches.next()]);
  await vi.advanceTimersByTimeAsync(49_999);
  expect(server.isClosed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(server.isClosed).toBe(true);
  expect(await silent).toMatchObject([{ reason: expect.any(UnreachableError) }]);

  const next = read();
  const other = await socket();
  other.say([]);
  other.say('<html>');
  await (await next).next();
  await expect((await next).next()).rejects.toThrow(SyntaxError);
  expect(other.isClosed).toBe(true);
});

test('what nobody reads is not held without bounds', async () => {
  const opening = streams().read();
  const server = await socket();
  server.say([]);
  await opening;
  for (let count = 0; count < 20; count += 1) server.say([{ id: `1.${count}.0`, data: 'x'.repeat(1024 * 1024) }]);
  expect(server.isClosed).toBe(true);
});

test('leaving closes it at once, while it opens too', async () => {
  const { read, left } = streams();
  const opening = read();
  const open = await socket();
  open.say([]);
  const batches = await opening;
  await batches.next();
  const ends = Promise.allSettled([batches.next(), read()]);
  const halfOpen = await socket();
  const reason = new Error('left');
  left.abort(reason);
  expect([open.isClosed, halfOpen.isClosed]).toEqual([true, true]);
  expect(await ends).toEqual([
    { status: 'rejected', reason },
    { status: 'rejected', reason },
  ]);
});
