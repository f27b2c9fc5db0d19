import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { APIConnectionError, TimeoutError } from '../../errors.ts';
import { delay } from '../../helpers/delay.ts';

/** The server says every 15 seconds that it is alive: three times missed, nobody is there. */
export const SILENCE_MS = 50_000;
/** A prompt is told back with its images; 32 MB of a body are more when escaped. */
export const MAX_FRAME_CHARS = 128 * 1024 * 1024;

/** A frame of the server's stream. `data` is its JSON, of so many characters. */
export type Frame = { id: string | undefined; event: string; chars: number; data: unknown };

/**
 * The frames of each chunk together; none for a chunk without a whole frame. Read only as fast as the caller iterates; leaving the loop
 * closes the connection. What a broken connection leaves of a frame is dropped.
 * @throws TimeoutError after 50 seconds of silence, APIConnectionError for a frame that is too large, or no JSON
 */
export async function* readFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Frame[], void, void> {
  let frames: Frame[] = [];
  let flaw: Error | undefined;
  const parser = createParser({
    maxBufferSize: MAX_FRAME_CHARS,
    onEvent: ({ id, event, data }: EventSourceMessage) =>
      frames.push({ id, event: event ?? 'message', chars: data.length, data: parse(data) }),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') flaw = error;
    },
  });
  const decoder = new TextDecoder();
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (let next = await withinSilence(chunks.next()); next.done !== true; next = await withinSilence(chunks.next())) {
      frames = [];
      parser.feed(decoder.decode(next.value, { stream: true }));
      if (flaw !== undefined)
        throw new APIConnectionError('The server sent a frame that is too large', { cause: flaw });
      yield frames;
    }
  } finally {
    // Its end is not waited for: a connection that hangs does not answer that either.
    void Promise.resolve(chunks.return?.()).catch(() => {});
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new APIConnectionError('The server sent a frame that is not JSON', { cause });
  }
}

async function withinSilence<T>(next: Promise<T>): Promise<T> {
  const heard = new AbortController();
  const silence = delay(SILENCE_MS, { signal: heard.signal }).then(() => {
    throw new TimeoutError(`The server has been silent for ${SILENCE_MS} ms`);
  });
  // Told by the race, or nobody waits for it any longer.
  silence.catch(() => {});
  try {
    return await Promise.race([next, silence]);
  } finally {
    heard.abort();
  }
}
