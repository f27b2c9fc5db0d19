import { isRecord } from '../helpers/is-record.ts';
import type { Json } from '../log/entries.ts';

// What every version of the API takes back. An answer is kept as it came, unknown blocks and fields included; but one that was
// damaged on its way, or came from another implementation, may be refused in every later request.
const ID = /^[a-zA-Z0-9_-]+$/;
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;

const LEFT_OUT = 'An answer is left out here: the API did not take it back.';

/** A placeholder for a message of which nothing is left. */
export const leftOut: Json = { type: 'text', text: LEFT_OUT };

/** Text and calls with the fields that they must have, and nothing else; undefined if the block is neither. */
export function toPlainBlock(block: Json): Json | undefined {
  if (!isRecord(block)) return undefined;
  const { type, text, id, name, input } = block;
  if (type === 'text') return typeof text === 'string' && text.trim() !== '' ? { type, text } : undefined;
  if (type !== 'tool_use' || !isRecord(input)) return undefined;
  return matches(id, ID) && matches(name, NAME) ? { type, id, name, input } : undefined;
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
