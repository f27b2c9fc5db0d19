import { cutWords } from '../replies/cut-deltas.ts';
import type { MessageReply, ReplyBlock } from '../replies/reply.ts';
import { isRecord, type MessagesRequest } from '../request/messages-request.ts';
import { callableTools } from './request-details.ts';

/** About as fast as one reads: 25 words a second. */
const READING_GAP_MS = 40;
/** A long answer comes faster, so that nobody waits for longer. */
const MAX_STREAM_MS = 15_000;
const STOP_REASONS: ReadonlySet<string> = new Set([
  'end_turn',
  'tool_use',
  'max_tokens',
  'stop_sequence',
  'refusal',
  'pause_turn',
  'model_context_window_exceeded',
]);

/** What somebody typed cannot be sent; the message names the place. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/**
 * The reply that a person typed: `{ "blocks": [{"type":"text","text"} | {"type":"tool_use","name","input"}], "stop_reason"? }`.
 * @throws AnswerError
 */
export function parseAnswer(typed: unknown, request: MessagesRequest): MessageReply {
  const { blocks, stop_reason: stopReason, ...rest } = isRecord(typed) ? typed : {};
  if (!isRecord(typed)) throw new AnswerError('the answer must be an object');
  refuseUnknown(rest, '');
  if (!Array.isArray(blocks)) throw new AnswerError('blocks: must be a list');
  if (stopReason !== undefined && (typeof stopReason !== 'string' || !STOP_REASONS.has(stopReason)))
    throw new AnswerError(`stop_reason: must be one of ${[...STOP_REASONS].join(', ')}`);
  if (blocks.length === 0 && stopReason === undefined)
    throw new AnswerError('blocks: an answer without any needs a stop_reason');
  const tools = new Set(callableTools(request.tools));
  const parsed = blocks.map((block: unknown, index) => parseBlock(block, `blocks[${index}]`, tools));
  return {
    type: 'message',
    blocks: parsed,
    gapMs: gapOf(parsed),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(stopReason === 'refusal'
      ? { stopDetails: { type: 'refusal', category: null, explanation: 'Who answered chose to refuse.' } }
      : {}),
  };
}

function parseBlock(block: unknown, at: string, tools: ReadonlySet<string>): ReplyBlock {
  if (!isRecord(block)) throw new AnswerError(`${at}: must be an object`);
  const { type, ...fields } = block;
  if (type === 'text') {
    const { text, ...rest } = fields;
    refuseUnknown(rest, `${at}.`);
    if (typeof text !== 'string' || text.trim() === '') throw new AnswerError(`${at}.text: must not be empty`);
    return { type, deltas: cutWords(text) };
  }
  if (type === 'tool_use') {
    const { name, input, ...rest } = fields;
    refuseUnknown(rest, `${at}.`);
    if (typeof name !== 'string' || !tools.has(name))
      throw new AnswerError(`${at}.name: must be a tool that the request offers`);
    if (!isRecord(input)) throw new AnswerError(`${at}.input: must be an object`);
    return { type, name, input };
  }
  throw new AnswerError(`${at}.type: must be text or tool_use`);
}

function refuseUnknown(rest: Record<string, unknown>, at: string): void {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new AnswerError(`${at}${unknown}: there is no such field`);
}

function gapOf(blocks: readonly ReplyBlock[]): number {
  const deltas = blocks.reduce((sum, block) => sum + (block.type === 'text' ? block.deltas.length : 0), 1);
  return Math.min(READING_GAP_MS, MAX_STREAM_MS / deltas);
}
