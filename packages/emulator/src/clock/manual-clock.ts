import type { Clock } from './clock.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /**
   * Moves the time. Those who sleep wake at their times, in order, and what they do then, a further sleep included, is done
   * before the time moves on. Resolves when all of it has happened. Rejects with RangeError for less than 0.
   */
  advance(ms: number): Promise<void>;
  /** How long each sleeper still sleeps, in milliseconds, the shortest first. */
  readonly sleeping: readonly number[];
}

type Sleeper = { dueMs: number; wake(): void };

const DEFAULT_START_MS = Date.UTC(2026, 0, 1);

// Taken at load: fake timers that a test installs later do not hold this clock up.
const { setImmediate } = globalThis;

/** A manual clock for `createEmulator({ clock })`. It starts at 2026-01-01T00:00:00Z, or at `startMs` since 1970. */
export function manualClock(o: { startMs?: number | undefined } = {}): ManualClock {
  let nowMs = o.startMs ?? DEFAULT_START_MS;
  let sleepers: readonly Sleeper[] = [];
  const letOthersRun = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const leave = (): void => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          signal.removeEventListener('abort', abort);
        };
        const abort = (): void => {
          leave();
          reject(signal.reason);
        };
        const sleeper: Sleeper = {
          dueMs: nowMs + ms,
          wake: () => {
            leave();
            resolve();
          },
        };
        sleepers = [...sleepers, sleeper].toSorted((a, b) => a.dueMs - b.dueMs);
        signal.addEventListener('abort', abort, { once: true });
      }),
    async advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`advance takes a number of at least 0, not ${ms}`);
      const untilMs = nowMs + ms;
      await letOthersRun();
      for (let [next] = sleepers; next !== undefined && next.dueMs <= untilMs; [next] = sleepers) {
        nowMs = Math.max(nowMs, next.dueMs);
        next.wake();
        await letOthersRun();
      }
      nowMs = untilMs;
    },
    get sleeping() {
      return sleepers.map(({ dueMs }) => Math.max(0, dueMs - nowMs));
    },
  };
}
