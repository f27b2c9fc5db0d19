import { describe, expect, test } from 'vitest';
import { createEmulator, text, thinking, together, toolUse, type Emulator, type EmulatorOptions } from '../index.ts';
import { ask, askStream, bodyOf, jsonOfBody, post, type Message } from '../testing/ask.ts';

const BETA = { 'anthropic-beta': 'thinking-binding-controls-2026-08-01' };
const HELLO = { role: 'user', content: 'Hello' };
const NEXT = { role: 'user', content: 'And now?' };

/** A conversation whose answer began with thinking of this model, and the emulator that gave it. */
async function thought(model: string, o: EmulatorOptions = {}): Promise<{ emulator: Emulator; answer: unknown }> {
  const emulator = createEmulator({ ...o, script: [thinking('x'.repeat(40), text('Yes.'))] });
  const { content } = await ask(emulator, {
    model,
    messages: [HELLO],
    thinking: { type: 'adaptive', display: 'summarized' },
  });
  return { emulator, answer: { role: 'assistant', content } };
}

async function sendBack(emulator: Emulator, fields: Record<string, unknown>, headers: Record<string, string> = {}) {
  const response = await post(emulator, bodyOf(fields), { headers });
  const body = await jsonOfBody<Message & { error?: { message: string } }>(response);
  return { status: response.status, message: body.error?.message, transformations: body.input_transformations, body };
}

const PATH = 'messages.1.content.0';
const MISFIT = `${PATH}: this \`thinking\` block does not fit the conversation before it: system, tools and earlier messages must be sent back unchanged, or the thinking blocks left out`;

describe('a changed conversation before thinking', () => {
  const changed = (answer: unknown): unknown[] => [{ role: 'user', content: 'Hallo' }, answer, NEXT];

  test.each(['claude-opus-5-5', 'claude-fable-5-2', 'claude-sonnet-5-5', 'claude-haiku-5-5'])(
    'is refused by %s',
    async (model) => {
      const { emulator, answer } = await thought(model);
      expect(await sendBack(emulator, { model, messages: changed(answer) })).toMatchObject({
        status: 400,
        message: MISFIT,
      });
    },
  );

  test.each(['claude-opus-5', 'claude-sonnet-4-6'])('does not matter to %s', async (model) => {
    const { emulator, answer } = await thought(model);
    expect(await sendBack(emulator, { model, messages: changed(answer) })).toMatchObject({ status: 200 });
  });

  test.each([
    ['system', { system: 'Be kind.' }],
    ['tools', { tools: [{ name: 'look', input_schema: { type: 'object' } }] }],
  ])('may be in %s as well', async (_, fields) => {
    const { emulator, answer } = await thought('claude-opus-5-5');
    expect(await sendBack(emulator, { messages: [HELLO, answer, NEXT], ...fields })).toMatchObject({
      status: 400,
      message: MISFIT,
    });
  });

  test('drops the block where the request asks for that, unbilled, and tells so', async () => {
    const { emulator, answer } = await thought('claude-opus-5-5');
    const thinkingField = { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } };
    const { body, transformations } = await sendBack(
      emulator,
      { messages: changed(answer), thinking: thinkingField },
      BETA,
    );
    expect(transformations).toEqual([{ type: 'thinking_dropped', path: PATH, reason: 'prefix_binding_mismatch' }]);
    expect(body.usage.input_tokens).toBe(Math.ceil('HalloYes.And now?'.length / 4));
    const events = await askStreamWith(emulator, { messages: changed(answer), thinking: thinkingField });
    expect(events[0]?.message).toMatchObject({ input_transformations: transformations });
  });

  test('passes for accounts that are not held to it, and is told', async () => {
    const { emulator, answer } = await thought('claude-opus-5-5', { preservedThinking: 'when_asked' });
    const messages = changed(answer);
    expect((await sendBack(emulator, { messages }, BETA)).transformations).toEqual([
      { type: 'thinking_mismatch_allowed', path: PATH, reason: 'prefix_binding_mismatch' },
    ]);
    const asked = { messages, thinking: { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'error' } } };
    expect(await sendBack(emulator, asked, BETA)).toMatchObject({ status: 400, message: MISFIT });
  });
});

