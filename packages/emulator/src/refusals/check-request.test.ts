import { describe, expect, test } from 'vitest';
import { createEmulator, text, thinking, toolUse } from '../index.ts';
import { ask, bodyOf, jsonOfBody, post } from '../testing/ask.ts';

const user = (content: unknown): unknown => ({ role: 'user', content });
const assistant = (content: unknown): unknown => ({ role: 'assistant', content });
const words = (said: string): unknown => ({ type: 'text', text: said });
const use = (id: string, more: Record<string, unknown> = {}): unknown => ({
  type: 'tool_use',
  id,
  name: 'Bash',
  input: {},
  ...more,
});
const result = (id: string, more: Record<string, unknown> = {}): unknown => ({
  type: 'tool_result',
  tool_use_id: id,
  ...more,
});
const tool = (more: Record<string, unknown> = {}): unknown => ({
  name: 'Bash',
  input_schema: { type: 'object' },
  ...more,
});
const marked = (marker: unknown = { type: 'ephemeral' }): unknown => ({
  type: 'text',
  text: 'x',
  cache_control: marker,
});
const signed = { type: 'thinking', thinking: '', signature: 'bm90IG91cnM=' };

type Case = [why: string, fields: Record<string, unknown>, message: RegExp];

const MESSAGES: Case[] = [
  ['no messages', { messages: [] }, /at least one message/],
  ['messages that are no list', { messages: {} }, /messages: Field required/],
  [
    'a first message that is not the user’s',
    { messages: [assistant('Hi'), user('Hi')] },
    /first message must use the "user" role/,
  ],
  ['a message that is no object', { messages: [null] }, /messages.0: Input should be an object/],
  ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }, /messages.0.role/],
  [
    'an unknown field of a message',
    { messages: [{ role: 'user', content: 'x', id: 1 }] },
    /messages.0.id: Extra inputs/,
  ],
  ['an empty content', { messages: [user([])] }, /non-empty content/],
  ['an empty string', { messages: [user('')] }, /non-empty content/],
  ['an empty text block', { messages: [user([words('')])] }, /text content blocks must be non-empty/],
  ['white space as text', { messages: [user([words(' \n')])] }, /non-whitespace/],
  ['a content that is neither text nor list', { messages: [user(7)] }, /Input should be a string or a list/],
  ['a block without a type', { messages: [user([{ text: 'x' }])] }, /content.0.type: Field required/],
  ['an unknown block', { messages: [user([{ type: 'hologram' }])] }, /'hologram' block is not allowed/],
  [
    'an unknown field of a block',
    { messages: [user([{ type: 'text', text: 'x', note: 1 }])] },
    /text.note: Extra inputs/,
  ],
  [
    'a tool_use of the user’s',
    { messages: [user([use('a')])] },
    /'tool_use' block is not allowed in a message of role user/,
  ],
  ['thinking of the user’s', { messages: [user([signed])] }, /'thinking' block is not allowed/],
  [
    'a tool_result of the assistant’s',
    { messages: [user('x'), assistant([result('a')]), user('x')] },
    /'tool_result' block is not allowed/,
  ],
  [
    'a document of the assistant’s',
    { messages: [user('x'), assistant([{ type: 'document', source: {} }]), user('x')] },
    /'document' block/,
  ],
  [
    'citations of the user’s',
    { messages: [user([{ type: 'text', text: 'x', citations: [{}] }])] },
    /citations: not permitted/,
  ],
  [
    'an answer to be continued',
    { messages: [user('x'), assistant('I think')] },
    /does not support assistant message prefill/,
  ],
  ['an image without a source', { messages: [user([{ type: 'image' }])] }, /image.source: Field required/],
];

