import { ipBytes } from '../../helpers/ip-address.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { untilAborted } from '../../helpers/until-aborted.ts';
import { type AllowedHost, hostnameOf, isAllowedAddress, isAllowedHost } from '../../options/web-fetch.ts';
import { addressBytes, specialUse } from './address.ts';
import { portOf } from './page-url.ts';

/** All addresses of a name, as text. */
export type Resolve = (hostname: string, o: { signal: AbortSignal }) => Promise<string[]> | string[];

const MAX_ADDRESSES = 64;
const RULE = 'WebFetch reaches public addresses only, and what the option webFetch.allowedHosts names.';

/**
 * The addresses that a page may be fetched from, each checked. A name is looked up twice: one whose answers change between harmless
 * and internal addresses is refused, and no third answer is ever asked for.
 * @param o.rule what the error says that holds here; default: that of WebFetch
 * @throws Error when the name has no address, or when one of them is not public and not on the allow-list.
 */
export async function checkHost(
  url: URL,
  o: { resolve: Resolve; allowed: readonly AllowedHost[]; signal: AbortSignal; rule?: string },
): Promise<string[]> {
  const hostname = hostnameOf(url);
  if (ipBytes(hostname) !== undefined) return checked([hostname], url, o);
  checked(await lookUp(hostname, o), url, o);
  return checked(await lookUp(hostname, o), url, o);
}

async function lookUp(
  hostname: string,
  { resolve, signal }: { resolve: Resolve; signal: AbortSignal },
): Promise<string[]> {
  let found: string[];
  try {
    found = await untilAborted((async () => resolve(hostname, { signal }))(), signal);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new Error(`The host ${hostname} could not be looked up: ${messageOf(cause)}`, { cause });
  }
  if (!Array.isArray(found)) throw new Error('The option webFetch.resolve gave no array of addresses.');
  if (found.length === 0) throw new Error(`The host ${hostname} has no address.`);
  if (found.length > MAX_ADDRESSES) throw new Error(`The host ${hostname} has more than ${MAX_ADDRESSES} addresses.`);
  return found;
}

function checked(
  addresses: readonly string[],
  url: URL,
  { allowed, rule = RULE }: { allowed: readonly AllowedHost[]; rule?: string },
): string[] {
  const hostname = hostnameOf(url);
  const port = portOf(url);
  const named = isAllowedHost(allowed, hostname, port);
  return addresses.map((address) => {
    const bytes = addressBytes(address);
    if (isAllowedAddress(allowed, bytes, port)) return address;
    const special = specialUse(bytes);
    if (special === undefined || (named && special.reach === 'local')) return address;
    const whose = hostname === address ? address : `${hostname} leads to ${address}, which`;
    throw new Error(`${whose} is not a public address (${special.what}). ${rule}`);
  });
}
