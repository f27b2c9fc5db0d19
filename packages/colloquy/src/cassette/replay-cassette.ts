import { readFileSync } from 'node:fs';
import { APIConnectionError, ColloquyError, TimeoutError } from '../errors.ts';
import { delay } from '../helpers/delay.ts';
import { canonicalJson } from '../everyday/answer-key.ts';
import type { HttpRequest, HttpResponse, HttpSend } from '../messages-api/http-send.ts';
import {
  type Cassette,
  type CassetteExchange,
  type CassetteFailure,
  type CassetteResponse,
  parseCassette,
} from './cassette.ts';
import { askedOf } from './record-cassette.ts';
import { meaningOf } from './request-meaning.ts';
import { eventTexts, type ScrubOptions, Scrubber } from './scrub.ts';
import { tellDifferences } from './tell-differences.ts';

/** Whoever left an answer when it was recorded leaves it again; who does not is told after so long. */
const MAX_LEAVE_MS = 5_000;

/** A request that was not recorded, or, at the end, recorded ones that were not made. */
export class CassetteMismatchError extends ColloquyError {
  override readonly name = 'CassetteMismatchError';
  readonly code = 'cassette_mismatch';
}

/** A `send` that answers from a cassette. */
export type ReplaySend = HttpSend & {
  /** The first request that was not recorded. */
  readonly problem: CassetteMismatchError | undefined;
  /** To be called at the end. @throws CassetteMismatchError when a request was not recorded, or not all recorded ones were made */
  finish(): void;
};

/**
 * A `send` that asks nobody: each request is answered as a recorded one that means the same (model, system prompt, tools, messages),
 * every recorded one once. From the first request that was not recorded on, everything is refused with what is different in it.
 * ```ts
 * const send = replayCassette('tests/hello.jsonl', { replace: { '<folder>': process.cwd() } });
 * for await (const message of query({ prompt: 'Hello', options: { send } }));
 * send.finish();
 * ```
 * @throws ConfigurationError for what is no cassette; an error of the file system
 */
export function replayCassette(cassette: string | Cassette, o: ScrubOptions = {}): ReplaySend {
  const name = typeof cassette === 'string' ? cassette : 'the cassette';
  const { exchanges } = typeof cassette === 'string' ? parseCassette(readFileSync(cassette, 'utf8'), name) : cassette;
  const replay = new Replay(exchanges, new Scrubber(o), name);
  const send: HttpSend = async (request) => replay.answer(request);
  return Object.defineProperties(send, {
    problem: { get: () => replay.problem },
    finish: { value: () => replay.finish() },
    // Both have just been defined.
  }) as ReplaySend;
}

type Recorded = { exchange: CassetteExchange; key: string; used: boolean };

class Replay {
  problem: CassetteMismatchError | undefined;
  readonly #recorded: readonly Recorded[];
  readonly #scrubber: Scrubber;
  readonly #name: string;
  #asked = 0;

  constructor(exchanges: readonly CassetteExchange[], scrubber: Scrubber, name: string) {
    this.#recorded = exchanges.map((exchange) => ({ exchange, key: keyOf(exchange), used: false }));
    this.#scrubber = scrubber;
    this.#name = name;
  }

  async answer(request: HttpRequest): Promise<HttpResponse> {
    request.signal?.throwIfAborted();
    if (this.problem !== undefined) throw this.problem;
    this.#scrubber.learn(request.headers);
    this.#asked += 1;
    const asked = askedOf(request, this.#scrubber);
    const key = keyOf(asked);
    const found = this.#recorded.find((one) => !one.used && one.key === key);
    if (found === undefined) throw (this.problem = this.#mismatch(asked));
    found.used = true;
    return this.#given(found.exchange.response, request.signal);
  }

  finish(): void {
    if (this.problem !== undefined) throw this.problem;
    const left = this.#recorded.filter(({ used }) => !used);
    if (left.length === 0) return;
    throw new CassetteMismatchError(
      `${left.length} of ${this.#recorded.length} requests in ${this.#name} were not made again; record it again if that is meant`,
    );
  }

  async #given(response: CassetteResponse, signal: AbortSignal | undefined): Promise<HttpResponse> {
    if ('failed' in response) throw await errorOf(response.failed, signal);
    const { status, headers, body, base64, end } = response;
    const type = headers['content-type'] ?? '';
    const chunks = base64 === true ? [Buffer.from(body, 'base64')] : this.#chunksOf(body, type);
    return { status, headers, body: given(chunks, end, signal) };
  }

  /** An event at a time, as the network would bring them at best. */
  #chunksOf(body: string, type: string): Uint8Array[] {
    const text = this.#scrubber.bodyBack(body, type);
    return (/event-stream/i.test(type) ? eventTexts(text) : [text]).map((part) => Buffer.from(part));
  }

  #mismatch(asked: Omit<CassetteExchange, 'response'>): CassetteMismatchError {
    const what = `Request ${this.#asked} was not recorded in ${this.#name}`;
    const expected =
      this.#recorded.find(({ used, exchange }) => !used && exchange.path === asked.path) ??
      this.#recorded.find(({ used }) => !used);
    if (expected === undefined)
      return new CassetteMismatchError(`${what}: all ${this.#recorded.length} recorded ones were made before it`);
    const [recorded, now] = [expected.exchange, asked].map((one) => ({
      ...(meaningOf(one.request) as object),
      ...(expected.exchange.path === asked.path ? {} : { path: one.path }),
    }));
    const number = this.#recorded.indexOf(expected) + 1;
    return new CassetteMismatchError(
      `${what}. To the recorded request ${number} it is different in:\n${tellDifferences(recorded, now)}\nRecord it again if that is meant.`,
    );
  }
}

function keyOf({ method, path, request }: Omit<CassetteExchange, 'response'>): string {
  return `${method} ${path} ${canonicalJson(meaningOf(request))}`;
}

async function* given(
  chunks: readonly Uint8Array[],
  end: 'whole' | 'left' | CassetteFailure,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  yield* chunks;
  if (end !== 'whole') throw await errorOf(end, signal);
}

/** How it failed when it was recorded; what was left is waited with until it is left again. */
async function errorOf(failed: 'left' | CassetteFailure, signal: AbortSignal | undefined): Promise<unknown> {
  if (failed === 'left') {
    await delay(MAX_LEAVE_MS, { signal });
    return new CassetteMismatchError(
      'When this was recorded nobody waited for the end of this answer, which is not known',
    );
  }
  const { name, message } = failed;
  if (name === 'APIConnectionError') return new APIConnectionError(message);
  return name === 'TimeoutError' ? new TimeoutError(message) : new Error(message);
}
