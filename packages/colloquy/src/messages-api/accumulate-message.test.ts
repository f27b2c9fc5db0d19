import { expect, test } from 'vitest';
import { APIError } from '../errors.ts';
import { MessageAccumulator } from './accumulate-message.ts';
import type { FinishedBlock } from './open-block.ts';
import { messageEnd, messageStart, textBlock, toolBlock, USAGE } from './stream-fixtures.ts';
import type { ContentBlock, StreamEvent } from './types.ts';

type Fed = { accumulator: MessageAccumulator; finished: FinishedBlock[] };

function feed(...events: StreamEvent[]): Fed {
  const accumulator = new MessageAccumulator({ requestId: 'req_1' });
  const finished = events.flatMap((event) => accumulator.add(event) ?? []);
  return { accumulator, finished };
}

/** What these events are refused for; anything but the error it should be comes back as it is. */
function refusal(...events: StreamEvent[]): unknown {
  try {
    return feed(...events).accumulator.message();
  } catch (error) {
    if (!(error instanceof APIError) || error.type !== 'invalid_stream' || error.requestId !== 'req_1') return error;
    return error.message.replace('The answer of the Messages API broke the protocol: ', '');
  }
}

// For blocks and deltas that the types do not know; the wire may carry anything.
const unknownEvent = (event: unknown): StreamEvent => event as StreamEvent;
const start = (index: number, block: object): StreamEvent =>
  unknownEvent({ type: 'content_block_start', index, content_block: block });
const delta = (index: number, fields: object): StreamEvent =>
  unknownEvent({ type: 'content_block_delta', index, delta: fields });
const stop = (index: number): StreamEvent => ({ type: 'content_block_stop', index });

test('a text comes together from its deltas, and the newest usage counts', () => {
  const { accumulator, finished } = feed(messageStart(), ...textBlock(0, 'Hel', 'lo'), ...messageEnd());
  expect(finished).toEqual([{ index: 0, block: { type: 'text', text: 'Hello' } }]);
  expect(accumulator.done).toBe(true);
  expect(accumulator.message()).toEqual({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-5-5',
    content: [{ type: 'text', text: 'Hello' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { ...USAGE, output_tokens: 9 },
  });
});

test('an answer may be empty', () => {
  expect(feed(messageStart(), ...messageEnd()).accumulator.message().content).toEqual([]);
});

test('before the first event nothing is known and nothing fails', () => {
  const accumulator = new MessageAccumulator();
  expect(accumulator).toMatchObject({ done: false, id: '', model: '', stopReason: null, stopDetails: null });
  expect(accumulator.usage).toMatchObject({ input_tokens: 0, output_tokens: 0 });
  expect(accumulator.partial()).toEqual([]);
});

test('usage is overwritten, never added, and null or absent leaves it as it was', () => {
  const cached = { ...USAGE, cache_read_input_tokens: 900, service_tier: 'standard' };
  const { accumulator } = feed(
    messageStart({ usage: cached }),
    unknownEvent({
      type: 'message_delta',
      delta: { stop_reason: null },
      usage: { output_tokens: 5, input_tokens: null },
    }),
    unknownEvent({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens: 7, cache_read_input_tokens: 950, output_tokens_details: { thinking_tokens: 3 } },
    }),
    { type: 'message_stop' },
  );
  expect(accumulator.usage).toEqual({
    input_tokens: 12,
    output_tokens: 7,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: 950,
    service_tier: 'standard',
    output_tokens_details: { thinking_tokens: 3 },
  });
});

test.each([
  ['no piece', []],
  ['one empty piece', ['']],
  ['an object without fields', ['{}']],
])('a tool input of %s is an empty object', (_name, pieces: string[]) => {
  const { finished } = feed(messageStart(), ...toolBlock(0, 'toolu_1', ...pieces), ...messageEnd('tool_use'));
  expect(finished).toEqual([{ index: 0, block: { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} } }]);
});

test('a tool input may be cut anywhere, inside escapes and surrogate pairs too', () => {
  const input = { path: 'a\\b "c"\n', emoji: '👩‍💻', nested: [{ é: 1 }] };
  const pieces = ['', ...JSON.stringify(input).split('')];
  const { accumulator } = feed(messageStart(), ...toolBlock(0, 'toolu_1', ...pieces), ...messageEnd('tool_use'));
  expect(accumulator.message().content).toEqual([{ type: 'tool_use', id: 'toolu_1', name: 'Read', input }]);
});

