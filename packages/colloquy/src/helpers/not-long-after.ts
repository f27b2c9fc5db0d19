import { TimeoutError } from '../errors.ts';

/**
 * Settles as the promise does; once the signal has aborted, at most `boundMs` milliseconds later, with TimeoutError if need be.
 * For work that ends by itself when it is stopped, should it fail to. No listener or timer is left behind.
 */
export function notLongAfter<T>(signal: AbortSignal, boundMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      timer = setTimeout(
        () => reject(new TimeoutError(`It had not ended ${boundMs} ms after it was stopped`)),
        boundMs,
      );
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}
