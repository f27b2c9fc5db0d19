import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context, MiddlewareHandler, Next } from 'hono';
import type { AppEnv } from '../app-env.ts';
import { SessionBusyError } from 'colloquy';
import { BodyRoom } from '../http/body-room.ts';
import { BrokenBodyError, HttpError, OtherRequestError } from '../http/http-error.ts';
import { MAX_BODY_BYTES, readBytes } from '../http/read-json.ts';
import type { AnswerRecord, AnswerRecords, KeptAnswer, RequestFacts } from './answer-records.ts';
import { FormDigest, mustBeForm, UNKNOWN_FORM } from './form-digest.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;
/** How long a twin waits for the answer of the first. */
const WAIT_MS = 60_000;
const POLL_MS = 50;
const MAX_KEPT_CHARS = 4 * 1024 * 1024;
/** Bodies that are held at once. A body is there several times, as bytes, as text and as values. */
const ROOM = { maxBytes: 256 * 1024 * 1024, maxBytesPerUser: 128 * 1024 * 1024 };
/** Of an answer, besides its body; what names the request itself is each one's own. */
const KEPT_HEADERS = ['content-type', 'location', 'retry-after', 'x-should-retry'];

export type OnceOptions = {
  /** Told of an answer that could not be kept. */
  onError?: ((error: unknown, requestId: string) => void) | undefined;
  /** Whether a request without a key, whose body has been read, does the same however often it is done: nothing is kept of it. */
  isRepeatable?: ((c: Context<AppEnv>) => Promise<boolean>) | undefined;
};

/**
 * Lets a POST through to its route once: a repeat of it, by its key or marked by its client, gets the first one's answer.
 * Behind the credential, before everything that changes something.
 */
export function once(
  records: () => Promise<AnswerRecords>,
  { onError, isRepeatable }: OnceOptions = {},
): MiddlewareHandler<AppEnv> {
  const room = new BodyRoom(ROOM);
  /** The requests at work in this process, by the number of their record. */
  const atWork = new Map<number, Promise<void>>();
  const through = async (
    c: Context<AppEnv>,
    next: Next,
    hold: (size: number) => void,
  ): Promise<Response | undefined> => {
    const key = keyOf(c);
    const form = formOf(c);
    const bytes = form === undefined ? await readBytes(c.req.raw, MAX_BODY_BYTES, hold) : undefined;
    if (key === undefined && bytes !== undefined && (await isRepeatable?.(c)) === true) {
      await next();
      return undefined;
    }
    const facts = factsOf(c, key, bytes);
    const kept = await records();
    // An upload that is marked as a repeat is told by its bytes, which its route knows when it has them.
    const marked = isMarked(c) && form === undefined;
    const admitted = await admit(kept, facts, { marked, nonce: c.get('nonce'), atWork });
    if ('answer' in admitted) {
      if (form !== undefined) await mustBeForm(c.req.raw, admitted.fingerprint, form);
      return replay(admitted.answer);
    }
    c.set('nonce', admitted.nonce);
    c.set('isTakenOver', admitted.isTakenOver);
    let settle = (): void => {};
    atWork.set(admitted.id, new Promise((resolve) => (settle = resolve)));
    try {
      await next();
      await kept.end(admitted.id, await toKeep(c), form?.fingerprint).catch((error: unknown) => {
        // What was done is done, and is answered; a repeat does it again, under the same nonce.
        kept.abandon(admitted.id);
        onError?.(error, c.get('requestId'));
      });
    } finally {
      atWork.delete(admitted.id);
      settle();
    }
    return undefined;
  };
  return async (c, next) => {
    if (c.req.method !== 'POST') return next();
    const { hold, release } = room.enter(c.get('principal').user);
    try {
      return await through(c, next, hold);
    } finally {
      release();
    }
  };
}

/** `isTakenOver`: it was at work before, and may have been done. */
type Admitted = { id: number; nonce: string; isTakenOver: boolean } | { answer: KeptAnswer; fingerprint: string };

