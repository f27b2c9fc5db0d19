/** A content block as a client sends it; fields other than `type` depend on it. */
export type RequestBlock = { type: string; [field: string]: unknown };

export type RequestMessage = { role: string; content: string | RequestBlock[] };

/** A tool as a client offers it. */
export type RequestTool = {
  name: string;
  type?: string | undefined;
  description?: string | undefined;
  input_schema?: { properties?: Record<string, unknown> | undefined; [field: string]: unknown } | undefined;
  [field: string]: unknown;
};

/** The body of `POST /v1/messages`, once it has passed every check. */
export type MessagesRequest = {
  model: string;
  max_tokens: number;
  messages: RequestMessage[];
  system?: string | RequestBlock[] | undefined;
  tools?: RequestTool[] | undefined;
  tool_choice?:
    | { type: string; name?: string | undefined; disable_parallel_tool_use?: boolean | undefined }
    | undefined;
  thinking?:
    | {
        type: string;
        display?: string | null | undefined;
        budget_tokens?: number | undefined;
        [field: string]: unknown;
      }
    | undefined;
  output_config?: { effort?: string | null | undefined; format?: unknown } | undefined;
  stream?: boolean | undefined;
  stop_sequences?: string[] | undefined;
  speed?: string | null | undefined;
  [field: string]: unknown;
};

/** The blocks of a message's content; a string is one text block. A system message that only sets the effort has none. */
export function blocksOf(content: string | readonly RequestBlock[] | undefined): readonly RequestBlock[] {
  if (content === undefined) return [];
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a block's `text` field, or of a tool_result's content; '' when there is none. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value
    .filter(
      (block): block is { type: 'text'; text: string } =>
        isRecord(block) && block.type === 'text' && typeof block.text === 'string',
    )
    .map((block) => block.text)
    .join('\n');
}
