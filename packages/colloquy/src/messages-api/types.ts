// The Messages API's wire types, as far as Colloquy reads or writes them. Unknown fields and block types survive at run time.
// Source: the published Messages API reference; see docs/internals/facts/messages-api.md.

export type CacheControl = { type: 'ephemeral'; ttl?: '5m' | '1h' | undefined };

export type TextBlock = { type: 'text'; text: string; citations?: unknown[] | null | undefined };
export type ThinkingBlock = { type: 'thinking'; thinking: string; signature: string };
export type RedactedThinkingBlock = { type: 'redacted_thinking'; data: string };
export type ToolUseBlock = { type: 'tool_use'; id: string; name: string; input: unknown };
export type ServerToolUseBlock = { type: 'server_tool_use'; id: string; name: string; input: unknown };

/** A block of an assistant message. Types not listed here are kept as they came; test `type` before use. */
export type ContentBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ServerToolUseBlock;

export type ImageSource =
  | { type: 'base64'; media_type: 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp'; data: string }
  | { type: 'url'; url: string };
export type TextBlockParam = { type: 'text'; text: string; cache_control?: CacheControl | null | undefined };
export type ImageBlockParam = { type: 'image'; source: ImageSource; cache_control?: CacheControl | null | undefined };
export type DocumentBlockParam = {
  type: 'document';
  source: unknown;
  title?: string | null | undefined;
  context?: string | null | undefined;
};
export type ToolResultBlockParam = {
  type: 'tool_result';
  tool_use_id: string;
  content?: string | (TextBlockParam | ImageBlockParam | DocumentBlockParam)[] | undefined;
  is_error?: boolean | undefined;
};

/** A block of a user message. */
export type ContentBlockParam = TextBlockParam | ImageBlockParam | DocumentBlockParam | ToolResultBlockParam;

export type MessageParam = { role: 'user'; content: string | ContentBlockParam[] };

/** Token counts. Values in a stream are running totals: the latest replaces what was known, absent and null mean unchanged. */
export type Usage = {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number | null;
  cache_read_input_tokens: number | null;
  cache_creation?: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number } | null | undefined;
  server_tool_use?: { web_search_requests: number; web_fetch_requests?: number | undefined } | null | undefined;
  output_tokens_details?: { thinking_tokens: number } | null | undefined;
  service_tier?: string | null | undefined;
  speed?: string | null | undefined;
  inference_geo?: string | null | undefined;
};

export type StopDetails = { type: 'refusal'; category: string | null; explanation: string | null } | null;

/** A complete answer of the API. */
export type ApiMessage = {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: ContentBlock[];
  stop_reason: string | null;
  stop_sequence: string | null;
  stop_details?: StopDetails | null | undefined;
  /** Null where the request asked for none. */
  container?: unknown;
  context_management?: unknown;
  diagnostics?: unknown;
  usage: Usage;
};

export type ContentDelta =
  | { type: 'text_delta'; text: string }
  | { type: 'thinking_delta'; thinking: string }
  | { type: 'signature_delta'; signature: string }
  | { type: 'input_json_delta'; partial_json: string }
  | { type: 'citations_delta'; citation: unknown }
  /** Beta. It has the final values of its block. */
  | { type: 'compaction_delta'; content: string | null; encrypted_content?: string | null | undefined };

export type StreamEvent =
  | { type: 'message_start'; message: ApiMessage }
  | { type: 'content_block_start'; index: number; content_block: ContentBlock }
  | { type: 'content_block_delta'; index: number; delta: ContentDelta }
  | { type: 'content_block_stop'; index: number }
  | {
      type: 'message_delta';
      delta: {
        stop_reason: string | null;
        stop_sequence?: string | null | undefined;
        stop_details?: StopDetails | undefined;
      };
      usage?: Partial<Usage> | null | undefined;
    }
  | { type: 'message_stop' }
  | { type: 'ping' }
  | { type: 'error'; error: { type: string; message: string; details?: unknown } };
