import {
  APIConnectionError,
  APIError,
  ConfigurationError,
  SessionBusyError,
  SessionNotFoundError,
  TimeoutError,
} from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';
import { delay } from '../../helpers/delay.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { messageOf } from '../../helpers/message-of.ts';
import { randomUuid } from '../../helpers/random-uuid.ts';
import type { HttpResponse, HttpSend } from '../../messages-api/http-send.ts';
import type { ServerConnection } from '../../options/server-connection.ts';
import type { FrameSockets } from './frame-sockets.ts';
import type { OpenStream } from './read-frames.ts';

/** For one attempt, body included; a prompt may carry 32 MB of images. */
const ANSWER_WITHIN_MS = 60_000;
const MAX_ATTEMPTS = 6;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** Longer waits than this are not what a program wants of a prompt; the error tells how long it would be. */
const LONGEST_RETRY_AFTER_MS = 20_000;
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

export type RequestFacts = {
  body?: object | undefined;
  /** The session it is about, for errors. */
  session?: string | undefined;
  signal?: AbortSignal | undefined;
  /** What it asks for names itself: it is done once without an idempotency key. */
  isNamed?: boolean | undefined;
};

/** An answer, and whether an earlier attempt may have reached the server. */
export type Answer = { body: unknown; repeated: boolean };

/** What answered is no Colloquy server: a login page of a proxy, another program on that port. */
export class ForeignAnswerError extends APIConnectionError {}

/**
 * Asks a Colloquy server. What may pass is tried again, at most five times: every request has an idempotency key, or names what it
 * asks for, so that one whose answer was lost is done once.
 */
export class ServerClient {
  readonly #base: string;
  readonly #key: ServerConnection['key'];
  readonly #send: HttpSend;
  /** Where there are any, for streams whose reader takes all as it comes. */
  readonly sockets: FrameSockets | undefined;

  constructor({ url, key }: ServerConnection, send: HttpSend, sockets?: FrameSockets) {
    this.sockets = sockets;
    this.#base = url.replace(/\/+$/, '');
    this.#key = key;
    this.#send = send;
  }

  /** The JSON of an answer; undefined where there is none. @throws what `errorOf` makes of a status, APIConnectionError, TimeoutError */
  async request(method: 'GET' | 'POST' | 'DELETE', path: string, facts: RequestFacts = {}): Promise<Answer> {
    const key = method === 'GET' || facts.isNamed === true ? {} : { 'idempotency-key': randomUuid() };
    for (let attempt = 1; ; attempt += 1) {
      const again: Record<string, string> = attempt === 1 ? {} : { 'x-stainless-retry-count': String(attempt - 1) };
      try {
        return { body: await this.#attempt(method, path, facts, { ...key, ...again }), repeated: attempt > 1 };
      } catch (error) {
        facts.signal?.throwIfAborted();
        // The attempt before had done it.
        if (method === 'DELETE' && attempt > 1 && error instanceof SessionNotFoundError)
          return { body: undefined, repeated: true };
        if (attempt === MAX_ATTEMPTS || !mayPass(error)) throw error;
        await delay(retryDelayMs(attempt, error), { signal: facts.signal });
      }
    }
  }

  /** Opens a stream of server-sent events; once it is open, whoever reads bounds each wait by its deadline. Not tried again here. */
  async stream(path: string, facts: { session: string; signal: AbortSignal }): Promise<OpenStream> {
    const opening = new Deadline(facts.signal);
    opening.start(ANSWER_WITHIN_MS, late);
    try {
      const response = await this.#exchange('GET', path, { ...facts, signal: opening.signal }, {});
      await refuse(response, facts.session);
      checkType(response, 'text/event-stream', this.#base);
      opening.pause();
      return { body: response.body, deadline: opening };
    } catch (error) {
      opening.close();
      throw error;
    }
  }

  async #attempt(method: string, path: string, facts: RequestFacts, headers: Record<string, string>): Promise<unknown> {
    const deadline = new Deadline(facts.signal);
    deadline.start(ANSWER_WITHIN_MS, late);
    try {
      const response = await this.#exchange(method, path, { ...facts, signal: deadline.signal }, headers);
      await refuse(response, facts.session);
      if (response.status === 204) {
        await readText(response.body, MAX_ERROR_BYTES);
        return undefined;
      }
      checkType(response, 'application/json', this.#base);
      return parseJson(await readText(response.body, MAX_ANSWER_BYTES), this.#base);
    } finally {
      deadline.close();
    }
  }

  async #exchange(
    method: string,
    path: string,
    { body, signal }: RequestFacts,
    headers: Record<string, string>,
  ): Promise<HttpResponse> {
    const key = typeof this.#key === 'function' ? await this.#key() : this.#key;
    return this.#send({
      method,
      url: this.#base + path,
      headers: {
        accept: 'application/json, text/event-stream',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
  }
}

/** Whether the same request may succeed later: the connection, or the server's state of the moment, was what failed. */
export function mayPass(error: unknown): boolean {
  if (error instanceof ForeignAnswerError) return false;
  if (error instanceof APIConnectionError || error instanceof TimeoutError) return true;
  return error instanceof APIError && (error.shouldRetry ?? (error.status !== undefined && PASSING.has(error.status)));
}

const PASSING: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504, 529]);

/** Milliseconds before attempt `failures + 1`: what the server asks for if reasonable, else exponential with jitter. */
export function retryDelayMs(failures: number, error?: unknown): number {
  const asked = error instanceof APIError ? error.retryAfterMs : undefined;
  if (asked !== undefined && asked <= LONGEST_RETRY_AFTER_MS) return asked;
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS) * (0.75 + Math.random() / 4);
}

