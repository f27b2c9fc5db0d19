import { getCookie } from 'hono/cookie';
import type { Context, MiddlewareHandler } from 'hono';
import type { AppEnv } from '../app-env.ts';
import { HttpError } from '../http/http-error.ts';
import { isVouchedSameOrigin } from './origin-check.ts';
import type { Principal } from './principal.ts';
import { requestOriginOf } from './request-origin.ts';

export const COOKIE = 'colloquy';

const NO_CREDENTIAL =
  'No valid credential: send an API key (colloquy keys) as a bearer token, or open the link that the server printed when it started, which works once, within 10 minutes (colloquy link prints another)';

/**
 * Lets a request through to the routes behind it only with a credential: the page's cookie, or a key. However it comes, it means the
 * same principal. Headers count before the cookie; if both headers come, the first that is valid does.
 */
export function requireCredential(
  identify: (secret: string) => Promise<Principal | undefined>,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { by, secrets } = presentedSecrets(c);
    let principal: Principal | undefined;
    for (const secret of secrets) principal ??= await identify(secret);
    if (principal === undefined) {
      throw new HttpError(401, NO_CREDENTIAL, { headers: { 'www-authenticate': 'Bearer' } });
    }
    if (by === 'cookie' && needsVouching(c) && !isVouchedSameOrigin(requestOriginOf(c))) {
      throw new HttpError(
        403,
        'With the cookie, this request needs an Origin or Sec-Fetch-Site header, as browsers send; programs use Authorization: Bearer',
      );
    }
    c.set('principal', principal);
    await next();
  };
}

/** With a header for credentials, the cookie is not looked at. */
function presentedSecrets(c: Context<AppEnv>): { by: 'header' | 'cookie'; secrets: string[] } {
  const authorization = c.req.header('authorization');
  const apiKey = c.req.header('x-api-key');
  if (authorization !== undefined || apiKey !== undefined) {
    const bearer = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    return { by: 'header', secrets: [bearer, apiKey].filter((secret) => secret !== undefined) };
  }
  const cookie = getCookie(c, COOKIE);
  return { by: 'cookie', secrets: cookie === undefined ? [] : [cookie] };
}

/** What changes something, and streams: opening one takes up a session's unfinished turn. */
function needsVouching(c: Context<AppEnv>): boolean {
  return (c.req.method !== 'GET' && c.req.method !== 'HEAD') || c.req.path.endsWith('/stream');
}