const TOOL_PAIRS: Case[] = [
  [
    'a call without a result',
    { messages: [user('x'), assistant([use('a')]), user('y')] },
    /without `tool_result` blocks immediately after: a/,
  ],
  [
    'a call at the end',
    { model: 'claude-haiku-4-5', messages: [user('x'), assistant([use('a')])] },
    /without `tool_result`/,
  ],
  ['one of two results', { messages: [user('x'), assistant([use('a'), use('b')]), user([result('a')])] }, /after: b/],
  ['a result without a call', { messages: [user([result('a')])] }, /unexpected `tool_use_id`/],
  [
    'a result of an earlier call',
    { messages: [user('x'), assistant([use('a')]), user([result('a')]), assistant('y'), user([result('a')])] },
    /unexpected/,
  ],
  [
    'two results of one call',
    { messages: [user('x'), assistant([use('a')]), user([result('a'), result('a')])] },
    /multiple `tool_result`/i,
  ],
  [
    'two calls of one id',
    { messages: [user('x'), assistant([use('a'), use('a')]), user([result('a')])] },
    /ids must be unique/,
  ],
  [
    'an id used again later',
    { messages: [user('x'), assistant([use('a')]), user([result('a')]), assistant([use('a')]), user([result('a')])] },
    /unique/,
  ],
  [
    'text before results',
    { messages: [user('x'), assistant([use('a')]), user([words('so'), result('a')])] },
    /must come before any other content/,
  ],
  [
    'text before results, in two messages',
    { messages: [user('x'), assistant([use('a')]), user('so'), user([result('a')])] },
    /must come before/,
  ],
  [
    'an id with strange characters',
    { messages: [user('x'), assistant([use('a b')]), user([result('a b')])] },
    /tool_use.id/,
  ],
  [
    'an input that is no object',
    { messages: [user('x'), assistant([use('a', { input: [] })]), user([result('a')])] },
    /input: Input should be an object/,
  ],
  [
    'empty text in a result',
    { messages: [user('x'), assistant([use('a')]), user([result('a', { content: [words('')] })])] },
    /non-empty/,
  ],
  [
    'a picture in an error',
    {
      messages: [
        user('x'),
        assistant([use('a')]),
        user([result('a', { is_error: true, content: [{ type: 'image', source: {} }] })]),
      ],
    },
    /must be type "text"/,
  ],
  [
    'a call inside a result',
    { messages: [user('x'), assistant([use('a')]), user([result('a', { content: [use('b')] })])] },
    /not allowed in a tool_result/,
  ],
];

const FIELDS: Case[] = [
  ['an unknown field', { seed: 1 }, /seed: Extra inputs are not permitted/],
  ['a beta field without a beta', { context_management: {} }, /context_management: Extra inputs/],
  ['no model', { model: undefined }, /model: Field required/],
  ['no max_tokens', { max_tokens: undefined }, /max_tokens: Field required/],
  ['a broken max_tokens', { max_tokens: 1.5 }, /valid integer/],
  ['a negative max_tokens', { max_tokens: -1 }, /greater than or equal to 0/],
  ['more than the model can write', { max_tokens: 128_001 }, /128001 > 128000/],
  ['no tokens but a stream', { max_tokens: 0, stream: true }, /max_tokens: 0 cannot be combined/],
  [
    'no tokens but a format',
    { max_tokens: 0, output_config: { format: { type: 'json_schema', schema: {} } } },
    /max_tokens: 0 cannot be combined/,
  ],
  ['temperature', { temperature: 1 }, /temperature: this parameter does not exist/],
  ['top_p', { top_p: 1 }, /top_p/],
  ['top_k', { top_k: 1 }, /top_k/],
  ['an empty system text', { system: '' }, /system: text content blocks/],
  ['an empty system block', { system: [words(' ')] }, /system.0: text content blocks/],
  ['a system block of another type', { system: [{ type: 'image' }] }, /system.0: Input should be a text block/],
  ['a blank stop sequence', { stop_sequences: [' '] }, /stop_sequences.0/],
  ['a stream that is no boolean', { stream: 'yes' }, /stream: Input should be a valid boolean/],
  ['unknown metadata', { metadata: { name: 'Ada' } }, /metadata.name: Extra inputs/],
  ['an unknown effort', { output_config: { effort: 'huge' } }, /output_config.effort/],
  ['a format without schema', { output_config: { format: { type: 'json_schema' } } }, /output_config.format/],
  ['an unknown tier', { service_tier: 'gold' }, /service_tier/],
  ['an unknown tool choice', { tool_choice: { type: 'maybe' } }, /tool_choice.type/],
  [
    'a prompt longer than the window',
    { model: 'claude-haiku-4-5', messages: [user('x'.repeat(800_001))] },
    /prompt is too long: 200001 tokens > 200000/,
  ],
];

