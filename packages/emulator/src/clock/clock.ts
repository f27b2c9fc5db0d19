/** The time by which the emulator paces its streams. Replace it to run faster, slower, or by hand. */
export type Clock = {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with `signal.reason` when the signal is aborted first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};

/** Timers that are to wait longer fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. It reads `Date` and `setTimeout` at each call, so fake timers installed later move it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const timer = setTimeout(
        () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
        Math.min(ms, MAX_TIMER_MS),
      );
      function abort(): void {
        clearTimeout(timer);
        reject(signal.reason);
      }
      signal.addEventListener('abort', abort, { once: true });
    }),
};
