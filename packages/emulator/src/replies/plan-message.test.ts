import { describe, expect, test } from 'vitest';
import {
  contextWindowExceeded,
  createEmulator,
  pauseTurn,
  redactedThinking,
  refusal,
  text,
  thinking,
  together,
  toolUse,
  type Reply,
} from '../index.ts';
import { ask, askStream, bodyOf, post, said, streamedText } from '../testing/ask.ts';

const emulate = (...script: Reply[]) => createEmulator({ script });

describe('stop sequences', () => {
  test.each([
    [['three'], 'one two ', 'three'],
    [['four', 'two'], 'one ', 'two'],
    [['e t'], 'on', 'e t'],
    [['one'], '', 'one'],
  ])('%j end the text', async (stop_sequences, expected, stopped) => {
    const reply = text('one two three four');
    const message = await ask(emulate(reply), { stop_sequences });
    expect([said(message), message.stop_reason, message.stop_sequence]).toEqual([expected, 'stop_sequence', stopped]);
    const events = await askStream(emulate(reply), { stop_sequences });
    expect(streamedText(events)).toBe(expected);
    expect(events.find(({ type }) => type === 'message_delta')?.delta).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: stopped,
    });
  });

  test('that do not come change nothing', async () => {
    const message = await ask(emulate(text('one two')), { stop_sequences: ['three'] });
    expect([said(message), message.stop_reason, message.stop_sequence]).toEqual(['one two', 'end_turn', null]);
  });

  test('end the whole message: what was to follow is not said, and not billed', async () => {
    const reply = together(text('one two'), toolUse('look'));
    const { content, stop_reason, usage } = await ask(emulate(reply), { stop_sequences: ['two'] });
    expect({ content, stop_reason, output: usage.output_tokens }).toEqual({
      content: [{ type: 'text', text: 'one ' }],
      stop_reason: 'stop_sequence',
      output: 1,
    });
  });

  test('behind the end at max_tokens are not reached', async () => {
    const message = await ask(emulate(text('one two three')), { stop_sequences: ['three'], max_tokens: 1 });
    expect([said(message), message.stop_reason]).toEqual(['one ', 'max_tokens']);
  });
});

describe('how else an answer ends', () => {
  test('a full context window ends it before max_tokens', async () => {
    const model = { model: 'claude-opus-4-5', max_tokens: 64_000 };
    const input = 'x'.repeat(4 * (200_000 - 3));
    const message = await ask(emulate(text('one two three four')), {
      ...model,
      messages: [{ role: 'user', content: input }],
    });
    expect(message).toMatchObject({ stop_reason: 'model_context_window_exceeded', usage: { output_tokens: 3 } });
    expect(said(message)).toBe('one two thre');
    const tooMuch = { ...model, messages: [{ role: 'user', content: `${input}${'x'.repeat(16)}` }] };
    expect((await post(emulate(), bodyOf(tooMuch))).status).toBe(400);
  });

  test.each([
    [contextWindowExceeded('cut'), 'model_context_window_exceeded'],
    [refusal({ category: 'cyber' }), 'refusal'],
    [pauseTurn(text('wait')), 'pause_turn'],
  ])('when it is told to: %#', async (reply, reason) => {
    expect((await ask(emulate(reply))).stop_reason).toBe(reason);
  });

  test('a paused answer is sent back as it is and goes on; another final answer is refused', async () => {
    const emulator = emulate(pauseTurn(together(text('Let me'), text(' see.'))), text('Done.'));
    const paused = await ask(emulator);
    const question = { role: 'user', content: 'Hello' };
    const other = { role: 'assistant', content: [{ type: 'text', text: 'Let me' }] };
    expect((await post(emulator, bodyOf({ messages: [question, other] }))).status).toBe(400);
    const again = { role: 'assistant', content: paused.content };
    expect(said(await ask(emulator, { messages: [question, again] }))).toBe('Done.');
  });
});

test('redacted thinking is billed, can be sent back, and is left out where nobody thinks', async () => {
  const emulator = emulate(redactedThinking(text('Yes.')), text('Go on.'), redactedThinking(text('No.')));
  const first = await ask(emulator);
  expect(first).toMatchObject({
    content: [
      { type: 'redacted_thinking', data: expect.any(String) },
      { type: 'text', text: 'Yes.' },
    ],
    usage: { output_tokens_details: { thinking_tokens: 100 }, output_tokens: 101 },
  });
  const messages = [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: first.content },
    { role: 'user', content: 'And?' },
  ];
  expect(said(await ask(emulator, { messages }))).toBe('Go on.');
  const tampered = JSON.stringify(bodyOf({ messages })).replace(/"data":"./, '"data":"!');
  expect((await post(emulator, tampered)).status).toBe(400);
  const silent = await ask(emulator, { model: 'claude-opus-5', thinking: { type: 'disabled' } });
  expect(silent.content).toEqual([{ type: 'text', text: 'No.' }]);
});

test('usage tells speed and thinking', async () => {
  const { usage } = await ask(emulate(thinking('x'.repeat(40), text('y'.repeat(8)))), { speed: 'fast' });
  expect(usage).toEqual({
    input_tokens: 2,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: 12,
    output_tokens_details: { thinking_tokens: 10 },
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: 'fast',
  });
});
