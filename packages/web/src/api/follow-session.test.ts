import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followSession, type Connection } from './follow-session.ts';
import { HttpError, UnreachableError } from './http-error.ts';
import { readFrames } from './read-frames.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What a server does at each opening: refuse, or a stream that says these chunks and then ends, or stays open. */
type Opening = Error | { chunks: (string | Uint8Array<ArrayBuffer>)[]; staysOpen?: boolean };

function follow(openings: Opening[]) {
  const stop = new AbortController();
  const seen: string[] = [];
  const cursors: (string | undefined)[] = [];
  const api = {
    openStream: (_: string, { after }: { after: string | undefined }) => {
      cursors.push(after);
      const opening = openings.shift() ?? new UnreachableError('nobody there');
      return opening instanceof Error ? Promise.reject(opening) : Promise.resolve(readFrames(toStream(opening)));
    },
  };
  const done = followSession(
    api,
    'id',
    {
      onFrames: (frames) => seen.push(...frames.map((frame) => (frame.type === 'gap' ? 'gap' : frame.message.type))),
      onConnection: (connection) => seen.push(word(connection)),
      onReset: () => seen.push('reset'),
    },
    { signal: stop.signal },
  );
  return { done, seen, cursors, stop: () => stop.abort() };
}

const word = (connection: Connection): string =>
  connection.state === 'reconnecting' ? `reconnecting ${connection.attempt}` : connection.state;

function toStream({ chunks, staysOpen }: Exclude<Opening, Error>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
      if (staysOpen !== true) controller.close();
    },
  });
}

const frame = (cursor: string, type: string): string => `id: ${cursor}\ndata: {"type":"${type}"}\n\n`;

test('a broken stream is opened again behind the last cursor', async () => {
  const { seen, cursors, stop, done } = follow([
    { chunks: [frame('1.1.0', 'user'), frame('1.2.0', 'result')] },
    { chunks: [frame('1.3.0', 'user')], staysOpen: true },
  ]);
  await vi.advanceTimersByTimeAsync(400);
  expect(cursors).toEqual([undefined, '1.2.0']);
  expect(seen).toEqual(['connecting', 'live', 'user', 'result', 'reconnecting 1', 'live', 'user']);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  await done;
});

test('each failed attempt waits longer, up to ten seconds', async () => {
  const { seen, cursors, stop } = follow([]);
  await vi.advanceTimersByTimeAsync(399);
  expect(cursors).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(cursors).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(800 + 1_600 + 3_200 + 6_400 + 10_000);
  expect(cursors).toHaveLength(7);
  expect(seen.at(-1)).toBe('reconnecting 7');
  stop();
});

test.each([
  [401, 'signed_out'],
  [404, 'not_found'],
])('status %i ends the reading as %s', async (status, state) => {
  const { seen, done } = follow([new HttpError(status, { type: 'x', message: 'x', requestId: undefined })]);
  await done;
  expect(seen).toEqual(['connecting', state]);
});

test('a cursor that the server has not come to starts everything anew', async () => {
  const refusal = new HttpError(400, { type: 'invalid_request_error', message: 'future', requestId: undefined });
  const { seen, cursors, stop } = follow([
    { chunks: [frame('1.9.0', 'user')] },
    refusal,
    { chunks: [], staysOpen: true },
  ]);
  await vi.advanceTimersByTimeAsync(400 + 800);
  expect(cursors).toEqual([undefined, '1.9.0', undefined]);
  expect(seen).toContain('reset');
  stop();
});

test('a stream without even a heartbeat is given up', async () => {
  const { seen, stop } = follow([{ chunks: [': hb\n\n'], staysOpen: true }]);
  await vi.advanceTimersByTimeAsync(49_999);
  expect(seen.at(-1)).toBe('live');
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.at(-1)).toBe('reconnecting 1');
  stop();
});

test('chunks may cut events and characters anywhere; gaps and signals are told too', async () => {
  const bytes = new TextEncoder().encode(
    'id: 1.1.0\ndata: {"type":"user","t":"é"}\n\n' +
      'event: gap\nid: 1.1.5\ndata: {"type":"gap","open":[{"request":"r","index":0,"text":"é"}]}\n\n' +
      'event: signal\ndata: {"type":"signal","signal":{"type":"tool_progress"}}\n\nevent: signal\ndata: {"type":"signal","signal":7}\n\n',
  );
  const { seen, stop } = follow([{ chunks: [...bytes].map((byte) => new Uint8Array([byte])), staysOpen: true }]);
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(['connecting', 'live', 'user', 'gap', 'tool_progress']);
  stop();
});
