import type { z } from 'zod';
import type { Effort } from '../messages-api/models.ts';
import type { ContentBlock, ContentBlockParam, TextBlockParam, ToolResultBlockParam } from '../messages-api/types.ts';

/** A message of a conversation as the Messages API takes it. `system`, in mid-conversation, only for some models. */
export type ChatMessage =
  | { role: 'user'; content: string | ContentBlockParam[] }
  | { role: 'assistant'; content: string | ContentBlock[] }
  | { role: 'system'; content: string | TextBlockParam[] };

/** A prompt as text, as blocks (text, images, documents), or as all messages of a conversation, oldest first. */
export type ChatPrompt = string | readonly ContentBlockParam[] | readonly ChatMessage[];

/** A tool as the Messages API takes it: one of the program's own with its JSON Schema, or one of the API's by its `type`. */
export type ToolDefinition =
  | {
      type?: 'custom' | undefined;
      name: string;
      description?: string | undefined;
      input_schema: Record<string, unknown>;
      strict?: boolean | undefined;
    }
  | { type: string; name: string; [setting: string]: unknown };

export type ToolChoice = {
  /** `any` and `tool` are refused by newer models; offer one tool with `strict: true`, or use `outputSchema`. */
  type: 'auto' | 'any' | 'tool' | 'none';
  name?: string | undefined;
  disable_parallel_tool_use?: boolean | undefined;
};

export type DirectThinking =
  | { type: 'adaptive'; display?: 'summarized' | 'omitted' | undefined }
  | { type: 'enabled'; budgetTokens?: number | undefined; display?: 'summarized' | 'omitted' | undefined }
  | { type: 'disabled' }
  | { type: 'between_tools' };

/** The form of an answer: a JSON Schema of an object, or a zod schema. */
export type OutputSchema<T = unknown> = Record<string, unknown> | z.ZodType<T>;

/** What a request to a model says besides its messages. What the model would refuse is a ConfigurationError, sent nowhere. */
export type RequestOptions<T = unknown> = {
  /** An id or alias. Default: `ANTHROPIC_MODEL`, else `claude-opus-5-5`. */
  model?: string | undefined;
  /** The longest answer, thinking included, in tokens. Default 32,000, or the most that the model gives. */
  maxTokens?: number | undefined;
  system?: string | readonly TextBlockParam[] | undefined;
  /** Default: what the model does when nothing is said. `budgetTokens` default 8,192, and below `maxTokens`. */
  thinking?: DirectThinking | undefined;
  effort?: Effort | undefined;
  tools?: readonly ToolDefinition[] | undefined;
  toolChoice?: ToolChoice | undefined;
  stopSequences?: readonly string[] | undefined;
  /** 0 to 1. Like `topP` and `topK` only with `apiVersion: '2023-06-01'`, and for models that take it. */
  temperature?: number | undefined;
  topP?: number | undefined;
  topK?: number | undefined;
  /** The answer is JSON of this form; parsed and checked it is the answer's `output`. */
  outputSchema?: OutputSchema<T> | undefined;
  /** Further fields of the request, as they go over the wire: `metadata`, `service_tier`, those of betas. None that has an option here. */
  extraBody?: Record<string, unknown> | undefined;
};

/** How a call is made. */
export type CallOptions = {
  /** Abandons the call, a wait between attempts included: it rejects with AbortError. */
  signal?: AbortSignal | undefined;
  /** The whole call with its retries, in milliseconds; then TimeoutError. Default: no bound but those of each wait. */
  timeoutMs?: number | undefined;
  /** Attempts after the first, for what may pass: 408, 409, 429, 5xx, lost connections, broken answers. Default 4. */
  maxRetries?: number | undefined;
  /** Told before each wait for another attempt. */
  onRetry?: ((retry: RetryNotice) => void) | undefined;
  /** Told the text as it comes. What it throws ends the call. */
  onText?: ((textDelta: string) => void) | undefined;
  /** False: the answer comes in one piece, within ten minutes. Default true. */
  stream?: boolean | undefined;
};

/** `attempt` has failed with `error`; the next one comes in `delayMs` milliseconds. */
export type RetryNotice = { attempt: number; delayMs: number; error: unknown };

/** Results of calls, `type` may be left out. */
export type ToolResult = Omit<ToolResultBlockParam, 'type'> & { type?: 'tool_result' | undefined };
