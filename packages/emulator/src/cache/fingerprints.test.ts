import { expect, test } from 'vitest';
import { createEmulator, type Emulator } from '../index.ts';
import { ask, askStream } from '../testing/ask.ts';

const BODY = {
  model: 'claude-opus-5',
  tools: [{ name: 'look', input_schema: { type: 'object' } }],
  system: 'Be kind.',
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'x'.repeat(4000), cache_control: { type: 'ephemeral' } }] },
  ],
};
const HEAD_TOKENS = Math.ceil((JSON.stringify(BODY.tools[0]).length + 'Be kind.'.length + 4000) / 4);

async function askAgain(emulator: Emulator, fields: Record<string, unknown>): Promise<unknown> {
  const first = await ask(emulator, { ...BODY, diagnostics: { previous_message_id: null } });
  expect(first.diagnostics).toBeNull();
  const second = await ask(emulator, { ...BODY, ...fields, diagnostics: { previous_message_id: first.id } });
  return second.diagnostics;
}

const grown = (...more: unknown[]): unknown => [...BODY.messages, { role: 'assistant', content: 'Yes.' }, ...more];
const NEXT = { role: 'user', content: 'Go on.' };

test.each<[string, Record<string, unknown>, string]>([
  ['the model', { model: 'claude-opus-5-5' }, 'model_changed'],
  ['the speed', { speed: 'fast' }, 'model_changed'],
  ['the system prompt', { system: 'Be blunt.' }, 'system_changed'],
  ['system prompt and tools', { system: 'Be blunt.', tools: [] }, 'system_changed'],
  ['the tools', { tools: [] }, 'tools_changed'],
  [
    'an earlier message',
    { messages: [{ role: 'user', content: 'Y' }, { role: 'assistant', content: 'Yes.' }, NEXT] },
    'messages_changed',
  ],
  ['a message less', { messages: [{ role: 'user', content: 'x' }] }, 'messages_changed'],
])('tells that %s changed, and what that costs', async (_, fields, type) => {
  expect(await askAgain(createEmulator(), fields)).toEqual({
    cache_miss_reason: { type, cache_missed_input_tokens: HEAD_TOKENS },
  });
});

test('tells nothing where the conversation only goes on', async () => {
  expect(await askAgain(createEmulator(), { messages: grown(NEXT) })).toBeNull();
});

test.each([
  { thinking: { type: 'disabled' } },
  { tool_choice: { type: 'none' } },
  { output_config: { effort: 'low' } },
])('cannot tell what other settings do: %j', async (fields) => {
  expect(await askAgain(createEmulator(), fields)).toEqual({ cache_miss_reason: { type: 'unavailable' } });
});

test('knows only requests that asked for diagnostics, of the same emulator', async () => {
  const emulator = createEmulator();
  const { id } = await ask(emulator, BODY);
  const { diagnostics } = await ask(emulator, { ...BODY, diagnostics: { previous_message_id: id } });
  expect(diagnostics).toEqual({ cache_miss_reason: { type: 'previous_message_not_found' } });
});

test('a stream tells it at its start', async () => {
  const events = await askStream(createEmulator(), { ...BODY, diagnostics: { previous_message_id: 'msg_unknown' } });
  expect(events[0]?.message).toMatchObject({
    diagnostics: { cache_miss_reason: { type: 'previous_message_not_found' } },
  });
});
