import type { StreamEvent } from './types.ts';

const HEAD = '{"type":"content_block_delta","index":';
const TEXT = ',"delta":{"type":"text_delta","text":"';
const THINKING = ',"delta":{"type":"thinking_delta","thinking":"';
/** What a JSON string cannot hold as it stands. */
const NOT_PLAIN = /["\\\p{Cc}]/u;

const QUOTE = 0x22;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const BRACE = 0x7d;

/**
 * Reads the event that a long answer consists of: a piece of text, or of thinking, in the form in which the API writes it and
 * without anything escaped. Undefined for every other: `JSON.parse` decides. It saves two thirds of the time that a delta costs.
 */
export function plainDelta(data: string): StreamEvent | undefined {
  if (!data.startsWith(HEAD)) return undefined;
  const index = data.charCodeAt(HEAD.length) - ZERO;
  if (index < 0 || index > NINE - ZERO) return undefined;
  const from = HEAD.length + 1;
  if (data.startsWith(TEXT, from)) {
    const text = plainString(data, from + TEXT.length);
    return text === undefined ? undefined : { type: 'content_block_delta', index, delta: { type: 'text_delta', text } };
  }
  if (!data.startsWith(THINKING, from)) return undefined;
  const thinking = plainString(data, from + THINKING.length);
  return thinking === undefined
    ? undefined
    : { type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking } };
}

/** The string that begins here and ends with the event: `"}}`, with the spaces in it with which the API hides lengths. */
function plainString(data: string, start: number): string | undefined {
  let end = data.length - 1;
  if (data.charCodeAt(end) !== BRACE) return undefined;
  do end -= 1;
  while (data.charCodeAt(end) === SPACE);
  if (data.charCodeAt(end) !== BRACE || data.charCodeAt(end - 1) !== QUOTE || end - 1 < start) return undefined;
  const text = data.slice(start, end - 1);
  return NOT_PLAIN.test(text) ? undefined : text;
}
