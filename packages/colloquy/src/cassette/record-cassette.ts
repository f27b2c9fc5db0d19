import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { defaultHttpSend } from '#default-send';
import { makeFolderSync } from '../helpers/make-folder.ts';
import { messageOf } from '../helpers/message-of.ts';
import type { HttpRequest, HttpResponse, HttpSend } from '../messages-api/http-send.ts';
import { CASSETTE_HEAD, type CassetteFailure, type CassetteResponse, lineOf } from './cassette.ts';
import { type ScrubOptions, Scrubber } from './scrub.ts';

/** Of an answer's headers, those that say how it is to be read or whether to ask again. */
const KEPT_HEADERS = ['content-type', 'request-id', 'retry-after', 'retry-after-ms', 'x-should-retry'] as const;

export type RecordOptions = ScrubOptions & {
  /** Who is really asked. Default: the network. */
  send?: HttpSend | undefined;
};

/**
 * A `send` that asks for real and writes each exchange to a file, once it has ended; an older file is replaced. Headers of requests are
 * not kept; credentials, and what looks like one, are taken out wherever they stand.
 * ```ts
 * const send = recordCassette('tests/hello.jsonl', { replace: { '<folder>': process.cwd() } });
 * for await (const message of query({ prompt: 'Hello', options: { send } }));
 * ```
 * @throws an error of the file system
 */
export function recordCassette(path: string, o: RecordOptions = {}): HttpSend {
  const { send = defaultHttpSend } = o;
  const scrubber = new Scrubber(o);
  makeFolderSync(dirname(path));
  writeFileSync(path, CASSETTE_HEAD, { mode: 0o600 });
  let begun = 0;
  return async (request) => {
    scrubber.learn(request.headers);
    const number = (begun += 1);
    // At once, so that a test that ends has its cassette.
    const keep = (response: CassetteResponse): void =>
      appendFileSync(path, lineOf(number, { ...askedOf(request, scrubber), response }));
    let response: HttpResponse;
    try {
      response = await send(request);
    } catch (error) {
      keep({ failed: request.signal?.aborted === true ? 'left' : failureOf(error, scrubber) });
      throw error;
    }
    return { ...response, body: recorded(response, request.signal, scrubber, keep) };
  };
}

/** What of a request is kept. */
export function askedOf(
  { method, url, body = '' }: Pick<HttpRequest, 'method' | 'url' | 'body'>,
  scrubber: Scrubber,
): { method: string; path: string; request: unknown } {
  const { pathname, search } = new URL(url);
  const from = Math.max(pathname.lastIndexOf('/v1/'), 0);
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  return { method, path: scrubber.out(pathname.slice(from) + search), request: scrubber.clean(jsonOr(text)) };
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

async function* recorded(
  response: HttpResponse,
  signal: AbortSignal | undefined,
  scrubber: Scrubber,
  keep: (response: CassetteResponse) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const chunks: Uint8Array[] = [];
  let end: 'whole' | 'left' | CassetteFailure = 'left';
  try {
    for await (const chunk of response.body) {
      // A copy: whoever gives it may use it again.
      chunks.push(chunk.slice());
      yield chunk;
    }
    end = 'whole';
  } catch (error) {
    if (signal?.aborted !== true) end = failureOf(error, scrubber);
    throw error;
  } finally {
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => (response.headers[name] === undefined ? [] : [[name, response.headers[name]]])),
    );
    keep({
      status: response.status,
      headers,
      ...bodyOf(Buffer.concat(chunks), headers['content-type'], scrubber),
      end,
    });
  }
}

function bodyOf(bytes: Buffer, contentType: string | undefined, scrubber: Scrubber): { body: string; base64?: true } {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) return { body: bytes.toString('base64'), base64: true };
  return { body: scrubber.bodyOut(text, contentType ?? '') };
}

function failureOf(error: unknown, scrubber: Scrubber): CassetteFailure {
  return { name: error instanceof Error ? error.name : 'Error', message: scrubber.out(messageOf(error)) };
}
