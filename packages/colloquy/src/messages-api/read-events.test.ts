import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { APIConnectionError, APIError, TimeoutError } from '../errors.ts';
import { Deadline } from '../helpers/deadline.ts';
import { MessageAccumulator } from './accumulate-message.ts';
import { messageToEvents } from './message-to-events.ts';
import { readEvents } from './read-events.ts';
import {
  type Answer,
  fakeSend,
  inChunks,
  messageEnd,
  messageStart,
  textBlock,
  toFrames,
  USAGE,
} from './stream-fixtures.ts';
import type { ApiMessage, ContentBlock, StreamEvent } from './types.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const IDLE_MS = 90_000;
const EVENTS: readonly StreamEvent[] = [
  messageStart(),
  { type: 'ping' },
  ...textBlock(0, 'Grüße, ', '世界 ', '👩‍💻', ' "\\n"'),
  ...messageEnd(),
];

const BYTES = new TextEncoder().encode(toFrames(EVENTS));
const FIRST_OF_WORLD = 0xe4;

type Read = { batches: (readonly StreamEvent[])[]; error: unknown };

async function open(body: Answer['body'], deadline = new Deadline()): Promise<ReturnType<typeof readEvents>> {
  const response = await fakeSend({ body })({
    method: 'POST',
    url: 'http://x.test',
    headers: {},
    signal: deadline.signal,
  });
  return readEvents(response.body, { requestId: 'req_1', deadline, idleTimeoutMs: IDLE_MS });
}

async function readAll(body: Answer['body'], deadline?: Deadline): Promise<Read> {
  const read: Read = { batches: [], error: undefined };
  try {
    for await (const batch of await open(body, deadline)) read.batches.push(batch);
  } catch (error) {
    read.error = error;
  }
  return read;
}

test('the events of one chunk come together', async () => {
  const cut = toFrames(EVENTS.slice(0, 4)).length;
  const text = toFrames(EVENTS);
  const { batches, error } = await readAll([text.slice(0, cut), text.slice(cut)]);
  expect(error).toBeUndefined();
  expect(batches).toEqual([EVENTS.slice(0, 4), EVENTS.slice(4)]);
});

test.each([1, 2, 3, 7, 64, 1_000_000])(
  'in chunks of %i bytes nothing is lost, inside characters neither',
  async (size) => {
    const { batches, error } = await readAll(inChunks(toFrames(EVENTS), size));
    expect(error).toBeUndefined();
    expect(batches.flat()).toEqual(EVENTS);
  },
);

test.each(['\n', '\r', '\r\n'])(
  'lines may end in %j, with a byte order mark and comments, byte by byte',
  async (lineEnd) => {
    const text = `\uFEFF: hello${lineEnd}${lineEnd}retry: 5${lineEnd}id: 7${lineEnd}${toFrames(EVENTS, lineEnd)}${lineEnd}`;
    for (const size of [1, 5, 1_000_000]) {
      const { batches, error } = await readAll(inChunks(text, size));
      expect(error).toBeUndefined();
      expect(batches.flat()).toEqual(EVENTS);
    }
  },
);

test('only one byte order mark is taken off', async () => {
  const { batches } = await readAll([`\uFEFF\uFEFF${toFrames(EVENTS)}`]);
  // What begins with the second mark is an unknown field, so the first frame has no name; its data is still there.
  expect(batches.flat()[0]).toEqual(EVENTS[0]);
});

test('frames without a name are read by the type in their data', async () => {
  const text = EVENTS.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  expect((await readAll([text])).batches.flat()).toEqual(EVENTS);
});

test.each([
  ['an empty body', []],
  ['a body that ends within a frame', [toFrames(EVENTS).slice(0, -10)]],
  ['a body without message_stop', [toFrames(EVENTS.slice(0, -1))]],
  ['a body cut inside a character', [BYTES.subarray(0, BYTES.indexOf(FIRST_OF_WORLD) + 1)]],
])('%s is an error, not an end', async (_name, body) => {
  const { error } = await readAll(body);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ type: 'invalid_stream', requestId: 'req_1', status: undefined });
});

