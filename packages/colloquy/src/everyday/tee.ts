import { BatchIterator, pulled } from '../helpers/batch-iterator.ts';
import { checkCount } from './check-bounds.ts';

export type TeeOptions = {
  /** How many streams come out. Default 2. */
  count?: number | undefined;
  /** So many items may the fastest be ahead of the slowest; then it waits. Default 1,000. */
  maxBuffered?: number | undefined;
};

/**
 * One stream as several: each gets every item, in order, and the error if there is one. The source is read as fast as the fastest
 * asks, at most `maxBuffered` items ahead of the slowest. A stream that nobody reads holds up the others: leave it (`return()`).
 * Once all are left, so is the source.
 * ```ts
 * const [toFile, toScreen] = tee(conversation.askStream('Tell me a story'));
 * await Promise.all([streamToFile(toFile, 'story.txt'), show(toScreen)]);
 * ```
 */
export function tee<T>(source: AsyncIterable<T>, o: TeeOptions = {}): AsyncGenerator<T, void, undefined>[] {
  const count = checkCount('count', o.count ?? 2);
  const shared = new SharedSource(source, checkCount('maxBuffered', o.maxBuffered ?? 1000));
  return Array.from({ length: count }, () => shared.open());
}

/** `at`: how many items it has been given since the beginning. */
type Reader = { at: number };

class SharedSource<T> {
  readonly #source: AsyncIterable<T>;
  readonly #maxBuffered: number;
  readonly #readers = new Set<Reader>();
  #iterator: AsyncIterator<T> | undefined;
  /** Items that not everybody has been given; the first is number `#dropped`. */
  #items: T[] = [];
  #dropped = 0;
  #ended: { error?: unknown } | undefined;
  #pulling = false;
  /** Those who wait for an item, for room, or for the end. */
  #wake: (() => void)[] = [];

  constructor(source: AsyncIterable<T>, maxBuffered: number) {
    this.#source = source;
    this.#maxBuffered = maxBuffered;
  }

  open(): AsyncGenerator<T, void, undefined> {
    const reader: Reader = { at: 0 };
    this.#readers.add(reader);
    return new BatchIterator<T>(pulled({ pull: () => this.#next(reader), close: () => this.#leave(reader) }));
  }

  async #next(reader: Reader): Promise<readonly T[] | undefined> {
    for (;;) {
      // One at a time: what a reader has taken ahead would not count as buffered.
      const index = reader.at - this.#dropped;
      if (index < this.#items.length) {
        const items = this.#items.slice(index, index + 1);
        reader.at += 1;
        this.#drop();
        return items;
      }
      if (this.#ended !== undefined) {
        if ('error' in this.#ended) throw this.#ended.error;
        return undefined;
      }
      if (!this.#readers.has(reader)) return undefined;
      const changed = new Promise<void>((resolve) => this.#wake.push(resolve));
      // It may have failed before it returns.
      if (!this.#pulling && this.#items.length < this.#maxBuffered) void this.#pull();
      await changed;
    }
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    try {
      const next = await (this.#iterator ??= this.#source[Symbol.asyncIterator]()).next();
      if (next.done === true) this.#ended ??= {};
      else if (this.#ended === undefined) this.#items.push(next.value);
    } catch (error) {
      this.#ended ??= { error };
    }
    this.#pulling = false;
    this.#wakeAll();
  }

  /** Lets go of what everybody has been given. */
  #drop(): void {
    const slowest = Math.min(...[...this.#readers].map(({ at }) => at), this.#dropped + this.#items.length);
    if (slowest === this.#dropped) return;
    this.#items.splice(0, slowest - this.#dropped);
    this.#dropped = slowest;
    this.#wakeAll();
  }

  async #leave(reader: Reader): Promise<void> {
    this.#readers.delete(reader);
    this.#drop();
    this.#wakeAll();
    if (this.#readers.size > 0 || this.#ended !== undefined) return;
    this.#ended = {};
    const left = Promise.resolve(this.#iterator?.return?.());
    // A source that is being waited for may never answer.
    if (this.#pulling) left.catch(() => {});
    else await left;
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
