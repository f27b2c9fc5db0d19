import { domainToASCII } from 'node:url';

const DOMAIN = 'domain:';
const SUBDOMAINS = '*.';

/** Hosts as a rule names them: one host, all below one (`*.`), or all. */
export type HostPattern = { host: string; subdomains: boolean } | 'any';

/** Reads `domain:example.com`, `domain:*.example.com` or `domain:*`; undefined for what is none of these. */
export function parseHostPattern(specifier: string): HostPattern | undefined {
  if (!specifier.startsWith(DOMAIN)) return undefined;
  const text = specifier.slice(DOMAIN.length).trim();
  if (text === '*') return 'any';
  const subdomains = text.startsWith(SUBDOMAINS);
  const host = toHost(subdomains ? text.slice(SUBDOMAINS.length) : text);
  return host === undefined ? undefined : { host, subdomains };
}

/** Whether a URL's host is among those of the pattern; undefined for what is no URL with a host. */
export function matchHost(pattern: HostPattern, url: string): boolean | undefined {
  const host = hostOf(url);
  if (host === undefined) return undefined;
  if (pattern === 'any') return true;
  return pattern.subdomains ? host.endsWith(`.${pattern.host}`) : host === pattern.host;
}

/** The host of a URL in its one spelling: small letters, ASCII, no trailing dot. */
export function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const host = new URL(url).hostname.replace(/\.$/, '');
  return host === '' ? undefined : host;
}

function toHost(text: string): string | undefined {
  if (/[*/?#@\\\s]/.test(text) || (!text.startsWith('[') && text.includes(':'))) return undefined;
  if (!text.startsWith('[') && domainToASCII(text.replace(/\.$/, '')) === '') return undefined;
  return hostOf(`http://${text}/`);
}
