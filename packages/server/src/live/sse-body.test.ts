import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { SseBody, type SseEnd, writeDirectly } from './sse-body.ts';

// What Node's own responses make of it; as a web stream it is tested by those who use it.

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) cleanUp();
  vi.useRealTimers();
});

/** Frames that a test gives, one by one. */
function script() {
  const given: (string | undefined | Error)[] = [];
  let wake = (): void => {};
  const ends: SseEnd[] = [];
  const body = new SseBody({
    opening: 'opening',
    async next() {
      while (given.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const frames = given.shift();
      if (frames instanceof Error) throw frames;
      return frames;
    },
    onEnd: (how) => ends.push(how),
  });
  const give = (frames: string | undefined | Error): void => {
    given.push(frames);
    wake();
  };
  return { body, ends, given, give };
}

/** A client's response to a stream that is written directly. */
async function open(body: SseBody): Promise<{ response: IncomingMessage; read: () => Promise<string | undefined> }> {
  const server: Server = createServer((_, outgoing) => {
    const headers = { 'content-type': 'text/event-stream', 'set-cookie': 'a=1' };
    expect(writeDirectly(new Response(body.stream, { headers }), outgoing)).toBe(true);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const request = get({ port: (server.address() as AddressInfo).port, agent: false });
  cleanUps.push(
    () => server.closeAllConnections(),
    () => void server.close(),
  );
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks = response.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
  const read = async (): Promise<string | undefined> => {
    const { value, done } = await chunks.next();
    return done === true ? undefined : value;
  };
  return { response, read };
}

test('the head, the opening, then frame after frame; a source that ends ends the response', async () => {
  const { body, ends, give } = script();
  const { response, read } = await open(body);
  expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'set-cookie': ['a=1'] });
  expect(await read()).toBe('opening');
  give('one');
  expect(await read()).toBe('one');
  give('zwei — 二');
  expect(await read()).toBe('zwei — 二');
  give(undefined);
  expect(await read()).toBeUndefined();
  expect([response.complete, ends]).toEqual([true, [{ isWhole: true }]]);
});

test('a source that fails ends the response, and the fault is told inside', async () => {
  const { body, ends, give } = script();
  const { read } = await open(body);
  await read();
  const error = new Error('disk full');
  give(error);
  expect(await read()).toBeUndefined();
  expect(ends).toEqual([{ isWhole: false, error }]);
});

test('a client that reads nothing holds back its source, and goes on when it reads', async () => {
  const { body, given, give } = script();
  const { read } = await open(body);
  await read();
  const frames = 'x'.repeat(1024 * 1024);
  for (let count = 0; count < 64; count += 1) give(frames);
  // What the sockets of both sides hold is a few of them.
  await vi.waitFor(() => expect(given.length).toBeLessThan(60));
  const left = given.length;
  expect(left).toBeGreaterThan(30);
  give(undefined);
  let chars = 0;
  for (let chunk = await read(); chunk !== undefined; chunk = await read()) chars += chunk.length;
  expect(chars).toBe(64 * 1024 * 1024);
});

test('a client that leaves ends it, once', async () => {
  const { body, ends } = script();
  const { response, read } = await open(body);
  await read();
  response.destroy();
  await vi.waitFor(() => expect(ends).toEqual([{ isWhole: false }]));
  body.end();
  expect(ends).toHaveLength(1);
});

test('what is ended before it is written is an empty response', async () => {
  const { body, ends } = script();
  body.end();
  const { response, read } = await open(body);
  expect([await read(), response.statusCode, ends]).toEqual([undefined, 200, [{ isWhole: false }]]);
});

test('a quiet stream beats; a client that takes nothing for two minutes loses its connection', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  const { body, ends, given, give } = script();
  const { read } = await open(body);
  expect(await read()).toBe('opening');
  vi.advanceTimersByTime(15_000);
  expect(await read()).toBe(': hb\n\n');
  for (let count = 0; count < 64; count += 1) give('x'.repeat(1024 * 1024));
  await vi.waitFor(() => expect(given.length).toBeLessThan(64));
  // The system takes some megabytes more, and then nothing.
  for (let left = -1; left !== given.length;) {
    left = given.length;
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  vi.advanceTimersByTime(119_000);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(16_000);
  expect(ends).toEqual([{ isWhole: false }]);
  await expect(
    (async () => {
      while ((await read()) !== undefined);
    })(),
  ).rejects.toThrow('aborted');
});

test('a client that takes one large frame for longer than two minutes keeps its connection', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  const { body, ends, give } = script();
  const { read } = await open(body);
  expect(await read()).toBe('opening');
  const frame = 'é😀'.repeat(8 * 1024 * 1024);
  give(frame);
  give('next');
  give(undefined);
  const taken: string[] = [];
  let size = 0;
  let nextPause = 4 * 1024 * 1024;
  for (let chunk = await read(); chunk !== undefined; chunk = await read()) {
    taken.push(chunk);
    size += chunk.length;
    if (size < nextPause) continue;
    nextPause += 2 * 1024 * 1024;
    vi.advanceTimersByTime(30_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // Signs of life may follow it, but stand nowhere within.
  expect(taken.join('').replaceAll(': hb\n\n', '') === `${frame}next`).toBe(true);
  expect(taken.join('').startsWith(frame)).toBe(true);
  expect(ends).toEqual([{ isWhole: true }]);
});

test('a stream that is ended amid a large frame ends with the whole of it', async () => {
  const { body, ends, give } = script();
  const { read, response } = await open(body);
  expect(await read()).toBe('opening');
  give('x'.repeat(64 * 1024 * 1024));
  await new Promise((resolve) => setImmediate(resolve));
  body.end();
  let size = 0;
  for (let chunk = await read(); chunk !== undefined; chunk = await read()) size += chunk.length;
  expect([response.complete, size, ends]).toEqual([true, 64 * 1024 * 1024, [{ isWhole: false }]]);
});

test('a client that leaves amid a large frame ends it', async () => {
  const { body, ends, give } = script();
  const { read, response } = await open(body);
  expect(await read()).toBe('opening');
  give('x'.repeat(64 * 1024 * 1024));
  await read();
  response.destroy();
  await vi.waitFor(() => expect(ends).toEqual([{ isWhole: false }]));
});

test('a client that left before there was a response ends it', async () => {
  const { body, ends } = script();
  const gone = Promise.withResolvers<void>();
  const server = createServer((_, outgoing) => {
    outgoing.once('close', () => {
      writeDirectly(new Response(body.stream), outgoing);
      gone.resolve();
    });
    request.destroy();
  });
  cleanUps.push(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const request = get({ port: (server.address() as AddressInfo).port, agent: false }).on('error', () => {});
  await gone.promise;
  expect(ends).toEqual([{ isWhole: false }]);
});

test('how long a client takes nothing is counted from what it was given last, however quiet the stream was before', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  const { body, ends, give } = script();
  const { read } = await open(body);
  await read();
  for (let beat = 0; beat < 10; beat += 1) {
    vi.advanceTimersByTime(15_000);
    expect(await read()).toBe(': hb\n\n');
  }
  give('x'.repeat(64 * 1024 * 1024));
  await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(30_000);
  expect(ends).toEqual([]);
  body.end();
});

test('so it is as a web stream', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  const { body, ends } = script();
  const reader = body.stream.getReader();
  await reader.read();
  for (let beat = 0; beat < 10; beat += 1) {
    vi.advanceTimersByTime(15_000);
    await reader.read();
  }
  vi.advanceTimersByTime(60_000);
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(120_000);
  expect(ends).toEqual([{ isWhole: false }]);
});
