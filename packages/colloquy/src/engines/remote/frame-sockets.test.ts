import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { APIError, TimeoutError } from '../../errors.ts';
import { frameSockets } from './frame-sockets.ts';
import type { Frame } from './read-frames.ts';

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  vi.stubGlobal('WebSocket', FakeSocket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** What a page sees of a socket; a test is its server. */
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

  say(data: unknown): void {
    this.onmessage?.({ data: typeof data === 'string' ? data : JSON.stringify(data) });
  }

  break(): void {
    this.onclose?.();
  }

  close(): void {
    this.isClosed = true;
  }
}

const PATH = '/v1/sessions/s/messages/stream?after=0.0.0';
const ANSWERED: readonly Frame[] = [{ id: '1.1.0', event: 'message', chars: 2, data: 'over HTTP' }];
let servers = 0;

/** The sockets of a page's server, which no test before has tried. */
function page(refusal?: Error) {
  servers += 1;
  const url = `http://server-${servers}.test`;
  vi.stubGlobal('location', { origin: url });
  const sockets = frameSockets({ url });
  if (sockets === undefined) throw new Error('A page has sockets');
  const asked: AbortSignal[] = [];
  const left = new AbortController();
  const open = async (): Promise<AsyncIterator<readonly Frame[]>> => {
    const frames = await sockets(PATH, left.signal, async (signal) => {
      asked.push(signal);
      if (refusal !== undefined) throw refusal;
      return (async function* () {
        yield ANSWERED;
      })();
    });
    return frames[Symbol.asyncIterator]();
  };
  return { url, open, asked, left };
}

/** The socket that is opened next. */
async function socket(): Promise<FakeSocket> {
  for (let turns = 0; FakeSocket.opened.length === 0; turns += 1) {
    if (turns > 100) throw new Error('No socket is opened');
    await Promise.resolve();
  }
  return FakeSocket.opened.shift() as FakeSocket;
}

const value = async (next: Promise<IteratorResult<readonly Frame[]>>): Promise<unknown> => (await next).value;

test('a socket stands with the first word of its server, and tells its frames', async () => {
  const { url, open, asked } = page();
  const opening = open();
  const server = await socket();
  expect(server.url).toBe(`${url.replace('http', 'ws')}${PATH}&parts=true`);
  server.say([]);
  const frames = await opening;
  server.say([{ id: '1.1.0', data: { type: 'user' } }]);
  server.say([{ event: 'signal', data: { type: 'signal' } }]);
  expect(await value(frames.next())).toEqual([
    { id: '1.1.0', event: 'message', chars: 39, data: { type: 'user' } },
    { id: undefined, event: 'signal', chars: 45, data: { type: 'signal' } },
  ]);
  expect(asked).toEqual([]);
  await frames.return?.();
  expect([server.isClosed, await frames.next()]).toEqual([true, { done: true, value: undefined }]);
});

test('a large message comes in parts', async () => {
  const { open } = page();
  const opening = open();
  const server = await socket();
  server.say([]);
  const frames = await opening;
  const text = JSON.stringify([{ id: '1.1.0', data: '+😀+' }]);
  server.say(`+${text.slice(0, 5)}`);
  server.say(`+${text.slice(5, 10)}`);
  server.say(text.slice(10));
  expect(await value(frames.next())).toMatchObject([{ id: '1.1.0', data: '+😀+' }]);
});

test('a socket that is refused leaves it to HTTP to say why', async () => {
  const refusal = new APIError('No valid credential', { status: 401, type: 'authentication_error' });
  const { open } = page(refusal);
  const opening = open();
  (await socket()).break();
  await expect(opening).rejects.toBe(refusal);
});

test('a server that comes back between the two is read over a socket', async () => {
  const { open, asked } = page();
  const opening = open();
  (await socket()).break();
  const again = await socket();
  again.say([{ id: '1.2.0', data: 7 }]);
  expect(await value((await opening).next())).toMatchObject([{ id: '1.2.0', data: 7 }]);
  expect(asked.map(({ aborted }) => aborted)).toEqual([true]);
});

