import { expect, test } from 'vitest';
import { block, createEmulator, delayed, status, text, withFaults, type StreamFault } from '../index.ts';
import type { Clock } from '../clock/clock.ts';
import { ask, bodyOf, eventsOf, post, streamedText, textOfBody } from '../testing/ask.ts';

const HI = text(['Hi ', 'you']);

async function streamOf(...faults: StreamFault[]): Promise<{ chunks: Uint8Array[]; text: string; error: unknown }> {
  const emulator = createEmulator({ clock: notingClock(), script: [withFaults(HI, ...faults)] });
  const chunks: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const chunk of (await post(emulator, bodyOf({ stream: true }))).body) chunks.push(chunk);
  } catch (caught) {
    error = caught;
  }
  return { chunks, text: Buffer.concat(chunks).toString('utf8'), error };
}

const WHOLE = [
  'message_start',
  'content_block_start',
  'ping',
  'content_block_delta',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
];
const namesOf = (stream: string): string[] => [...stream.matchAll(/^event: (\w+)$/gm)].map(([, name = '']) => name);
const dataOf = (stream: string): string[] => [...stream.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => data);
const without = (at: number): string[] => WHOLE.toSpliced(at, 1);

test('an event that is lost is missing, and everything else comes', async () => {
  expect(namesOf((await streamOf({ type: 'lost_event', afterEvents: 3 })).text)).toEqual(without(3));
  expect(namesOf((await streamOf({ type: 'lost_event', before: 'content_block_stop' })).text)).toEqual(without(5));
});

test('an event that is repeated comes twice in a row', async () => {
  const { text: stream } = await streamOf({ type: 'repeated_event', afterEvents: 4 });
  expect(dataOf(stream)[4]).toBe(dataOf(stream)[3]);
  expect(namesOf(stream)).toEqual(WHOLE.toSpliced(4, 0, 'content_block_delta'));
});

test('a malformed event has its name and half of its JSON', async () => {
  const { text: stream } = await streamOf({ type: 'malformed_event', before: 'message_delta' });
  expect(namesOf(stream)).toEqual(WHOLE);
  const data = dataOf(stream)[6] ?? '';
  expect(data.startsWith('{"type":"message_delta"')).toBe(true);
  expect(() => JSON.parse(data) as unknown).toThrow(SyntaxError);
});

test('an unknown event and an unknown delta are put in, the delta once a block is open', async () => {
  const { text: stream } = await streamOf(
    { type: 'unknown_event', afterEvents: 0 },
    { type: 'unknown_delta', afterEvents: 0 },
  );
  const events = eventsOf(stream);
  expect(events.map(({ type }) => type)).toEqual(['emulated_event', ...WHOLE.toSpliced(2, 0, 'content_block_delta')]);
  expect(events[3]).toEqual({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'emulated_delta', emulated: '?' },
  });
});

test('a block with an index that is taken comes while its owner is open, or after it', async () => {
  for (const afterEvents of [0, 6]) {
    const events = eventsOf((await streamOf({ type: 'duplicate_index', afterEvents })).text);
    const starts = events.filter(({ type }) => type === 'content_block_start');
    expect(starts.map(({ index }) => index)).toEqual([0, 0]);
    expect(events).toHaveLength(WHOLE.length + 3);
  }
});

test('comments, huge lines and any other text come between two events', async () => {
  const { text: stream } = await streamOf(
    { type: 'comment', afterEvents: 1 },
    { type: 'comment', afterEvents: 1, text: 'proxy' },
    { type: 'huge_line', afterEvents: 1, bytes: 300_000 },
    { type: 'insert', afterEvents: 1, text: 'retry: 5\n\n' },
  );
  expect(stream).toContain('\n\n: keep-alive\n\n: proxy\n\nevent: ping\ndata: {"type":"ping","padding":"xxx');
  expect(stream).toContain('xxx"}\n\nretry: 5\n\nevent: content_block_start\n');
  expect(stream.length).toBeGreaterThan(300_000);
});

test('faults of one place strike in their order, and none after one that ends the stream', async () => {
  const { text: stream, error } = await streamOf(
    { type: 'unknown_event', afterEvents: 2 },
    { type: 'reset', afterEvents: 2 },
    { type: 'comment', afterEvents: 2 },
  );
  expect(namesOf(stream)).toEqual([...WHOLE.slice(0, 2), 'emulated_event']);
  expect(stream).not.toContain(': keep-alive');
  expect(error).toMatchObject({ code: 'ECONNRESET', isReset: true });
});

test('a place that does not come means before message_stop', async () => {
  const { text: stream } = await streamOf({ type: 'comment', before: 'no_such_event' });
  expect(stream).toContain(': keep-alive\n\nevent: message_stop');
});

test.each(['crlf', 'cr'] as const)('lines end with %s, and the byte order mark comes first', async (ends) => {
  const { text: stream } = await streamOf({ type: 'byte_order_mark' }, { type: 'line_ends', ends });
  const end = ends === 'crlf' ? '\r\n' : '\r';
  expect(stream.startsWith(`\uFEFFevent: message_start${end}data: `)).toBe(true);
  expect(streamedText(eventsOf(stream.slice(1).replaceAll(end, '\n')))).toBe('Hi you');
});

