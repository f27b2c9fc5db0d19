import { type Cursor, giveWay, type HostedSession, type PlacedMessage } from 'colloquy/internal';
import type { WebSocket } from 'ws';
import { FrameIds, toPlace } from './frame-ids.ts';
import { COALESCE_MS } from './message-stream.ts';
import { PacedSocket } from './paced-socket.ts';

/** A message of the socket ends with the frame that passes this. */
const MAX_MESSAGE_CHARS = 128 * 1024;

/**
 * Tells a session's messages over a socket, each message of which is a JSON array of frames, and only as fast as the client takes
 * them. The first array comes at once, and mostly has none. Resolves when the socket is closed; the session runs on.
 * @param o.partial with stream events. `o.inParts` as for `PacedSocket`.
 * @returns whether the session itself was closed
 */
export async function streamOverSocket(
  session: HostedSession,
  socket: WebSocket,
  o: { after: Cursor; partial: boolean; inParts: boolean; signal: AbortSignal },
): Promise<{ ended: boolean }> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  socket.on('close', leave);
  socket.on('error', leave);
  if (socket.readyState !== socket.OPEN) leave();
  const signal = AbortSignal.any([o.signal, gone.signal]);
  const paced = new PacedSocket(socket, { signal, inParts: o.inParts });
  try {
    const place = toPlace(o.after);
    const ids = new FrameIds(place);
    const read = { after: place.after, partial: o.partial, door: true, coalesceMs: COALESCE_MS, signal };
    const batches = session.placed(read);
    await paced.open();
    for await (const batch of batches) {
      await giveWay();
      for (const message of toMessages(batch, ids)) {
        if (signal.aborted) break;
        await paced.send(message);
      }
    }
    return { ended: !signal.aborted };
  } catch (error) {
    // 1011: something went wrong here. The client comes back, and is then told over HTTP.
    socket.close(1011);
    throw error;
  } finally {
    paced.stop();
    socket.off('close', leave);
    // 1001: the server goes, or lets go of the client, which may come back.
    socket.close(1001);
  }
}

/** The frames of a batch as JSON arrays, each made when the one before has been taken. */
function* toMessages(batch: readonly PlacedMessage[], ids: FrameIds): Generator<string, void, void> {
  let frames: string[] = [];
  let chars = 0;
  for (const [index, item] of batch.entries()) {
    const frame = toFrame(item, batch[index + 1], ids);
    if (frame === undefined) continue;
    const text = JSON.stringify(frame);
    frames.push(text);
    chars += text.length;
    if (chars <= MAX_MESSAGE_CHARS) continue;
    yield `[${frames.join(',')}]`;
    frames = [];
    chars = 0;
  }
  if (frames.length > 0) yield `[${frames.join(',')}]`;
}

/**
 * `{ id, data }` for a message, or undefined for one that the reader has had; `{ event, data }` for a gap, which has an id too, and for a
 * signal. As in the SSE stream.
 */
function toFrame(item: PlacedMessage, next: PlacedMessage | undefined, ids: FrameIds): object | undefined {
  if ('message' in item) {
    const id = ids.next(item, next);
    return id === undefined ? undefined : { id, data: item.message };
  }
  const { live } = item;
  return { ...(live.type === 'gap' ? { id: ids.at(live.cursor) } : {}), event: live.type, data: live };
}
