/** A UUID as text, as `crypto.randomUUID()` gives it. */
export type UUID = `${string}-${string}-${string}-${string}-${string}`;

const SEQ_LIMIT = 2 ** 28;
const INDEX_LIMIT = 2 ** 12;

/** A UUID (version 8) made of a session's id and a place in its log, so that every reader of the log gives a message the same one. */
export function derivedUuid(sessionId: string, seq: number, index: number): UUID {
  const place = (seq % SEQ_LIMIT).toString(16).padStart(7, '0');
  const part = (index % INDEX_LIMIT).toString(16).padStart(3, '0');
  return `${sessionId.slice(0, 8)}-${place.slice(0, 4)}-8${place.slice(4)}-8${part}-${sessionId.slice(-12)}`;
}

/** The place that a UUID of `derivedUuid` was made from, if it is one of this session's entries. */
export function placeOfUuid(sessionId: string, uuid: string): { seq: number; index: number } | undefined {
  const parts = uuid.split('-');
  const [head, high, low, part, tail] = parts;
  if (parts.length !== 5 || head !== sessionId.slice(0, 8) || tail !== sessionId.slice(-12)) return undefined;
  if (high === undefined || low === undefined || part === undefined || !low.startsWith('8') || !part.startsWith('8'))
    return undefined;
  return { seq: Number.parseInt(high + low.slice(1), 16), index: Number.parseInt(part.slice(1), 16) };
}

/**
 * What the UUIDs of a session's fragments begin with as long as its epoch lasts. They are made for every delta of a stream, so all
 * but the number stands ready.
 */
export function fragmentUuidPrefix(sessionId: string, epoch: number): string {
  const part = (epoch % INDEX_LIMIT).toString(16).padStart(3, '0');
  return `${sessionId.slice(0, 14)}8${sessionId.slice(15, 18)}-9${part}-`;
}

const ZEROS = '000000000000';

/** The UUID (version 8) of one fragment. */
export function fragmentUuid(prefix: string, frag: number): UUID {
  const digits = frag.toString(16);
  // The prefix is the rest of a UUID. Every delta has one: to pad it would cost more than to put it together.
  return (prefix + ZEROS.slice(digits.length) + digits) as UUID;
}

/** The number of the fragment that a UUID of `fragmentUuid` was made from; fragments of a session are numbered without a gap. */
export function fragmentOfUuid(uuid: string): number | undefined {
  const [, , low, part, tail] = uuid.split('-');
  if (tail === undefined || !low?.startsWith('8') || !part?.startsWith('9')) return undefined;
  return Number.parseInt(tail, 16);
}
