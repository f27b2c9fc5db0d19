import type { StreamFault } from '../replies/reply.ts';
import {
  bool,
  list,
  milliseconds,
  object,
  oneOf,
  optional,
  required,
  text,
  whole,
  wrong,
  data,
  type Reader,
} from './data-reader.ts';
import { ScenarioError } from './scenario-error.ts';

const EVENTS = [
  'message_start',
  'content_block_start',
  'ping',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
] as const;
const PLACE = { afterEvents: optional(whole(0)), before: optional(oneOf(EVENTS)) };
const NOTHING_ELSE = {};

/** What each fault that strikes at a place has besides its type and place. */
const PLACED = {
  cut: { insideCharacter: optional(bool) },
  reset: NOTHING_ELSE,
  end: NOTHING_ELSE,
  stall: NOTHING_ELSE,
  error_event: { error: required(object({ type: required(text), message: required(text) })) },
  delay: { ms: required(milliseconds) },
  malformed_event: NOTHING_ELSE,
  lost_event: NOTHING_ELSE,
  repeated_event: NOTHING_ELSE,
  unknown_event: NOTHING_ELSE,
  unknown_delta: NOTHING_ELSE,
  duplicate_index: NOTHING_ELSE,
  comment: { text: optional(text) },
  huge_line: { bytes: required(whole(1, 100_000_000)) },
  insert: { text: required(text) },
} satisfies Record<Extract<StreamFault, { afterEvents: number }>['type'], object>;

const WHOLE_STREAM = {
  split_characters: NOTHING_ELSE,
  chunks: { maxBytes: optional(whole(1)), seed: optional(whole(0)) },
  byte_order_mark: NOTHING_ELSE,
  line_ends: { ends: required(oneOf(['crlf', 'cr'])) },
} satisfies Record<Exclude<StreamFault, { afterEvents: number } | { before: string }>['type'], object>;

const TYPES = [...Object.keys(PLACED), ...Object.keys(WHOLE_STREAM)];

const readFault: Reader<StreamFault> = (value, path) => {
  const { type } = data(value, path);
  if (typeof type !== 'string' || !TYPES.includes(type)) wrong(`${path}.type`, `one of ${TYPES.join(', ')}`, type);
  const isPlaced = Object.hasOwn(PLACED, type);
  // The type has just been found among the keys of the two tables.
  const fields = { ...PLACED, ...WHOLE_STREAM }[type as keyof typeof PLACED | keyof typeof WHOLE_STREAM];
  const fault = object({ type: required(text), ...(isPlaced ? PLACE : {}), ...fields })(value, path);
  if (isPlaced) {
    const { afterEvents, before } = fault as { afterEvents?: number; before?: string };
    if ((afterEvents === undefined) === (before === undefined))
      throw new ScenarioError(path, 'needs either afterEvents or before, which say where it strikes');
  }
  // The tables hold, for each type, what its fault has.
  return fault as StreamFault;
};

export const readFaults: Reader<readonly StreamFault[]> = list(readFault);
