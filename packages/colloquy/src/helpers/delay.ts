/**
 * Resolves after `delayMs` milliseconds; rejects with `signal.reason` as soon as the signal aborts.
 * No listener stays on the signal.
 */
export function delay(delayMs: number, o?: { signal?: AbortSignal | undefined }): Promise<void> {
  const signal = o?.signal;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
