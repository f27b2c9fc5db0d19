import { hostnameOf } from '../../options/web-fetch.ts';

const MAX_URL_CHARS = 4_000;

/** Ports that other protocols speak on: "bad ports" of the WHATWG Fetch standard. A request there could be taken for something else. */
const OTHER_PROTOCOLS: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** Reads the address of a page. @throws Error that tells what a page's address may be. */
export function pageUrl(text: string, base?: URL): URL {
  if (text.length > MAX_URL_CHARS) throw new Error(`The URL has more than ${MAX_URL_CHARS} characters.`);
  if (!URL.canParse(text, base?.href))
    throw new Error(`${JSON.stringify(text)} is not a URL, such as https://example.com/page.`);
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error(`Only http and https are fetched, not ${url.protocol.slice(0, -1)}.`);
  if (url.username !== '' || url.password !== '')
    throw new Error('A URL with a user name or password is not fetched. Leave them out.');
  if (hostnameOf(url) === '') throw new Error('The URL names no host.');
  if (OTHER_PROTOCOLS.has(portOf(url))) throw new Error(`Port ${portOf(url)} is for another protocol than http.`);
  url.hash = '';
  return url;
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/**
 * Whether a redirect stays in its place: the same host, at the same port, or from plain http to https. `other-name`: it would, but for
 * `www.` before the host. Whatever else it leads to is another place, for which another call is decided.
 */
export function compareHosts(from: URL, to: URL): 'same' | 'other-name' | 'other' {
  const samePort =
    from.protocol === to.protocol
      ? portOf(from) === portOf(to)
      : to.protocol === 'https:' && portOf(from) === 80 && portOf(to) === 443;
  if (!samePort || withoutWww(from) !== withoutWww(to)) return 'other';
  return hostnameOf(from) === hostnameOf(to) ? 'same' : 'other-name';
}

const withoutWww = (url: URL): string => hostnameOf(url).replace(/^www\./, '');
