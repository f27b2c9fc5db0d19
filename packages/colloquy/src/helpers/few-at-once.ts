// Taken here, so that fake timers of a test do not hold anything back.
const soon = setImmediate;

/**
 * When to do what gets cheaper with company: at once for the first few of a turn of the event loop, so that who is alone does not wait;
 * at its end for all others, who then share it.
 */
export class FewAtOnce {
  readonly #few: number;
  #asked = 0;

  constructor(few: number) {
    this.#few = few;
  }

  run(work: () => void): void {
    if (this.#asked === 0) soon(() => (this.#asked = 0));
    this.#asked += 1;
    if (this.#asked <= this.#few) queueMicrotask(work);
    else soon(work);
  }
}
