// The official client, over HTTP: what it understands of the emulator's answers is what other clients will.
import Anthropic from '@anthropic-ai/sdk';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { expect, test } from 'vitest';
import {
  cut,
  emit,
  endEarly,
  errorEvent,
  maxTokens,
  refusal,
  splitCharacters,
  text,
  thinking,
  toolUses,
} from '@colloquy/emulator';
import { caught, connected, fields } from './connected.ts';

test('create gives a whole message', async () => {
  await using on = await connected(text('Hello there.'));
  const message = await on.client.messages.create(fields());
  expect(message).toMatchObject({
    type: 'message',
    role: 'assistant',
    model: 'claude-fable-5-2',
    content: [{ type: 'text', text: 'Hello there.' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 2, output_tokens: 3 },
  });
  expect(message._request_id).toBe(on.emulator.requests[0]?.requestId);
});

test('stream gives the same content, thinking and several tool calls included', async () => {
  const reply = thinking('Hm, let me see.', toolUses([{ name: 'a', input: { x: 'ü"\n🌙' } }, { name: 'b' }]));
  await using on = await connected(reply, reply);
  const texts: string[] = [];
  const streamed = await on.client.messages
    .stream(fields())
    .on('thinking', (delta) => texts.push(delta))
    .finalMessage();
  const whole = await on.client.messages.create(fields());
  const shapes = ({ content }: Anthropic.Message) =>
    content.map((block) => (block.type === 'tool_use' ? { ...block, id: 'any' } : block));
  expect(shapes(streamed)).toEqual(shapes(whole));
  expect([texts.join(''), streamed.stop_reason]).toEqual(['Hm, let me see.', 'tool_use']);
  expect(streamed.usage).toEqual(whole.usage);
});

test('the raw stream ends with message_stop', async () => {
  await using on = await connected(emit(3));
  const types = [];
  for await (const event of await on.client.messages.create({ ...fields(), stream: true })) types.push(event.type);
  expect([types[0], types.at(-1)]).toEqual(['message_start', 'message_stop']);
});

test('a conversation with tools and thinking is accepted when it comes back', async () => {
  await using on = await connected(thinking('I will look.', toolUses([{ name: 'a' }, { name: 'b' }])), text('Done.'));
  const tools: Anthropic.Tool[] = ['a', 'b'].map((name) => ({ name, input_schema: { type: 'object' } }));
  const first = await on.client.messages.stream(fields({ tools, system: 'Be brief.' })).finalMessage();
  const results = first.content
    .filter((block) => block.type === 'tool_use')
    .map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'ok' }));
  const messages: Anthropic.MessageParam[] = [
    ...fields().messages,
    { role: 'assistant', content: first.content },
    { role: 'user', content: results },
  ];
  const second = await on.client.messages.create(fields({ tools, system: 'Be brief.', messages }));
  expect(second.content).toEqual([{ type: 'text', text: 'Done.' }]);
  const changed = await caught(on.client.messages.create(fields({ tools, system: 'Be long.', messages })));
  expect(changed).toBeInstanceOf(Anthropic.BadRequestError);
});

test('an answer in the form asked for is parsed, streamed or not', async () => {
  await using on = await connected(text('{"sum": 4}'), text('{"sum": 5}'));
  const schema = {
    type: 'object',
    properties: { sum: { type: 'number' } },
    required: ['sum'],
    additionalProperties: false,
  } as const;
  const asked = fields({ output_config: { format: jsonSchemaOutputFormat(schema) } });
  expect((await on.client.messages.parse(asked)).parsed_output).toEqual({ sum: 4 });
  expect((await on.client.messages.stream(asked).finalMessage()).parsed_output).toEqual({ sum: 5 });
});

test('refusals and cut answers carry their stop reasons', async () => {
  await using on = await connected(refusal({ category: 'cyber', explanation: 'No.' }), maxTokens('So far'));
  expect(await on.client.messages.create(fields())).toMatchObject({
    stop_reason: 'refusal',
    stop_details: { type: 'refusal', category: 'cyber', explanation: 'No.' },
  });
  expect(await on.client.messages.stream(fields()).finalMessage()).toMatchObject({
    content: [{ text: 'So far' }],
    stop_reason: 'max_tokens',
  });
});

test.each([
  ['a cut connection', cut({ afterEvents: 5 })],
  ['a cut inside a character', cut({ afterEvents: 3, insideCharacter: true })],
  ['an end without message_stop', endEarly({ afterEvents: 5 })],
  ['an error event', errorEvent({ afterEvents: 5 })],
])('the stream helper rejects %s', async (_, reply) => {
  await using on = await connected(reply);
  expect(await caught(on.client.messages.stream(fields()).finalMessage())).toBeInstanceOf(Error);
});

test('a stream cut inside characters loses nothing', async () => {
  await using on = await connected(splitCharacters(text('Grüße aus Köln, 你好 🌙')));
  expect(await on.client.messages.stream(fields()).finalText()).toBe('Grüße aus Köln, 你好 🌙');
});

test('a client of the older API version, with its key in x-api-key, is served too', async () => {
  await using on = await connected();
  const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': 'any' };
  const message = await on.client.messages.create(fields({ model: 'claude-haiku-4-5' }), { headers });
  expect([message.type, on.emulator.requests[0]?.headers['anthropic-version']]).toEqual(['message', '2023-06-01']);
});
