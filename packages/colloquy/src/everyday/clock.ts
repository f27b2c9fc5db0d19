import { MAX_TIMER_MS } from '../helpers/deadline.ts';

/** The time that a manager or a cache goes by. Give one of your own to move it by hand, in tests above all. */
export type Clock = {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Calls `run` once, so many milliseconds from now, unless the function that it gives is called before. */
  after(delayMs: number, run: () => void): () => void;
};

/** The machine's clock; what waits for it does not keep the process alive. It reads `Date` and `setTimeout` at each call. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, MAX_TIMER_MS));
    // In browsers it is a number.
    if (typeof timer === 'object') timer.unref();
    return () => clearTimeout(timer);
  },
};
