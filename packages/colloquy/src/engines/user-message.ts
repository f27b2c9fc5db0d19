import { ConfigurationError } from '../errors.ts';
import { isRecord } from '../helpers/is-record.ts';
import { jsonCopy } from '../helpers/json-copy.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import type { Json } from '../log/entries.ts';
import type { SDKUserMessage } from '../messages.ts';

/** The user message of a prompt given as a string. */
export function promptOf(text: string): SDKUserMessage {
  return { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null };
}

/**
 * Checks what a program gives as a user message, before anything of it is sent.
 * @throws ConfigurationError which says what is wrong with it.
 */
export function checkUserMessage(message: unknown): asserts message is SDKUserMessage {
  const wrong = flawOf(message);
  if (wrong !== undefined) throw notAMessage(wrong);
}

/**
 * What the log keeps of a checked message: plain data, which whoever sent it cannot change any longer.
 * @throws ConfigurationError for what is not JSON
 */
export function toPrompt({ message, origin }: SDKUserMessage): { content: Json[]; origin: Json } {
  const { content } = message;
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const [copied, from] = [jsonCopy(blocks), jsonCopy(origin ?? null)];
  if (!copied.ok || !from.ok) throw notAMessage('it holds what is not JSON');
  // An array, as checked; what is in it is for the API to judge.
  return { content: copied.value as Json[], origin: from.value };
}

/**
 * The content of a prompt, checked and copied like that of a user message.
 * @throws ConfigurationError
 */
export function promptContent(content: string | Json[]): Json[] {
  const message: unknown = { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null };
  checkUserMessage(message);
  return toPrompt(message).content;
}

function notAMessage(wrong: string): ConfigurationError {
  return new ConfigurationError(
    `Not a user message: ${wrong}. Give a string, or { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null }`,
  );
}

function flawOf(message: unknown): string | undefined {
  if (!isRecord(message) || message['type'] !== 'user') return '`type` must be "user"';
  const param = message['message'];
  if (!isRecord(param) || param['role'] !== 'user') return '`message.role` must be "user"';
  const { content } = param;
  if (typeof content === 'string') return content.trim() === '' ? 'its text is empty' : undefined;
  if (!Array.isArray(content) || content.length === 0)
    return '`message.content` must be text, or an array of at least one block';
  if (!content.every((block) => isRecord(block) && typeof block['type'] === 'string'))
    return 'each block must be an object with a `type`';
  const { priority, uuid } = message;
  if (uuid !== undefined && (typeof uuid !== 'string' || uuid === '' || uuid.length > MAX_UUID_CHARS))
    return `\`uuid\` must be a text of at most ${MAX_UUID_CHARS} characters`;
  return priority === undefined || PRIORITIES.has(priority) ? undefined : '`priority` must be now, next or later';
}

/** Programs may name prompts as they like; the name is kept with every message about the prompt. */
const MAX_UUID_CHARS = 200;
const PRIORITIES: ReadonlySet<unknown> = new Set(['now', 'next', 'later']);

/**
 * Hands over each message of an iterable, one after the other, in order. An abort of the signal stops it at once and lets the
 * iterable know, without waiting for it: what it awaits may never come.
 */
export async function forEachMessage(
  messages: AsyncIterable<SDKUserMessage>,
  signal: AbortSignal,
  accept: (message: SDKUserMessage) => Promise<void>,
): Promise<void> {
  const iterator = messages[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), signal);
      if (next.done === true) {
        ended = true;
        return;
      }
      await untilAborted(accept(next.value), signal);
    }
  } finally {
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
