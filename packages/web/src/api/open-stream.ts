import { type Batch, readFrames } from './read-frames.ts';
import { SocketBatches } from './socket-batches.ts';

/** Where HTTP works and sockets do not, as behind some proxies, they are tried again after this. */
const REST_MS = 10 * 60_000;

/** Opens a stream behind a path; resolves once it stands, and rejects as any call does. */
export type OpenStream = (path: string, signal: AbortSignal) => Promise<AsyncIterable<Batch>>;

/**
 * Streams over sockets, which do not count among a browser's six connections to a server, and over HTTP where none stands. What a
 * socket fails of no page is told, so that HTTP has to say it.
 * @param get asks over HTTP, and rejects unless that succeeds.
 */
export function createStreams(get: (path: string, signal: AbortSignal) => Promise<Response>): OpenStream {
  let restsUntilMs = 0;
  return async (path, signal) => {
    if (Date.now() < restsUntilMs) return overHttp(await get(path, signal));
    const first = await openSocket(path, signal);
    if (typeof first === 'object') return first;
    const left = new AbortController();
    const response = await get(path, AbortSignal.any([signal, left.signal]));
    // The server may have come back just now: sockets do not work only if they fail while it answers.
    const second = first === 'late' ? first : await openSocket(path, signal);
    if (typeof second === 'object') {
      left.abort();
      return second;
    }
    restsUntilMs = Date.now() + REST_MS;
    return overHttp(response);
  };
}

/** @throws the signal's reason */
async function openSocket(path: string, signal: AbortSignal): Promise<SocketBatches | 'refused' | 'late'> {
  signal.throwIfAborted();
  let batches: SocketBatches;
  try {
    const url = new URL(path, globalThis.location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('parts', 'true');
    batches = new SocketBatches(url.href, signal);
  } catch {
    // The browser has none, or forbids it.
    return 'refused';
  }
  const opened = await batches.opened();
  signal.throwIfAborted();
  return opened === 'standing' ? batches : opened;
}

async function* overHttp({ body }: Response): AsyncGenerator<Batch, void, void> {
  if (body !== null) yield* readFrames(body);
}