test('a tool input that comes whole with its block counts if no piece follows', () => {
  const block = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: 'a' }, caller: { type: 'direct' } };
  expect(feed(messageStart(), start(0, block), stop(0)).finished).toEqual([{ index: 0, block }]);
});

test.each(['[]', '"text"', '5', 'null', 'true'])('the tool input %s is an error: it is not an object', (json) => {
  expect(refusal(messageStart(), ...toolBlock(0, 'toolu_1', json))).toBe(
    'the input of block 0 (Read) is not an object',
  );
});

test('a tool input that is not JSON is an error, at the latest with a stop reason that does not cut', () => {
  const broken = toolBlock(0, 'toolu_1', '{"path": ');
  expect(refusal(messageStart(), ...broken, ...messageEnd('tool_use'))).toBe('the input of block 0 (Read) is not JSON');
  expect(refusal(messageStart(), ...broken, { type: 'message_stop' })).toBe('the input of block 0 (Read) is not JSON');
  expect(refusal(messageStart(), ...broken, ...textBlock(1, 'x'))).toBe('the input of block 0 (Read) is not JSON');
});

test.each(['max_tokens', 'model_context_window_exceeded', 'refusal'])(
  '%s keeps the text and marks the cut tool use',
  (reason) => {
    const { accumulator, finished } = feed(
      messageStart(),
      ...textBlock(0, 'I will write'),
      ...toolBlock(1, 'toolu_1', '{"path":"a","content":"ha'),
      ...messageEnd(reason),
    );
    expect(finished[1]).toEqual({
      index: 1,
      block: { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} },
      incomplete: true,
      partialJson: '{"path":"a","content":"ha',
    });
    expect(accumulator.message().content).toEqual([{ type: 'text', text: 'I will write' }]);
    expect(accumulator.cutToolUses).toEqual(new Set(['toolu_1']));
  },
);

test('a last tool use is not run after max_tokens even if its input looks whole; earlier ones are', () => {
  const { accumulator } = feed(
    messageStart(),
    ...toolBlock(0, 'toolu_1', '{}'),
    ...toolBlock(1, 'toolu_2'),
    ...messageEnd('max_tokens'),
  );
  expect(accumulator.cutToolUses).toEqual(new Set(['toolu_2']));
  expect(accumulator.message().content).toMatchObject([{ id: 'toolu_1' }]);
});

test('no tool use of a refused answer is run', () => {
  const { accumulator } = feed(
    messageStart(),
    ...toolBlock(0, 'toolu_1', '{}'),
    ...textBlock(1, 'x'),
    ...messageEnd('refusal'),
  );
  expect(accumulator.cutToolUses).toEqual(new Set(['toolu_1']));
  expect(accumulator.message().content).toEqual([{ type: 'text', text: 'x' }]);
});

test('stop details and fields of betas arrive in the message', () => {
  const stopDetails = { type: 'refusal', category: 'cyber', explanation: 'No.' };
  const { accumulator } = feed(
    messageStart(),
    unknownEvent({
      type: 'message_delta',
      delta: { stop_reason: 'refusal', stop_details: stopDetails, container: { id: 'c_1' } },
      context_management: { applied_edits: [] },
    }),
    { type: 'message_stop' },
  );
  expect(accumulator.stopDetails).toEqual(stopDetails);
  expect(accumulator.message()).toMatchObject({ container: { id: 'c_1' }, context_management: { applied_edits: [] } });
});

test('thinking has its text and its signature, which is set and not appended', () => {
  const { finished } = feed(
    messageStart(),
    start(0, { type: 'thinking', thinking: '', signature: '' }),
    delta(0, { type: 'thinking_delta', thinking: 'Let me ' }),
    delta(0, { type: 'thinking_delta', thinking: 'see' }),
    delta(0, { type: 'signature_delta', signature: 'old' }),
    delta(0, { type: 'signature_delta', signature: 'sig' }),
    stop(0),
  );
  expect(finished).toEqual([{ index: 0, block: { type: 'thinking', thinking: 'Let me see', signature: 'sig' } }]);
});

test('omitted thinking, with a signature alone, is whole', () => {
  const { finished } = feed(
    messageStart(),
    start(0, { type: 'thinking', thinking: '', signature: '' }),
    delta(0, { type: 'signature_delta', signature: 'sig' }),
    stop(0),
  );
  expect(finished[0]).not.toHaveProperty('incomplete');
});

