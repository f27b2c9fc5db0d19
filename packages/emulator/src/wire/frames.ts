import type { PlannedBlock } from '../replies/plan-blocks.ts';
import type { PlannedMessage } from '../replies/plan-message.ts';
import { wholeBlock } from '../replies/whole-block.ts';

/** One event of a stream as it goes over the wire; before a paced one the stream may wait. */
export type Frame = { text: string; paced: boolean };

/** The events of a message, in the API's order, one ping included; `deltas` tells how the deltas of a block are given. */
export function* messageFrames<T>(
  message: PlannedMessage,
  deltas: (index: number, block: PlannedBlock) => Iterable<T>,
): Generator<Frame | T, void, void> {
  yield frame('message_start', {
    type: 'message_start',
    message: {
      ...toMessage(message),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: usageOf(message, 'start'),
      ...(message.appliedEdits === undefined ? {} : { context_management: null }),
    },
  });
  for (const [index, block] of message.blocks.entries()) {
    yield frame('content_block_start', { type: 'content_block_start', index, content_block: emptyBlock(block) });
    if (index === 0) yield frame('ping', { type: 'ping' });
    yield* deltas(index, block);
    yield frame('content_block_stop', { type: 'content_block_stop', index });
  }
  yield frame('message_delta', {
    type: 'message_delta',
    delta: {
      stop_reason: message.stopReason,
      stop_sequence: message.stopSequence,
      stop_details: message.stopDetails,
      container: null,
    },
    usage: usageOf(message, 'delta'),
    ...contextOf(message),
  });
  yield frame('message_stop', { type: 'message_stop' });
}

/** An `error` event. */
export function errorFrame(error: { type: string; message: string }): Frame {
  return frame('error', { type: 'error', error });
}

/** The message as an answer without streaming holds it. */
export function toMessage(message: PlannedMessage): Record<string, unknown> {
  return {
    id: message.id,
    type: 'message',
    role: 'assistant',
    model: message.model,
    content: message.blocks.map(wholeBlock),
    stop_reason: message.stopReason,
    stop_sequence: message.stopSequence,
    stop_details: message.stopDetails,
    usage: usageOf(message, 'whole'),
    container: null,
    diagnostics: message.cacheMissReason === undefined ? null : { cache_miss_reason: message.cacheMissReason },
    ...contextOf(message),
    ...(message.inputTransformations === undefined ? {} : { input_transformations: message.inputTransformations }),
  };
}

function contextOf({ appliedEdits }: PlannedMessage): Record<string, unknown> {
  return appliedEdits === undefined ? {} : { context_management: { applied_edits: appliedEdits } };
}

function frame(event: string, data: unknown): Frame {
  return { text: `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`, paced: false };
}

/** The start and end of a delta's frame are the same for a whole block, so only the piece itself is made into JSON. */
export function* deltaFrames(index: number, block: PlannedBlock): Generator<Frame, void, void> {
  if (block.type === 'block') {
    for (const delta of block.rawDeltas)
      yield { ...frame('content_block_delta', { type: 'content_block_delta', index, delta }), paced: true };
    return;
  }
  const [type, field] = DELTAS[block.type];
  const head = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":`;
  for (const delta of block.deltas) yield { text: `${head}${JSON.stringify(delta)}}}\n\n`, paced: true };
  for (const delta of closingDeltas(block))
    yield frame('content_block_delta', { type: 'content_block_delta', index, delta });
}

function closingDeltas(block: PlannedBlock): readonly unknown[] {
  if (block.type === 'thinking') return [{ type: 'signature_delta', signature: block.signature }];
  const citations = block.type === 'text' ? (block.citations ?? []) : [];
  return citations.map((citation) => ({ type: 'citations_delta', citation }));
}

const DELTAS = {
  text: ['text_delta', 'text'],
  thinking: ['thinking_delta', 'thinking'],
  tool_use: ['input_json_delta', 'partial_json'],
} as const;

function emptyBlock(block: PlannedBlock): unknown {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '', ...(block.citations === undefined ? {} : { citations: [] }) };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool_use':
      return { type: 'tool_use', id: block.id, name: block.name, input: {} };
    case 'block':
      return block.start;
    default:
      return block satisfies never;
  }
}

function usageOf({ usage }: PlannedMessage, when: 'start' | 'delta' | 'whole'): Record<string, unknown> {
  const { input, read, written5m, written1h } = usage.input;
  const isStart = when === 'start';
  const totals = {
    input_tokens: isStart ? input : input + usage.laterInputTokens,
    cache_creation_input_tokens: written5m + written1h,
    cache_read_input_tokens: read,
    output_tokens: isStart ? Math.min(1, usage.outputTokens) : usage.outputTokens,
    output_tokens_details: { thinking_tokens: isStart ? 0 : usage.thinkingTokens },
    server_tool_use: isStart ? null : serverToolUse(usage),
    ...(isStart ? {} : iterationsOf(usage)),
  };
  if (when === 'delta') return totals;
  return {
    ...totals,
    cache_creation: { ephemeral_5m_input_tokens: written5m, ephemeral_1h_input_tokens: written1h },
    service_tier: usage.serviceTier,
    inference_geo: null,
    speed: usage.speed,
  };
}

/** The parts of which an answer with a compaction consists. */
function iterationsOf(usage: PlannedMessage['usage']): Record<string, unknown> {
  const { compaction, input, laterInputTokens, outputTokens } = usage;
  if (compaction === undefined) return {};
  const summary = { type: 'compaction', ...iterationOf(compaction.input, compaction.outputTokens) };
  const said = { type: 'message', ...iterationOf({ ...input, input: input.input + laterInputTokens }, outputTokens) };
  return { iterations: compaction.pauses ? [summary] : [summary, said] };
}

function iterationOf(
  { input, read, written5m, written1h }: PlannedMessage['usage']['input'],
  outputTokens: number,
): Record<string, unknown> {
  return {
    input_tokens: input,
    output_tokens: outputTokens,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written5m + written1h,
    cache_creation: { ephemeral_5m_input_tokens: written5m, ephemeral_1h_input_tokens: written1h },
  };
}

function serverToolUse({ serverTools }: PlannedMessage['usage']): unknown {
  if (serverTools === undefined) return null;
  return { web_search_requests: serverTools.web_search, web_fetch_requests: serverTools.web_fetch };
}
