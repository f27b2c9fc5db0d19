import { HttpError } from './http-error.ts';
import type { Api } from './api.ts';
import type { Frame } from './wire.ts';

const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 10_000;

/** How the page stands with the server, for one session. */
export type Connection =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'reconnecting'; attempt: number }
  | { state: 'not_found' }
  | { state: 'signed_out' };

export type Follower = {
  onFrames(frames: readonly Frame[]): void;
  onConnection(connection: Connection): void;
  /** What was told so far is void: the stream starts again from the very beginning. */
  onReset(): void;
};

/** Where a reader stands, and how often it has failed in a row. */
type Place = { cursor: string | undefined; failures: number };

/**
 * Reads a session's stream from its beginning until the signal aborts, the session is gone or the credential is refused.
 * A broken connection is opened again behind the last cursor, at once when the browser comes back online or into view.
 */
export async function followSession(
  api: Pick<Api, 'openStream'>,
  id: string,
  follower: Follower,
  o: { signal: AbortSignal },
): Promise<void> {
  const place: Place = { cursor: undefined, failures: 0 };
  follower.onConnection({ state: 'connecting' });
  while (!o.signal.aborted) {
    const end = await readOnce(api, id, place, follower, o.signal);
    if (o.signal.aborted) return;
    if (end !== undefined) return follower.onConnection(end);
    place.failures += 1;
    follower.onConnection({ state: 'reconnecting', attempt: place.failures });
    await waitToRetry(Math.min(FIRST_RETRY_MS * 2 ** (place.failures - 1), LONGEST_RETRY_MS), o.signal);
  }
}

/** One connection, from its opening to its break. Resolves with a final state when there is no sense in coming back. */
async function readOnce(
  api: Pick<Api, 'openStream'>,
  id: string,
  place: Place,
  follower: Follower,
  signal: AbortSignal,
): Promise<Connection | undefined> {
  try {
    const batches = await api.openStream(id, { after: place.cursor, signal });
    follower.onConnection({ state: 'live' });
    for await (const batch of batches) {
      place.failures = 0;
      place.cursor = batch.cursor ?? place.cursor;
      if (batch.frames.length > 0) follower.onFrames(batch.frames);
    }
    return undefined;
  } catch (error) {
    // Whatever broke the connection, the way out is to come back; only these three answers say something else.
    if (!(error instanceof HttpError)) return undefined;
    if (error.status === 401) return { state: 'signed_out' };
    if (error.status === 404) return { state: 'not_found' };
    if (error.status === 400 && place.cursor !== undefined) {
      // The log is shorter than what we have read: the server came back with another one.
      place.cursor = undefined;
      follower.onReset();
    }
    return undefined;
  }
}

/** Resolves after the delay, or earlier when the browser is online or in view again, or when the signal aborts. */
function waitToRetry(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', wake);
      globalThis.document?.removeEventListener('visibilitychange', wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, delayMs);
    globalThis.addEventListener?.('online', wake);
    globalThis.document?.addEventListener('visibilitychange', wake);
    signal.addEventListener('abort', wake);
  });
}
