import { expect, test } from 'vitest';
import { createEmulator, maxTokens, refusal, text, toolUse, type Reply } from '../index.ts';
import { bodyOf, jsonOfBody, post } from '../testing/ask.ts';

const PERSON = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};
const FORMAT = { output_config: { format: { type: 'json_schema', schema: PERSON } } };
const STRICT = { tools: [{ name: 'greet', strict: true, input_schema: PERSON }] };

async function refusalOf(reply: Reply, fields: Record<string, unknown>): Promise<unknown> {
  const response = await post(createEmulator({ script: [reply] }), bodyOf(fields));
  const body = await jsonOfBody<{ error?: { message: string } }>(response);
  return response.status === 200 ? undefined : body.error?.message;
}

test.each([
  ['JSON that fits the format', text('{"name":"Ada","age":36}'), FORMAT],
  ['a call instead of JSON', toolUse('look'), FORMAT],
  ['a refusal where JSON is asked for', refusal(), FORMAT],
  ['JSON cut at max_tokens', maxTokens('{"name":"A'), FORMAT],
  ['an input that fits a strict tool', toolUse('greet', { name: 'Ada', age: 36 }), STRICT],
  ['an input of a strict tool, cut at max_tokens', maxTokens(toolUse('greet', { name: 'Ada', age: 36 })), STRICT],
  ['any input of another tool', toolUse('greet', '{"name'), { tools: [{ ...STRICT.tools[0], strict: false }] }],
  [
    'any input that is streamed as it comes',
    toolUse('greet', '{'),
    { tools: [{ ...STRICT.tools[0], eager_input_streaming: true }] },
  ],
])('a reply may be %s', async (_, reply, fields) => {
  expect(await refusalOf(reply, fields)).toBeUndefined();
});

test.each([
  ['prose', text('Ada is 36.'), FORMAT, 'the reply does not fit output_config.format: $: is not JSON'],
  ['a field that lacks', text('{"name":"Ada"}'), FORMAT, 'the reply does not fit output_config.format: $: lacks "age"'],
  [
    'a field too many',
    text('{"name":"Ada","age":36,"x":1}'),
    FORMAT,
    'the reply does not fit output_config.format: $.x: nothing is allowed here',
  ],
  [
    'a strict input of the wrong type',
    toolUse('greet', { name: 'Ada', age: '36' }),
    STRICT,
    'the reply calls the strict tool greet with an input that does not fit its schema: $.age: is not of type integer',
  ],
  [
    'a strict input that is no JSON',
    toolUse('greet', '{"name"'),
    STRICT,
    'the reply calls the strict tool greet with an input that does not fit its schema: $: is not JSON',
  ],
])('what the API would not say is the mistake of the script: %s', async (_, reply, fields, message) => {
  expect(await refusalOf(reply, fields)).toBe(`emulator: ${message}`);
});
