import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { APIConnectionError, TimeoutError } from '../../errors.ts';
import type { Deadline } from '../../helpers/deadline.ts';

/** The server says every 15 seconds that it is alive: three times missed, nobody is there. */
export const SILENCE_MS = 50_000;
/** A prompt is told back with its images; 32 MB of a body are more when escaped. */
export const MAX_FRAME_CHARS = 128 * 1024 * 1024;

/** A frame of the server's stream. `data` is its JSON, of so many characters. */
export type Frame = { id: string | undefined; event: string; chars: number; data: unknown };

/** A stream of a server that is open. */
export type OpenStream = {
  body: AsyncIterable<Uint8Array>;
  /** What bounds the wait for each chunk: its signal ends the body. Closed by whoever reads. */
  deadline: Deadline;
};

/**
 * The frames of each chunk together; none for a chunk without a whole frame. Read only as fast as the caller iterates; leaving the loop
 * closes the connection. What a broken connection leaves of a frame is dropped. For one loop.
 * @throws TimeoutError after 50 seconds of silence, APIConnectionError for a frame that is too large, or no JSON
 */
export function readFrames(stream: OpenStream): AsyncIterableIterator<readonly Frame[]> {
  return new FrameReader(stream);
}

/** Written by hand: a generator costs more hops a chunk, and answers come delta by delta. */
class FrameReader implements AsyncIterableIterator<readonly Frame[]> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #deadline: Deadline;
  readonly #decoder = new TextDecoder();
  #frames: Frame[] = [];
  #isTooLarge = false;
  #isOver = false;
  readonly #parser = createParser({
    maxBufferSize: MAX_FRAME_CHARS,
    onEvent: ({ id, event, data }: EventSourceMessage) =>
      this.#frames.push({ id, event: event ?? 'message', chars: data.length, data: parse(data) }),
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') this.#isTooLarge = true;
    },
  });

  constructor({ body, deadline }: OpenStream) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#deadline = deadline;
  }

  async next(): Promise<IteratorResult<readonly Frame[], undefined>> {
    try {
      if (this.#isOver) return { done: true, value: undefined };
      this.#deadline.start(SILENCE_MS, silent);
      const chunk = await this.#chunks.next();
      this.#deadline.pause();
      if (chunk.done === true) return await this.return();
      this.#frames = [];
      this.#parser.feed(this.#decoder.decode(chunk.value, { stream: true }));
      if (this.#isTooLarge) throw new APIConnectionError('The server sent a frame that is too large');
      return { done: false, value: this.#frames };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<readonly Frame[], undefined>> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#deadline.close();
      // Its end is not waited for: a connection that hangs does not answer that either.
      void Promise.resolve(this.#chunks.return?.()).catch(() => {});
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new APIConnectionError('The server sent a frame that is not JSON', { cause });
  }
}

/** What a stream ends with when nothing came for `SILENCE_MS`. */
export const silent = (): Error => new TimeoutError(`The server has been silent for ${SILENCE_MS} ms`);
