// What answers mean, as the official client understands it: the cache, citations, formats, the API's own tools.
import type Anthropic from '@anthropic-ai/sdk';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { expect, test } from 'vitest';
import {
  pauseTurn,
  quote,
  redactedThinking,
  text,
  thinking,
  together,
  toolUse,
  webFetch,
  webSearch,
} from '@colloquy/emulator';
import { caught, connected, connectedTo, fields } from './connected.ts';

const SEARCH = { type: 'web_search_20260209', name: 'web_search' } as const;
const FETCH = { type: 'web_fetch_20260209', name: 'web_fetch', citations: { enabled: true } } as const;

/** Asks without and with streaming; both must give the same message, ids aside. */
async function askTwice(client: Anthropic, more: Parameters<typeof fields>[0]): Promise<Anthropic.Message> {
  const whole = await client.messages.create(fields(more));
  const streamed = await client.messages.stream(fields(more)).finalMessage();
  const comparable = ({ content, stop_reason, stop_sequence, usage }: Anthropic.Message) =>
    JSON.parse(JSON.stringify({ content, stop_reason, stop_sequence, usage }).replaceAll(/"(srv)?toolu_\w+"/g, '"id"'));
  expect(comparable(streamed)).toEqual(comparable(whole));
  return whole;
}

test('searches, pages and what is said of them', async () => {
  const url = 'https://example.com/whales';
  const reply = together(
    text('Let me look.'),
    webSearch('whales', [{ url, title: 'Whales' }]),
    webFetch(url, { title: 'Whales', text: 'The blue whale is the largest animal.' }),
    text('The blue whale.'),
  );
  await using on = await connected(reply, reply);
  const { content, usage, stop_reason } = await askTwice(on.client, { tools: [SEARCH, FETCH] });
  expect(content.map(({ type }) => type)).toEqual([
    'text',
    'server_tool_use',
    'web_search_tool_result',
    'server_tool_use',
    'web_fetch_tool_result',
    'text',
  ]);
  expect([stop_reason, usage.server_tool_use]).toEqual(['end_turn', { web_search_requests: 1, web_fetch_requests: 1 }]);
});

test('a turn that pauses goes on with what it has said so far', async () => {
  await using on = await connected(pauseTurn(webSearch('whales')), text('Found.'));
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Search for whales' }];
  for (let round = 0; round < 5; round += 1) {
    const answer = await on.client.messages.create(fields({ tools: [SEARCH], messages }));
    messages.push({ role: 'assistant', content: answer.content });
    if (answer.stop_reason !== 'pause_turn') break;
  }
  expect(messages).toMatchObject([
    { role: 'user' },
    { role: 'assistant', content: [{ type: 'server_tool_use' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'Found.' }] },
  ]);
});

test('citations, whole and streamed', async () => {
  const document: Anthropic.DocumentBlockParam = {
    type: 'document',
    title: 'Whales',
    source: { type: 'text', media_type: 'text/plain', data: 'Whales are large. Mice are small.' },
    citations: { enabled: true },
  };
  const reply = quote('Mice are small.', { saying: 'Mice are.' });
  await using on = await connected(reply, reply);
  const messages = [{ role: 'user' as const, content: [document, { type: 'text' as const, text: 'Who is small?' }] }];
  const { content } = await askTwice(on.client, { messages });
  expect(content).toMatchObject([
    {
      type: 'text',
      text: 'Mice are.',
      citations: [{ type: 'char_location', start_char_index: 18, end_char_index: 33 }],
    },
  ]);
});

test('an answer parsed by the schema that it was asked to fit', async () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, legs: { type: 'integer' } },
    required: ['name', 'legs'],
    additionalProperties: false,
  } as const;
  await using on = await connected(text('{"name":"whale","legs":0}'));
  const ask = () =>
    on.client.messages.parse({ ...fields(), output_config: { format: jsonSchemaOutputFormat(schema) } });
  expect((await ask()).parsed_output).toEqual({ name: 'whale', legs: 0 });
  // The script is used up: the simulated assistant fills the schema.
  expect((await ask()).parsed_output).toEqual({ name: 'simulated', legs: 1 });
});

test('stop sequences', async () => {
  await using on = await connected(text('one two three'), text('one two three'));
  const { content, stop_reason, stop_sequence } = await askTwice(on.client, { stop_sequences: ['three'] });
  expect({ content, stop_reason, stop_sequence }).toMatchObject({
    content: [{ text: 'one two ' }],
    stop_reason: 'stop_sequence',
    stop_sequence: 'three',
  });
});

test('cached input, and why it was not read', async () => {
  await using on = await connected();
  const system = (words: string): Anthropic.TextBlockParam[] => [
    { type: 'text', text: words.repeat(600), cache_control: { type: 'ephemeral', ttl: '1h' } },
  ];
  const first = await on.client.messages.create(
    fields({ system: system('kind '), diagnostics: { previous_message_id: null } }),
  );
  expect(first.usage).toMatchObject({
    cache_creation_input_tokens: 750,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_1h_input_tokens: 750, ephemeral_5m_input_tokens: 0 },
  });
  expect((await on.client.messages.create(fields({ system: system('kind ') }))).usage).toMatchObject({
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 750,
  });
  const changed = { system: system('Kind '), diagnostics: { previous_message_id: first.id } };
  expect((await on.client.messages.create(fields(changed))).diagnostics).toEqual({
    cache_miss_reason: { type: 'system_changed', cache_missed_input_tokens: 750 },
  });
});

test('thinking that is kept to itself, and thinking whose conversation has changed', async () => {
  await using on = await connectedTo({
    script: [redactedThinking(thinking('Hm.', toolUse('look'))), text('Seen.'), text('Dropped.')],
  });
  const tools: Anthropic.Tool[] = [{ name: 'look', input_schema: { type: 'object' } }];
  const question = { role: 'user' as const, content: 'Look' };
  const { content } = await on.client.messages.create(fields({ tools, messages: [question] }));
  expect(content.map(({ type }) => type)).toEqual(['redacted_thinking', 'thinking', 'tool_use']);
  const id = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))[0] ?? '';
  const rest: Anthropic.MessageParam[] = [
    { role: 'assistant', content },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'A whale.' }] },
  ];
  expect(await on.client.messages.create(fields({ tools, messages: [question, ...rest] }))).toMatchObject({
    content: [{ text: 'Seen.' }],
  });
  const changed = [{ ...question, content: 'Look there' }, ...rest];
  expect(await caught(on.client.messages.create(fields({ tools, messages: changed })))).toMatchObject({ status: 400 });
  const dropped = await on.client.beta.messages.create({
    ...fields({ tools, messages: changed }),
    thinking: { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
    betas: ['thinking-binding-controls-2026-08-01'],
  });
  expect(dropped.input_transformations).toEqual([
    { type: 'thinking_dropped', path: 'messages.1.content.0', reason: 'prefix_binding_mismatch' },
    { type: 'thinking_dropped', path: 'messages.1.content.1', reason: 'prefix_binding_mismatch' },
  ]);
});
