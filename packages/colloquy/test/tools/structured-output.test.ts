import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Reply, text, toolUse } from '@colloquy/emulator';
import { ConfigurationError, type Options, query, type SDKMessage } from 'colloquy';
import { afterAll, expect, test } from 'vitest';
import { newestBlocks, openScene, type Scene } from '../turn/scene.ts';

const cwd = mkdtempSync(join(tmpdir(), 'colloquy-output-'));
afterAll(() => rmSync(cwd, { recursive: true }));

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer', minimum: 0 } },
  required: ['city', 'people'],
  additionalProperties: false,
};
const OSLO = { city: 'Oslo', people: 709_037 };

const open = (script: readonly Reply[], options: Options = {}): Promise<Scene> =>
  openScene(script, { cwd, outputFormat: { type: 'json_schema', schema: SCHEMA }, ...options });

const last = (messages: readonly SDKMessage[]): SDKMessage | undefined => messages.at(-1);

test('the answer comes in the form that was asked for, and ends the turn', async () => {
  await using scene = await open([toolUse('StructuredOutput', OSLO), text('Never asked.')]);
  const result = last(await scene.turn('Which is the largest city of Norway?'));
  expect(result).toMatchObject({
    subtype: 'success',
    is_error: false,
    structured_output: OSLO,
    result: JSON.stringify(OSLO),
    terminal_reason: 'completed',
  });
  expect(scene.emulator.requests).toHaveLength(1);
});

test('what does not fit is told with every fault, and may be mended', async () => {
  await using scene = await open([
    toolUse('StructuredOutput', { city: 1, extra: 2 }),
    toolUse('StructuredOutput', OSLO),
  ]);
  const result = last(await scene.turn('Which?'));
  const [block] = newestBlocks(scene.emulator, 1);
  expect(block).toMatchObject({ type: 'tool_result', is_error: true });
  expect(String(block?.content)).toMatch(/"city".*"people" is missing.*"extra" is not known/s);
  expect(result).toMatchObject({ subtype: 'success', structured_output: OSLO });
});

test('a model that forgets is reminded once, and then its text is the result', async () => {
  await using scene = await open([text('Oslo.'), text('As I said: Oslo.')]);
  const messages = await scene.turn('Which?');
  expect(messages).toContainEqual(expect.objectContaining({ type: 'user', isSynthetic: true }));
  const result = last(messages);
  expect(result).toMatchObject({ subtype: 'success', result: 'As I said: Oslo.' });
  expect(result).not.toHaveProperty('structured_output');
  expect(scene.emulator.requests).toHaveLength(2);
});

test('answers that never fit end the turn as an error', async () => {
  await using scene = await open(Array.from({ length: 6 }, () => toolUse('StructuredOutput', { city: 1 })));
  expect(last(await scene.turn('Which?'))).toMatchObject({
    subtype: 'error_max_structured_output_retries',
    is_error: true,
    terminal_reason: 'structured_output_retry_exhausted',
  });
  expect(scene.emulator.requests).toHaveLength(5);
});

test('each turn has an answer of its own', async () => {
  await using scene = await open([
    toolUse('StructuredOutput', OSLO),
    toolUse('StructuredOutput', { ...OSLO, people: 1 }),
  ]);
  await scene.turn('Which?');
  expect(last(await scene.turn('Again?'))).toMatchObject({ structured_output: { city: 'Oslo', people: 1 } });
});

test.each([
  ['a schema of something else', { type: 'string' }, 'must describe an object'],
  ['a schema that is none', { type: 'object', properties: { a: { type: 'nonsense' } } }, 'cannot be used'],
])('%s is a ConfigurationError', async (_what, schema, told) => {
  const messages = query({
    prompt: 'Hi.',
    options: {
      cwd,
      persistSession: false,
      env: { ANTHROPIC_API_KEY: 'x' },
      outputFormat: { type: 'json_schema', schema },
    },
  });
  const first = messages.next();
  await expect(first).rejects.toThrow(ConfigurationError);
  await expect(first).rejects.toThrow(told);
});

test('a text that keeps a pattern of the schema busy does not hold the turn up', async () => {
  const schema = { type: 'object', properties: { city: { type: 'string', pattern: '^(o+)+$' } }, required: ['city'] };
  await using scene = await open(
    [toolUse('StructuredOutput', { city: `${'o'.repeat(100)}!` }), toolUse('StructuredOutput', { city: 'oo' })],
    { outputFormat: { type: 'json_schema', schema } },
  );
  const result = last(await scene.turn('Which?'));
  expect(String(newestBlocks(scene.emulator, 1)[0]?.content)).toContain('takes too long');
  expect(result).toMatchObject({ subtype: 'success', structured_output: { city: 'oo' } });
});
