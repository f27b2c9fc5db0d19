import { delay } from './delay.ts';

/** Settles with the promise, or resolves after the bound, whichever is first. No timer is left behind. */
export async function within(boundMs: number, promise: Promise<void>): Promise<void> {
  const settled = new AbortController();
  try {
    await Promise.race([promise, delay(boundMs, { signal: settled.signal })]);
  } finally {
    settled.abort();
  }
}
