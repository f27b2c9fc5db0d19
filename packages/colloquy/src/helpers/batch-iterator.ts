import { NOTHING } from './batch-reader.ts';

const SETTLED = Promise.resolve();

/** Where a `BatchIterator` gets its items from. */
export type BatchSource<T> = {
  /** The items that are ready now; empty when none are, `undefined` at the end. Not called again after the end. */
  take(): readonly T[] | undefined;
  /** For when none were ready: settles once it is worth asking again. */
  wait(): Promise<unknown>;
  /** Called once: after the end, an error, or when the loop is left early. */
  close(): Promise<void> | void;
};

/**
 * Hands out the items of batches one by one, as an async generator would. Written by hand, because a generator costs several
 * asynchronous hops an item, and 20,000 of them are felt; an item that is ready here costs one resolved promise.
 */
export class BatchIterator<T> implements AsyncGenerator<T, void, undefined> {
  readonly #source: BatchSource<T>;
  #batch: readonly T[] = NOTHING;
  #next = 0;
  /** Calls of `next` that wait, and the newest answer to one. */
  #asked = 0;
  #newest: Promise<unknown> = SETTLED;
  #ended = false;
  #closed: Promise<void> | undefined;

  constructor(source: BatchSource<T>) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.#asked === 0) {
      const ready = this.#ready();
      if (ready !== undefined) return Promise.resolve(ready);
    }
    this.#asked += 1;
    // Calls made before the one in flight has settled are answered after it, in order, as those of a generator are.
    const answer = this.#asked === 1 ? this.#answer() : this.#afterNewest();
    this.#newest = answer;
    return answer;
  }

  /** Ends the iteration and releases what is behind it. */
  async return(): Promise<IteratorReturnResult<void>> {
    this.#end();
    await this.#close();
    return { value: undefined, done: true };
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    this.#end();
    await this.#close();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Drops the items that are ready; the next one comes from the source. */
  protected discard(): void {
    this.#batch = NOTHING;
    this.#next = 0;
  }

  #ready(): IteratorResult<T, void> | undefined {
    if (this.#next < this.#batch.length) {
      // Within the bounds, as just tested.
      const value = this.#batch[this.#next++] as T;
      // Who waits for the next one holds nothing of those before.
      if (this.#next === this.#batch.length) this.discard();
      return { value, done: false };
    }
    return this.#ended ? { value: undefined, done: true } : undefined;
  }

  #afterNewest(): Promise<IteratorResult<T, void>> {
    const answer = (): Promise<IteratorResult<T, void>> => this.#answer();
    return this.#newest.then(answer, answer);
  }

  async #answer(): Promise<IteratorResult<T, void>> {
    try {
      const ready = this.#ready();
      if (ready !== undefined) return ready;
      while (!this.#ended) {
        const batch = this.#source.take();
        if (batch === undefined) this.#end();
        else if (batch.length === 0) await this.#source.wait();
        else {
          if (batch.length > 1) {
            this.#batch = batch;
            this.#next = 1;
          }
          return { value: batch[0] as T, done: false };
        }
      }
      await this.#close();
      return { value: undefined, done: true };
    } catch (error) {
      const wasEnded = this.#ended;
      this.#end();
      await this.#close();
      // What fails once it has ended is nobody's concern, unless it is the closing itself.
      if (wasEnded) return { value: undefined, done: true };
      throw error;
    } finally {
      this.#asked -= 1;
      if (this.#asked === 0) this.#newest = SETTLED;
    }
  }

  #end(): void {
    this.#ended = true;
    this.discard();
  }

  #close(): Promise<void> {
    return (this.#closed ??= Promise.resolve(this.#source.close()));
  }
}

/** What gives its items one batch after the other. */
export type PulledSource<T> = {
  /** The next items; `undefined` at the end. Not called again before it has settled, nor after the end. */
  pull(): Promise<readonly T[] | undefined>;
  /** As `BatchSource.close`. */
  close(): Promise<void> | void;
};

/** The same as a `BatchSource`: for what does not come by the thousands. */
export function pulled<T>(o: PulledSource<T>): BatchSource<T> {
  let batch: readonly T[] | undefined = NOTHING;
  return {
    take() {
      const taken = batch;
      if (taken !== undefined) batch = NOTHING;
      return taken;
    },
    async wait() {
      batch = await o.pull();
    },
    close: () => o.close(),
  };
}
