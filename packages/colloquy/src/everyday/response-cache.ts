import { ConfigurationError } from '../errors.ts';
import { abortErrorOf, atBorder } from '../helpers/abort-error.ts';
import { jsonCopy } from '../helpers/json-copy.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import { answerKey } from './answer-key.ts';
import type { CacheStore } from './cache-store.ts';
import { checkCount, checkMs } from './check-bounds.ts';
import { type Clock, systemClock } from './clock.ts';
import { MemoryCacheStore } from './memory-cache-store.ts';

export type ResponseCacheOptions = {
  /** An answer is given again for so long. Default 1 hour. */
  ttlMs?: number | undefined;
  /** So many are kept; beyond, what was not used for the longest time goes. Default 1,000. */
  maxEntries?: number | undefined;
  /** Where they are kept: `sqliteCacheStore(path)`, or one of your own. Default: in memory. */
  store?: CacheStore | undefined;
  /** A store on disk needs a clock that goes on between processes, as the default does. */
  clock?: Pick<Clock, 'now'> | undefined;
  /** Told when an answer could not be kept; it is given all the same. */
  onStoreError?: ((error: unknown) => void) | undefined;
};

type Flight = { answer: Promise<string>; stop: AbortController; waiting: number };

/**
 * Answers that are given again to the same question: the same prompt with the same options, but for those that only say who asks and
 * how (`apiKey`, `send`, `signal`, `timeoutMs` …). An answer is data, kept as JSON: everybody gets a copy. Errors are not kept.
 * ```ts
 * const cache = new ResponseCache({ ttlMs: 600_000, maxEntries: 500 });
 * const options = { model: 'haiku' };
 * const answer = await cache.getOrCreate('Hello', options, (signal) => ask('Hello', { ...options, signal }));
 * ```
 */
export class ResponseCache implements AsyncDisposable {
  readonly #ttlMs: number;
  readonly #maxEntries: number;
  readonly #store: CacheStore;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onStoreError: (error: unknown) => void;
  readonly #flights = new Map<string, Flight>();

  /** @throws ConfigurationError */
  constructor(o: ResponseCacheOptions = {}) {
    this.#ttlMs = checkMs('ttlMs', o.ttlMs ?? 3_600_000);
    this.#maxEntries = checkCount('maxEntries', o.maxEntries ?? 1000);
    this.#store = o.store ?? new MemoryCacheStore();
    this.#clock = o.clock ?? systemClock;
    this.#onStoreError = o.onStoreError ?? (() => {});
  }

  /**
   * The answer that is kept, else what `produce` gives, which is kept then. Those who ask the same meanwhile share one call of it; its
   * signal aborts when none of them waits any longer.
   * @throws what `produce` throws, to all who share it; AbortError when the signal aborts; ConfigurationError for an answer that is no JSON
   */
  async getOrCreate<T>(
    prompt: unknown,
    options: unknown,
    produce: (signal: AbortSignal) => PromiseLike<T> | T,
    o: { signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const key = answerKey(prompt, options);
    if (o.signal?.aborted === true) throw abortErrorOf(o.signal);
    const flight = this.#flights.get(key) ?? this.#begin(key, produce);
    flight.waiting += 1;
    try {
      // What is kept under this key is what `produce` has given for the same question.
      return JSON.parse(await untilAborted(flight.answer, o.signal)) as T;
    } catch (error) {
      throw atBorder(error, o.signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) this.#leave(key, flight);
    }
  }

  /** The answer that is kept, if there is one that is not too old. */
  async get<T = unknown>(prompt: unknown, options?: unknown): Promise<T | undefined> {
    const kept = await this.#store.get(answerKey(prompt, options), this.#clock.now());
    // The caller knows what it has kept under this key.
    return valueOf(kept) as T | undefined;
  }

  /** Forgets an answer, one that is just being produced too; false when there was none. */
  async delete(prompt: unknown, options?: unknown): Promise<boolean> {
    const key = answerKey(prompt, options);
    const isUnderWay = this.#flights.delete(key);
    return (await this.#store.delete(key)) || isUnderWay;
  }

  /** Forgets what is too old, and gives how many those were. It is never given, but takes room until then. */
  clearExpired(): Promise<number> {
    return this.#store.clearExpired(this.#clock.now());
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    this.#flights.clear();
    await this.#store.clear();
  }

  /** How many are kept, those that are too old included. */
  size(): Promise<number> {
    return this.#store.size();
  }

  /** Lets go of the store. What is being produced is given, and not kept. */
  async close(): Promise<void> {
    this.#flights.clear();
    await this.#store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #begin(key: string, produce: (signal: AbortSignal) => unknown): Flight {
    const stop = new AbortController();
    const flight: Flight = { answer: this.#produce(key, produce, stop.signal, () => flight), stop, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  async #produce(
    key: string,
    produce: (signal: AbortSignal) => unknown,
    stop: AbortSignal,
    flight: () => Flight,
  ): Promise<string> {
    const kept = await this.#store.get(key, this.#clock.now());
    if (kept !== undefined && valueOf(kept) !== undefined) return kept;
    const text = jsonOf(await produce(stop));
    // Forgotten meanwhile, or wanted by nobody: what was asked then is not kept now.
    if (this.#flights.get(key) !== flight()) return text;
    try {
      const expiresAt = this.#clock.now() + this.#ttlMs;
      await this.#store.set(key, { text, expiresAt }, { maxEntries: this.#maxEntries });
    } catch (error) {
      this.#onStoreError(error);
    }
    return text;
  }

  #leave(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    flight.stop.abort();
  }
}

function jsonOf(answer: unknown): string {
  const copy = jsonCopy(answer);
  if (copy.ok && copy.value !== undefined) return JSON.stringify(copy.value);
  const why = copy.ok ? 'there is nothing of it' : copy.problem;
  throw new ConfigurationError(`An answer must be data that JSON can hold, to be given again: ${why}`);
}

/** What is kept; undefined for nothing, and for what the store has lost a part of. */
function valueOf(kept: string | undefined): unknown {
  try {
    return kept === undefined ? undefined : JSON.parse(kept);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