test('a connection that breaks is an APIConnectionError, after the events that had arrived', async () => {
  const { batches, error } = await readAll([toFrames(EVENTS.slice(0, 3)), new TypeError('terminated')]);
  expect(batches.flat()).toEqual(EVENTS.slice(0, 3));
  expect(error).toBeInstanceOf(APIConnectionError);
  expect(error).toMatchObject({ cause: new TypeError('terminated') });
});

test('a frame that breaks the protocol is an error, after the events before it in the same chunk', async () => {
  const { batches, error } = await readAll([
    `${toFrames(EVENTS.slice(0, 2))}data: {"type":\n\n${toFrames(EVENTS.slice(2))}`,
  ]);
  expect(batches.flat()).toEqual(EVENTS.slice(0, 2));
  expect(error).toMatchObject({ type: 'invalid_stream' });
});

test.each([
  ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'overloaded_error'],
  ['{"message":"upstream"}', 'api_error'],
  ['upstream failed', 'api_error'],
  ['{"type":"ping"}', 'api_error'],
])('an error frame with the data %s ends the stream with %s', async (data, type) => {
  const { batches, error } = await readAll([toFrames(EVENTS.slice(0, 3)), `event: error\ndata: ${data}\n\n`]);
  expect(batches.flat()).toEqual(EVENTS.slice(0, 3));
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: undefined, type, requestId: 'req_1' });
});

test('what follows message_stop is passed over, in the same chunk and in later ones', async () => {
  for (const more of [toFrames(EVENTS), 'data: broken\n\n']) {
    for (const body of [[toFrames(EVENTS) + more], [toFrames(EVENTS), more, new Error('reset')]]) {
      const { batches, error } = await readAll(body);
      expect(error).toBeUndefined();
      expect(batches.flat()).toEqual(EVENTS);
    }
  }
});

test('a body that stays open after message_stop is left after a tenth of a second', async () => {
  const deadline = new Deadline();
  const events = await open([toFrames(EVENTS), 'hang'], deadline);
  await events.next();
  const end = events.next();
  await vi.advanceTimersByTimeAsync(99);
  expect(deadline.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await end).toEqual({ value: undefined, done: true });
  expect(vi.getTimerCount()).toBe(0);
});

test('a stream without a byte for the idle time is a TimeoutError, one millisecond before it is not', async () => {
  const settled = vi.fn();
  const reading = readAll([toFrames(EVENTS.slice(0, 3)), 'hang']).then((read) => {
    settled();
    return read;
  });
  await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
  expect(settled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  const { batches, error } = await reading;
  expect(batches.flat()).toEqual(EVENTS.slice(0, 3));
  expect(error).toBeInstanceOf(TimeoutError);
});

test('every byte counts as life, comments and pings too, and the time of a slow reader does not count', async () => {
  const gate = { open: (): void => undefined };
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const text of [': hb\n\n', toFrames(EVENTS)]) {
      await new Promise<void>((resolve) => (gate.open = resolve));
      yield new TextEncoder().encode(text);
    }
  }
  const deadline = new Deadline();
  const events = readEvents(body(), { requestId: undefined, deadline, idleTimeoutMs: IDLE_MS });
  const first = events.next();
  await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
  gate.open();
  await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
  gate.open();
  expect(await first).toMatchObject({ value: EVENTS });
  await vi.advanceTimersByTimeAsync(IDLE_MS * 2);
  expect(deadline.signal.aborted).toBe(false);
  expect(await events.next()).toMatchObject({ done: true });
});

