/**
 * A reader of batches that is asked in two steps, `take` and `wait`: what is ready costs no asynchronous hop and what is awaited costs
 * one, however many layers it passes. 20,000 deltas are felt.
 */
export abstract class BatchReader<T> implements AsyncIterableIterator<readonly T[], undefined> {
  #isClosed = false;

  /** What is ready now; empty when nothing is, `undefined` at the end. @throws what has ended it */
  take(): readonly T[] | undefined {
    return this.#isClosed ? undefined : this.takeReady();
  }

  /** For when nothing was ready: settles once it is worth asking again. */
  abstract wait(): Promise<unknown>;

  /** Ends it, what is ready included; a `wait` settles then. Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.release();
  }

  /** `take` of one that is open. */
  protected abstract takeReady(): readonly T[] | undefined;
  /** Lets go of what it reads, and ends a `wait`. Called once. */
  protected abstract release(): void;

  async next(): Promise<IteratorResult<readonly T[], undefined>> {
    for (;;) {
      const value = this.take();
      if (value === undefined) return { done: true, value };
      if (value.length > 0) return { done: false, value };
      await this.wait();
    }
  }

  async return(): Promise<IteratorResult<readonly T[], undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Nothing is ready. */
export const NOTHING: readonly never[] = [];
