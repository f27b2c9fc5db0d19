const NOTHING: readonly never[] = [];
const SETTLED = Promise.resolve();

/** Where a `BatchIterator` gets its items from. */
export type BatchSource<T> = {
  /** The next items; `undefined` at the end. Not called again before it has settled, nor after the end. */
  pull(): Promise<readonly T[] | undefined>;
  /** Called once: after the end, an error of `pull`, or when the loop is left early. */
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
        const batch = await this.#source.pull();
        if (this.#ended) break;
        if (batch === undefined) this.#end();
        else if (batch.length > 0) {
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

/** Hands out the items of a reader of batches one by one. Leaving the loop ends the reader. */
export function oneByOne<T>(reader: Required<Pick<AsyncIterator<readonly T[]>, 'next' | 'return'>>): BatchIterator<T> {
  return new BatchIterator({
    pull: async () => {
      const next = await reader.next();
      return next.done === true ? undefined : next.value;
    },
    close: () => void reader.return(),
  });
}
