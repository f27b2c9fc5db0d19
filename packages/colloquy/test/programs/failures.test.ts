import { createEmulator, cut, endEarly, errorEvent, html, splitCharacters, status, text } from '@colloquy/emulator';
import { APIConnectionError, APIError, ClaudeSDKClient, Conversation, query, type SDKMessage, textOf } from 'colloquy';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { brief, collect, offline } from './offline.ts';

// Retries wait by the clock; here the clock is ours, and moves whenever nothing else does.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Settles as the promise does, the clock moving on meanwhile. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const settle = (): void => void (settled = true);
  promise.then(settle, settle);
  while (!settled) await vi.advanceTimersByTimeAsync(500);
  return promise;
}

const readOn = (messages: AsyncIterable<SDKMessage>): Promise<SDKMessage[]> => inTime(collect(messages));

test('an overloaded API is tried again, and each retry is told', async () => {
  const emulator = createEmulator({ script: [status(529), status(529), text('At last')] });
  await using client = new ClaudeSDKClient(offline(emulator));
  await client.query('Hi');
  const seen = await readOn(client.receiveResponse());
  expect(seen.map(brief)).toEqual(['init', 'api_retry', 'api_retry', 'assistant At last', 'result At last']);
  expect(seen[1]).toMatchObject({ attempt: 1, max_retries: 10, error_status: 529, error: 'overloaded' });
  expect(seen[2]).toMatchObject({ attempt: 2 });
  expect(emulator.requests).toHaveLength(3);
});

test('a retry waits as long as the server asks', async () => {
  const emulator = createEmulator({ script: [status(429, { retryAfterSeconds: 7 }), text('Hi')] });
  const seen = await readOn(query({ prompt: 'Hi', options: offline(emulator) }));
  expect(seen[1]).toMatchObject({ subtype: 'api_retry', retry_delay_ms: 7_000, error: 'rate_limit' });
  expect(seen.at(-1)).toMatchObject({ type: 'result', result: 'Hi' });
});

test('after the last retry the error is the result', async () => {
  const emulator = createEmulator({ script: [status(529), status(529), text('never asked')] });
  await using client = new ClaudeSDKClient(offline(emulator, { maxRetries: 1 }));
  await client.query('Hi');
  const seen = await readOn(client.receiveResponse());
  expect(seen.map(({ type }) => type)).toEqual(['system', 'system', 'assistant', 'result']);
  expect(seen[2]).toMatchObject({ error: 'overloaded', message: { model: '<synthetic>' } });
  expect(seen[3]).toMatchObject({
    subtype: 'success',
    is_error: true,
    api_error_status: 529,
    terminal_reason: 'api_error',
  });
  await client.query('Again');
  expect((await readOn(client.receiveResponse())).at(-1)).toMatchObject({ is_error: false, result: 'never asked' });
});

test('a refused credential fails at once', async () => {
  const emulator = createEmulator({ script: [status(401), text('two')] });
  const run = query({ prompt: 'Hi', options: offline(emulator) });
  const seen: SDKMessage[] = [];
  const failed = (async () => {
    for await (const message of run) seen.push(message);
  })();
  await expect(failed).rejects.toMatchObject({ name: 'APIError', status: 401, type: 'authentication_error' });
  expect(seen.map(({ type }) => type)).toEqual(['system', 'assistant', 'result']);
  expect(seen.at(-1)).toMatchObject({ is_error: true, api_error_status: 401 });
  expect(emulator.requests).toHaveLength(1);
});

test.each([
  ['breaks', cut({ afterEvents: 6 })],
  ['ends too early', endEarly({ afterEvents: 6 })],
  ['tells of an error', errorEvent({ afterEvents: 6 })],
])('an answer whose stream %s is told again, whole', async (_what, reply) => {
  const emulator = createEmulator({ script: [reply, text('The whole answer')] });
  await using client = new ClaudeSDKClient(offline(emulator, { includePartialMessages: true }));
  await client.query('Hi');
  const seen = await readOn(client.receiveResponse());
  expect(seen.filter(({ type }) => type !== 'stream_event').map(brief)).toEqual([
    'init',
    'status',
    'api_retry',
    'status',
    'assistant The whole answer',
    'result The whole answer',
  ]);
});

test('a block that was told before the stream broke is superseded by the next', async () => {
  const { together, thinking } = await import('@colloquy/emulator');
  const broken = cut(
    { afterEvents: 14 },
    together(thinking('Let me see', text('One two')), text('three four five six seven eight')),
  );
  const emulator = createEmulator({ script: [broken, text('Whole')] });
  const seen = await readOn(query({ prompt: 'Hi', options: offline(emulator) }));
  const answers = seen.filter((message) => message.type === 'assistant');
  const dropped = answers.slice(0, -1).map(({ uuid }) => uuid);
  expect(dropped.length).toBeGreaterThan(0);
  expect(answers.at(-1)).toMatchObject({ supersedes: dropped });
  expect(seen.at(-1)).toMatchObject({ result: 'Whole' });
});

test('a page of HTML with status 200 is an error, not an answer', async () => {
  const emulator = createEmulator({ script: [html(), text('Whole')] });
  await using client = new ClaudeSDKClient(offline(emulator, { maxRetries: 0 }));
  await client.query('Hi');
  const seen = await readOn(client.receiveResponse());
  expect(seen.at(-1)).toMatchObject({ type: 'result', is_error: true });
});

test('characters that the network splits arrive whole', async () => {
  const words = 'Grüße aus Köln, 你好 und gute Nacht 🌙';
  const emulator = createEmulator({
    script: [splitCharacters(text(words)), cut({ afterEvents: 5, insideCharacter: true }, text(words)), text(words)],
  });
  await using client = new ClaudeSDKClient(offline(emulator, { includePartialMessages: true }));
  for (let turn = 0; turn < 2; turn++) {
    await client.query('Hi');
    const seen = await readOn(client.receiveResponse());
    expect(textOf(seen.at(-1)!)).toBe(words);
    expect(seen.filter(({ type }) => type === 'assistant').map(textOf)).toEqual([words]);
    const retried = seen.findIndex((message) => message.type === 'system' && message.subtype === 'api_retry');
    const deltas = seen.slice(retried + 1).filter((message) => message.type === 'stream_event');
    expect(
      deltas
        .map(({ event }) =>
          event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
        )
        .join(''),
    ).toBe(words);
  }
});

test('ask tells failures as errors of their class', async () => {
  const emulator = createEmulator({ script: [status(400), status(401), cut({ afterEvents: 4 }), status(529)] });
  await using conversation = new Conversation(offline(emulator, { maxRetries: 0 }));
  await expect(conversation.ask('1')).rejects.toMatchObject({
    constructor: APIError,
    status: 400,
    type: 'invalid_request_error',
  });
  await expect(conversation.ask('2')).rejects.toMatchObject({ constructor: APIError, status: 401 });
  await expect(conversation.ask('3')).rejects.toBeInstanceOf(APIConnectionError);
  await expect(conversation.ask('4')).rejects.toMatchObject({
    constructor: APIError,
    status: 529,
    type: 'overloaded_error',
  });
});
