import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { APIConnectionError, APIError, ColloquyError, TimeoutError } from '../errors.ts';
import type { Deadline } from '../helpers/deadline.ts';
import { excerpt, invalidStream } from './api-error.ts';
import { parseStreamEvent } from './parse-stream-event.ts';
import type { StreamEvent } from './types.ts';

// A result of a server tool comes in one event, with whole documents in it; the largest request is 32 MB as well.
const MAX_EVENT_CHARS = 32_000_000;
// Many times what the longest answer has; an endless one would fill the memory.
const MAX_STREAM_BYTES = 128_000_000;

// After message_stop only the end of the body is missing. To wait for it lets the connection be used again.
const END_OF_BODY_MS = 100;

export type ReadEventsOptions = {
  requestId: string | undefined;
  /** Bounds each wait for a chunk; closed when the stream is left. */
  deadline: Deadline;
  /** No byte for this long is a TimeoutError. Time in which nobody asks for events does not count. */
  idleTimeoutMs: number;
};

/**
 * Reads a body of server-sent events; gives the events of each chunk together. Ends after `message_stop` and passes over what follows.
 * For one loop, which closes the deadline however it is left.
 * @throws APIError of type `invalid_stream` if the body ends earlier or breaks the protocol, or of the type that an `error` event names;
 * the events before it are given first.
 */
export function readEvents(
  body: AsyncIterable<Uint8Array>,
  o: ReadEventsOptions,
): AsyncIterableIterator<readonly StreamEvent[]> {
  return new EventReader(body[Symbol.asyncIterator](), o);
}

type Result = IteratorResult<readonly StreamEvent[], undefined>;

/** Written by hand: a generator costs more hops a chunk, and answers come delta by delta. */
class EventReader implements AsyncIterableIterator<readonly StreamEvent[]> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #o: ReadEventsOptions;
  readonly #frames: FrameReader;
  readonly #late: () => Error;
  #isOver = false;

  constructor(chunks: AsyncIterator<Uint8Array>, o: ReadEventsOptions) {
    this.#chunks = chunks;
    this.#o = o;
    this.#frames = new FrameReader(o.requestId);
    const { idleTimeoutMs } = o;
    this.#late = () =>
      new TimeoutError(`The Messages API sent no byte for ${idleTimeoutMs} ms; its answer is taken as lost`);
  }

  async next(): Promise<Result> {
    const { deadline, idleTimeoutMs, requestId } = this.#o;
    const frames = this.#frames;
    try {
      while (!this.#isOver) {
        if (frames.failure !== undefined) throw frames.failure;
        if (frames.ended) return await this.return();
        deadline.start(idleTimeoutMs, this.#late);
        const chunk = await this.#chunks.next();
        deadline.pause();
        if (chunk.done === true) {
          // A `send` of somebody else may end quietly when its signal is aborted.
          deadline.signal.throwIfAborted();
          throw invalidStream('it ended before message_stop', { requestId });
        }
        const events = frames.read(chunk.value);
        if (events.length > 0) return { done: false, value: events };
      }
    } catch (error) {
      await this.return();
      throw frames.failure === undefined ? exchangeError(error, deadline.signal) : error;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<Result> {
    if (!this.#isOver) {
      this.#isOver = true;
      if (this.#frames.ended) await readToEnd(this.#chunks, this.#o.deadline);
      else await this.#chunks.return?.();
      this.#o.deadline.close();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/**
 * What a failed exchange is thrown as: what the API answered, else the reason of the signal if that was aborted, else an error of ours,
 * else a lost connection.
 */
export function exchangeError(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof APIError) return error;
  if (signal.aborted) return signal.reason;
  if (error instanceof ColloquyError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new APIConnectionError(`The exchange with the Messages API failed: ${what}`, { cause: error });
}

async function readToEnd(chunks: AsyncIterator<Uint8Array>, deadline: Deadline): Promise<void> {
  deadline.start(END_OF_BODY_MS, () => new TimeoutError('The body went on after message_stop'));
  try {
    while ((await chunks.next()).done !== true);
  } catch {
    // The answer is whole: how its connection ends is nobody's concern, an abort included.
  }
}

/** Bytes or text in, events out. Characters and frames may be cut anywhere. */
export class FrameReader {
  /** What makes the rest of the stream worthless; set after the events before it have been returned. */
  failure: Error | undefined;
  ended = false;
  readonly #requestId: string | undefined;
  // The parser takes off the one byte order mark that is allowed; the decoder would take off another.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #parser = createParser({
    maxBufferSize: MAX_EVENT_CHARS,
    onEvent: (message) => this.#take(message),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') this.#failForLength();
    },
  });
  #events: StreamEvent[] = [];
  #length = 0;

  constructor(requestId: string | undefined) {
    this.#requestId = requestId;
  }

  /** The events that are whole with this chunk; see `failure` afterwards. Text is taken as it is, halves of characters included. */
  read(chunk: Uint8Array | string): readonly StreamEvent[] {
    this.#events = [];
    this.#length += chunk.length;
    if (this.#length > MAX_STREAM_BYTES)
      this.#fail(invalidStream(`it is longer than ${MAX_STREAM_BYTES} bytes`, { requestId: this.#requestId }));
    else this.#parser.feed(typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true }));
    return this.#events;
  }

  #take(message: EventSourceMessage): void {
    if (this.ended || this.failure !== undefined) return;
    // The parser measures what it has to hold; an event that comes in one chunk is held by nobody.
    if (message.data.length > MAX_EVENT_CHARS) return this.#failForLength();
    try {
      const event = parseStreamEvent(message.data, this.#requestId);
      if (message.event === 'error') throw this.#namelessError(message);
      this.#events.push(event);
      this.ended = event.type === 'message_stop';
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      // Gateways send errors in forms of their own: the name of the frame says what it is.
      this.#fail(message.event === 'error' && error.type === 'invalid_stream' ? this.#namelessError(message) : error);
    }
  }

  #namelessError({ data }: EventSourceMessage): APIError {
    return new APIError(`The Messages API broke off its answer with an error: ${excerpt(data)}`, {
      type: 'api_error',
      requestId: this.#requestId,
    });
  }

  #failForLength(): void {
    this.#fail(invalidStream(`an event is longer than ${MAX_EVENT_CHARS} characters`, { requestId: this.#requestId }));
  }

  #fail(error: Error): void {
    this.failure ??= error;
  }
}