test('where HTTP works and sockets do not, they are left alone for ten minutes', async () => {
  const { open, asked } = page();
  const opening = open();
  (await socket()).break();
  (await socket()).break();
  expect(await value((await opening).next())).toBe(ANSWERED);
  await vi.advanceTimersByTimeAsync(10 * 60_000 - 1);
  expect(await value((await open()).next())).toBe(ANSWERED);
  expect(FakeSocket.opened).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  const again = open();
  (await socket()).say([{ id: '1.2.0', data: 7 }]);
  expect(await value((await again).next())).toMatchObject([{ data: 7 }]);
  expect(asked.map(({ aborted }) => aborted)).toEqual([false, false]);
});

test('a proxy that never answers is waited for once', async () => {
  const { open } = page();
  const opening = open();
  const server = await socket();
  await vi.advanceTimersByTimeAsync(9_999);
  expect(server.isClosed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(server.isClosed).toBe(true);
  expect(await value((await opening).next())).toBe(ANSWERED);
  expect(FakeSocket.opened).toEqual([]);
});

test('a socket that a page may not open is none', async () => {
  const { open } = page();
  vi.stubGlobal('WebSocket', function refuse() {
    throw new DOMException('Refused to connect', 'SecurityError');
  });
  expect(await value((await open()).next())).toBe(ANSWERED);
});

test('fifty seconds of silence are the end of it; a word without frames is none', async () => {
  const { open } = page();
  const opening = open();
  const server = await socket();
  server.say([]);
  const frames = await opening;
  const end = Promise.allSettled([frames.next()]);
  for (let count = 0; count < 10; count += 1) {
    await vi.advanceTimersByTimeAsync(49_999);
    server.say([]);
  }
  // Nor is a part of a large message.
  server.say('+[');
  await vi.advanceTimersByTimeAsync(49_999);
  expect(server.isClosed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await end).toMatchObject([{ reason: expect.any(TimeoutError) }]);
  expect(server.isClosed).toBe(true);
});

test('an abort closes it at once, and while it opens', async () => {
  const { open, left } = page();
  const opening = open();
  const server = await socket();
  server.say([]);
  const ends = Promise.allSettled([(await opening).next(), open()]);
  const halfOpen = await socket();
  const reason = new Error('enough');
  left.abort(reason);
  expect([server.isClosed, halfOpen.isClosed]).toEqual([true, true]);
  expect(await ends).toEqual([
    { status: 'rejected', reason },
    { status: 'rejected', reason },
  ]);
});

test('what nobody reads is not held without bounds', async () => {
  const { open } = page();
  const opening = open();
  const server = await socket();
  server.say([]);
  const frames = await opening;
  const data = 'x'.repeat(1024 * 1024);
  for (let count = 1; count <= 20; count += 1) server.say([{ id: `1.${count}.0`, data }]);
  expect(server.isClosed).toBe(true);
  expect(await value(frames.next())).toHaveLength(8);
  await expect(frames.next()).rejects.toThrow('not read as fast as it comes');
});

test('a socket that closes ends after what was told; nonsense ends it with an error', async () => {
  const { open } = page();
  for (const [nonsense, told] of [
    ['<html>', 'not JSON'],
    ['{}', 'no list of frames'],
  ] as const) {
    const opening = open();
    const server = await socket();
    server.say([{ id: '1.1.0', data: 1 }]);
    server.say(nonsense);
    const frames = await opening;
    expect(await value(frames.next())).toHaveLength(1);
    await expect(frames.next()).rejects.toThrow(told);
    expect(server.isClosed).toBe(true);
  }
  const opening = open();
  const server = await socket();
  server.say([{ id: '1.1.0', data: 1 }]);
  server.break();
  const frames = await opening;
  expect(await value(frames.next())).toHaveLength(1);
  expect(await frames.next()).toEqual({ done: true, value: undefined });
});

test('there are none with a key, for another origin, and outside of browsers', () => {
  const url = 'http://server.test';
  vi.stubGlobal('location', { origin: url });
  expect(frameSockets({ url: `${url}/below/` })).toBeDefined();
  expect(frameSockets({ url, key: 'k' })).toBeUndefined();
  expect(frameSockets({ url: 'https://server.test' })).toBeUndefined();
  vi.stubGlobal('WebSocket', undefined);
  expect(frameSockets({ url })).toBeUndefined();
  vi.unstubAllGlobals();
  expect(frameSockets({ url })).toBeUndefined();
});
