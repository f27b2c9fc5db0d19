import { type Cursor, giveWay, type HostedSession, type PlacedMessage } from 'colloquy/internal';
import type { WebSocket } from 'ws';
import { FrameIds, toPlace } from './frame-ids.ts';
import { COALESCE_MS } from './message-stream.ts';

/** A quiet socket is asked this often whether somebody is there; one that has not said so by the next time is let go. */
const PING_MS = 15_000;
/** A client that has not taken a message for so long is let go; it comes back with its cursor. */
const STALLED_MS = 120_000;

/**
 * Tells a session's messages over a socket, each message of which is a JSON array of frames, and only as fast as the client takes
 * them. Resolves when the socket is closed; the session runs on.
 * @returns whether the session itself was closed
 */
export async function streamOverSocket(
  session: HostedSession,
  socket: WebSocket,
  o: { after: Cursor; signal: AbortSignal },
): Promise<{ ended: boolean }> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  socket.on('close', leave);
  socket.on('error', leave);
  if (socket.readyState !== socket.OPEN) leave();
  const signal = AbortSignal.any([o.signal, gone.signal]);
  const stopPinging = keepAlive(socket);
  try {
    const place = toPlace(o.after);
    const ids = new FrameIds(place);
    const read = { after: place.after, partial: true, door: true, coalesceMs: COALESCE_MS, signal };
    for await (const batch of session.placed(read)) {
      await giveWay();
      await send(socket, toFrames(batch, ids), signal);
    }
    return { ended: !signal.aborted };
  } catch (error) {
    // 1011: something went wrong here. The client comes back, and is then told over HTTP.
    socket.close(1011);
    throw error;
  } finally {
    stopPinging();
    socket.off('close', leave);
    // 1001: the server goes, or lets go of the client, which may come back.
    socket.close(1001);
  }
}

/** Resolves once the system has taken the message, so that a slow client holds up its own reader and nothing else. */
function send(socket: WebSocket, frames: readonly object[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stalled = setTimeout(() => socket.terminate(), STALLED_MS);
    const done = (): void => {
      clearTimeout(stalled);
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    // What fails closes the socket, which is heard of elsewhere.
    socket.send(JSON.stringify(frames), done);
  });
}

/** `{ id, data }` for a message; `{ event, data }` for a gap, which has an id too, and for a signal. As in the SSE stream. */
function toFrames(batch: readonly PlacedMessage[], ids: FrameIds): object[] {
  return batch.flatMap((item, index): object[] => {
    if ('message' in item) {
      const id = ids.next(item, batch[index + 1]);
      return id === undefined ? [] : [{ id, data: item.message }];
    }
    const { live } = item;
    return [{ ...(live.type === 'gap' ? { id: ids.at(live.cursor) } : {}), event: live.type, data: live }];
  });
}

function keepAlive(socket: WebSocket): () => void {
  let isThere = true;
  const onPong = (): void => {
    isThere = true;
  };
  socket.on('pong', onPong);
  const timer = setInterval(() => {
    if (!isThere) return socket.terminate();
    isThere = false;
    socket.ping();
  }, PING_MS);
  return () => {
    clearInterval(timer);
    socket.off('pong', onPong);
  };
}
