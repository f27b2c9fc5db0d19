import type { Duplex } from 'node:stream';
import { ipBytes, ipPrefix, type IpPrefix, isInPrefix } from '../helpers/ip-address.ts';
import { isRecord } from '../helpers/is-record.ts';

/** How WebFetch reaches pages. By default: public addresses alone, over http and https. */
export type WebFetchOptions = {
  /**
   * Pages of an intranet: hosts (`wiki.corp.example`), hosts with a port (`wiki.corp.example:8443`), and addresses (`10.1.2.3`,
   * `[fd00::1]:8080`, `10.0.0.0/8`). A host may then lead to a private, shared, loopback or unique local address; an address or prefix
   * is reached whatever its kind. This lifts the check of addresses alone: a call still needs permission.
   */
  allowedHosts?: string[] | undefined;
  /** Replaces the look-up of names: all addresses of a host, or an exception. Called several times for a page. */
  resolve?: ((hostname: string, o: { signal: AbortSignal }) => Promise<string[]> | string[]) | undefined;
  /** Replaces the connection: a stream to this very address, with TLS already done where `secure` says so. */
  connect?: ((to: WebConnection) => Promise<Duplex> | Duplex) | undefined;
  /** Most bytes of a page that are read, decompressed; what lies beyond is left out, and that is said. Default 10 MB. */
  maxBytes?: number | undefined;
  /** Milliseconds for a page with all its redirects. Default 30,000. */
  timeoutMs?: number | undefined;
};

/** Where a connection goes: the address that was checked, and the name that its certificate must be for. */
export type WebConnection = {
  address: string;
  port: number;
  hostname: string;
  /** With TLS. */
  secure: boolean;
  signal: AbortSignal;
};

/** One entry of `allowedHosts`, taken apart. */
export type AllowedHost =
  | { kind: 'host'; hostname: string; port: number | undefined }
  | { kind: 'prefix'; prefix: IpPrefix; port: number | undefined };

/** Reads an entry of `allowedHosts`; undefined if it is of none of its forms. */
export function parseAllowedHost(text: string): AllowedHost | undefined {
  const prefix = ipPrefix(text);
  if (prefix !== undefined) return { kind: 'prefix', prefix, port: undefined };
  const found = /^(\[[^\]]+\]|[^:/@\s[\]*]+)(?::(\d{1,5}))?$/.exec(text);
  if (found?.[1] === undefined) return undefined;
  const port = found[2] === undefined ? undefined : Number(found[2]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const hostname = plainHostname(found[1]);
  if (hostname === undefined) return undefined;
  const bytes = ipBytes(hostname);
  return bytes === undefined
    ? { kind: 'host', hostname, port }
    : { kind: 'prefix', prefix: { bytes, bits: bytes.length * 8 }, port };
}

/** Whether an entry names an address by itself. */
export function isAllowedAddress(allowed: readonly AllowedHost[], address: Uint8Array, port: number): boolean {
  return allowed.some(
    (entry) =>
      entry.kind === 'prefix' && (entry.port === undefined || entry.port === port) && isInPrefix(address, entry.prefix),
  );
}

/** Whether an entry names the host. */
export function isAllowedHost(allowed: readonly AllowedHost[], hostname: string, port: number): boolean {
  return allowed.some(
    (entry) =>
      entry.kind === 'host' && entry.hostname === hostname && (entry.port === undefined || entry.port === port),
  );
}

/** The host as a URL has it, without the brackets of IPv6 and a final dot; undefined for what is none. */
function plainHostname(text: string): string | undefined {
  if (!URL.canParse(`http://${text}/`)) return undefined;
  return hostnameOf(new URL(`http://${text}/`));
}

/** The host of a URL: a name without a final dot, or an address without brackets. */
export function hostnameOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** What the option `webFetch` would have to be, after "must be "; undefined when it is fine. */
export function webFetchFlaw(value: unknown): string | undefined {
  if (!isRecord(value)) return 'an object { allowedHosts?, resolve?, connect?, maxBytes?, timeoutMs? }';
  const { allowedHosts, resolve, connect, maxBytes, timeoutMs, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined)
    return `made of allowedHosts, resolve, connect, maxBytes and timeoutMs; there is no \`${other}\``;
  if (!isFunctionOrAbsent(resolve) || !isFunctionOrAbsent(connect))
    return 'given with functions as resolve and connect';
  if (!isCountOrAbsent(maxBytes) || !isCountOrAbsent(timeoutMs))
    return 'given with positive whole numbers as maxBytes and timeoutMs';
  if (allowedHosts === undefined) return undefined;
  if (!Array.isArray(allowedHosts)) return 'given with an array as allowedHosts';
  const wrong: unknown = allowedHosts.find(
    (entry) => typeof entry !== 'string' || parseAllowedHost(entry) === undefined,
  );
  if (wrong === undefined && !allowedHosts.includes(undefined)) return undefined;
  return `given with hosts, host:port or address prefixes as allowedHosts; ${JSON.stringify(wrong)} is none`;
}

const isFunctionOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'function';
const isCountOrAbsent = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value > 0);
