import { type Cursor, giveWay, type HostedSession } from 'colloquy/internal';
import { toPlace } from './frame-ids.ts';
import { SseBody } from './sse-body.ts';
import { WaitingFrames } from './sse-frames.ts';

/** How soon a browser's own reader comes back after a broken connection. */
const OPENING_FRAME = 'retry: 1000\n\n';
/** Chunks of nothing but stream events follow each other no faster. The first after a pause goes at once, and so does all else. */
export const COALESCE_MS = 20;

type StreamOptions = {
  after: Cursor;
  /** With stream events; default true. */
  partial?: boolean | undefined;
  signal: AbortSignal;
  onEnd: (how: { ended: boolean; error?: unknown }) => void;
};

/**
 * A session's messages as a stream of SSE bytes, made only as fast as the client takes them: what waits meanwhile is the session's
 * own bounded window, from which a slow reader loses fragments and never a message.
 * Cancelling it releases the reader and nothing else; the turn runs on.
 * @param o.after the id of the last frame that was taken; `0.0.0` for everything from the very beginning.
 * @param o.signal ends the stream. `o.onEnd` is called once, however it ends: `ended` is true when the session itself was closed.
 * @throws InvalidCursorError
 */
export function streamMessages(session: HostedSession, o: StreamOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
  const place = toPlace(o.after);
  const read = { after: place.after, partial: o.partial ?? true, door: true, coalesceMs: COALESCE_MS };
  const reader = session.placed(read);
  const waiting = new WaitingFrames(place);

  const body = new SseBody({
    opening: OPENING_FRAME,
    async next() {
      for (;;) {
        if (waiting.isEmpty) {
          const batch = reader.take();
          if (batch === undefined) return undefined;
          if (batch.length === 0) {
            await reader.wait();
            const pause = giveWay();
            if (pause !== undefined) await pause;
            continue;
          }
          waiting.put(batch);
        }
        const frames = waiting.take();
        if (frames !== '') return frames;
      }
    },
    onEnd({ isWhole, error }) {
      o.signal.removeEventListener('abort', end);
      reader.close();
      o.onEnd({ ended: isWhole, ...(error === undefined ? {} : { error }) });
    },
  });
  const end = (): void => body.end();
  if (o.signal.aborted) end();
  else o.signal.addEventListener('abort', end, { once: true });
  return body.stream;
}
