import { isRecord } from '../helpers/is-record.ts';
import { jsonCopy } from '../helpers/json-copy.ts';
import type { Json } from '../log/entries.ts';
import type { ToolOutcome } from '../tools/tool.ts';

/** The most text of one result that the model is told: more would fill its window, and end the conversation with it. */
const MAX_RESULT_CHARS = 200_000;
const NOTHING = '[The tool returned nothing.]';

/** What a tool or a hook answered, as the log keeps it: plain data that the API takes, whatever was handed in. */
export type CleanOutcome = {
  content: string | Json[];
  isError: boolean;
  structured?: Json;
  state?: Record<string, Json>;
  problem?: string;
};

/** A tool's outcome. Structured output that JSON cannot hold is left out, and that is said in `problem`. */
export function cleanOutcome({ content, isError, structured, state }: ToolOutcome): CleanOutcome {
  const copy = jsonCopy(structured);
  return {
    content: cleanContent(content),
    isError: isError === true,
    ...(copy.ok && copy.value !== undefined ? { structured: copy.value } : {}),
    ...(state === undefined ? {} : { state }),
    ...(copy.ok ? {} : { problem: copy.problem }),
  };
}

/** The content of a tool_result: text, or blocks that may stand in one; anything else is told as its JSON. */
export function cleanContent(value: unknown): string | Json[] {
  if (typeof value === 'string') return value === '' ? value : cutText(value, MAX_RESULT_CHARS);
  const copy = jsonCopy(value);
  if (!copy.ok || copy.value === undefined) return NOTHING;
  if (Array.isArray(copy.value) && copy.value.every(isResultBlock)) return cutBlocks(copy.value);
  return cutText(JSON.stringify(copy.value), MAX_RESULT_CHARS);
}

function isResultBlock(block: unknown): boolean {
  if (!isRecord(block)) return false;
  switch (block['type']) {
    case 'text':
      return typeof block['text'] === 'string';
    case 'tool_reference':
      return typeof block['tool_name'] === 'string';
    case 'image':
    case 'document':
      return isRecord(block['source']);
    default:
      return false;
  }
}

/** All texts together have the room of one. */
function cutBlocks(blocks: readonly Json[]): Json[] {
  let room = MAX_RESULT_CHARS;
  return blocks.flatMap((block): Json[] => {
    if (!isRecord(block) || typeof block['text'] !== 'string') return [block];
    if (room === 0) return [];
    const text = cutText(block['text'], room);
    room = Math.max(0, room - block['text'].length);
    return [{ ...block, text }];
  });
}

function cutText(text: string, room: number): string {
  if (text.length <= room) return text;
  // Not in the middle of a surrogate pair.
  const end = /[\uD800-\uDBFF]/.test(text.charAt(room - 1)) ? room - 1 : room;
  return `${text.slice(0, end)}\n[cut: ${text.length - end} more characters were left out]`;
}
