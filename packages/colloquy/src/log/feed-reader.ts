import type { Entry, Seq } from './entries.ts';
import type { Live } from './live.ts';
import { entryInMemory, type FeedState, type HeldSignal, lastFor, type ReaderState, takeReady } from './merge-live.ts';
import { Wakeup } from './wakeup.ts';

/** Signals are told only live; of those a reader does not fetch, the oldest are dropped. */
const MAX_SIGNALS = 256;

/** What a reader needs of its feed. */
export interface ReaderHost {
  readonly state: FeedState;
  /** Nothing more is published. */
  closed: boolean;
  /** Entries from the store, at least one. */
  load(after: Seq, upTo: Seq): Promise<readonly Entry[]>;
  /** A reader has moved on. */
  moved(): void;
  /** A reader waits for entries that are not durable. */
  wantDurable(): void;
  detach(reader: FeedReader): void;
}

/** One reader of a session: batches of everything that is ready, pulled. */
export class FeedReader implements AsyncIterableIterator<readonly Live[]> {
  readonly state: ReaderState;
  readonly #host: ReaderHost;
  readonly #signal: AbortSignal | undefined;
  readonly #wakeup = new Wakeup();
  #loading: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  #ended = false;

  constructor(host: ReaderHost, state: ReaderState, signal: AbortSignal | undefined) {
    this.#host = host;
    this.state = state;
    this.#signal = signal;
    if (signal?.aborted) this.#ended = true;
    else signal?.addEventListener('abort', this.#end, { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  wake(): void {
    this.#wakeup.wake();
  }

  /** Ends with an error, once what is ready has been fetched. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeup.wake();
  }

  tell(signal: HeldSignal): void {
    this.state.signals.push(signal);
    if (this.state.signals.length > MAX_SIGNALS) this.state.signals.shift();
    this.#wakeup.wake();
  }

  async next(): Promise<IteratorResult<readonly Live[], undefined>> {
    const host = this.#host;
    while (!this.#ended) {
      const ready = takeReady(host.state, this.state);
      if (ready.length > 0) {
        host.moved();
        return { done: false, value: ready };
      }
      if (this.#needsStore()) {
        await this.#load();
      } else if (this.#failure !== undefined) {
        this.#end();
        throw this.#failure.error;
      } else if (host.closed) {
        this.#end();
      } else {
        if (this.state.durableOnly && host.state.durable < host.state.head) host.wantDurable();
        await this.#wakeup.wait();
      }
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<readonly Live[], undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener('abort', this.#end);
    this.#host.detach(this);
    this.#wakeup.wake();
  };

  #needsStore(): boolean {
    const { state } = this.#host;
    return this.state.nextSeq <= lastFor(state, this.state) && entryInMemory(state, this.state) === undefined;
  }

  /** Calls of `next` that overlap share one reading. */
  async #load(): Promise<void> {
    this.#loading ??= this.#loadBacklog();
    try {
      await this.#loading;
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#loading = undefined;
    }
  }

  async #loadBacklog(): Promise<void> {
    this.state.backlog = await this.#host.load(this.state.nextSeq - 1, lastFor(this.#host.state, this.state));
  }
}
