/** Something to wait for that happens again and again. Nothing is remembered: look at the state first, then wait. */
export class Wakeup {
  #promise: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  /** Resolves at the next `wake`. */
  wait(): Promise<void> {
    this.#promise ??= new Promise((resolve) => (this.#resolve = resolve));
    return this.#promise;
  }

  /** Wakes everybody who waits now. */
  wake(): void {
    if (this.#resolve === undefined) return;
    const resolve = this.#resolve;
    this.#promise = undefined;
    this.#resolve = undefined;
    resolve();
  }
}
