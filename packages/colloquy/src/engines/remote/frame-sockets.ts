import type { ServerConnection } from '../../options/server-connection.ts';
import type { Frame } from './read-frames.ts';
import { SocketFrames } from './socket-frames.ts';

/** Where HTTP works and sockets do not, as behind some proxies, they are tried again after this. */
const REST_MS = 10 * 60_000;

/**
 * Opens a stream of frames: over a socket, or, where none stands, in the `otherwise` way, whose error says what a socket does not.
 * Nobody holds a socket back: for readers that take all as it comes.
 */
export type FrameSockets = (
  path: string,
  signal: AbortSignal,
  otherwise: (signal: AbortSignal) => Promise<AsyncIterable<readonly Frame[]>>,
) => Promise<AsyncIterable<readonly Frame[]>>;

/** Until when sockets of a server are not tried, for all of a page's sessions. */
const restsUntilMs = new Map<string, number>();

/**
 * The sockets of the server that a page comes from, which do not count among a browser's six connections to it. Undefined for all other
 * servers, and with a key, which a page cannot send along.
 */
export function frameSockets({ url, key }: ServerConnection): FrameSockets | undefined {
  const { location } = globalThis as { location?: { origin: string } };
  if (key !== undefined || typeof WebSocket === 'undefined' || location?.origin !== new URL(url).origin)
    return undefined;
  const base = url.replace(/^http/i, 'ws').replace(/\/+$/, '');
  const open = (path: string, signal: AbortSignal): Promise<SocketFrames | 'refused' | 'late'> =>
    openSocket(`${base}${path}&parts=true`, signal);
  return async (path, signal, otherwise) => {
    if ((restsUntilMs.get(base) ?? 0) > Date.now()) return otherwise(signal);
    const first = await open(path, signal);
    if (typeof first === 'object') return first;
    const left = new AbortController();
    const frames = await otherwise(AbortSignal.any([signal, left.signal]));
    // The server may have come back just now: sockets do not work only if they fail while it answers.
    const second = first === 'late' ? first : await open(path, signal);
    if (typeof second === 'object') {
      left.abort();
      return second;
    }
    restsUntilMs.set(base, Date.now() + REST_MS);
    return frames;
  };
}

/** @throws the signal's reason */
async function openSocket(url: string, signal: AbortSignal): Promise<SocketFrames | 'refused' | 'late'> {
  signal.throwIfAborted();
  let frames: SocketFrames;
  try {
    frames = new SocketFrames(url, signal);
  } catch {
    // A page may forbid its scripts to open any.
    return 'refused';
  }
  const opened = await frames.opened();
  signal.throwIfAborted();
  return opened === 'standing' ? frames : opened;
}
