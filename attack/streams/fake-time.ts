type Timer = { dueMs: number; everyMs: number | undefined; run(): void };

/** Turns of the event loop in which nothing happens before the time is moved: nothing here waits for a disk or a socket. */
const QUIET_TURNS = 30;

/**
 * Stands in for `setTimeout`, `setInterval` and `Date.now` of this process, so that waiting takes no time and can be measured.
 * Timers fire in order, and only while `settle` waits.
 */
export class FakeTime {
  readonly #real = { setTimeout, clearTimeout, setInterval, clearInterval, now: Date.now.bind(Date) };
  readonly #timers = new Map<object, Timer>();
  #nowMs = Date.UTC(2026, 0, 1);

  install(): void {
    const start = (run: () => void, ms: number, everyMs: number | undefined): object => {
      const handle = {
        ref: () => handle,
        unref: () => handle,
        hasRef: () => false,
        refresh: () => {
          this.#timers.set(handle, { dueMs: this.#nowMs + ms, everyMs, run });
          return handle;
        },
        [Symbol.toPrimitive]: () => 0,
        [Symbol.dispose]: () => void this.#timers.delete(handle),
      };
      return handle.refresh();
    };
    const stop = (handle: unknown): void =>
      void (typeof handle === 'object' && handle !== null && this.#timers.delete(handle));
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => start(run, Math.max(1, ms), undefined),
      setInterval: (run: () => void, ms = 0) => start(run, Math.max(1, ms), Math.max(1, ms)),
      clearTimeout: stop,
      clearInterval: stop,
    });
    Date.now = () => this.#nowMs;
  }

  uninstall(): void {
    const { now, ...timers } = this.#real;
    Object.assign(globalThis, timers);
    Date.now = now;
    this.#timers.clear();
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Timers that would still fire. */
  get pending(): number {
    return this.#timers.size;
  }

  /** The promise's outcome, and how long it took in emulated time. @throws HangError when that would be more than `maxMs` */
  async settle<T>(promise: Promise<T>, maxMs: number): Promise<{ value: T; tookMs: number }> {
    const startedMs = this.#nowMs;
    let isSettled = false;
    const settled = promise.finally(() => (isSettled = true));
    // It is awaited below; until then a rejection is nobody's fault.
    settled.catch(() => undefined);
    for (let quiet = 0; !isSettled; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isSettled || quiet < QUIET_TURNS) continue;
      this.#fireNext(startedMs + maxMs);
      quiet = 0;
    }
    return { value: await settled, tookMs: this.#nowMs - startedMs };
  }

  #fireNext(untilMs: number): void {
    let first: [object, Timer] | undefined;
    for (const entry of this.#timers) if (first === undefined || entry[1].dueMs < first[1].dueMs) first = entry;
    if (first === undefined) throw new HangError('Nothing is waited for, and nothing happens');
    const [handle, timer] = first;
    if (timer.dueMs > untilMs) throw new HangError(`Still waiting, next for ${timer.dueMs - this.#nowMs} ms`);
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    this.#timers.delete(handle);
    if (timer.everyMs !== undefined) this.#timers.set(handle, { ...timer, dueMs: this.#nowMs + timer.everyMs });
    timer.run();
  }
}

/** What was waited for does not come in time. */
export class HangError extends Error {
  override readonly name = 'HangError';
}
