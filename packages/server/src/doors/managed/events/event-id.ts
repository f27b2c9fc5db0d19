import type { Seq } from 'colloquy/internal';
import { fromBase32, toBase32 } from '../../../resources/ids.ts';

const PREFIX = 'sevt_';
const BYTES = 24;
const SEQ_AT = 16;
const INDEX_AT = 22;
const MAX_INDEX = 0xffff;

/** Where an event comes from: the entry that it tells of, and which of that entry's events it is. */
export type EventPlace = { seq: Seq; index: number };

/** `sevt_` and the session, the entry and the event's number in base32: the same log always names its events the same way. */
export function toEventId(session: string, seq: Seq, index = 0): string {
  if (index > MAX_INDEX) throw new RangeError(`Entry ${seq} cannot have event ${index}`);
  const bytes = Buffer.alloc(BYTES);
  bytes.write(session.replaceAll('-', ''), 0, 'hex');
  bytes.writeUIntBE(seq, SEQ_AT, 6);
  bytes.writeUInt16BE(index, INDEX_AT);
  return PREFIX + toBase32(bytes);
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
