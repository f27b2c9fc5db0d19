import type { Seq } from 'colloquy/internal';
import { fromBase32, toBase32 } from '../../../resources/ids.ts';

const PREFIX = 'sevt_';
const BYTES = 24;
const SEQ_AT = 16;
const INDEX_AT = 22;
const MAX_INDEX = 0xffff;
/** Digits of the entry and the number, of five bits each; what stands before them is the same for a whole session. */
const PLACE_DIGITS = 12;
const HALF_DIGITS = 6;
const MAX_SESSIONS = 1_000;

/** Where an event comes from: the entry that it tells of, and which of that entry's events it is. */
export type EventPlace = { seq: Seq; index: number };

/** `sevt_` and the session, the entry and the event's number in base32: the same log always names its events the same way. */
export function toEventId(session: string, seq: Seq, index = 0): string {
  if (index > MAX_INDEX || seq >= 2 ** 44) throw new RangeError(`Entry ${seq} cannot have event ${index}`);
  // An id for every event of every reader: sums of small numbers, and not the general conversion, which takes 25 µs.
  const high = Math.floor(seq / 2 ** 14);
  const low = (seq % 2 ** 14) * 2 ** 16 + index;
  return sessionPart(session) + digits(high) + digits(low);
}

/** The place that an id names in this session; undefined for other texts, and for events of other sessions. */
export function fromEventId(session: string, id: string): EventPlace | undefined {
  if (!id.startsWith(PREFIX) || id.length > 100) return undefined;
  const decoded = fromBase32(id.slice(PREFIX.length));
  if (decoded?.length !== BYTES) return undefined;
  const bytes = Buffer.from(decoded);
  if (bytes.toString('hex', 0, SEQ_AT) !== session.replaceAll('-', '')) return undefined;
  return { seq: bytes.readUIntBE(SEQ_AT, 6), index: bytes.readUInt16BE(INDEX_AT) };
}

const parts = new Map<string, string>();

/** What the ids of a session begin with. */
function sessionPart(session: string): string {
  const known = parts.get(session);
  if (known !== undefined) return known;
  const bytes = Buffer.alloc(BYTES);
  bytes.write(session.replaceAll('-', ''), 0, 'hex');
  const part = PREFIX + toBase32(bytes).slice(0, -PLACE_DIGITS);
  if (parts.size >= MAX_SESSIONS) parts.clear();
  parts.set(session, part);
  return part;
}

const DIGIT = Array.from({ length: 32 }, (_, value) => toBase32(Uint8Array.of(value)).slice(-1));

/** Thirty bits. */
function digits(value: number): string {
  let text = '';
  for (let shift = (HALF_DIGITS - 1) * 5; shift >= 0; shift -= 5) text += DIGIT[(value >>> shift) & 31] ?? '';
  return text;
}
