import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::([1-9][0-9]{0,4}))?$/;
const HTTP_PORT = 80;
const LOOPBACK_ADDRESS = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;

/** Who asks; an `IncomingMessage` is one. */
export type Asking = {
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined; localPort?: number | undefined };
};

/** What is asked for: a file of the page, which holds no data, or data and what changes something. */
export type Wanted = 'file' | 'data';

/**
 * Why the page must not answer, or undefined. It shows prompts and has no password, so it answers this machine only, under a
 * name that no other site can take (a rebound name shows in `Host`), and only what the page itself asks.
 */
export function foreignProblem({ headers, socket }: Asking, wanted: Wanted): string | undefined {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (!LOOPBACK_ADDRESS.test(socket.remoteAddress ?? '')) return 'The page is shown on this machine only';
  const named = LOOPBACK_HOST.exec(host?.toLowerCase() ?? '');
  if (named === null || Number(named[1] ?? HTTP_PORT) !== socket.localPort)
    return 'Open the page by the address that was printed: 127.0.0.1 or localhost, with the port';
  if (origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`)
    return 'Only the page itself may ask this';
  const isOwn = site === undefined || site === 'same-origin' || site === 'none';
  // A link on another site may lead to the page; what it embeds or fetches from here is refused.
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isOwn || (wanted === 'file' && isLink) ? undefined : 'Only the page itself may ask this';
}