const late = (): Error => new TimeoutError(`The server gave no answer within ${ANSWER_WITHIN_MS} ms`);

/** @throws the error that the status stands for, if it stands for one */
async function refuse(response: HttpResponse, session: string | undefined): Promise<void> {
  const { status, headers } = response;
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400) {
    await readText(response.body, MAX_ERROR_BYTES);
    const to = headers['location'] === undefined ? 'elsewhere' : `to ${headers['location'].slice(0, 200)}`;
    throw new ForeignAnswerError(
      `The server redirects ${to}, which is not followed, as it would take the key there; give that address as \`url\``,
    );
  }
  throw errorOf(status, await readText(response.body, MAX_ERROR_BYTES), headers, session);
}

/** What a status that is no success means to a program. */
function errorOf(status: number, text: string, headers: Record<string, string>, session: string | undefined): Error {
  const told = tellingOf(text);
  const message = told?.message ?? `The server answered with status ${status}`;
  if (status === 404 && session !== undefined && told !== undefined) return new SessionNotFoundError(session);
  if (status === 409 && session !== undefined && /^Session .* is open in /.test(message))
    return new SessionBusyError(session, ownerIn(message));
  if ((status === 400 || status === 413) && told !== undefined) return new ConfigurationError(message);
  const seconds = Number(headers['retry-after']);
  return new APIError(message, {
    status,
    type: told?.type ?? 'api_error',
    requestId: headers['request-id'],
    retryAfterMs: headers['retry-after'] !== undefined && seconds >= 0 ? seconds * 1_000 : undefined,
    shouldRetry: headers['x-should-retry'] === 'false' ? false : undefined,
  });
}

/** The error of an answer in the form of Anthropic's APIs. */
function tellingOf(text: string): { type: string; message: string } | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const error = isRecord(body) ? body['error'] : undefined;
    if (!isRecord(error) || typeof error['message'] !== 'string') return undefined;
    return { type: typeof error['type'] === 'string' ? error['type'] : 'api_error', message: error['message'] };
  } catch {
    // A proxy on the way has its own pages for errors.
    return undefined;
  }
}

function ownerIn(message: string): string {
  return /is open in (.*?);/.exec(message)?.[1] ?? 'another process';
}

function checkType({ headers, status }: HttpResponse, wanted: string, base: string): void {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === wanted) return;
  throw new ForeignAnswerError(
    `What answers at ${base} is no Colloquy server: ${wanted} was due, and it sent ${type ?? 'nothing'} with status ${status}`,
  );
}

function parseJson(text: string, base: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ForeignAnswerError(`What answers at ${base} is no Colloquy server: ${messageOf(cause)}`, { cause });
  }
}

async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new APIConnectionError(`The server's answer is larger than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
