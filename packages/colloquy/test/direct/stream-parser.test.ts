import {
  createEmulator,
  cut,
  emit,
  errorEvent,
  splitCharacters,
  text,
  thinking,
  together,
  toolUse,
  type Reply,
} from '@colloquy/emulator';
import { APIError, type ApiMessage, ChatClient, type StreamChunk, StreamParser } from 'colloquy';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** The bytes of a streamed answer, as far as they come. */
async function bytesOf(reply: Reply): Promise<Uint8Array> {
  const { body } = await createEmulator({ script: [reply] }).send({
    method: 'POST',
    url: '/v1/messages',
    headers: { 'anthropic-version': '2026-10-21' },
    body: JSON.stringify({
      model: 'claude-opus-5-5',
      max_tokens: 1_000,
      stream: true,
      tools: [{ name: 'add', input_schema: { type: 'object' } }],
      messages: [{ role: 'user', content: 'Hello' }],
    }),
  });
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch {
    // Cut on purpose.
  }
  return Buffer.concat(chunks);
}

const EVERYTHING = together(
  thinking('Grüße, 你好 🌙', text('Für Köln: 🌙🌙 "quoted" \\ and\nlines')),
  toolUse('add', { a: 1, text: 'ü🌙' }),
);

function pieces<T extends string | Uint8Array>(whole: T, cuts: readonly number[]): T[] {
  const places = [...new Set(cuts.map((cutAt) => cutAt % (whole.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...places].map((from, index) => whole.slice(from, places[index] ?? whole.length) as T);
}

function parse(chunks: readonly (string | Uint8Array)[]): { message: ApiMessage; told: StreamChunk[] } {
  const told: StreamChunk[] = [];
  const parser = new StreamParser({ onChunk: (chunk) => void told.push(chunk) });
  for (const chunk of chunks) parser.addChunk(chunk);
  expect(parser.text).toBe(told.map(({ textDelta = '' }) => textDelta).join(''));
  return { message: parser.toMessage(), told };
}

describe('however the answer is cut', () => {
  test('into bytes, the message and what is told of it are the same', async () => {
    const bytes = await bytesOf(EVERYTHING);
    const whole = parse([bytes]);
    expect(whole.message.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use']);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 60 }), (cuts) => {
        expect(parse(pieces(bytes, cuts))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
    expect(parse(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  test('into text, inside of surrogate pairs too', async () => {
    const string = new TextDecoder().decode(await bytesOf(splitCharacters()));
    const whole = parse([string]);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 60 }), (cuts) => {
        expect(parse(pieces(string, cuts))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
    expect(parse(string.split(''))).toEqual(whole);
  });

  test('with other line ends, comments, a byte order mark, and something after the end', async () => {
    const string = new TextDecoder().decode(await bytesOf(EVERYTHING));
    const { message } = parse([string]);
    for (const end of ['\r\n', '\r']) {
      const odd = `\uFEFF: hello${end}${string.replaceAll('\n', end)}${end}`;
      expect(parse([odd, 'event: message_start\ndata: {"type":"message_start"}\n\n']).message).toEqual(message);
    }
  });
});

test('takes chunks of a stream, events, and array buffers, and can be chained', async () => {
  await using chat = new ChatClient({ send: createEmulator({ script: [text('Hello')] }).send, env: {} });
  const byChunk = new StreamParser();
  const byEvent = new StreamParser();
  for await (const chunk of chat.stream('Hello')) {
    byChunk.addChunk(chunk);
    byEvent.addChunk(chunk.data);
  }
  expect(byChunk.toMessage()).toEqual(byEvent.toMessage());
  const bytes = await bytesOf(text('Hello'));
  const buffer = new Uint8Array(bytes).buffer;
  expect(new StreamParser().addChunk(buffer).toMessage().content).toEqual([{ type: 'text', text: 'Hello' }]);
});

test('gives what there is of an answer that is not whole, but no message', async () => {
  const parser = new StreamParser().addChunk(await bytesOf(cut({ afterEvents: 6 }, emit(9))));
  expect([parser.done, parser.text, parser.blocks]).toEqual([false, '1 2 3 ', [{ type: 'text', text: '1 2 3 ' }]]);
  expect(() => parser.toMessage()).toThrow(APIError);
});

test.each([
  ['an error event', async () => bytesOf(errorEvent({ afterEvents: 3 })), 'overloaded_error'],
  ['what is not JSON', async () => 'data: {"type":\n\n', 'invalid_stream'],
  ['what is no event', async () => 'data: 3\n\n', 'invalid_stream'],
  ['nothing', async () => null as never, 'invalid_stream'],
  ['events in the wrong order', async () => 'data: {"type":"content_block_stop","index":0}\n\n', 'invalid_stream'],
])('%s is thrown, and thrown again', async (_, bytes, type) => {
  const parser = new StreamParser();
  const chunk = await bytes();
  expect(() => parser.addChunk(chunk)).toThrow(expect.objectContaining({ name: 'APIError', type }));
  expect(() => parser.addChunk('')).toThrow(expect.objectContaining({ type }));
  expect(() => parser.toMessage()).toThrow(expect.objectContaining({ type }));
});
