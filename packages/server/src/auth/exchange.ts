import type { Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { AppEnv } from '../app-env.ts';
import { HttpError } from '../http/http-error.ts';
import { parse } from '../http/parse.ts';
import { readJson } from '../http/read-json.ts';
import { COOKIE } from './authenticate.ts';
import { type Credentials, CREDENTIAL_LIFETIME_MS } from './credentials.ts';
import type { Streams } from './streams.ts';

const MAX_BODY_BYTES = 4_096;
const MAX_FAILURES = 20;
const FAILURE_WINDOW_MS = 60_000;

const ExchangeBody = z.strictObject({ token: z.string() });

/** `POST /auth/exchange`: the one-time token of a printed link for the cookie of a signed-in page. */
export function addExchange(
  hono: Hono<AppEnv>,
  o: { redeem: (token: string) => Promise<boolean>; pages: Credentials; isSecure: boolean },
): void {
  const failures = new FailureWindow();
  hono.post('/auth/exchange', async (c) => {
    const { token } = parse(ExchangeBody, await readJson(c.req.raw, MAX_BODY_BYTES));
    if (!(await o.redeem(token))) throw failures.next();
    const { secret } = await o.pages.issue();
    setCookie(c, COOKIE, secret, {
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      secure: o.isSecure,
      maxAge: CREDENTIAL_LIFETIME_MS / 1_000,
    });
    return c.body(null, 204);
  });
}

/** `POST /auth/sign-out`: ends the page's credential, and what is open with it. */
export function addSignOut(hono: Hono<AppEnv>, o: { pages: Credentials; streams: Streams }): void {
  hono.post('/auth/sign-out', async (c) => {
    const { credential } = c.get('principal');
    if (credential.kind !== 'page') throw new HttpError(400, 'Only a page signs out; a key is revoked');
    await o.pages.end(credential.id);
    await o.streams.recheck();
    deleteCookie(c, COOKIE, { path: '/' });
    return c.body(null, 204);
  });
}

/**
 * Bounds what failed exchanges are told. A right token is taken even past the bound: 256 bits cannot be guessed,
 * whereas a lock would let anybody who can reach the server keep its owner out.
 */
class FailureWindow {
  #startedAt = 0;
  #count = 0;

  next(): HttpError {
    const now = Date.now();
    if (now - this.#startedAt >= FAILURE_WINDOW_MS) {
      this.#startedAt = now;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count <= MAX_FAILURES) {
      return new HttpError(
        401,
        'This link does not work: each works once, within 10 minutes; colloquy link prints another',
      );
    }
    const retryAfter = Math.ceil((this.#startedAt + FAILURE_WINDOW_MS - now) / 1_000);
    return new HttpError(429, `Too many links that do not work; try again in ${retryAfter} s`, {
      headers: { 'retry-after': String(retryAfter) },
    });
  }
}
