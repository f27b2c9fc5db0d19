import { AbortError, ConfigurationError, TimeoutError } from '../errors.ts';
import { MAX_TIMER_MS } from '../helpers/deadline.ts';
import { checkMs } from './check-bounds.ts';

/** Where signals come from: the process. */
export type SignalSource = {
  on(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
};

export type UntilSignalOptions = {
  /** Default `SIGINT` and `SIGTERM`. */
  signals?: readonly string[] | undefined;
  /** After the first signal the work may take so long to end. Default 10,000. */
  graceMs?: number | undefined;
  /** For tests. Default: the process. */
  source?: SignalSource | undefined;
};

/** How it ended: by itself, or because of a signal. */
export type Stopped<T> = { signal: string | undefined; value: T | undefined };

/**
 * Works until a signal of the system says to stop. The first one aborts `stop`, and the work has `graceMs` to end well; a second one
 * ends the wait at once. Afterwards signals do again what they did before. Without work it just waits for a signal.
 * ```ts
 * const { signal } = await untilSignal(async (stop) => {
 *   for await (const job of jobs) await run(job, { signal: stop });
 * });
 * process.exitCode = signal === undefined ? 0 : 130;
 * ```
 * An AbortError of the work after the first signal is a good end, without a value.
 * @throws what the work throws; TimeoutError when the time is over; AbortError for the second signal: then the work has not ended
 */
export async function untilSignal<T>(
  work: (stop: AbortSignal) => PromiseLike<T> | T,
  o?: UntilSignalOptions,
): Promise<Stopped<T>>;
export async function untilSignal(o?: UntilSignalOptions): Promise<Stopped<undefined>>;
export async function untilSignal<T>(
  work: ((stop: AbortSignal) => PromiseLike<T> | T) | UntilSignalOptions = {},
  o: UntilSignalOptions = {},
): Promise<Stopped<T>> {
  // T is undefined then.
  if (typeof work !== 'function') return untilSignal(untilStopped as (stop: AbortSignal) => Promise<T>, work);
  const { signals = ['SIGINT', 'SIGTERM'], source = processSignals() } = o;
  const graceMs = checkMs('graceMs', o.graceMs ?? 10_000);
  const stop = new AbortController();
  let first: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let giveUp: (error: Error) => void = () => {};
  const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
  const onSignal = (signal: string): void => {
    if (first !== undefined) return giveUp(new AbortError(`${signal} came while the work was ending after ${first}`));
    first = signal;
    const late = new TimeoutError(`The work had not ended ${graceMs} ms after ${signal} (graceMs)`);
    timer = setTimeout(() => giveUp(late), Math.min(graceMs, MAX_TIMER_MS));
    stop.abort(new AbortError(`The process was told to stop (${signal})`));
  };
  const listeners = signals.map((signal) => [signal, () => onSignal(signal)] as const);
  for (const [signal, listener] of listeners) source.on(signal, listener);
  // Listening for signals does not keep a process alive.
  const alive = setInterval(() => {}, MAX_TIMER_MS);
  try {
    const value = await Promise.race([untilEnd(work, stop.signal), givenUp]);
    return { signal: first, value };
  } finally {
    clearInterval(alive);
    clearTimeout(timer);
    for (const [signal, listener] of listeners) source.off(signal, listener);
  }
}

async function untilEnd<T>(work: (stop: AbortSignal) => PromiseLike<T> | T, stop: AbortSignal): Promise<T | undefined> {
  try {
    return await work(stop);
  } catch (error) {
    if (stop.aborted && error instanceof AbortError) return undefined;
    throw error;
  }
}

function untilStopped(stop: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => stop.addEventListener('abort', () => resolve(undefined)));
}

function processSignals(): SignalSource {
  if (typeof process === 'object' && typeof process.on === 'function') return process;
  throw new ConfigurationError('There are no signals of the system here; give a `source` of your own');
}
