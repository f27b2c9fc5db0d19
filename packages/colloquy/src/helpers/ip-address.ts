import { isIPv4, isIPv6 } from '#surroundings';

/** The bytes of an IPv4 (4) or IPv6 address (16); a zone (`%eth0`) is left out. Undefined for what is no address in its one usual form. */
export function ipBytes(text: string): Uint8Array | undefined {
  const address = text.replace(/%.*$/s, '');
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  return isIPv6(address) ? ipv6Bytes(address) : undefined;
}

/** A prefix such as `10.0.0.0/8`: those addresses whose first bits are these. */
export type IpPrefix = { bytes: Uint8Array; bits: number };

/** Reads `10.0.0.0/8` or `fd00::/8`; a lone address is a prefix of all its bits. Undefined for anything else. */
export function ipPrefix(text: string): IpPrefix | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const bytes = ipBytes(address);
  if (bytes === undefined || rest.length > 0 || address.includes('%')) return undefined;
  const all = bytes.length * 8;
  if (length === undefined) return { bytes, bits: all };
  return /^\d{1,3}$/.test(length) && Number(length) <= all ? { bytes, bits: Number(length) } : undefined;
}

/** Whether an address begins with a prefix of its own kind: an IPv4 address is in no IPv6 prefix, mapped ones included. */
export function isInPrefix(address: Uint8Array, { bytes, bits }: IpPrefix): boolean {
  if (address.length !== bytes.length) return false;
  return bytes.every((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - index * 8));
    const mask = (0xff << (8 - left)) & 0xff;
    return ((address[index] ?? 0) & mask) === (byte & mask);
  });
}

/** The text is known to be an IPv6 address. */
function ipv6Bytes(address: string): Uint8Array {
  const [before = '', after] = address.split('::');
  const head = groups(before);
  const tail = after === undefined ? [] : groups(after);
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of groups between colons, the last of which may be an IPv4 address. */
function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
