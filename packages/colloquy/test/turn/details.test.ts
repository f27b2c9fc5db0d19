import { text, toolUse } from '@colloquy/emulator';
import type { Options, SDKMessage } from 'colloquy';
import { expect, test } from 'vitest';
import { openScene } from './scene.ts';

const findAll = <T extends SDKMessage['type']>(told: readonly SDKMessage[], type: T): (SDKMessage & { type: T })[] =>
  told.filter((message): message is SDKMessage & { type: T } => message.type === type);

const callOf = (path: string) => [toolUse('Write', { file_path: path, content: 'x' }), text('Done.')];

test('answers name the request, and the first of a turn its prompt', async () => {
  await using scene = await openScene([...callOf('a.txt'), text('Again.')], {
    tools: ['Write'],
    permissionMode: 'acceptEdits',
  });
  const [first, second] = findAll(await scene.turn('Go'), 'assistant');
  expect(first?.request_id).toMatch(/^req_/);
  expect(first?.user_message_uuids).toEqual([first?.user_message_uuid]);
  expect(second).not.toHaveProperty('user_message_uuid');
  const [next] = findAll(await scene.turn('Again'), 'assistant');
  expect(next?.user_message_uuid).not.toBe(first?.user_message_uuid);
});

test('results count from 0 and have every field of usage, by model too', async () => {
  await using scene = await openScene([text('One.'), text('Two.')]);
  const [one] = findAll(await scene.turn('Go'), 'result');
  expect(one).toMatchObject({
    result_index: 0,
    usage: {
      cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
      server_tool_use: { web_fetch_requests: 0, web_search_requests: 0 },
      speed: 'standard',
      iterations: [],
    },
  });
  expect(Object.values(one?.modelUsage ?? {})).toMatchObject([
    { cacheCreationEphemeral1hInputTokens: 0, canonicalModel: expect.any(String), provider: 'firstParty' },
  ]);
  expect(findAll(await scene.turn('On'), 'result')).toMatchObject([{ result_index: 1 }]);
});

test.each<[string, Options, object]>([
  ['the mode', { permissionMode: 'acceptEdits' }, { decision: 'accept', source: 'config', reason_type: 'mode' }],
  ['a rule', { disallowedTools: ['Write(a.txt)'] }, { decision: 'reject', source: 'config', reason_type: 'rule' }],
  [
    'a person for once',
    { canUseTool: async () => ({ behavior: 'allow' }) },
    { decision: 'accept', source: 'user_temporary' },
  ],
  [
    'a person for good',
    { canUseTool: async () => ({ behavior: 'allow', decisionClassification: 'user_permanent' }) },
    { decision: 'accept', source: 'user_permanent' },
  ],
  [
    'a person who says no',
    { canUseTool: async () => ({ behavior: 'deny', message: 'No.' }) },
    { decision: 'reject', source: 'user_reject' },
  ],
])('the result of a tool tells that %s decided', async (_name, options, permission_decision) => {
  await using scene = await openScene(callOf('a.txt'), { tools: ['Write'], ...options });
  expect(findAll(await scene.turn('Go'), 'user')).toMatchObject([{ tool_result_meta: [{ permission_decision }] }]);
});
