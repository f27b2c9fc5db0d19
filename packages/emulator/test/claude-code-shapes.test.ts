import { expect, test } from 'vitest';
import { createEmulator, text, thinking, toolUse } from '../src/index.ts';
import { bodyOf, jsonOfBody, post, type Message } from '../src/testing/ask.ts';

// The shapes of requests that Claude Code 2.1.328 sends, with words of our own. When one is refused, it silently asks again
// with fewer features, so that only `conformance/` or these tests would tell.

const BETAS = [
  'claude-code-20250219',
  'interleaved-thinking-2025-05-14',
  'context-management-2025-06-27',
  'per-turn-control-2026-07-01',
  'mid-conversation-tool-changes-2026-07-01',
  'thinking-token-count-2026-05-13',
  'advanced-tool-use-2025-11-20',
  'effort-2025-11-24',
  'thinking-display-updates-2026-08-18',
];
const marker = { type: 'ephemeral' };
const words = (said: string, more: object = {}) => ({ type: 'text', text: said, ...more });
const tool = (name: string, more: object = {}) => ({
  name,
  description: `What ${name} does`,
  input_schema: { type: 'object', properties: {} },
  ...more,
});
const first = [
  { role: 'user', content: [words('What is around.'), words('Hello')] },
  { role: 'system', content: [words('A note.', { cache_control: marker })], output_config: { effort: 'medium' } },
];
const body = (fields: object = {}): Record<string, unknown> =>
  bodyOf({
    max_tokens: 128_000,
    messages: first,
    system: [words('Who.'), words('What.', { cache_control: marker }), words('How.', { cache_control: marker })],
    tools: [tool('Bash'), tool('ToolSearch'), tool('Placeholder', { defer_loading: true })],
    metadata: { user_id: '{"device_id":"d","account_uuid":"","session_id":"s"}' },
    thinking: { type: 'adaptive', display: 'updates' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    output_config: { effort: 'medium' },
    ...fields,
  });
const send = (
  emulator: ReturnType<typeof createEmulator>,
  sent: unknown,
  o: { path?: string; betas?: string[] } = {},
) =>
  post(emulator, sent, {
    path: `${o.path ?? '/v1/messages'}?beta=true`,
    headers: { 'anthropic-version': '2023-06-01', 'anthropic-beta': (o.betas ?? BETAS).join(',') },
  });

test('takes the first request of a conversation', async () => {
  expect((await send(createEmulator(), body())).status).toBe(200);
});

test('thinking stays valid when a search adds deferred tools', async () => {
  const emulator = createEmulator({
    script: [thinking('Hm.', toolUse('ToolSearch', { query: 'fetch' })), text('Found.')],
  });
  const asked = await jsonOfBody<Message>(await send(emulator, body()));
  const result = {
    type: 'tool_result',
    tool_use_id: asked.content[1]?.id,
    content: [{ type: 'tool_reference', tool_name: 'WebFetch' }],
  };
  const found = body({
    messages: [
      first[0],
      { role: 'system', content: 'A note.', output_config: { effort: 'medium' } },
      { role: 'assistant', content: asked.content },
      { role: 'user', content: [result, words('Tool loaded.', { cache_control: marker })] },
    ],
    tools: [tool('Bash'), tool('ToolSearch'), tool('WebFetch', { defer_loading: true })],
  });
  const answer = await send(emulator, found);
  expect([answer.status, await jsonOfBody(answer)]).toMatchObject([200, { content: [words('Found.')] }]);
});

test('takes a conversation that goes on after compaction, where a system message has lost its words', async () => {
  const messages = [
    { role: 'user', content: 'What came before, in short.' },
    { role: 'system', content: [], output_config: { effort: 'medium' } },
    { role: 'assistant', content: [words('Understood.', { cache_control: marker })] },
    { role: 'user', content: [words('Go on.')] },
    { role: 'system', content: [words('A note.', { cache_control: marker })] },
  ];
  const system = [words('Who.'), words('How.')];
  expect((await send(createEmulator(), body({ messages, system }))).status).toBe(200);
});

test('takes a budget for the task', async () => {
  const output_config = { effort: 'medium', task_budget: { type: 'tokens', total: 50_000 } };
  const betas = [...BETAS, 'task-budgets-2026-03-13'];
  expect((await send(createEmulator(), body({ output_config }), { betas })).status).toBe(200);
  expect((await send(createEmulator(), body({ output_config }))).status).toBe(400);
});

test('takes markers of one hour', async () => {
  const hour = { ...marker, ttl: '1h' };
  const system = [words('Who.', { cache_control: hour }), words('How.', { cache_control: hour })];
  const messages = [{ role: 'user', content: [words('Hello', { cache_control: hour })] }];
  const betas = [...BETAS, 'extended-cache-ttl-2025-04-11'];
  expect((await send(createEmulator(), body({ system, messages }), { betas })).status).toBe(200);
});

test('counts the tokens of one tool', async () => {
  const counted = { model: 'claude-opus-5-5', messages: [{ role: 'user', content: 'x' }], tools: [tool('Bash')] };
  const betas = [...BETAS.slice(0, 3), 'token-counting-2024-11-01'];
  const answer = await send(createEmulator(), counted, { path: '/v1/messages/count_tokens', betas });
  expect([answer.status, await jsonOfBody(answer)]).toEqual([200, { input_tokens: expect.any(Number) }]);
});

test('takes a search of its own, with a server tool and without anything else', async () => {
  const asked = bodyOf({
    messages: [{ role: 'user', content: [words('Search for cats.')] }],
    tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
    tool_choice: { type: 'auto' },
  });
  expect((await send(createEmulator(), asked)).status).toBe(200);
});
