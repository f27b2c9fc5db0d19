import { describe, expect, test } from 'vitest';
import { createEmulator, text, thinking, type Emulator } from '../index.ts';
import { bodyOf, eventsOf, jsonOfBody, post, textOfBody, type Message } from '../testing/ask.ts';

const CLEAR = 'context-management-2025-06-27';
const COMPACT = 'compact-2026-01-12';
const SUMMARIZE = 'compact-2026-09-04';

async function send(emulator: Emulator, beta: string, fields: Record<string, unknown>, path?: string) {
  const headers = { 'anthropic-beta': beta };
  const response = await post(emulator, bodyOf(fields), { headers, ...(path === undefined ? {} : { path }) });
  const body = await jsonOfBody<Message & { error?: { message: string; details?: unknown } }>(response);
  return { status: response.status, body, error: body.error };
}

async function stream(emulator: Emulator, beta: string, fields: Record<string, unknown>) {
  const response = await post(emulator, bodyOf({ ...fields, stream: true }), { headers: { 'anthropic-beta': beta } });
  return eventsOf(await textOfBody(response));
}

const user = (content: unknown): unknown => ({ role: 'user', content });
const assistant = (content: unknown): unknown => ({ role: 'assistant', content });

/** A history of tool calls, each with a result of 100 tokens. */
function looking(count: number, name = 'look'): unknown[] {
  return [
    user('Look'),
    ...Array.from({ length: count }, (_, index) => [
      assistant([{ type: 'tool_use', id: `toolu_${index}`, name, input: { at: 'x'.repeat(40) } }]),
      user([{ type: 'tool_result', tool_use_id: `toolu_${index}`, content: 'r'.repeat(400) }]),
    ]).flat(),
  ];
}

describe('clear_tool_uses_20250919', () => {
  const clearing = (edit: object) => ({ edits: [{ type: 'clear_tool_uses_20250919', ...edit }] });
  const trigger = { type: 'tool_uses', value: 4 };
  const placeholder = Math.ceil('[cleared by context management]'.length / 4);

  test('clears all results but the newest three once there are more than the trigger says', async () => {
    const emulator = createEmulator();
    const few = await send(emulator, CLEAR, { messages: looking(4), context_management: clearing({ trigger }) });
    expect(few.body.context_management).toEqual({ applied_edits: [] });
    const { body } = await send(emulator, CLEAR, { messages: looking(5), context_management: clearing({ trigger }) });
    const plain = await send(emulator, CLEAR, { messages: looking(5) });
    const cleared = plain.body.usage['input_tokens']! - body.usage['input_tokens']!;
    expect(cleared).toBeGreaterThanOrEqual(2 * (100 - placeholder) - 1);
    expect(body.context_management).toEqual({
      applied_edits: [{ type: 'clear_tool_uses_20250919', cleared_tool_uses: 2, cleared_input_tokens: cleared }],
    });
    expect(plain.body).not.toHaveProperty('context_management');
  });

  test.each([
    [{ trigger, keep: { type: 'tool_uses', value: 0 } }, 5],
    [{ trigger, exclude_tools: ['look'] }, 0],
    [{ trigger, clear_at_least: { type: 'input_tokens', value: 500 } }, 0],
    [{ trigger: { type: 'input_tokens', value: 100 } }, 2],
    [{}, 0],
  ])('%j clears %i', async (edit, count) => {
    const { body } = await send(createEmulator(), CLEAR, { messages: looking(5), context_management: clearing(edit) });
    const expected = count === 0 ? [] : [expect.objectContaining({ cleared_tool_uses: count })];
    expect(body.context_management).toEqual({ applied_edits: expected });
  });

  test('counting tokens tells both numbers; inputs can be cleared too', async () => {
    const { max_tokens: _, ...fields } = bodyOf({ messages: looking(5) });
    const count = async (edit: object) => {
      const body = JSON.stringify({ ...fields, context_management: clearing(edit) });
      const response = await post(createEmulator(), body, {
        path: '/v1/messages/count_tokens',
        headers: { 'anthropic-beta': CLEAR },
      });
      return jsonOfBody<{ input_tokens: number; context_management: unknown }>(response);
    };
    const results = await count({ trigger });
    const inputs = await count({ trigger, clear_tool_inputs: true });
    expect(results.context_management).toEqual(inputs.context_management);
    expect(results.input_tokens - inputs.input_tokens).toBeGreaterThan(20);
  });

  test('a stream tells it at its end', async () => {
    const events = await stream(createEmulator(), CLEAR, {
      messages: looking(5),
      context_management: clearing({ trigger }),
    });
    expect(events[0]?.message).toMatchObject({ context_management: null });
    expect(events.find(({ type }) => type === 'message_delta')).toMatchObject({
      context_management: { applied_edits: [{ cleared_tool_uses: 2 }] },
    });
  });
});

