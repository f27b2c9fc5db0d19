import { createHash, randomUUID } from 'node:crypto';

/** The prefixes of the Managed Agents API. */
export type IdPrefix = 'agent' | 'env' | 'sesn' | 'sesrsc' | 'sevt' | 'sthr' | 'file' | 'work' | 'wh' | 'event' | 'key';

// Crockford's base32: no letter that is taken for a digit, and the order of the bytes.
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
/** Of a UUID. */
const UUID_DIGITS = 26;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A new id, such as `agent_01j9…`: 122 random bits. */
export function newId(prefix: IdPrefix): string {
  return uuidToId(prefix, randomUUID());
}

/**
 * The `n`th id that the request with this nonce gives away: a request that is done twice, because its answer was lost, names the same
 * things.
 */
export function idFrom(prefix: IdPrefix, nonce: string, n = 0): string {
  return uuidToId(prefix, uuidFrom(nonce, `${prefix}:${n}`));
}

/** A UUID (version 8, https://www.rfc-editor.org/rfc/rfc9562#section-5.8) that follows from a nonce and a name. */
export function uuidFrom(nonce: string, name: string): string {
  const bytes = createHash('sha256').update(`${nonce}\n${name}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytesToUuid(bytes);
}

/** `prefix_` and the UUID in 26 base32 digits. */
export function uuidToId(prefix: IdPrefix, uuid: string): string {
  return `${prefix}_${toBase32(Buffer.from(uuid.replaceAll('-', ''), 'hex'))}`;
}

/** The UUID inside an id of this prefix, or undefined for any other text. */
export function idToUuid(prefix: IdPrefix, id: string): string | undefined {
  // The length first: what reads digits takes the square of their number, and texts from outside may have millions.
  if (id.length !== prefix.length + 1 + UUID_DIGITS || !id.startsWith(`${prefix}_`)) return undefined;
  const bytes = fromBase32(id.slice(prefix.length + 1));
  return bytes?.length === 16 ? bytesToUuid(bytes) : undefined;
}

/** A session's UUID from either of its names: the UUID itself (native API) or `sesn_…` (Managed Agents API). */
export function sessionUuid(id: string): string | undefined {
  return UUID.test(id) ? id : idToUuid('sesn', id);
}

/** Bytes in base32, most significant digit first, the leading digit padded with zero bits. */
export function toBase32(bytes: Uint8Array): string {
  let number = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let left = Math.ceil((bytes.length * 8) / 5); left > 0; left -= 1) {
    text = (DIGITS[Number(number & 31n)] ?? '') + text;
    number >>= 5n;
  }
  return text;
}

/** The bytes that `toBase32` made this text of; undefined for a text that it does not make. */
export function fromBase32(text: string): Uint8Array | undefined {
  const length = Math.floor((text.length * 5) / 8);
  let number = 0n;
  for (const char of text) {
    const digit = DIGITS.indexOf(char);
    if (digit === -1) return undefined;
    number = (number << 5n) | BigInt(digit);
  }
  const hex = number.toString(16).padStart(length * 2, '0');
  const bytes = Buffer.from(hex, 'hex');
  // Further digits, or bits that belong to no byte, would be a second name of the same thing.
  return toBase32(bytes) === text ? bytes : undefined;
}

function bytesToUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
