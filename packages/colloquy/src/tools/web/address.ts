import { ipBytes, ipPrefix, type IpPrefix, isInPrefix } from '../../helpers/ip-address.ts';

/**
 * What no page on the public web is served from. The prefixes of the IANA IPv4 and IPv6 Special-Purpose Address Registries
 * (www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry, as of 2025-10), whether the registry calls
 * them globally reachable or not; the multicast and reserved spaces of the address space registries; and one cloud provider's own.
 * An IPv6 address is public only in 2000::/3, the space that is handed out.
 */
const SPECIAL: readonly [prefix: string, what: string, reach?: 'local'][] = [
  ['0.0.0.0/8', 'of this network'],
  ['10.0.0.0/8', 'private', 'local'],
  ['100.64.0.0/10', 'in shared address space', 'local'],
  ['127.0.0.0/8', 'loopback', 'local'],
  ['169.254.0.0/16', 'link-local, where cloud providers serve credentials'],
  ['172.16.0.0/12', 'private', 'local'],
  ['192.0.0.0/24', 'reserved for protocols'],
  ['192.0.2.0/24', 'for documentation'],
  ['192.31.196.0/24', 'of AS112'],
  ['192.52.193.0/24', 'of AMT'],
  ['192.88.99.0/24', 'of 6to4 relays'],
  ['192.168.0.0/16', 'private', 'local'],
  ['192.175.48.0/24', 'of AS112'],
  ['198.18.0.0/15', 'for benchmarks'],
  ['198.51.100.0/24', 'for documentation'],
  ['203.0.113.0/24', 'for documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved or broadcast'],
  ['168.63.129.16/32', 'the host of an Azure machine'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback', 'local'],
  ['::ffff:0:0/96', 'an IPv4 address in disguise (mapped)'],
  ['::/96', 'an IPv4 address in disguise (compatible)'],
  ['64:ff9b::/96', 'an IPv4 address in disguise (NAT64)'],
  ['64:ff9b:1::/48', 'an IPv4 address in disguise (local NAT64)'],
  ['100::/64', 'a black hole'],
  ['100:0:0:1::/64', 'a dummy'],
  ['2001::/32', 'an IPv4 address in disguise (Teredo)'],
  ['2001::/23', 'reserved for protocols'],
  ['2001:db8::/32', 'for documentation'],
  ['2002::/16', 'an IPv4 address in disguise (6to4)'],
  ['2620:4f:8000::/48', 'of AS112'],
  ['3ffe::/16', 'of a network that is no more (6bone)'],
  ['3fff::/20', 'for documentation'],
  ['5f00::/16', 'for segment routing'],
  ['fc00::/7', 'private (unique local)', 'local'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
];

const TABLE = SPECIAL.map(([prefix, what, reach]) => ({ prefix: knownPrefix(prefix), what, reach }));
const GLOBAL_UNICAST = knownPrefix('2000::/3');

/** Why an address is not one of the public web; `reach: 'local'` for those of networks that people run services on. */
export type SpecialUse = { what: string; reach: 'local' | 'none' };

/** Decided on the address's bytes. Undefined for a public unicast address. */
export function specialUse(address: Uint8Array): SpecialUse | undefined {
  const found = TABLE.find(({ prefix }) => isInPrefix(address, prefix));
  if (found !== undefined) return { what: found.what, reach: found.reach ?? 'none' };
  const isPublic = address.length === 4 || isInPrefix(address, GLOBAL_UNICAST);
  return isPublic ? undefined : { what: 'in space that is not handed out', reach: 'none' };
}

/** The bytes of what a resolver has answered. @throws Error for what is no address. */
export function addressBytes(address: string): Uint8Array {
  const bytes = ipBytes(address);
  if (bytes === undefined) throw new Error(`${JSON.stringify(address)} is no IP address.`);
  return bytes;
}

function knownPrefix(text: string): IpPrefix {
  const prefix = ipPrefix(text);
  if (prefix === undefined) throw new TypeError(`${text} is no prefix`);
  return prefix;
}