const TOOLS: Case[] = [
  ['two tools of one name', { tools: [tool(), tool()] }, /names must be unique/],
  ['a name with a space', { tools: [tool({ name: 'Ba sh' })] }, /tools.0.name/],
  ['an empty name', { tools: [tool({ name: '' })] }, /tools.0.name/],
  ['a very long name', { tools: [tool({ name: 'x'.repeat(129) })] }, /tools.0.name/],
  ['no schema', { tools: [{ name: 'Bash' }] }, /input_schema: Field required/],
  ['a schema of a string', { tools: [tool({ input_schema: { type: 'string' } })] }, /Input should be 'object'/],
  ['an unknown field of a tool', { tools: [tool({ inputSchema: {} })] }, /inputSchema: Extra inputs/],
  ['a strict tool that is open', { tools: [tool({ strict: true })] }, /strict tool needs/],
  ['tools that are no list', { tools: {} }, /tools: Input should be a list/],
  ['a forced tool', { tools: [tool()], tool_choice: { type: 'any' } }, /'any' is not supported by claude-opus-5-5/],
  [
    'a forced tool by name',
    { model: 'claude-fable-5-1', tools: [tool()], tool_choice: { type: 'tool', name: 'Bash' } },
    /not supported/,
  ],
  [
    'a forced tool that is not there',
    { model: 'claude-haiku-4-5', tools: [tool()], tool_choice: { type: 'tool', name: 'X' } },
    /'X' not found/,
  ],
  [
    'a forced tool while thinking',
    {
      model: 'claude-haiku-4-5',
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      tools: [tool()],
      tool_choice: { type: 'any' },
    },
    /Thinking may not be enabled/,
  ],
];

const THINKING: Case[] = [
  ['disabled on Opus 5.5', { thinking: { type: 'disabled' } }, /'disabled' is not supported by claude-opus-5-5/],
  [
    'enabled on Sonnet 5.5',
    { model: 'claude-sonnet-5-5', thinking: { type: 'enabled', budget_tokens: 1024 } },
    /'enabled' is not supported/,
  ],
  [
    'adaptive on Haiku 4.5',
    { model: 'claude-haiku-4-5', thinking: { type: 'adaptive' } },
    /'adaptive' is not supported/,
  ],
  [
    'between_tools at a high effort',
    { model: 'claude-sonnet-5-5', thinking: { type: 'between_tools' }, output_config: { effort: 'max' } },
    /effort of at most high/,
  ],
  [
    'disabled at a high effort',
    { model: 'claude-opus-5', thinking: { type: 'disabled' }, output_config: { effort: 'xhigh' } },
    /effort of at most high/,
  ],
  [
    'a small budget',
    { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budget_tokens: 1000 } },
    /greater than or equal to 1024/,
  ],
  [
    'a budget above max_tokens',
    { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budget_tokens: 1024 } },
    /max_tokens must be greater/,
  ],
  ['an unknown type', { thinking: { type: 'sometimes' } }, /thinking.type/],
  ['an unknown display', { thinking: { type: 'adaptive', display: 'all' } }, /thinking.display/],
  [
    'a signature of somebody else',
    { messages: [user('x'), assistant([signed, words('y')]), user('z')] },
    /Invalid `signature`/,
  ],
  [
    'a blank signature',
    { messages: [user('x'), assistant([{ ...signed, signature: '' }, words('y')]), user('z')] },
    /Invalid `signature`/,
  ],
  [
    'no signature',
    { messages: [user('x'), assistant([{ type: 'thinking', thinking: '' }, words('y')]), user('z')] },
    /signature: Field required/,
  ],
];