test('random chunks hold the same bytes, and the same chunks for the same seed', async () => {
  const lengths = async (seed: number): Promise<number[]> =>
    (await streamOf({ type: 'chunks', maxBytes: 7, seed })).chunks.map(({ length }) => length);
  const { text: stream, chunks } = await streamOf({ type: 'chunks', maxBytes: 7, seed: 1 });
  expect(streamedText(eventsOf(stream))).toBe('Hi you');
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(7);
  expect(await lengths(1)).toEqual(chunks.map(({ length }) => length));
  expect(await lengths(2)).not.toEqual(chunks.map(({ length }) => length));
});

/** Notes the sleeps asked for and takes no time. */
function notingClock(): Clock & { slept: number[] } {
  const clock = {
    slept: [] as number[],
    nowMs: 0,
    now: () => clock.nowMs,
    sleep: (ms: number) => {
      clock.slept.push(ms);
      clock.nowMs += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

test('a delay holds the stream up once, and the deltas after it keep their gaps', async () => {
  const clock = notingClock();
  const reply = withFaults({ ...text(['a', 'b', 'c']), gapMs: 10 }, { type: 'delay', ms: 500, afterEvents: 4 });
  const emulator = createEmulator({ clock, script: [reply] });
  await textOfBody(await post(emulator, bodyOf({ stream: true })));
  expect(clock.slept).toEqual([500, 10, 10]);
});

test.each([
  ['a message', text('Hi')],
  ['an error', status(529)],
])('delays the whole of %s', async (_, reply) => {
  const clock = notingClock();
  const emulator = createEmulator({ clock, script: [delayed(2_000, reply)] });
  await post(emulator, bodyOf());
  expect(clock.slept).toEqual([2_000]);
});

test('a client that leaves during a delay has aborted its request', async () => {
  const leave = new AbortController();
  const emulator = createEmulator({ script: [delayed(60_000, HI)] });
  const answer = post(emulator, bodyOf({ stream: true }), { signal: leave.signal });
  await emulator.nextRequest();
  leave.abort(new Error('too long'));
  await expect(answer).rejects.toThrow('too long');
  expect(emulator.requests[0]).toMatchObject({ state: 'aborted', aborted: true, status: undefined });
});

test('without streaming a delay comes first, and what ends a stream strikes in the middle of the JSON', async () => {
  const clock = notingClock();
  const faults: StreamFault[] = [
    { type: 'delay', ms: 5, afterEvents: 0 },
    { type: 'end', before: 'message_stop' },
  ];
  const emulator = createEmulator({ clock, script: [withFaults(HI, ...faults), HI] });
  const half = await textOfBody(await post(emulator, bodyOf()));
  expect(clock.slept).toEqual([5]);
  expect(half.startsWith('{"id":"msg_')).toBe(true);
  expect(() => JSON.parse(half) as unknown).toThrow(SyntaxError);
  expect(await textOfBody(await post(emulator, bodyOf()))).toContain('Hi you');
});

test('headers of a reply are put over those of the answer', async () => {
  const emulator = createEmulator({ script: [{ ...HI, headers: { 'content-type': 'text/plain' } }] });
  const answer = await post(emulator, bodyOf({ stream: true }));
  expect(answer.headers).toMatchObject({ 'content-type': 'text/plain', 'request-id': expect.stringMatching(/^req_/) });
});

test('a raw block is whole without streaming, and comes as it was written in a stream', async () => {
  const whole = { type: 'emulated_block', mood: 'good' };
  const reply = block(whole, { start: { type: 'emulated_block' }, deltas: [{ type: 'mood_delta', mood: 'good' }] });
  const emulator = createEmulator({ script: [reply, reply] });
  expect((await ask(emulator)).content).toEqual([whole]);
  const events = eventsOf(await textOfBody(await post(emulator, bodyOf({ stream: true }))));
  expect(events.slice(1, 5)).toEqual([
    { type: 'content_block_start', index: 0, content_block: { type: 'emulated_block' } },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta: { type: 'mood_delta', mood: 'good' } },
    { type: 'content_block_stop', index: 0 },
  ]);
});

test('what the emulator has sent it takes back, and nothing else of which it knows no type', async () => {
  const whole = { type: 'emulated_block', mood: 'good' };
  const emulator = createEmulator({ script: [block(whole), HI] });
  const sendBack = (content: unknown): ReturnType<typeof post> =>
    post(emulator, bodyOf({ messages: [...HISTORY, { role: 'assistant', content: [content] }, ...HISTORY] }));
  expect((await sendBack(whole)).status).toBe(400);
  await ask(emulator);
  expect((await sendBack(whole)).status).toBe(200);
  expect((await sendBack({ ...whole, type: 'emulated_blocK' })).status).toBe(400);
});

const HISTORY = [{ role: 'user', content: 'Hello' }];