test('thinking without a signature is an error, unless the tokens ran out in it', () => {
  const unsigned = [
    start(0, { type: 'thinking', thinking: '', signature: '' }),
    delta(0, { type: 'thinking_delta', thinking: 'Hm' }),
    stop(0),
  ];
  expect(refusal(messageStart(), ...unsigned, ...textBlock(1, 'x'))).toBe('the thinking of block 0 has no signature');
  expect(refusal(messageStart(), ...unsigned, ...messageEnd())).toBe('the thinking of block 0 has no signature');
  expect(feed(messageStart(), ...unsigned, ...messageEnd('max_tokens')).accumulator.message().content).toEqual([]);
});

test('citations are appended to their text, and the event they came with stays as it was', () => {
  const first: ContentBlock = { type: 'text', text: '', citations: [] };
  const { finished } = feed(
    messageStart(),
    start(0, first),
    delta(0, { type: 'text_delta', text: 'Quoted' }),
    delta(0, { type: 'citations_delta', citation: { cited_text: 'a' } }),
    delta(0, { type: 'citations_delta', citation: { cited_text: 'b' } }),
    stop(0),
  );
  expect(finished[0]?.block).toEqual({
    type: 'text',
    text: 'Quoted',
    citations: [{ cited_text: 'a' }, { cited_text: 'b' }],
  });
  expect(first).toEqual({ type: 'text', text: '', citations: [] });
});

test('blocks of unknown types are kept to the letter, and take the deltas they have a field for', () => {
  const result = { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ encrypted_content: 'xyz' }] };
  const { accumulator } = feed(
    messageStart(),
    start(0, result),
    stop(0),
    start(1, { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'x', server_name: 's', input: {} }),
    delta(1, { type: 'input_json_delta', partial_json: '{"a":1}' }),
    stop(1),
    ...messageEnd(),
  );
  expect(accumulator.message().content).toEqual([
    result,
    { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'x', server_name: 's', input: { a: 1 } },
  ]);
});

test('deltas of unknown types, and known ones without a field, are kept beside the block', () => {
  const { finished } = feed(
    messageStart(),
    start(0, { type: 'text', text: '' }),
    delta(0, { type: 'aura_delta', colour: 'blue' }),
    stop(0),
    start(1, { type: 'compaction', content: null }),
    delta(1, { type: 'text_delta', text: 'x' }),
    stop(1),
  );
  expect(finished).toEqual([
    { index: 0, block: { type: 'text', text: '' }, unknownDeltas: [{ type: 'aura_delta', colour: 'blue' }] },
    { index: 1, block: { type: 'compaction', content: null }, unknownDeltas: [{ type: 'text_delta', text: 'x' }] },
  ]);
});

test('a compaction has the values of its delta, the newest of them', () => {
  const { accumulator } = feed(
    messageStart(),
    start(0, { type: 'compaction', content: null, encrypted_content: null }),
    delta(0, { type: 'compaction_delta', content: 'So far: n', encrypted_content: 'AA' }),
    delta(0, { type: 'compaction_delta', content: 'So far: nothing.' }),
    stop(0),
    ...messageEnd('compaction'),
  );
  expect(accumulator.message().content).toEqual([
    { type: 'compaction', content: 'So far: nothing.', encrypted_content: 'AA' },
  ]);
  const elsewhere = delta(0, { type: 'compaction_delta', content: 'x' });
  expect(refusal(messageStart(), start(0, { type: 'text', text: '' }), elsewhere)).toBe(
    'block 0 is text and was sent compaction_delta',
  );
});

test.each<[string, StreamEvent]>([
  ['delta', delta(0, { type: 'input_json_deltA', partial_json: '2' })],
  ['event', unknownEvent({ type: 'content_block_deltA', index: 0, delta: { partial_json: '2' } })],
])('a tool use to which an unknown %s belongs must not be run: a part of its input may be in it', (_, unknown) => {
  const [begun, ...rest] = toolBlock(0, 'toolu_1', '{"path":"13"}');
  const events = [messageStart(), begun, unknown, ...rest, ...messageEnd('tool_use')].filter(
    (event) => event !== undefined,
  );
  const { accumulator, finished } = feed(...events);
  expect(finished).toMatchObject([{ block: { id: 'toolu_1', input: { path: '13' } }, unknownDeltas: [{}] }]);
  expect([...accumulator.cutToolUses]).toEqual(['toolu_1']);
  expect(accumulator.message().content).toEqual([]);
});

test('pings and unknown events are passed over anywhere before the end', () => {
  const aside = [{ type: 'ping' } as const, unknownEvent({ type: 'weather', sunny: true })];
  const { accumulator } = feed(...aside, messageStart(), ...aside, ...textBlock(0, 'x'), ...aside, ...messageEnd());
  expect(accumulator.done).toBe(true);
});