const MARKERS: Case[] = [
  [
    'five markers',
    { system: [marked(), marked()], messages: [user([marked(), marked(), marked()])] },
    /maximum of 4 blocks .* Found 5/,
  ],
  [
    'four markers and the automatic one',
    { cache_control: { type: 'ephemeral' }, messages: [user([marked(), marked(), marked(), marked()])] },
    /Found 5/,
  ],
  [
    'a marker on thinking',
    { messages: [user('x'), assistant([{ ...signed, cache_control: { type: 'ephemeral' } }]), user('y')] },
    /thinking.cache_control: Extra inputs/,
  ],
  [
    'a marker on empty text',
    { messages: [user([{ type: 'text', text: '', cache_control: { type: 'ephemeral' } }])] },
    /cache_control cannot be set for empty text/,
  ],
  [
    'an hour after five minutes',
    { system: [marked()], messages: [user([marked({ type: 'ephemeral', ttl: '1h' })])] },
    /must not come after/,
  ],
  ['an unknown kind of marker', { messages: [user([marked({ type: 'eternal' })])] }, /cache_control.type/],
  ['an unknown time', { messages: [user([marked({ type: 'ephemeral', ttl: '2h' })])] }, /cache_control.ttl/],
];

const SYSTEM: Case[] = [
  ['first', { messages: [{ role: 'system', content: 'x' }, user('y')] }, /first message/],
  [
    'after an answer',
    { messages: [user('x'), assistant('y'), { role: 'system', content: 'z' }] },
    /must follow a user message/,
  ],
  [
    'before the user',
    { messages: [user('x'), { role: 'system', content: 'z' }, user('y')] },
    /must be last or followed by an assistant/,
  ],
  [
    'on an older model',
    { model: 'claude-haiku-4-5', messages: [user('x'), { role: 'system', content: 'z' }] },
    /does not support 'system' messages/,
  ],
  [
    'that is a picture',
    { messages: [user('x'), { role: 'system', content: [{ type: 'image', source: {} }] }] },
    /'image' block is not allowed/,
  ],
];

async function refusalOf(fields: Record<string, unknown>): Promise<unknown> {
  const response = await post(createEmulator(), bodyOf(fields));
  const { error } = await jsonOfBody<{ error: { type: string; message: string } }>(response);
  return { status: response.status, ...error };
}

describe.each([
  ['messages', MESSAGES],
  ['tool calls and results', TOOL_PAIRS],
  ['fields', FIELDS],
  ['tools', TOOLS],
  ['thinking', THINKING],
  ['cache markers', MARKERS],
  ['a system message', SYSTEM],
])('refuses in %s', (_, cases) => {
  test.each(cases)('%s', async (__, fields, message) => {
    expect(await refusalOf(fields)).toEqual({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringMatching(message),
    });
  });
});