describe('an unchanged conversation', () => {
  test('is accepted, whatever moves the markers, and nothing is told', async () => {
    const { emulator, answer } = await thought('claude-opus-5-5');
    const marked = { role: 'user', content: [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }] };
    const { status, transformations } = await sendBack(emulator, { messages: [marked, answer, NEXT] }, BETA);
    expect([status, transformations]).toEqual([200, []]);
    expect((await sendBack(emulator, { messages: [HELLO, answer, NEXT] })).transformations).toBeUndefined();
  });

  test('may join the parts of an answer that went on after tools', async () => {
    const model = 'claude-fable-5-2';
    const tools = [{ name: 'look', input_schema: { type: 'object' } }];
    const emulator = createEmulator({
      script: [thinking('First.', toolUse('look')), thinking('Then.', together(text('Done.'))), text('Fine.')],
    });
    const first = await ask(emulator, { model, tools, messages: [HELLO] });
    const results = {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: first.content.at(-1)?.id, content: 'ok' }],
    };
    const messages = [HELLO, { role: 'assistant', content: first.content }, results];
    const second = await ask(emulator, { model, tools, messages });
    const whole = [...messages, { role: 'assistant', content: second.content }, NEXT];
    expect(await sendBack(emulator, { model, tools, messages: whole })).toMatchObject({ status: 200 });
  });
});

describe('thinking of another model', () => {
  test.each([
    ['claude-opus-5', 'claude-opus-5-5', true],
    ['claude-haiku-4-5', 'claude-opus-5-5', true],
    ['claude-opus-5-5', 'claude-fable-5-2', true],
    ['claude-opus-5-5', 'claude-sonnet-5-5', false],
    ['claude-opus-5-5', 'claude-opus-5', false],
    ['claude-sonnet-5-5', 'claude-fable-5-2', false],
    ['claude-fable-5-2', 'claude-fable-5-1', false],
    ['claude-fable-5-1', 'claude-fable-5-2', true],
  ])('of %s is read by %s: %s', async (maker, model, isRead) => {
    const enabled = maker.includes('4-5');
    const emulator = createEmulator({ script: [thinking('x'.repeat(40), text('Yes.'))] });
    const thinkingField = enabled
      ? { type: 'enabled', budget_tokens: 1024 }
      : { type: 'adaptive', display: 'summarized' };
    const { content } = await ask(emulator, {
      model: maker,
      max_tokens: 4000,
      messages: [HELLO],
      thinking: thinkingField,
    });
    const messages = [HELLO, { role: 'assistant', content }, NEXT];
    const { body, transformations } = await sendBack(emulator, { model, messages }, BETA);
    const dropped = { type: 'thinking_dropped', path: PATH, reason: 'model_binding_mismatch' };
    expect(transformations).toEqual(isRead ? [] : [dropped]);
    expect(body.usage.input_tokens).toBe(Math.ceil(('HelloYes.And now?'.length + (isRead ? 40 : 0)) / 4));
  });
});

test.each([
  [{ type: 'adaptive', block_binding: {} }, {}, 'thinking.adaptive.block_binding: Extra inputs are not permitted'],
  [
    { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'ignore' } },
    BETA,
    'thinking.adaptive.block_binding.prefix_mismatch_behavior: Input should be one of error, drop_block',
  ],
  [{ type: 'adaptive', display: 'updates' }, {}, 'thinking.display: Input should be one of summarized, omitted'],
  [{ type: 'adaptive', budget_tokens: 2000 }, {}, 'thinking.adaptive.budget_tokens: Extra inputs are not permitted'],
])('settings are refused: %j', async (thinkingField, headers, message) => {
  expect(await sendBack(createEmulator(), { thinking: thinkingField }, headers)).toMatchObject({
    status: 400,
    message,
  });
});

async function askStreamWith(emulator: Emulator, fields: Record<string, unknown>) {
  const send: Emulator['send'] = (request) => emulator.send({ ...request, headers: { ...request.headers, ...BETA } });
  return askStream({ send }, fields);
}
