import { createEmulator, text, toolUse } from '@colloquy/emulator';
import { ConfigurationError, query, type Options } from 'colloquy';
import { expect, test } from 'vitest';
import { collect, offline } from './offline.ts';

test.each<[Options['outputFormat'], string[]]>([
  ['json', ['StructuredOutput']],
  ['text', []],
  [undefined, []],
])('with the output format %s the model is offered %j to answer with', async (outputFormat, offered) => {
  const emulator = createEmulator({ script: [text('Yes.')] });
  await collect(query({ prompt: 'Hello', options: offline(emulator, { outputFormat }) })).catch(() => []);
  const tools = (emulator.requests[0]?.body['tools'] ?? []) as { name: string }[];
  expect(tools.map(({ name }) => name)).toEqual(offered);
});

test('the output format json gives an answer that is any object', async () => {
  const emulator = createEmulator({ script: [toolUse('StructuredOutput', { towns: ['Ulm'], more: { deep: 1 } })] });
  const messages = await collect(query({ prompt: 'Towns?', options: offline(emulator, { outputFormat: 'json' }) }));
  expect(messages.at(-1)).toMatchObject({
    subtype: 'success',
    structured_output: { towns: ['Ulm'], more: { deep: 1 } },
  });
});

test('another output format is refused by name', () => {
  const options = { outputFormat: 'yaml' } as unknown as Options;
  expect(() => query({ prompt: 'Hello', options })).toThrow(ConfigurationError);
  expect(() => query({ prompt: 'Hello', options })).toThrow('`outputFormat` must be text, json, or');
});
