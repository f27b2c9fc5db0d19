/** The longest time that a timer can wait for; with more, it is over at once. 24 days. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A signal that aborts when its parent does, or when a bound passes. The bound can be moved and paused as often as chunks arrive:
 * that costs no new timer. One listener is held on the parent until `close()`.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #onParentAbort = (): void => this.#abort(this.#parent?.reason);
  #timer: NodeJS.Timeout | undefined;
  /** When the timer is over, and when the bound is. */
  #timerMs = 0;
  #untilMs = 0;
  #running = false;
  #reason: () => Error = () => new Error('unreachable');

  constructor(parent?: AbortSignal) {
    this.#parent = parent;
    if (parent?.aborted) this.#controller.abort(parent.reason);
    else parent?.addEventListener('abort', this.#onParentAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The signal aborts with `reason()` in `timeoutMs` milliseconds, counted from now; an earlier bound no longer holds. */
  start(timeoutMs: number, reason: () => Error): void {
    if (this.signal.aborted) return;
    this.#reason = reason;
    this.#running = true;
    const nowMs = performance.now();
    this.#untilMs = nowMs + Math.min(timeoutMs, MAX_TIMER_MS);
    // A timer that is over early looks at the clock, and waits for the rest: to move it for every chunk would cost more.
    if (this.#timer !== undefined && this.#timerMs <= this.#untilMs) return;
    clearTimeout(this.#timer);
    this.#wait(timeoutMs, nowMs);
  }

  /** Nothing is waited for any longer; the parent still counts. */
  pause(): void {
    this.#running = false;
  }

  /** Lets go of the parent and the timer. Safe to call twice. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running = false;
    this.#parent?.removeEventListener('abort', this.#onParentAbort);
  }

  #wait(ms: number, nowMs: number): void {
    this.#timerMs = nowMs + Math.min(ms, MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(ms, MAX_TIMER_MS));
  }

  // The timer of a paused bound is left to run out.
  #onTimer(): void {
    this.#timer = undefined;
    if (!this.#running) return;
    const nowMs = performance.now();
    const leftMs = this.#untilMs - nowMs;
    if (leftMs < 1) this.#abort(this.#reason());
    else this.#wait(leftMs, nowMs);
  }

  #abort(reason: unknown): void {
    this.close();
    this.#controller.abort(reason);
  }
}
