import type { Context, MiddlewareHandler } from 'hono';
import { HttpError } from '../http/http-error.ts';
import { isPagePath } from '../http/static-page.ts';
import { isKnownHost, type KnownHosts } from './host-check.ts';
import { foreignOriginProblem, type RequestOrigin } from './origin-check.ts';

/** Refuses what is addressed to another name, or made by a page of another origin. Before anything else looks at the request. */
export function refuseForeign(o: { hosts: () => KnownHosts; publicOrigin: string | undefined }): MiddlewareHandler {
  return async (c, next) => {
    const known = o.hosts();
    const { host } = requestOriginOf(c);
    const url = new URL(c.req.url);
    // `POST http://user:secret@host/`: the platform takes no request to such an address, and a credential lies in no URL.
    if (url.username !== '' || url.password !== '') {
      throw new HttpError(400, 'The address of a request names no user: a credential is sent in a header');
    }
    // A request may name its host twice, in the header and in an absolute URL; neither may be foreign.
    if (!isKnownHost(host, known) || !isKnownHost(url.host, known)) {
      throw new HttpError(
        403,
        `This server does not answer to the host ${JSON.stringify(host.slice(0, 100))}; use the address in the printed link`,
      );
    }
    const problem = foreignOriginProblem(requestOriginOf(c), {
      publicOrigin: o.publicOrigin,
      isPage: isPagePath(c.req.path),
    });
    if (problem !== undefined) throw new HttpError(403, problem);
    await next();
  };
}

export function requestOriginOf(c: Context): RequestOrigin {
  return {
    method: c.req.method,
    // Requests that came over no socket have no Host header.
    host: c.req.header('host') ?? new URL(c.req.url).host,
    origin: c.req.header('origin'),
    fetchSite: c.req.header('sec-fetch-site'),
    fetchMode: c.req.header('sec-fetch-mode'),
    fetchDest: c.req.header('sec-fetch-dest'),
  };
}
