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
  readonly #coalesceMs: number;
  /** When it was last told something, and whether it waits since then for more fragments to come together. */
  #toldAtMs = -Infinity;
  #isCollecting = false;
  /** How much longer what is ready is to wait, as of the newest `take`: by the time of `wait` that may be over. */
  #collectMs = 0;
  #loading: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  #ended = false;

  constructor(
    host: ReaderHost,
    state: ReaderState,
    { signal, coalesceMs = 0 }: { signal?: AbortSignal | undefined; coalesceMs?: number | undefined },
  ) {
    this.#host = host;
    this.state = state;
    this.#coalesceMs = coalesceMs;
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

  /** There is a fragment more. */
  wakeForFragment(): void {
    if (this.state.wantsFragments && !this.#isCollecting) this.#wakeup.wake();
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
    while (!this.#ended) {
      const ready = this.take();
      if (ready !== undefined) return { done: false, value: ready };
      await this.wait();
    }
    return { done: true, value: undefined };
  }

  /** What is ready now; undefined when that is nothing, or all that is ready may still wait for more to come with it. */
  take(): readonly Live[] | undefined {
    this.#collectMs = this.#ended || this.#coalesceMs === 0 ? 0 : this.#untilToldMs();
    if (this.#ended || this.#collectMs > 0) return undefined;
    const ready = takeReady(this.#host.state, this.state);
    if (ready.length === 0) return undefined;
    if (this.#coalesceMs > 0) this.#toldAtMs = performance.now();
    this.#host.moved();
    return ready;
  }

  /** Right after a `take` that found nothing: settles once it is worth looking again, or it has ended. */
  wait(): Promise<void> {
    if (this.#collectMs > 0) {
      this.#wantDurable();
      return this.#collect(this.#collectMs);
    }
    if (this.#needsStore()) return this.#load();
    if (this.#failure !== undefined || this.#host.closed) {
      this.#end();
      return this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure.error);
    }
    this.#wantDurable();
    return this.#wakeup.wait();
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

  /** How much longer what is ready may wait, for more to come with it: nothing but fragments, and only right after others. */
  #untilToldMs(): number {
    const { state } = this;
    const feed = this.#host.state;
    const hasOthers = state.nextSeq <= lastFor(feed, state) || state.signals.length > 0 || state.gapDue;
    if (hasOthers || feed.frag === state.frag || this.#host.closed || this.#failure !== undefined) return 0;
    return Math.max(0, this.#toldAtMs + this.#coalesceMs - performance.now());
  }

  #wantDurable(): void {
    const { durable, head } = this.#host.state;
    if (this.state.durableOnly && durable < head) this.#host.wantDurable();
  }

  async #collect(ms: number): Promise<void> {
    this.#isCollecting = true;
    const timer = setTimeout(() => this.#wakeup.wake(), ms);
    try {
      await this.#wakeup.wait();
    } finally {
      clearTimeout(timer);
      this.#isCollecting = false;
    }
  }

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