test('clear_thinking_20251015 clears the thinking of all turns but the newest', async () => {
  const emulator = createEmulator({
    script: [thinking('x'.repeat(400), text('A.')), thinking('y'.repeat(400), text('B.'))],
  });
  const model = { model: 'claude-fable-5-2', max_tokens: 4000 };
  const messages = [user('Hello')];
  for (let turn = 0; turn < 2; turn += 1) {
    const { body } = await send(emulator, CLEAR, { ...model, messages });
    messages.push(assistant(body.content), user('Go on'));
  }
  const cleared = (keep?: unknown) =>
    send(emulator, CLEAR, {
      ...model,
      messages,
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep }] },
    });
  expect((await cleared()).body.context_management).toEqual({
    applied_edits: [{ type: 'clear_thinking_20251015', cleared_thinking_turns: 1, cleared_input_tokens: 100 }],
  });
  expect((await cleared('all')).body.context_management).toEqual({ applied_edits: [] });
});

test.each([
  [CLEAR, { edits: [{ type: 'clear_all' }] }, 'context_management.edits.0.type: Input should be one of'],
  [CLEAR, { edits: [{ type: 'compact_20260112' }] }, 'context_management.edits.0.type: Input should be one of'],
  [CLEAR, { edits: [{ type: 'clear_tool_uses_20250919', kep: 3 }] }, 'edits.0.kep: Extra inputs are not permitted'],
  [
    CLEAR,
    { edits: [{ type: 'clear_tool_uses_20250919' }, { type: 'clear_thinking_20251015' }] },
    'must be the first edit',
  ],
  [
    CLEAR,
    { edits: [{ type: 'clear_tool_uses_20250919', trigger: { type: 'x', value: 1 } }] },
    'trigger.type: Input should be one of',
  ],
  [
    COMPACT,
    { edits: [{ type: 'compact_20260112', trigger: { type: 'input_tokens', value: 9 } }] },
    'greater than or equal to 50000',
  ],
])('refuses edits: %s %j', async (beta, management, why) => {
  const { status, error } = await send(createEmulator(), beta, { context_management: management });
  expect([status, error?.message]).toEqual([400, expect.stringContaining(why)]);
});

test('a system message for one turn is read until the next user message', async () => {
  const beta = 'mid-conversation-system-clear-at-2026-08-21';
  const note = { role: 'system', content: 'x'.repeat(400), clear_at: 'next_user_message' };
  const tokens = async (...messages: unknown[]) =>
    (await send(createEmulator(), beta, { messages })).body.usage['input_tokens'];
  expect(await tokens(user('Hello'), note)).toBe(102);
  expect(await tokens(user('Hello'), note, assistant('Hi.'), user('Go on.'))).toBe(4);
  expect(await tokens(user('Hello'), { ...note, clear_at: 'never' }, assistant('Hi.'), user('Go on.'))).toBe(104);
});

describe('compact_20260112', () => {
  const LONG = 'x'.repeat(4 * 60_000);
  const compacting = (pause?: boolean) => ({
    context_management: {
      edits: [
        {
          type: 'compact_20260112',
          trigger: { type: 'input_tokens', value: 50_000 },
          ...(pause === undefined ? {} : { pause_after_compaction: pause }),
        },
      ],
    },
  });

  test('puts a summary before the answer, and bills it apart', async () => {
    const { body } = await send(createEmulator({ script: [text('Go on.')] }), COMPACT, {
      messages: [user(LONG)],
      ...compacting(),
    });
    expect(body).toMatchObject({
      content: [
        { type: 'compaction', content: expect.stringContaining('Summary of 1 messages') },
        { type: 'text', text: 'Go on.' },
      ],
      stop_reason: 'end_turn',
      usage: {
        iterations: [
          { type: 'compaction', input_tokens: 60_000 },
          { type: 'message', output_tokens: 2 },
        ],
      },
    });
    expect(body.usage['input_tokens']).toBeLessThan(300);
    expect(body.usage['output_tokens']).toBe(2);
  });

  test('below the trigger nothing is summed up', async () => {
    const { body } = await send(createEmulator({ script: [text('Go on.')] }), COMPACT, compacting());
    expect([body.content, body.usage]).toEqual([
      [{ type: 'text', text: 'Go on.' }],
      expect.not.objectContaining({ iterations: expect.anything() }),
    ]);
  });

  test('pauses where it is told to; what was before the summary is no longer read', async () => {
    const emulator = createEmulator({ script: [text('Go on.')] });
    const { body } = await send(emulator, COMPACT, { messages: [user(LONG)], ...compacting(true) });
    expect(body).toMatchObject({
      content: [{ type: 'compaction' }],
      stop_reason: 'compaction',
      usage: { iterations: [{ type: 'compaction' }] },
    });
    const messages = [user(LONG), assistant(body.content), user('And?')];
    const next = await send(emulator, COMPACT, { messages, ...compacting(true) });
    expect(next.body.content).toEqual([{ type: 'text', text: 'Go on.' }]);
    expect(next.body.usage['input_tokens']).toBeLessThan(300);
    const changed = JSON.parse(JSON.stringify(messages).replace('Summary of 1', 'Summary of 2'));
    expect((await send(emulator, COMPACT, { messages: changed })).error?.message).toContain(
      'Invalid `encrypted_content`',
    );
  });

  test('streams the summary as one delta', async () => {
    const events = await stream(createEmulator(), COMPACT, { messages: [user(LONG)], ...compacting(true) });
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[1]?.content_block).toEqual({ type: 'compaction', content: null, encrypted_content: null });
    expect(events[3]?.delta).toEqual({
      type: 'compaction_delta',
      content: expect.any(String),
      encrypted_content: expect.any(String),
    });
  });
});

