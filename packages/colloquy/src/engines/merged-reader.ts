/** What a `MergedReader` reads: `undefined` from `next` is the end. */
type Reader<T> = { next(): Promise<readonly T[] | undefined>; close(): void };

/**
 * Reads several readers as one, in the order in which their batches come; readers may join at any time.
 * Of each reader at most one batch is held, so a slow loop holds all of them back.
 */
export class MergedReader<T> {
  readonly #readers = new Set<Reader<T>>();
  readonly #ready: { reader: Reader<T>; batch: readonly T[] }[] = [];
  #taken: Reader<T> | undefined;
  #ended = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Adds a reader, which is closed with this one. */
  add(reader: Reader<T>): void {
    if (this.#ended) return reader.close();
    this.#readers.add(reader);
    this.#fetch(reader);
  }

  async pull(): Promise<readonly T[] | undefined> {
    if (this.#taken !== undefined) this.#fetch(this.#taken);
    this.#taken = undefined;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const next = this.#ready.shift();
      if (next !== undefined) {
        this.#taken = next.reader;
        return next.batch;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Ends the reading: after what is ready, or, with a failure, by throwing it at once. */
  end(failure?: { error: unknown }): void {
    this.#failure ??= failure;
    this.close();
  }

  close(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
    this.#rouse();
  }

  #fetch(reader: Reader<T>): void {
    if (!this.#readers.has(reader)) return;
    reader.next().then(
      (batch) => {
        if (batch === undefined) this.#readers.delete(reader);
        else if (batch.length === 0) this.#fetch(reader);
        else {
          this.#ready.push({ reader, batch });
          this.#rouse();
        }
      },
      (error: unknown) => this.end({ error }),
    );
  }

  #rouse(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
