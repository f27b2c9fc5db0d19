import type { Options } from '../options/options.ts';
import { startup, type WarmQuery } from '../startup.ts';

/** Sessions that are opened before anybody asks in them, so many at a time. */
export class WarmSessions {
  readonly #options: Options;
  readonly #count: number;
  readonly #opening = new Set<Promise<void>>();
  readonly #ready: WarmQuery[] = [];
  #closed = false;

  constructor(options: Options, count: number) {
    this.#options = options;
    this.#count = count;
    this.#refill();
  }

  /** One that is ready, if there is one; another is opened in its place. */
  take(): WarmQuery | undefined {
    const one = this.#ready.shift();
    this.#refill();
    return one;
  }

  /** Ends those that nobody has taken. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#opening);
    await Promise.all(this.#ready.splice(0).map((one) => one[Symbol.asyncDispose]()));
  }

  #refill(): void {
    while (!this.#closed && this.#ready.length + this.#opening.size < this.#count) {
      const opening: Promise<void> = startup({ options: this.#options }).then(
        (one) => {
          this.#ready.push(one);
          this.#opening.delete(opening);
        },
        // The query that would have used it opens a session itself, and tells what is wrong.
        () => void this.#opening.delete(opening),
      );
      this.#opening.add(opening);
    }
  }
}