describe('a request to sum up', () => {
  const summarize = { compaction: { type: 'summarize' } };
  const history = [user('Hello'), assistant('Hi.')];

  test('gets a signed block alone, which then stands for what it sums up', async () => {
    const emulator = createEmulator({ script: [text('They greeted.'), text('Yes.')] });
    const { body } = await send(emulator, SUMMARIZE, { messages: history, ...summarize });
    expect(body).toMatchObject({
      content: [
        {
          type: 'compaction',
          content: 'They greeted.',
          encrypted_content: null,
          signature: expect.any(String),
          tool_changes: [],
        },
      ],
      stop_reason: 'compaction',
    });
    const messages = [assistant(body.content), user('Are you there?')];
    const next = await send(emulator, SUMMARIZE, { messages });
    expect([next.status, next.body.usage['input_tokens']]).toEqual([
      200,
      Math.ceil('They greeted.Are you there?'.length / 4),
    ]);
  });

  test('the simulated assistant says that its summary is simulated', async () => {
    const { body } = await send(createEmulator(), SUMMARIZE, { messages: history, ...summarize });
    expect(body.content[0]?.content).toContain('(Simulated answer: no model is connected.) Summary of 2 messages.');
  });

  test.each<[code: string, change: (block: Record<string, unknown>) => unknown[]]>([
    ['compaction_content_mismatch', (block) => [assistant([{ ...block, content: 'They fought.' }]), user('And?')]],
    ['compaction_signature_invalid', (block) => [assistant([{ ...block, signature: 'x.y' }]), user('And?')]],
    ['compaction_tool_changes_mismatch', (block) => [assistant([{ ...block, tool_changes: [{}] }]), user('And?')]],
    ['compaction_block_misplaced', (block) => [user('Hello'), assistant([block]), user('And?')]],
    ['compaction_block_ambiguous', (block) => [assistant([block, block]), user('And?')]],
  ])('a block sent back is refused with %s', async (code, change) => {
    const emulator = createEmulator();
    const { body } = await send(emulator, SUMMARIZE, { messages: history, ...summarize });
    const { status, error } = await send(emulator, SUMMARIZE, { messages: change(body.content[0] ?? {}) });
    expect([status, error?.details]).toEqual([400, { error_code: code }]);
  });

  test('needs something to sum up, a finished turn, and no context management', async () => {
    const emulator = createEmulator();
    const { body } = await send(emulator, SUMMARIZE, { messages: history, ...summarize });
    const nothing = await send(emulator, SUMMARIZE, { messages: [assistant(body.content)], ...summarize });
    expect(nothing.error?.details).toEqual({ error_code: 'compaction_nothing_to_summarize' });
    const calling = [
      ...history,
      user('Look'),
      assistant([{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }]),
    ];
    const unfinished = await send(emulator, SUMMARIZE, { messages: calling, ...summarize });
    expect(unfinished.error?.details).toEqual({ error_code: 'compaction_incomplete_turn' });
    const both = await send(emulator, `${SUMMARIZE},${CLEAR}`, { ...summarize, context_management: {} });
    expect(both.error?.message).toBe('compaction: cannot be combined with context_management');
  });
});