test.each<[string, Record<string, unknown>]>([
  [
    'results and then text',
    {
      messages: [
        user('x'),
        assistant([use('a'), use('b')]),
        user([result('b'), result('a', { content: 'out' }), words('go on')]),
      ],
    },
  ],
  [
    'results in two messages of the user',
    { messages: [user('x'), assistant([use('a'), use('b')]), user([result('a')]), user([result('b')])] },
  ],
  ['a result without content', { messages: [user('x'), assistant([use('a')]), user([result('a', { content: [] })])] }],
  [
    'a picture in a result',
    {
      messages: [
        user('x'),
        assistant([use('a')]),
        user([
          result('a', { content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }] }),
        ]),
      ],
    },
  ],
  [
    'four markers, hours first',
    {
      system: [marked({ type: 'ephemeral', ttl: '1h' })],
      tools: [tool({ cache_control: { type: 'ephemeral', ttl: '1h' } })],
      messages: [user([marked(), marked()])],
    },
  ],
  ['a system message after the user', { messages: [user('x'), { role: 'system', content: 'z' }] }],
  [
    'a forced tool where the model takes it',
    { model: 'claude-haiku-4-5', tools: [tool()], tool_choice: { type: 'any' } },
  ],
  [
    'manual thinking on older models',
    { model: 'claude-haiku-4-5-20251001', max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 1024 } },
  ],
  [
    'no thinking where the model lets go of it',
    { model: 'claude-sonnet-5', thinking: { type: 'disabled' }, output_config: { effort: 'max' } },
  ],
  ['tools of the API’s own', { tools: [{ type: 'web_search_20260318', name: 'web_search', max_uses: 3 }] }],
  ['tools turned off', { tools: [tool()], tool_choice: { type: 'none' } }],
  [
    'blocks of the API’s own tools',
    {
      messages: [
        user('x'),
        assistant([
          { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
          { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
        ]),
      ],
    },
  ],
  ['prefill on older models', { model: 'claude-haiku-4-5', messages: [user('x'), assistant('I think')] }],
])('accepts %s', async (_, fields) => {
  const response = await post(createEmulator({ script: [text('Fine')] }), bodyOf(fields));
  expect([response.status, await jsonOfBody(response)]).toMatchObject([200, { content: [{ text: 'Fine' }] }]);
});

test('under the older API version sampling is refused by newer models only', async () => {
  const headers = { 'anthropic-version': '2023-06-01' };
  const status = async (model: string): Promise<number> =>
    (await post(createEmulator(), bodyOf({ model, temperature: 0.5 }), { headers })).status;
  expect([await status('claude-haiku-4-5'), await status('claude-opus-5-5')]).toEqual([200, 400]);
});

test('accepts beta fields when the request names a beta', async () => {
  const headers = { 'anthropic-beta': 'context-management-2025-06-27' };
  expect((await post(createEmulator(), bodyOf({ context_management: {} }), { headers })).status).toBe(200);
});