/** A request that is to be done, with its nonce; or the answer of the one that it repeats. @throws HttpError 409 */
async function admit(
  records: AnswerRecords,
  facts: RequestFacts,
  o: { marked: boolean; nonce: string; atWork: ReadonlyMap<number, Promise<void>> },
): Promise<Admitted> {
  const until = Date.now() + WAIT_MS;
  while (Date.now() < until) {
    // A key is there once: to note it is to look for it. Without one, what is marked may be a repeat of anything.
    const mayRepeat = facts.key === undefined && o.marked ? await records.find(facts, true) : undefined;
    const id = mayRepeat === undefined ? await records.begin(facts, o.nonce) : undefined;
    if (id !== undefined) return { id, nonce: o.nonce, isTakenOver: false };
    const first = mayRepeat ?? (await records.find(facts, o.marked));
    if (first === undefined) continue;
    if (!mayBeSame(first, facts)) throw new OtherRequestError();
    if (first.answer === null)
      throw new HttpError(409, 'This request was done before, and its answer is told only once');
    if (first.answer !== undefined) return { answer: first.answer, fingerprint: first.fingerprint };
    if (first.running === undefined && (await records.takeOver(first)))
      return { id: first.id, nonce: first.nonce, isTakenOver: true };
    await waitFor(first, o.atWork, until);
  }
  throw new HttpError(409, 'The first of these requests is still at work; ask again later', {
    headers: { 'x-should-retry': 'true', 'retry-after': '5' },
  });
}

/** Whether two uploads to the same path are the same is seen when their bytes have come. */
function mayBeSame(first: RequestFacts, { fingerprint, path }: RequestFacts): boolean {
  if (fingerprint !== UNKNOWN_FORM) return first.fingerprint === fingerprint;
  return first.path === path && first.fingerprint.split(' ')[0] === UNKNOWN_FORM;
}

async function waitFor(first: AnswerRecord, atWork: ReadonlyMap<number, Promise<void>>, until: number): Promise<void> {
  const here = atWork.get(first.id);
  const late = new AbortController();
  const timer = delay(here === undefined ? POLL_MS : Math.max(0, until - Date.now()), undefined, {
    signal: late.signal,
  });
  try {
    await Promise.race(here === undefined ? [timer] : [here, timer]);
  } finally {
    late.abort();
    await timer.catch(() => undefined);
  }
}

/** An upload is streamed to its place by its route, which tells this what comes. */
function formOf(c: Context<AppEnv>): FormDigest | undefined {
  if (c.req.header('content-type')?.toLowerCase().startsWith('multipart/') !== true) return undefined;
  const form = new FormDigest(new URL(c.req.url).search);
  // Without a key nothing repeats it.
  if (c.req.header('idempotency-key') !== undefined) c.set('formDigest', form);
  return form;
}

/** @throws HttpError 400 */
function keyOf(c: Context<AppEnv>): string | undefined {
  const key = c.req.header('idempotency-key');
  if (key === undefined || KEY.test(key)) return key;
  throw new HttpError(400, 'Idempotency-Key must be 1 to 255 visible ASCII characters without a space');
}

/** @param bytes the body; undefined for an upload */
function factsOf(c: Context<AppEnv>, key: string | undefined, bytes: Buffer | undefined): RequestFacts {
  const { user, role } = c.get('principal');
  const { pathname, search } = new URL(c.req.url);
  const facts = { principal: `${role} ${user}`, key, path: pathname };
  if (bytes === undefined) return { ...facts, fingerprint: UNKNOWN_FORM };
  const hash = createHash('sha256').update(`POST ${pathname}${search}\n`).update(bytes);
  return { ...facts, fingerprint: hash.digest('hex') };
}

/** As the official clients tell it: how often they have tried before. */
function isMarked(c: Context<AppEnv>): boolean {
  return /^[1-9]\d{0,3}$/.test(c.req.header('x-stainless-retry-count') ?? '');
}

/** What a repeat is answered; undefined where it shall be tried again, null where the answer is told only once. */
async function toKeep(c: Context<AppEnv>): Promise<KeptAnswer | null | undefined> {
  const { res, error } = c;
  // Nothing was done, and the next try may come further.
  if (error instanceof BrokenBodyError || error instanceof SessionBusyError) return undefined;
  // Of an upload that is not whole it cannot be told what repeats it; and one that is another than the first leaves that one as it is.
  if (c.var.formDigest !== undefined && c.var.formDigest.fingerprint === undefined) return undefined;
  if (error instanceof OtherRequestError) return undefined;
  if (res.status >= 500 || res.status === 429) return undefined;
  if (c.get('keepAnswer') === false && res.ok) return null;
  if (res.headers.get('content-type')?.startsWith('text/event-stream') === true) return undefined;
  const body = await res.text();
  // Given anew, as it was read: a copy of its stream would cost more.
  c.res = undefined;
  c.res = new Response(hasBody(res.status) ? body : null, { status: res.status, headers: res.headers });
  if (body.length > MAX_KEPT_CHARS) return undefined;
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = res.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return { status: res.status, headers, body };
}

function replay({ status, headers, body }: KeptAnswer): Response {
  return new Response(hasBody(status) ? body : null, {
    status,
    headers: { ...headers, 'idempotent-replayed': 'true' },
  });
}

const hasBody = (status: number): boolean => status !== 204 && status !== 205;
