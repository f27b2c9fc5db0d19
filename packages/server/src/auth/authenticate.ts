import { getCookie } from 'hono/cookie';
import type { Context, MiddlewareHandler } from 'hono';
import type { AppEnv } from '../app-env.ts';
import { HttpError } from '../http/http-error.ts';
import type { Credentials } from './credentials.ts';
import { isVouchedSameOrigin } from './origin-check.ts';
import { LOCAL_USER } from './principal.ts';
import { requestOriginOf } from './request-origin.ts';

export const COOKIE = 'colloquy';

const NEVER = new AbortController().signal;

const NO_CREDENTIAL =
  'No valid credential: open the link that the server printed when it started; it works once, within 10 minutes';

/** Lets a request through to the routes behind it only with a credential: the page's cookie, or the same secret as a bearer token. */
export function requireCredential(credentials: Credentials): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const presented = presentedSecret(c);
    const holder = presented === undefined ? undefined : await credentials.check(presented.secret);
    if (presented === undefined || holder === undefined) {
      throw new HttpError(401, NO_CREDENTIAL, { headers: { 'www-authenticate': 'Bearer' } });
    }
    if (presented.by === 'cookie' && needsVouching(c) && !isVouchedSameOrigin(requestOriginOf(c))) {
      throw new HttpError(
        403,
        'With the cookie, this request needs an Origin or Sec-Fetch-Site header, as browsers send; programs use Authorization: Bearer',
      );
    }
    c.set('principal', {
      name: `page-${holder.id}`,
      user: LOCAL_USER,
      role: 'admin',
      via: 'page',
      revoked: NEVER,
    });
    await next();
  };
}

type Presented = { by: 'bearer' | 'cookie'; secret: string };

/** One carrier counts: with an Authorization header, the cookie is not looked at. */
function presentedSecret(c: Context<AppEnv>): Presented | undefined {
  const header = c.req.header('authorization');
  if (header !== undefined) {
    const secret = /^bearer +(\S+)$/i.exec(header)?.[1];
    return secret === undefined ? undefined : { by: 'bearer', secret };
  }
  const secret = getCookie(c, COOKIE);
  return secret === undefined ? undefined : { by: 'cookie', secret };
}

/** What changes something, and streams: opening one takes up a session's unfinished turn. */
function needsVouching(c: Context<AppEnv>): boolean {
  return (c.req.method !== 'GET' && c.req.method !== 'HEAD') || c.req.path.endsWith('/stream');
}
