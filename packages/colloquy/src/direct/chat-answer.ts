import { costUsd } from '../messages-api/models.ts';
import type { ApiMessage, ToolUseBlock, Usage } from '../messages-api/types.ts';
import { savedUsd } from './usage.ts';

/** A whole answer. */
export type ChatAnswer<T = unknown> = {
  /** As the API has given it; of calls and thinking that were cut nothing is left. */
  message: ApiMessage;
  /** Its text blocks, joined. */
  text: string;
  /** The calls that the program is to run. */
  toolUses: ToolUseBlock[];
  /** `end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `pause_turn`, `refusal`, `model_context_window_exceeded`, or a newer one. */
  stopReason: string | null;
  usage: Usage;
  /** US dollars at list price; undefined if the model's price is not known. */
  costUSD: number | undefined;
  /** How much less that is than without the prompt cache; below 0 if more was written to it than read. */
  savedUSD: number | undefined;
  /** For questions to the API's support; undefined where the transport does not tell. */
  requestId: string | undefined;
  /** With `outputSchema`: what the answer says, parsed and checked. */
  output: T;
};

/** `output` is what was asked for as T, read by its schema. */
export function answerOf<T>(
  { message, requestId }: { message: ApiMessage; requestId: string | undefined },
  model: string,
  output: T,
): ChatAnswer<T> {
  const { content, usage } = message;
  return {
    message,
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    toolUses: content.filter((block) => block.type === 'tool_use'),
    stopReason: message.stop_reason,
    usage,
    costUSD: costUsd(model, usage),
    savedUSD: savedUsd(model, usage),
    requestId,
    output,
  };
}
