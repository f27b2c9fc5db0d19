import type { ChatAnswer } from '../direct/chat-answer.ts';
import type { ChatMessage } from '../direct/request-options.ts';
import type { SessionMessage } from '../engines/engine.ts';
import { isRecord } from '../helpers/is-record.ts';
import type { SDKMessage } from '../messages.ts';

/** A message as a chat window or a log file wants it. */
export type SimpleMessage = {
  role: 'user' | 'assistant' | 'system';
  /** Its text; of a message with nothing but tool results, what they say. */
  content: string;
  /** ISO 8601, where the message says when. */
  timestamp: string | undefined;
  /** What else is known of it: ids, model, usage, cost; only what it has. */
  metadata: Record<string, unknown>;
  toolsUsed: { id: string; name: string; input: unknown }[];
  error: string | undefined;
};

/** Fields that are told under their own names, by the path at which they stand. */
const METADATA: readonly (readonly [name: string, ...path: string[]])[] = [
  ['type', 'type'],
  ['subtype', 'subtype'],
  ['uuid', 'uuid'],
  ['sessionId', 'session_id'],
  ['sessionLabel', 'session_label'],
  ['parentToolUseId', 'parent_tool_use_id'],
  ['model', 'message', 'model'],
  ['model', 'model'],
  ['messageId', 'message', 'id'],
  ['stopReason', 'message', 'stop_reason'],
  ['stopReason', 'stop_reason'],
  ['usage', 'message', 'usage'],
  ['usage', 'usage'],
  ['costUSD', 'total_cost_usd'],
  ['costUSD', 'costUSD'],
  ['durationMs', 'duration_ms'],
  ['turns', 'num_turns'],
  ['requestId', 'request_id'],
  ['requestId', 'requestId'],
];

/**
 * A message of a session, of a stored one, of a direct client, or a whole answer, in one simple form. Pure.
 * ```ts
 * for await (const message of query({ prompt: 'Hello' })) log.push(toSimpleMessage(message));
 * ```
 */
export function toSimpleMessage(message: SDKMessage | SessionMessage | ChatMessage | ChatAnswer): SimpleMessage {
  // All of them are plain data; fields are looked for where one of them has them.
  const fields = message as Record<string, unknown>;
  const blocks = blocksOf(fields);
  const metadata: Record<string, unknown> = {};
  for (const [name, ...path] of METADATA) {
    const value = path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), fields);
    if (value !== undefined && value !== null) metadata[name] ??= value;
  }
  return {
    role: roleOf(fields),
    content: contentOf(fields, blocks),
    timestamp: typeof fields['timestamp'] === 'string' ? fields['timestamp'] : undefined,
    metadata,
    toolsUsed: blocks
      .filter(({ type }) => type === 'tool_use' || type === 'server_tool_use')
      .map(({ id, name, input }) => ({ id: String(id), name: String(name), input })),
    error: errorOf(fields, blocks),
  };
}

type Block = Record<string, unknown>;

function blocksOf(fields: Record<string, unknown>): Block[] {
  const content = isRecord(fields['message']) ? fields['message']['content'] : fields['content'];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.filter(isRecord) : [];
}

function roleOf({ type, role, message }: Record<string, unknown>): SimpleMessage['role'] {
  const own = role ?? (isRecord(message) ? message['role'] : undefined) ?? type;
  if (own === 'user' || own === 'assistant') return own;
  return own === 'result' || own === 'stream_event' ? 'assistant' : 'system';
}

function contentOf(fields: Record<string, unknown>, blocks: readonly Block[]): string {
  const texts = blocks.filter(({ type }) => type === 'text').map(({ text }) => String(text));
  if (texts.length > 0) return texts.join('');
  const results = blocks.filter(({ type }) => type === 'tool_result').map(({ content }) => textOfContent(content));
  if (results.length > 0) return results.join('\n');
  if (fields['type'] === 'result') return typeof fields['result'] === 'string' ? fields['result'] : '';
  // Of a stream, the text that is new.
  const delta = isRecord(fields['event']) && isRecord(fields['event']['delta']) ? fields['event']['delta'] : undefined;
  if (typeof delta?.['text'] === 'string') return delta['text'];
  return typeof fields['content'] === 'string' ? fields['content'] : '';
}

function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((block) => (isRecord(block) && block['type'] === 'text' ? String(block['text']) : '')).join('');
}

function errorOf(fields: Record<string, unknown>, blocks: readonly Block[]): string | undefined {
  if (fields['type'] === 'result' && fields['is_error'] === true) {
    const { subtype, result, errors } = fields;
    if (subtype === 'success' && typeof result === 'string') return result;
    const told = Array.isArray(errors) ? errors.filter((error) => typeof error === 'string') : [];
    return told.join('; ') || (typeof subtype === 'string' ? subtype : 'error');
  }
  if (typeof fields['error'] === 'string') return fields['error'];
  const failed = blocks.find(({ type, is_error }) => type === 'tool_result' && is_error === true);
  return failed === undefined ? undefined : textOfContent(failed['content']);
}
