import { expect, test } from 'vitest';
import {
  createEmulator,
  cut,
  emptyBody,
  endEarly,
  errorEvent,
  html,
  splitCharacters,
  stall,
  text,
  toolUse,
} from '../index.ts';
import type { HttpResponse } from '../http-send.ts';
import { bodyOf, eventsOf, post, streamedText, textOfBody } from '../testing/ask.ts';

async function chunksOf(response: HttpResponse): Promise<{ chunks: Uint8Array[]; error: unknown }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of response.body) chunks.push(chunk);
    return { chunks, error: undefined };
  } catch (error) {
    return { chunks, error };
  }
}

const decode = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString('utf8');
const typesOf = (chunks: readonly Uint8Array[]): string[] => eventsOf(decode(chunks)).map(({ type }) => type);

test.each([0, 1, 2, 3, 4, 7])('cuts the connection after %i events, all of which arrive', async (afterEvents) => {
  const emulator = createEmulator({ script: [cut({ afterEvents })] });
  const { chunks, error } = await chunksOf(await post(emulator, bodyOf({ stream: true })));
  expect(typesOf(chunks)).toHaveLength(afterEvents);
  expect(error).toMatchObject({ name: 'BrokenConnectionError', code: 'ECONNRESET' });
  expect(emulator.requests[0]?.state).toBe('answered');
});

test.each([
  ['cut', cut({ afterEvents: 1000 }, text('Hi'))],
  ['end', endEarly({ afterEvents: 1000 }, text('Hi'))],
])('a fault beyond the last event strikes before message_stop: %s', async (_, reply) => {
  const { chunks } = await chunksOf(await post(createEmulator({ script: [reply] }), bodyOf({ stream: true })));
  expect(typesOf(chunks).at(-1)).toBe('message_delta');
});

test('ends the body early without an error', async () => {
  const emulator = createEmulator({ script: [endEarly({ afterEvents: 4 })] });
  const { chunks, error } = await chunksOf(await post(emulator, bodyOf({ stream: true })));
  expect(typesOf(chunks)).toEqual(['message_start', 'content_block_start', 'ping', 'content_block_delta']);
  expect(error).toBeUndefined();
});

test('sends an error event in the middle of a stream, and ends', async () => {
  const emulator = createEmulator({ script: [errorEvent({ afterEvents: 2 })] });
  const { chunks, error } = await chunksOf(await post(emulator, bodyOf({ stream: true })));
  expect(eventsOf(decode(chunks)).at(-1)).toEqual({
    type: 'error',
    error: { type: 'overloaded_error', message: 'Overloaded' },
  });
  expect([typesOf(chunks).length, error]).toEqual([3, undefined]);
});

test('stalls after so many events until the client goes away', async () => {
  const emulator = createEmulator({ script: [stall({ afterEvents: 4 }, text('Hi there'))] });
  const leave = new AbortController();
  const body = (await post(emulator, bodyOf({ stream: true }), { signal: leave.signal })).body[Symbol.asyncIterator]();
  const first = await body.next();
  expect(streamedText(eventsOf(decode([first.value as Uint8Array])))).toBe('Hi ');
  const waiting = body.next();
  leave.abort(new Error('too long'));
  await expect(waiting).rejects.toThrow('too long');
});

test('splits every character of several bytes over two chunks and loses nothing', async () => {
  const said = 'Grüße, 你好 🌙!';
  const emulator = createEmulator({ script: [splitCharacters(text(said))] });
  const { chunks } = await chunksOf(await post(emulator, bodyOf({ stream: true })));
  expect(streamedText(eventsOf(decode(chunks)))).toBe(said);
  const whole = chunks.filter((chunk) => Buffer.from(chunk).toString('utf8').includes('\uFFFD'));
  // ü, ß, 你, 好 and 🌙 each end one chunk and begin the next.
  expect([chunks.length, whole.length]).toEqual([6, 6]);
});

test('cuts the connection inside a character', async () => {
  const emulator = createEmulator({ script: [cut({ afterEvents: 3, insideCharacter: true }, text('Köln'))] });
  const { chunks, error } = await chunksOf(await post(emulator, bodyOf({ stream: true })));
  expect(decode(chunks)).toMatch(/"text":"K\uFFFD$/);
  expect(error).toMatchObject({ code: 'ECONNRESET' });
});

test('answers HTML, or nothing, with status 200', async () => {
  const emulator = createEmulator({ script: [html(), emptyBody()] });
  const page = await post(emulator, bodyOf({ stream: true }));
  expect([page.status, page.headers['content-type'], await textOfBody(page)]).toEqual([
    200,
    'text/html',
    expect.stringContaining('<title>'),
  ]);
  const nothing = await post(emulator, bodyOf({ stream: true }));
  expect([nothing.status, await textOfBody(nothing)]).toEqual([200, '']);
});

test('spoils an answer without streaming in the middle of its JSON', async () => {
  const emulator = createEmulator({
    script: [cut({ afterEvents: 1 }), endEarly({ afterEvents: 1 }), errorEvent({ afterEvents: 1 })],
  });
  const broken = await chunksOf(await post(emulator, bodyOf()));
  expect([decode(broken.chunks).startsWith('{"id":"msg_'), broken.error]).toEqual([true, expect.any(Error)]);
  const short = await chunksOf(await post(emulator, bodyOf()));
  expect(() => JSON.parse(decode(short.chunks))).toThrow(SyntaxError);
  expect((await post(emulator, bodyOf())).status).toBe(529);
});

test('sends tool input as raw text when told so, be it JSON or not', async () => {
  const emulator = createEmulator({ script: [toolUse('Bash', '{"command": "rm')] });
  const events = eventsOf(await textOfBody(await post(emulator, bodyOf({ stream: true }))));
  const pieces = events.map(({ delta }) => (delta as { partial_json?: string } | undefined)?.partial_json ?? '');
  expect(pieces.join('')).toBe('{"command": "rm');
});
