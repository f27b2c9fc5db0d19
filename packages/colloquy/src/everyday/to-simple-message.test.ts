import { createEmulator, status, text, together, toolUse } from '@colloquy/emulator';
import { expect, test } from 'vitest';
import { ChatClient } from '../direct/chat-client.ts';
import type { SDKMessage } from '../messages.ts';
import { query } from '../query.ts';
import { type SimpleMessage, toSimpleMessage } from './to-simple-message.ts';

async function messagesOf(emulator: ReturnType<typeof createEmulator>): Promise<SDKMessage[]> {
  const options = { send: emulator.send, env: {}, persistSession: false, settingSources: [], maxRetries: 0 };
  const messages: SDKMessage[] = [];
  try {
    for await (const message of query({ prompt: 'Hello', options })) messages.push(message);
  } catch {
    // The messages tell.
  }
  return messages;
}

const inShort = ({ role, content, toolsUsed, error, metadata }: SimpleMessage): unknown[] => [
  role,
  metadata['type'],
  content.slice(0, 20),
  toolsUsed.map(({ name }) => name),
  error?.slice(0, 20),
];

test('the messages of a turn', async () => {
  const emulator = createEmulator({
    script: [together(text('Look.'), toolUse('Read', { file_path: 'none' })), text('There is none.')],
  });
  const simple = (await messagesOf(emulator)).map(toSimpleMessage);
  expect(simple.map(inShort)).toEqual([
    ['system', 'system', '', [], undefined],
    ['assistant', 'assistant', 'Look.', [], undefined],
    ['assistant', 'assistant', '', ['Read'], undefined],
    ['user', 'user', 'none does not exist.', [], 'none does not exist.'],
    ['assistant', 'assistant', 'There is none.', [], undefined],
    ['assistant', 'result', 'There is none.', [], undefined],
  ]);
  expect(simple[1]?.metadata).toMatchObject({
    model: 'claude-opus-5-5',
    sessionId: expect.any(String),
    uuid: expect.any(String),
  });
  expect(simple[1]?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(simple.at(-1)?.metadata).toMatchObject({ subtype: 'success', costUSD: expect.any(Number), turns: 2 });
});

test('an error of the API is told as an error', async () => {
  const simple = (await messagesOf(createEmulator({ script: [status(400)] }))).map(toSimpleMessage);
  expect(simple.at(-1)).toMatchObject({ role: 'assistant', error: expect.stringContaining('400') });
  expect(simple.at(-2)).toMatchObject({ error: 'invalid_request' });
});

test('messages and answers of a direct client, and stored ones', async () => {
  const emulator = createEmulator({ script: [text('Hi.')] });
  await using chat = new ChatClient({ send: emulator.send, env: {} });
  expect(toSimpleMessage(await chat.chat('Hello'))).toMatchObject({
    role: 'assistant',
    content: 'Hi.',
    timestamp: undefined,
    toolsUsed: [],
    error: undefined,
    metadata: { model: 'claude-opus-5-5', stopReason: 'end_turn', usage: { output_tokens: expect.any(Number) } },
  });
  expect(toSimpleMessage({ role: 'user', content: 'Hello' })).toEqual({
    role: 'user',
    content: 'Hello',
    timestamp: undefined,
    metadata: {},
    toolsUsed: [],
    error: undefined,
  });
  const stored = { uuid: 'u', session_id: 's', parent_tool_use_id: null };
  expect(
    toSimpleMessage({ type: 'user', message: { role: 'user', content: 'Hello' }, ...stored } as never),
  ).toMatchObject({
    role: 'user',
    content: 'Hello',
    metadata: { type: 'user', uuid: 'u', sessionId: 's' },
  });
});

test('rubbish in a message is no reason to fail', () => {
  for (const content of [undefined, null, 3, [null, 3, { type: 'tool_result', content: [null] }, { type: 'text' }]]) {
    expect(() => toSimpleMessage({ type: 'assistant', message: { content } } as never)).not.toThrow();
  }
  for (const fields of [{}, { errors: 3 }, { errors: [null, 'late'] }, { subtype: 'success' }])
    expect(typeof toSimpleMessage({ type: 'result', subtype: 'error', is_error: true, ...fields } as never).error).toBe(
      'string',
    );
});
