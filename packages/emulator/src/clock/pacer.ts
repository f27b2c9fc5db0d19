import type { Clock } from './clock.ts';

type Waiter = { resolve(): void; reject(reason: unknown): void };

/** Wakes any number of streams at their times with one sleep of the clock at a time. */
export class Pacer {
  readonly clock: Clock;
  readonly #waiters = new Map<number, Set<Waiter>>();
  #dues: number[] = [];
  #armed: { due: number; cancel: AbortController } | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Resolves once the clock has reached `dueMs`; rejects with `signal.reason` when the signal is aborted first. */
  until(dueMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (dueMs <= this.clock.now()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
        reject: (reason) => {
          signal.removeEventListener('abort', abort);
          reject(reason);
        },
      };
      const abort = (): void => {
        this.#remove(dueMs, waiter);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#add(dueMs, waiter);
    });
  }

  #add(dueMs: number, waiter: Waiter): void {
    const there = this.#waiters.get(dueMs);
    if (there) {
      there.add(waiter);
      return;
    }
    this.#waiters.set(dueMs, new Set([waiter]));
    const later = this.#dues.findIndex((due) => due > dueMs);
    this.#dues.splice(later === -1 ? this.#dues.length : later, 0, dueMs);
    this.#arm();
  }

  #remove(dueMs: number, waiter: Waiter): void {
    const there = this.#waiters.get(dueMs);
    if (!there?.delete(waiter) || there.size > 0) return;
    this.#waiters.delete(dueMs);
    this.#dues = this.#dues.filter((due) => due !== dueMs);
    this.#arm();
  }

  /** Sleeps until the earliest time anyone waits for; a sleep for a later time, or for nobody, is given up. */
  #arm(): void {
    const due = this.#dues[0];
    if (this.#armed?.due === due) return;
    this.#armed?.cancel.abort();
    this.#armed = undefined;
    if (due === undefined) return;
    const cancel = new AbortController();
    this.#armed = { due, cancel };
    this.clock.sleep(Math.max(0, due - this.clock.now()), cancel.signal).then(
      () => this.#fire(due),
      (error: unknown) => {
        if (!cancel.signal.aborted) this.#fail(error);
      },
    );
  }

  #fire(slept: number): void {
    if (this.#armed?.due === slept) this.#armed = undefined;
    // Timers may fire a millisecond early, so the time slept for counts as reached whatever the clock says.
    const reached = Math.max(slept, this.clock.now());
    while (this.#dues[0] !== undefined && this.#dues[0] <= reached) {
      const due = this.#dues.shift();
      const waiters = due === undefined ? undefined : this.#waiters.get(due);
      if (due !== undefined) this.#waiters.delete(due);
      for (const waiter of waiters ?? []) waiter.resolve();
    }
    this.#arm();
  }
  /** A clock that cannot sleep fails everyone who waits for it. */
  #fail(error: unknown): void {
    const waiting = [...this.#waiters.values()].flatMap((waiters) => [...waiters]);
    this.#waiters.clear();
    this.#dues = [];
    this.#armed = undefined;
    for (const waiter of waiting) waiter.reject(error);
  }
}
