import { describe, expect, test } from 'vitest';
import { createEmulator } from '../index.ts';
import { ask, bodyOf, jsonOfBody, post, said, tools, withResults } from '../testing/ask.ts';

const CITED = {
  type: 'document',
  source: { type: 'text', media_type: 'text/plain', data: 'Some text.' },
  citations: { enabled: true },
};
const closed = (properties: object, more: object = {}): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});
const format = (schema: object): Record<string, unknown> => ({
  output_config: { format: { type: 'json_schema', schema } },
});

async function refusalOf(fields: Record<string, unknown>): Promise<string | undefined> {
  const response = await post(createEmulator(), bodyOf(fields));
  const body = await jsonOfBody<{ error?: { message: string } }>(response);
  return response.status === 400 ? body.error?.message : undefined;
}

test.each([
  ['an open object', format({ type: 'object' }), 'output_config.format.schema'],
  ['an open object inside', format(closed({ a: { type: 'object' } })), 'output_config.format.schema.properties.a'],
  [
    'an open object in a list of choices',
    format(closed({ a: { anyOf: [{ type: 'null' }, { type: 'object' }] } })),
    'output_config.format.schema.properties.a.anyOf.1',
  ],
])('refuses a schema with %s', async (_, fields, place) => {
  expect(await refusalOf(fields)).toBe(
    `${place}: For 'object' type, 'additionalProperties' must be explicitly set to false`,
  );
});

test('does not take names and values for schemas', async () => {
  const schema = closed({ type: { type: 'string', enum: ['object'] }, properties: { const: { type: 'object' } } });
  expect(await refusalOf(format(schema))).toBeUndefined();
});

test('refuses a format beside citations', async () => {
  const fields = {
    ...format(closed({})),
    messages: [{ role: 'user', content: [CITED, { type: 'text', text: 'Well?' }] }],
  };
  expect(await refusalOf(fields)).toBe('output_config.format: cannot be used when citations are enabled');
});

describe('what the emulator says in its own words', () => {
  const schema = closed({
    name: { type: 'string' },
    tags: { type: 'array', items: { enum: ['a', 'b'] } },
    age: { type: 'integer' },
  });
  const fits = { name: 'simulated', tags: ['a'], age: 1 };

  test.each(['Hello', 'run nothing at all', '@think Hm.'])('fits the format: %s', async (content) => {
    const message = await ask(createEmulator(), { ...format(schema), messages: [{ role: 'user', content }] });
    expect(JSON.parse(said(message))).toEqual(fits);
  });

  test('also after the calls of a turn', async () => {
    const calls = [{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } }];
    const messages = withResults('run ls', { calls, results: [{ text: 'a.txt' }] });
    expect(JSON.parse(said(await ask(createEmulator(), { ...format(schema), tools: tools(), messages })))).toEqual(
      fits,
    );
  });
});

describe('tool choice', () => {
  const model = 'claude-opus-5';
  const offered = [...tools(), { name: 'note', input_schema: closed({ word: { type: 'string' } }), strict: true }];
  const choosing = (tool_choice: object, content = 'Hello') =>
    ask(createEmulator(), { model, tools: offered, tool_choice, messages: [{ role: 'user', content }] });

  test.each([
    [{ type: 'tool', name: 'note' }, 'Hello', 'note', { word: 'simulated' }],
    [{ type: 'tool', name: 'Bash' }, 'run ls', 'Bash', { command: 'ls' }],
    [{ type: 'tool', name: 'note' }, 'run ls', 'note', { word: 'simulated' }],
    [{ type: 'any' }, 'Hello', 'Read', { file_path: 'simulated' }],
  ])('%j makes the simulated assistant call a tool', async (choice, prompt, name, input) => {
    const message = await choosing(choice, prompt);
    expect(message.content).toEqual([{ type: 'tool_use', id: expect.any(String), name, input }]);
    expect(message.stop_reason).toBe('tool_use');
  });

  test('without parallel calls they come one by one', async () => {
    const tool_choice = { type: 'auto', disable_parallel_tool_use: true };
    const message = await choosing(tool_choice, 'read a.txt and b.txt');
    expect(message.content).toMatchObject([{ type: 'tool_use', input: { file_path: 'a.txt' } }]);
    const calls = [{ ...message.content[0], type: 'tool_use' }];
    const messages = withResults('read a.txt and b.txt', { calls, results: [{ text: 'A' }] });
    const next = await ask(createEmulator(), { model, tools: offered, tool_choice, messages });
    expect(next.content).toMatchObject([{ type: 'tool_use', input: { file_path: 'b.txt' } }]);
  });
});
