import { isRecord } from '../helpers/is-record.ts';
import { wellFormedJson } from '../helpers/well-formed-json.ts';
import type { Entry, Json } from '../log/entries.ts';

// Blocks of the log as the API takes them. What it would refuse once, it would refuse in every later request too.

/** Text without a word in it: the API sends such blocks, and takes none. */
export function isBlankText(block: Json): boolean {
  return (
    isRecord(block) && block['type'] === 'text' && typeof block['text'] === 'string' && block['text'].trim() === ''
  );
}

/** A prompt's block without the cache marker that its sender may have put there: the API takes four, and ours are placed by rule. */
export function toPromptJson(block: Json): string {
  return wellFormedJson(withoutMarker(block));
}

/** The result of a call. One that failed holds nothing but text; empty content is left out. */
export function toResultJson(entry: Entry & { kind: 'tool_result' }): string {
  return resultJson(entry.toolUseId, contentOf(entry), entry.isError);
}

/** The result of a call whose own result the API did not take. */
export function withheldResult(toolUseId: string): string {
  return resultJson(toolUseId, 'The call was made, but its result is left out here: the API did not take it.', true);
}

function resultJson(toolUseId: string, content: Json, isError: boolean): string {
  return wellFormedJson({
    type: 'tool_result',
    tool_use_id: toolUseId,
    content,
    ...(isError ? { is_error: true } : {}),
  });
}

function contentOf({ content, isError }: Entry & { kind: 'tool_result' }): Json {
  if (!Array.isArray(content)) return typeof content === 'string' && content.trim() === '' ? undefined : content;
  const blocks = content
    .filter((block: Json) => !isBlankText(block))
    .map((block: Json) => (isError ? toText(block) : withoutMarker(block)));
  return blocks.length === 0 ? undefined : blocks;
}

function toText(block: Json): Json {
  const type = isRecord(block) ? block['type'] : typeof block;
  if (isRecord(block) && type === 'text') return withoutMarker(block);
  return { type: 'text', text: `[A block of type ${String(type)}, which a failed call cannot show]` };
}

function withoutMarker(block: Json): Json {
  if (!isRecord(block) || !('cache_control' in block)) return block;
  const { cache_control: _, ...rest } = block;
  return rest;
}
