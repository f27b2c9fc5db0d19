import { randomJson, randomKey, randomPieces, randomText, randomWords } from './random-values.ts';
import type { Random } from './random.ts';

/** A stream as the API could send it, and the message that it is. */
export type RandomStream = { bytes: Uint8Array; message: Record<string, unknown> };

type Data = Record<string, unknown>;
/** A block: as it starts, what comes for it, and as it is in the end. */
type Block = { start: Data; deltas: Data[]; whole: Data };

/**
 * A stream with every type of block and delta in some order, with pings, events of types that nobody knows and comments between
 * its events, in one of the forms that an event stream may have.
 */
export function randomStream(random: Random): RandomStream {
  const blocks = shuffled(random, BLOCKS).map((make, index) => make(random, index));
  const usage = {
    input_tokens: random.whole(1, 9999),
    output_tokens: 1,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: random.pick([null, 0, 17]),
  };
  const start = {
    id: `msg_${random.whole(1, 1e9)}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-5-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  const outputTokens = random.whole(2, 9999);
  const events: Data[] = [{ type: 'message_start', message: start }];
  for (const [index, block] of blocks.entries()) {
    events.push({ type: 'content_block_start', index, content_block: block.start });
    for (const delta of block.deltas) events.push({ type: 'content_block_delta', index, delta });
    events.push({ type: 'content_block_stop', index });
  }
  // The end may be told in several pieces, the newest of which counts; null leaves things as they were.
  if (random.chance(0.3))
    events.push({ type: 'message_delta', delta: { stop_reason: null }, usage: { output_tokens: 1 } });
  events.push({
    type: 'message_delta',
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: outputTokens, cache_read_input_tokens: null },
  });
  const told = [...events.flatMap((event) => [...asides(random), toFrame(random, event)]), ...asides(random)];
  const text = told.join('') + toFrame(random, { type: 'message_stop' });
  const message = {
    ...start,
    content: blocks.map(({ whole }) => whole),
    stop_reason: 'tool_use',
    usage: { ...usage, output_tokens: outputTokens },
  };
  return { bytes: toBytes(random, text), message };
}

const BLOCKS: ((random: Random, index: number) => Block)[] = [
  textBlock,
  textBlock,
  citedBlock,
  thinkingBlock,
  omittedThinking,
  (random, index) => callBlock(random, { type: 'tool_use', id: `toolu_${index}`, name: 'Read' }),
  (random, index) =>
    callBlock(random, { type: 'tool_use', id: `toolu_${index}`, name: 'Bash', caller: { type: 'direct' } }),
  (_, index) => emptyCall(index),
  (random, index) => callBlock(random, { type: 'server_tool_use', id: `srvtoolu_${index}`, name: 'web_search' }),
  compactionBlock,
  newBlock,
  ...[
    (random: Random): Data => ({ type: 'redacted_thinking', data: randomText(random) }),
    (random: Random): Data => ({
      type: 'web_search_tool_result',
      tool_use_id: 'srvtoolu_1',
      content: [
        { type: 'web_search_result', url: 'https://example.org', title: randomText(random), encrypted_content: 'AA' },
      ],
    }),
    (): Data => ({
      type: 'web_search_tool_result',
      tool_use_id: 'srvtoolu_2',
      content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
    }),
    (random: Random): Data => ({
      type: 'web_fetch_tool_result',
      tool_use_id: 'srvtoolu_3',
      content: {
        type: 'web_fetch_result',
        url: 'https://example.org',
        content: randomJson(random),
        retrieved_at: null,
      },
    }),
    (random: Random): Data => ({
      type: 'code_execution_tool_result',
      tool_use_id: 'srvtoolu_4',
      content: { type: 'code_execution_result', stdout: randomText(random), stderr: '', return_code: 0, content: [] },
    }),
    (random: Random): Data => ({
      type: 'bash_code_execution_tool_result',
      tool_use_id: 'srvtoolu_5',
      content: {
        type: 'bash_code_execution_result',
        stdout: randomText(random),
        stderr: '',
        return_code: 0,
        content: [],
      },
    }),
    (random: Random): Data => ({
      type: 'text_editor_code_execution_tool_result',
      tool_use_id: 'srvtoolu_6',
      content: { type: 'text_editor_code_execution_view_result', content: randomText(random), file_type: 'text' },
    }),
    (): Data => ({
      type: 'tool_search_tool_result',
      tool_use_id: 'srvtoolu_7',
      content: {
        type: 'tool_search_tool_search_result',
        tool_references: [{ type: 'tool_reference', tool_name: 'Read' }],
      },
    }),
    (): Data => ({ type: 'container_upload', file_id: 'file_1' }),
  ].map((make) => (random: Random): Block => {
    const whole = make(random);
    return { start: whole, deltas: [], whole };
  }),
];

function textBlock(random: Random): Block {
  const text = randomWords(random, 60);
  const deltas = randomPieces(random, text).map((piece) => ({ type: 'text_delta', text: piece }));
  return { start: { type: 'text', text: '' }, deltas, whole: { type: 'text', text } };
}

function citedBlock(random: Random): Block {
  const text = randomWords(random);
  const citations = [
    { type: 'char_location', document_index: 0, start_char_index: 0, end_char_index: 2 },
    { type: 'page_location', document_index: 0, start_page_number: 1, end_page_number: 2 },
    { type: 'content_block_location', document_index: 0, start_block_index: 0, end_block_index: 1 },
    { type: 'search_result_location', source: 'a', search_result_index: 0, start_block_index: 0, end_block_index: 1 },
    { type: 'web_search_result_location', url: 'https://example.org', encrypted_index: 'AA' },
  ].map((citation): Data => ({ ...citation, cited_text: randomText(random), title: null }));
  return {
    start: { type: 'text', text: '', citations: [] },
    deltas: [
      ...randomPieces(random, text).map((piece) => ({ type: 'text_delta', text: piece })),
      ...citations.map((citation) => ({ type: 'citations_delta', citation })),
    ],
    whole: { type: 'text', text, citations },
  };
}

function thinkingBlock(random: Random): Block {
  const [thinking, signature] = [randomWords(random, 60), randomText(random)];
  return {
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...randomPieces(random, thinking).map((piece) => ({ type: 'thinking_delta', thinking: piece })),
      { type: 'signature_delta', signature },
    ],
    whole: { type: 'thinking', thinking, signature },
  };
}

function omittedThinking(random: Random): Block {
  const whole = { type: 'thinking', thinking: '', signature: randomText(random) };
  const deltas = [{ type: 'signature_delta', signature: whole.signature }];
  return { start: { type: 'thinking', thinking: '', signature: '' }, deltas, whole };
}

function callBlock(random: Random, call: Data): Block {
  const input = { value: randomJson(random, 3), [randomKey(random, 4)]: randomText(random) };
  const deltas = randomPieces(random, JSON.stringify(input)).map((piece) => ({
    type: 'input_json_delta',
    partial_json: piece,
  }));
  return { start: { ...call, input: {} }, deltas, whole: { ...call, input } };
}

function emptyCall(index: number): Block {
  const call = { type: 'tool_use', id: `toolu_${index}`, name: 'Glob', input: {} };
  return { start: call, deltas: [], whole: call };
}

function compactionBlock(random: Random): Block {
  const values = { content: randomWords(random, 60), encrypted_content: randomText(random) };
  return {
    start: { type: 'compaction', content: null, encrypted_content: null },
    deltas: [{ type: 'compaction_delta', ...values }],
    whole: { type: 'compaction', ...values },
  };
}

/** A type of block that nobody knows takes deltas that it has a field for, and others. */
function newBlock(random: Random): Block {
  const text = randomWords(random);
  return {
    start: { type: 'hologram', text: '', colour: 'blue' },
    deltas: [
      ...randomPieces(random, text).map((piece) => ({ type: 'text_delta', text: piece })),
      { type: 'hologram_delta', colour: 'red' },
    ],
    whole: { type: 'hologram', text, colour: 'blue' },
  };
}

/** What may come between two events. */
function asides(random: Random): string[] {
  if (!random.chance(0.15)) return [];
  return [
    random.pick([
      (): string => toFrame(random, { type: 'ping' }),
      (): string => `: ${randomText(random).replaceAll(/[\r\n]/g, ' ')}\n\n`,
      (): string => toFrame(random, { type: 'weather', told: randomJson(random) }),
      (): string => 'retry: 3000\nid: 7\n\n',
      (): string => ':\n',
      (): string => '\n\n',
    ])(),
  ];
}

/** An event as a frame: its data in one line, or over several where JSON may have white space. */
function toFrame(random: Random, event: Data): string {
  const json = random.chance(0.1) ? JSON.stringify(event, null, 1) : JSON.stringify(event);
  const space = random.chance(0.9) ? ' ' : '';
  const name = random.chance(0.9) ? `event:${space}${String(event['type'])}\n` : '';
  const data = json.split('\n').map((line) => `data:${space}${line}\n`);
  const lines = random.chance(0.9) ? [name, ...data] : [...data, name];
  return `${lines.join('')}\n`;
}

function toBytes(random: Random, text: string): Uint8Array {
  const end = random.pick(['\n', '\n', '\r\n', '\r']);
  const mark = random.chance(0.2) ? '\uFEFF' : '';
  return Buffer.from(mark + (end === '\n' ? text : text.replaceAll('\n', end)));
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
