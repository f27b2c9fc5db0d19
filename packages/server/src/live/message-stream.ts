import type { Cursor, HostedSession } from 'colloquy/internal';
import { toPlace } from './frame-ids.ts';
import { HEARTBEAT_FRAME, OPENING_FRAME, WaitingFrames } from './sse-frames.ts';

/** A quiet stream says this often that it is alive. */
const HEARTBEAT_MS = 15_000;
/** Chunks follow each other no faster, so that fast fragments share one. The first after a pause goes at once. */
const COALESCE_MS = 20;
/** A client that has not taken a chunk for so long is let go; it comes back with its cursor. */
const STALLED_MS = 120_000;

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
  const left = new AbortController();
  const { signal } = left;
  const leave = (): void => left.abort();
  o.signal.addEventListener('abort', leave);
  const place = toPlace(o.after);
  const batches = session
    .placed({ after: place.after, partial: o.partial ?? true, door: true, signal })
    [Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let next: ReturnType<typeof batches.next> | undefined;
  const waiting = new WaitingFrames(place);
  let stalled: ReturnType<typeof setTimeout> | undefined;
  let lastChunkAt = 0;
  let isOver = false;

  const finish = (how: { ended: boolean; error?: unknown }): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(stalled);
    o.signal.removeEventListener('abort', leave);
    leave();
    // A reader that nobody asks for more learns of its end only in this way. What it answers matters to nobody any more.
    void Promise.resolve(batches.return?.()).catch(() => undefined);
    o.onEnd(how);
  };

  /** The next chunk, a heartbeat when there is none in time, or undefined at the end. */
  const nextChunk = async (): Promise<string | undefined> => {
    if (!waiting.isEmpty) return waiting.take();
    await pause(lastChunkAt + COALESCE_MS - Date.now(), signal);
    next ??= batches.next();
    const result = await within(next, HEARTBEAT_MS);
    if (result === LATE) return HEARTBEAT_FRAME;
    next = undefined;
    if (result.done === true) return undefined;
    waiting.put(result.value);
    return waiting.take();
  };

  return new ReadableStream(
    {
      start(controller) {
        controller.enqueue(encoder.encode(OPENING_FRAME));
      },
      async pull(controller) {
        clearTimeout(stalled);
        try {
          let chunk = await nextChunk();
          while (chunk === '') chunk = await nextChunk();
          if (isOver) return;
          if (chunk === undefined) {
            finish({ ended: !signal.aborted });
            controller.close();
            return;
          }
          controller.enqueue(encoder.encode(chunk));
          lastChunkAt = Date.now();
          stalled = setTimeout(() => {
            finish({ ended: false });
            controller.close();
          }, STALLED_MS);
        } catch (error) {
          // The status line is long gone: the client sees the end and comes back, and is then told the reason.
          if (isOver) return;
          finish(signal.aborted ? { ended: false } : { ended: false, error });
          controller.close();
        }
      },
      cancel() {
        finish({ ended: false });
      },
    },
    { highWaterMark: 1 },
  );
}

const LATE = Symbol('late');

/** The promise's value, or LATE; the promise stays pending for whoever asks next. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | typeof LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits, but not once the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