describe('preserved thinking', () => {
  const fields = { system: 'Be kind.', tools: [tool()], messages: [user('First'), assistant('Hm'), user('Go')] };

  /** The history after an answer with thinking and a tool call, with its result. */
  async function answered(
    model: string,
  ): Promise<{ model: string; system: string; tools: unknown[]; messages: unknown[] }> {
    const answer = await ask(createEmulator({ script: [thinking('Well.', toolUse('Bash'))] }), { ...fields, model });
    const id = String(answer.content.at(-1)?.id);
    return { ...fields, model, messages: [...fields.messages, assistant(answer.content), user([result(id)])] };
  }
  const statusOf = async (body: Record<string, unknown>): Promise<number> =>
    (await post(createEmulator(), bodyOf(body))).status;

  test.each(['claude-opus-5-5', 'claude-fable-5-2', 'claude-fable-5-1', 'claude-sonnet-5-5', 'claude-opus-5'])(
    '%s takes back what was said unchanged',
    async (model) => {
      expect(await statusOf(await answered(model))).toBe(200);
    },
  );

  test('moved cache markers, a string as one block, and a split message change nothing', async () => {
    const body = await answered('claude-opus-5-5');
    const first = user([{ type: 'text', text: 'First', cache_control: { type: 'ephemeral' } }]);
    const system = [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }];
    expect(await statusOf({ ...body, system, messages: [first, ...body.messages.slice(1)] })).toBe(200);
  });

  test.each<[string, (body: { messages: unknown[] }) => Record<string, unknown>]>([
    ['the system text', () => ({ system: 'Be kinder.' })],
    ['the tools', () => ({ tools: [tool({ description: 'Runs' })] })],
    ['no tools', () => ({ tools: [] })],
    ['an earlier prompt', ({ messages }) => ({ messages: [user('Second'), ...messages.slice(1)] })],
    ['an earlier answer', ({ messages }) => ({ messages: [messages[0], assistant('Well'), ...messages.slice(2)] })],
    ['a message left out', ({ messages }) => ({ messages: [messages[0], ...messages.slice(3)] })],
  ])('a change of %s before a thinking block is refused', async (_, change) => {
    const body = await answered('claude-opus-5-5');
    const response = await post(createEmulator(), bodyOf({ ...body, ...change(body) }));
    const { error } = await jsonOfBody<{ error: { message: string } }>(response);
    expect([response.status, error.message]).toEqual([
      400,
      expect.stringContaining('does not fit the conversation before it'),
    ]);
  });

  test('without the thinking block the history may be changed, and what follows the block always may', async () => {
    const body = await answered('claude-opus-5-5');
    const [call] = (body.messages[3] as { content: { type: string }[] }).content.filter(
      (block) => block.type === 'tool_use',
    );
    const without = [...body.messages.slice(0, 3), assistant([call]), body.messages[4]];
    expect(await statusOf({ ...body, system: 'Other.', messages: without })).toBe(200);
    expect(await statusOf({ ...body, messages: [...body.messages, user('And more')] })).toBe(200);
  });

  test('older models and blocks of other models are not checked, tampered text always is', async () => {
    expect(await statusOf({ ...(await answered('claude-opus-5')), system: 'Other.' })).toBe(200);
    expect(
      await statusOf({ ...(await answered('claude-opus-5-5')), model: 'claude-sonnet-5-5', system: 'Other.' }),
    ).toBe(200);
    const body = await answered('claude-opus-5');
    const [thought, call] = (body.messages[3] as { content: Record<string, unknown>[] }).content;
    const tampered = assistant([{ ...thought, thinking: 'Well!' }, call]);
    expect(await statusOf({ ...body, messages: [...body.messages.slice(0, 3), tampered, body.messages[4]] })).toBe(400);
  });
});

test('counts tokens by the same checks, and takes fewer fields', async () => {
  const count = (body: Record<string, unknown>) => post(createEmulator(), body, { path: '/v1/messages/count_tokens' });
  const body = { model: 'claude-opus-5-5', messages: [user('12345')], system: '123' };
  expect(await jsonOfBody(await count(body))).toEqual({ input_tokens: 2 });
  expect((await count({ ...body, max_tokens: 5 })).status).toBe(400);
  expect((await count({ ...body, messages: [] })).status).toBe(400);
  expect((await count({ ...body, tool_choice: { type: 'any' } })).status).toBe(400);
});

test('a body of any shape ends in a refusal', async () => {
  const odd: unknown[] = [null, [], 'x', 1, true, {}, { model: [] }, { model: {}, messages: [[]] }];
  const values: unknown[] = [
    null,
    0,
    '',
    [],
    {},
    [null],
    [[]],
    [{}],
    { type: null },
    [{ type: 'text' }],
    [{ type: 'tool_result', content: [0] }],
  ];
  for (const field of [
    'messages',
    'system',
    'tools',
    'tool_choice',
    'thinking',
    'output_config',
    'cache_control',
    'stop_sequences',
    'metadata',
  ]) {
    for (const value of values) odd.push(bodyOf({ [field]: value }));
  }
  for (const value of values)
    odd.push(bodyOf({ messages: [user(value)] }), bodyOf({ messages: [user('x'), assistant(value), user('y')] }));
  const unexpected: unknown[] = [];
  for (const body of odd) {
    const { status } = await post(createEmulator(), JSON.stringify(body));
    if (status !== 400 && status !== 200) unexpected.push({ status, body });
  }
  expect(unexpected).toEqual([]);
});
