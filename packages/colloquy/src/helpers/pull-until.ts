import { untilAborted } from './until-aborted.ts';

/** The items of an iterable; an abort of the signal ends the wait for the next one at once, with its reason, and leaves the iterable. */
export async function* pullUntil<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await untilAborted(iterator.next(), signal);
      ended = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    // A source that has thrown is over; one that is only waited for no longer is not.
    ended ||= signal?.aborted !== true;
    throw error;
  } finally {
    if (!ended) await leave(iterator, signal);
  }
}

/** After an abort nobody waits for a source that may hang in what it awaits. */
async function leave(iterator: AsyncIterator<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const left = Promise.resolve(iterator.return?.());
  if (signal?.aborted === true) left.catch(() => {});
  else await left;
}
