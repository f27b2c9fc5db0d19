import { findMismatch } from '../schema/find-mismatch.ts';
import type { MessagesRequest } from '../request/messages-request.ts';
import { refuse } from '../refusals/refusal.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';
import { formatOf } from './answer-format.ts';
import type { MessageReply, ReplyBlock } from './reply.ts';

/**
 * What the API guarantees for a whole answer: text that fits `output_config.format`, and inputs that fit the schemas of strict
 * tools. A reply that breaks it would test a client against an API that does not exist.
 */
export function checkPromises(reply: MessageReply, { request }: CheckedRequest): void {
  if (reply.stopReason !== undefined && reply.stopReason !== 'end_turn' && reply.stopReason !== 'tool_use') return;
  const calls = reply.blocks.filter((block) => block.type === 'tool_use');
  for (const call of calls) checkStrictCall(call, request);
  const schema = formatOf(request);
  if (schema !== undefined && calls.length === 0) checkFormat(reply, schema);
}

function checkStrictCall({ name, input }: ReplyBlock & { type: 'tool_use' }, request: MessagesRequest): void {
  const tool = request.tools?.find((offered) => offered.name === name);
  if (tool?.strict !== true || tool.eager_input_streaming === true || tool.input_schema === undefined) return;
  const value = typeof input === 'string' ? parsed(input) : input;
  const mismatch = value === undefined ? '$: is not JSON' : findMismatch(value, tool.input_schema);
  if (mismatch !== undefined)
    refuse(`emulator: the reply calls the strict tool ${name} with an input that does not fit its schema: ${mismatch}`);
}

function checkFormat(reply: MessageReply, schema: Record<string, unknown>): void {
  const said = reply.blocks.map((block) => (block.type === 'text' ? block.deltas.join('') : '')).join('');
  const value = parsed(said);
  const mismatch = value === undefined ? '$: is not JSON' : findMismatch(value, schema);
  if (mismatch !== undefined) refuse(`emulator: the reply does not fit output_config.format: ${mismatch}`);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
