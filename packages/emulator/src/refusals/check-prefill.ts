import type { Model } from '../models/model-table.ts';
import type { Prompt } from '../prompt/prompt.ts';
import { blocksOf, type MessagesRequest, type RequestBlock } from '../request/messages-request.ts';
import { wasPaused } from '../request/paused-answers.ts';
import { refuse } from './refusal.ts';

/** A final assistant message: newer models refuse it, unless it is an answer that paused and is to go on. */
export function checkPrefill({ messages }: MessagesRequest, { model, sent }: { model: Model; sent: Prompt }): void {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return;
  const blocks = blocksOf(last.content);
  if (blocks.some(isServerTool) || wasPaused(sent.digestUpTo(sent.chains.messages.length))) return;
  if (!model.prefill) {
    refuse(`${model.id} does not support assistant message prefill. The conversation must end with a user message.`);
  }
  const end = blocks.at(-1);
  if (end?.type === 'text' && /\s$/.test(String(end.text)))
    refuse('messages: final assistant content cannot end with trailing whitespace');
}

/** A call of one of the API's own tools, or its outcome. */
export function isServerTool({ type }: RequestBlock): boolean {
  return type === 'server_tool_use' || isServerToolResult(type);
}

export function isServerToolResult(type: string): boolean {
  return type.endsWith('_tool_result') && type !== 'tool_result';
}