test('an abort rejects with the reason of the signal and leaves no listener and no timer', async () => {
  const controller = new AbortController();
  const reading = readAll([toFrames(EVENTS.slice(0, 3)), 'hang'], new Deadline(controller.signal));
  await vi.advanceTimersByTimeAsync(1);
  controller.abort('enough');
  expect((await reading).error).toBe('enough');
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('leaving the loop early leaves the body, and lets go of signal and timer', async () => {
  const { signal } = new AbortController();
  const send = fakeSend({ body: [toFrames(EVENTS.slice(0, 3)), 'hang'] });
  const deadline = new Deadline(signal);
  const { body } = await send({ method: 'POST', url: 'http://x.test', headers: {}, signal: deadline.signal });
  for await (const batch of readEvents(body, { requestId: undefined, deadline, idleTimeoutMs: IDLE_MS })) {
    expect(batch).toHaveLength(3);
    break;
  }
  expect(send.left).toBe(1);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('any message, cut into deltas and chunks in any way, is read as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(anyContent, fc.nat(), fc.constantFrom('\n', '\r\n', '\r'), async (content, seed, lineEnd) => {
      const message: ApiMessage = {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content,
        stop_reason: 'tool_use',
        stop_sequence: null,
        usage: USAGE,
      };
      const pieces = cuts(seed);
      const text = toFrames(
        messageToEvents(message).flatMap((event) => intoDeltas(event, pieces)),
        lineEnd,
      );
      const bytes = new TextEncoder().encode(text);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length;) chunks.push(bytes.subarray(at, (at += pieces() * 5)));
      const { batches, error } = await readAll(chunks);
      expect(error).toBeUndefined();
      const accumulator = new MessageAccumulator();
      for (const event of batches.flat()) accumulator.add(event);
      expect(accumulator.message()).toEqual(message);
    }),
    { numRuns: 100 },
  );
});

const anyText = fc.string({ unit: 'binary', maxLength: 40 });
// A field of this name is dropped by the comparison of objects, not by the code under test.
const anyInput = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__'),
  fc.oneof(anyText, fc.integer(), fc.boolean()),
  { maxKeys: 4 },
);
const anyBlock: fc.Arbitrary<ContentBlock> = fc.oneof(
  anyText.map((text) => ({ type: 'text' as const, text: wellFormed(text) })),
  fc
    .tuple(anyText, fc.string({ minLength: 1 }))
    .map(([thinking, signature]) => ({ type: 'thinking' as const, thinking: wellFormed(thinking), signature })),
  fc.tuple(fc.uuid(), anyInput).map(([id, input]) => ({ type: 'tool_use' as const, id, name: 'Read', input })),
);
const anyContent = fc.uniqueArray(anyBlock, { maxLength: 4, selector: (block) => ('id' in block ? block.id : block) });

function wellFormed(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}

/** Lengths from 1 to 7 that look like chance and follow from the seed. */
function cuts(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return 1 + (state % 7);
  };
}

function pieced(text: string, length: () => number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) pieces.push(text.slice(at, (at += length())));
  return pieces;
}

/** The start of a whole block as an empty one and the deltas that fill it. */
function intoDeltas(event: StreamEvent, length: () => number): StreamEvent[] {
  if (event.type !== 'content_block_start') return [event];
  const { index, content_block: block } = event;
  const filled = (empty: ContentBlock, deltas: object[]): StreamEvent[] => [
    { type: 'content_block_start', index, content_block: empty },
    // The deltas are built below, each of a type that is known.
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta }) as StreamEvent),
  ];
  if (block.type === 'text') {
    return filled(
      { ...block, text: '' },
      pieced(block.text, length).map((text) => ({ type: 'text_delta', text })),
    );
  }
  if (block.type === 'thinking') {
    const deltas = pieced(block.thinking, length).map((thinking) => ({ type: 'thinking_delta', thinking }));
    return filled({ type: 'thinking', thinking: '', signature: '' }, [
      ...deltas,
      { type: 'signature_delta', signature: block.signature },
    ]);
  }
  if (block.type !== 'tool_use') return [event];
  const json = pieced(JSON.stringify(block.input), length);
  return filled(
    { ...block, input: {} },
    json.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  );
}

test('an answer without end is given up', async () => {
  const comment = new TextEncoder().encode(`: ${'x'.repeat(999_997)}\n`);
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield comment;
  }
  const events = readEvents(endless(), { requestId: 'req_1', deadline: new Deadline(), idleTimeoutMs: IDLE_MS });
  await expect(events.next()).rejects.toThrow(/is longer than 128000000 bytes/);
});
