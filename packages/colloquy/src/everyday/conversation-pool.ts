import { AbortError, ConfigurationError } from '../errors.ts';
import { abortErrorOf } from '../helpers/abort-error.ts';
import { BatchIterator, pulled, type PulledSource } from '../helpers/batch-iterator.ts';
import { within } from '../helpers/within.ts';
import type { SDKMessage, SDKUserMessage } from '../messages.ts';
import type { Options } from '../options/options.ts';
import { validateOptions } from '../options/validate.ts';
import { type Query, query } from '../query.ts';
import { checkCount, checkMs } from './check-bounds.ts';
import { type Release, Slots } from './slots.ts';
import { WarmSessions } from './warm-sessions.ts';

type Prompt = string | AsyncIterable<SDKUserMessage>;

export type ConversationPoolOptions = {
  /** So many leases, runs and queries at once. */
  maxConcurrent: number;
  /** So many may wait for a slot; one more is refused with LimitExceededError. Default 10,000. */
  maxWaiting?: number | undefined;
  /** What the queries of the pool have in common. */
  options?: Options | undefined;
  /**
   * So many sessions are kept open ahead of time for queries with just the pool's options; each is for one query. Worth it with
   * `engine: 'cli'`, where opening one takes most of a second. Default 0.
   */
  warm?: number | undefined;
  /** `close()` waits so long for what is at work. Default 5,000. */
  closeTimeoutMs?: number | undefined;
};

/** A slot of a pool. Give it back with `release()`, or by `await using`. */
export interface PoolLease extends AsyncDisposable {
  release(): void;
}

/**
 * Bounds how many conversations go on at once. Whoever asks while all slots are taken waits, and comes in the order of asking.
 * ```ts
 * await using pool = new ConversationPool({ maxConcurrent: 4, options: { permissionMode: 'readOnly' } });
 * await Promise.all(prompts.map((prompt) => pool.run(() => collectText(query({ prompt })))));
 * ```
 */
export class ConversationPool implements AsyncDisposable {
  readonly #slots: Slots;
  readonly #options: Options;
  readonly #warm: WarmSessions;
  readonly #closeTimeoutMs: number;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /** @throws ConfigurationError for bounds and options that cannot work */
  constructor(o: ConversationPoolOptions) {
    const maxConcurrent = checkCount('maxConcurrent', o.maxConcurrent);
    const warm = checkCount('warm', o.warm ?? 0, 0);
    this.#slots = new Slots(maxConcurrent, checkCount('maxWaiting', o.maxWaiting ?? 10_000, 0));
    this.#closeTimeoutMs = checkMs('closeTimeoutMs', o.closeTimeoutMs ?? 5_000);
    this.#options = { ...o.options };
    validateOptions(this.#options);
    const { sessionId, resume, continue: newest } = this.#options;
    if (warm > 0 && (sessionId !== undefined || resume !== undefined || newest === true)) {
      throw new ConfigurationError(
        'Sessions kept warm are new ones; leave out `warm`, or `sessionId`, `resume` and `continue`',
      );
    }
    this.#warm = new WarmSessions(this.#options, warm);
  }

  /** Slots in use: leases, runs and queries. */
  get activeQueries(): number {
    return this.#slots.used;
  }

  /** Those who wait for a slot. */
  get waiting(): number {
    return this.#slots.waiting;
  }

  /**
   * Waits for a slot. `await using lease = await pool.acquire()` gives it back at the end of the scope.
   * @throws LimitExceededError when too many wait; AbortError when the signal aborts or the pool is closed: then no slot is taken
   */
  async acquire(signal?: AbortSignal): Promise<PoolLease> {
    const release = await this.#slots.acquire(signal);
    return { release, [Symbol.asyncDispose]: async () => release() };
  }

  /**
   * Does something in a slot. Its signal aborts with yours, and when the pool is closed.
   * @throws what `run` throws, and as `acquire`
   */
  async run<T>(
    run: (signal: AbortSignal) => PromiseLike<T> | T,
    o: { signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const { signal } = o;
    const closing = this.#closing.signal;
    const release = await this.#slots.acquire(signal);
    try {
      return await run(signal === undefined ? closing : AbortSignal.any([closing, signal]));
    } finally {
      release();
    }
  }

  /**
   * As `query()` in a slot, which it has from the first pull to the end of the loop; options come on top of the pool's.
   * @throws ConfigurationError at once, for options that cannot work; in the loop as `query()` and `acquire`
   */
  query(prompt: Prompt, options?: Options): AsyncGenerator<SDKMessage, void, undefined> {
    const together = { ...this.#options, ...options };
    validateOptions(together);
    const begin = (): Query =>
      (options === undefined ? this.#warm.take()?.query(prompt) : undefined) ?? query({ prompt, options: together });
    return new BatchIterator(pulled(this.#inSlot(begin, together.abortController?.signal)));
  }

  /** Whoever waits is refused, running queries end, and what `run` does is told; bounded by `closeTimeoutMs`. Safe to call twice. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #inSlot(begin: () => Query, abort: AbortSignal | undefined): PulledSource<SDKMessage> {
    const left = new AbortController();
    const closing = this.#closing.signal;
    let release: Release | undefined;
    let running: Query | undefined;
    const onClosing = (): void => running?.close();
    const open = async (): Promise<Query | undefined> => {
      const slot = await this.#slots.acquire(
        AbortSignal.any([left.signal, closing, ...(abort === undefined ? [] : [abort])]),
      );
      release = slot;
      // Left just when the slot was given.
      if (left.signal.aborted) {
        slot();
        return undefined;
      }
      closing.addEventListener('abort', onClosing, { once: true });
      return (running = begin());
    };
    return {
      pull: async () => {
        const next = await (running ?? (await open()))?.next();
        if (closing.aborted) throw abortErrorOf(closing);
        return next === undefined || next.done === true ? undefined : [next.value];
      },
      close: async () => {
        left.abort(new AbortError('The loop was left'));
        closing.removeEventListener('abort', onClosing);
        try {
          await running?.return();
        } finally {
          release?.();
        }
      },
    };
  }

  async #close(): Promise<void> {
    const reason = new AbortError('The pool is closed');
    this.#slots.close(reason);
    this.#closing.abort(reason);
    await within(
      this.#closeTimeoutMs,
      Promise.all([this.#warm.close(), this.#slots.unused()]).then(() => {}),
    );
  }
}
