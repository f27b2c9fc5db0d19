import { blocksOf, isRecord, textOf, type RequestMessage } from './messages-request.ts';
import { turnSoFar } from './turn-so-far.ts';

/** A tool's result, with the name of the tool. */
export type NewestResult = { name: string; text: string; isError: boolean };

/** What the user wrote in the newest message, without reminders; undefined when that holds tool results alone. */
export function newestPrompt(messages: readonly RequestMessage[]): string | undefined {
  const { prompts, rounds } = turnSoFar(messages);
  return rounds.length === 0 && prompts.length > 0 ? prompts.join('\n') : undefined;
}

/** The tool results after the newest answer, in the order in which they stand. */
export function newestResults(messages: readonly RequestMessage[]): NewestResult[] {
  const at = messages.findLastIndex(({ role }) => role === 'assistant');
  const calls = blocksOf(messages[at]?.content ?? []).filter(({ type }) => type === 'tool_use');
  const names = new Map(calls.map((call) => [call.id, String(call.name)]));
  return messages
    .slice(at + 1)
    .flatMap(({ content }) => blocksOf(content))
    .filter(({ type }) => type === 'tool_result')
    .map((block) => ({
      name: names.get(block.tool_use_id) ?? '',
      text: textOf(block.content),
      isError: block.is_error === true,
    }));
}

/** The messages that have the shape of one, of a request that may have been refused for its shape. */
export function wellFormed(messages: readonly unknown[]): RequestMessage[] {
  // Only role, content and the types of blocks are read here; the filter has proved them.
  return messages.filter(isWellFormed) as RequestMessage[];
}

function isWellFormed(message: unknown): boolean {
  if (!isRecord(message) || typeof message.role !== 'string') return false;
  const { content } = message;
  return typeof content === 'string' || (Array.isArray(content) && content.every((block) => isRecord(block)));
}