test.each<[string, StreamEvent[], string]>([
  ['a block before the message', textBlock(0, 'x'), 'content_block_start came before message_start'],
  ['an end before the message', messageEnd(), 'message_delta came before message_start'],
  ['two beginnings', [messageStart(), messageStart()], 'message_start came twice'],
  [
    'a beginning with content',
    [messageStart({ content: [{ type: 'text', text: 'x' }] })],
    'message_start has content already',
  ],
  ['overlapping blocks', [messageStart(), textBlock(0)[0]!, textBlock(1)[0]!], 'block 1 began before block 0 ended'],
  ['an index twice', [messageStart(), ...textBlock(0, 'a'), ...textBlock(0, 'b')], 'block 0 came after block 0'],
  ['an index going back', [messageStart(), ...textBlock(1, 'a'), ...textBlock(0, 'b')], 'block 0 came after block 1'],
  [
    'a delta for a block that is not open',
    [messageStart(), textBlock(0)[0]!, delta(1, { type: 'text_delta', text: 'x' })],
    'content_block_delta for block 1, which is not open',
  ],
  [
    'a delta before any block',
    [messageStart(), delta(0, { type: 'text_delta', text: 'x' })],
    'content_block_delta for block 0, which is not open',
  ],
  ['a stop twice', [messageStart(), ...textBlock(0), stop(0)], 'content_block_stop for block 0, which is not open'],
  [
    'the delta of another type',
    [messageStart(), textBlock(0)[0]!, delta(0, { type: 'input_json_delta', partial_json: '{}' })],
    'block 0 is text and was sent input_json_delta',
  ],
  [
    'text for a tool use',
    [messageStart(), toolBlock(0, 't')[0]!, delta(0, { type: 'text_delta', text: 'x' })],
    'block 0 is tool_use and was sent text_delta',
  ],
  ['a tool use id twice', [messageStart(), ...toolBlock(0, 't'), ...toolBlock(1, 't')], 'two tool uses have the id t'],
  [
    'a stop reason within a block',
    [messageStart(), textBlock(0)[0]!, ...messageEnd()],
    'the stop reason came before block 0 ended',
  ],
  [
    'a block after the stop reason',
    [messageStart(), messageEnd()[0]!, ...textBlock(0)],
    'block 0 began after the stop reason',
  ],
  [
    'an end within a block',
    [messageStart(), textBlock(0)[0]!, { type: 'message_stop' }],
    'message_stop came before block 0 ended',
  ],
  ['anything after the end', [messageStart(), ...messageEnd(), { type: 'ping' }], 'ping came after message_stop'],
  ['no end', [messageStart(), ...textBlock(0, 'x'), messageEnd()[0]!], 'it ended before message_stop'],
  ['nothing', [], 'it ended before message_stop'],
])('%s is an error', (_name, events, message) => {
  expect(refusal(...events)).toBe(message);
});

test('an interrupt keeps the text of the open block, but no blank text, tool use or unsigned thinking', () => {
  const open = (block: object, ...deltas: object[]): MessageAccumulator =>
    feed(messageStart(), ...textBlock(0, 'done'), start(1, block), ...deltas.map((fields) => delta(1, fields)))
      .accumulator;
  expect(open({ type: 'text', text: '' }, { type: 'text_delta', text: 'Half a' }).partial()).toEqual([
    { index: 1, block: { type: 'text', text: 'Half a' } },
  ]);
  expect(open({ type: 'text', text: '' }, { type: 'text_delta', text: ' \n' }).partial()).toEqual([]);
  expect(open({ type: 'thinking', thinking: 'Hm', signature: '' }).partial()).toEqual([]);
  expect(open({ type: 'tool_use', id: 't', name: 'Read', input: {} }).partial()).toEqual([]);
});

test('a late reader gets the text so far', () => {
  const { accumulator } = feed(messageStart(), ...textBlock(0, 'a'), start(1, { type: 'text', text: '' }));
  expect(accumulator.openText()).toEqual([]);
  accumulator.add(delta(1, { type: 'text_delta', text: 'b' }));
  expect(accumulator.openText()).toEqual([{ index: 1, text: 'b' }]);
});

test('an answer of blocks without end is refused', () => {
  const blocks = Array.from({ length: 10_001 }, (_, index) => textBlock(index, 'x')).flat();
  expect(refusal(messageStart(), ...blocks)).toBe('it has more than 10000 blocks');
});
