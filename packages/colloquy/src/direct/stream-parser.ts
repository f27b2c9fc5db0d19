import { isRecord } from '../helpers/is-record.ts';
import { messageOf } from '../helpers/message-of.ts';
import { checkStreamEvent } from '../messages-api/parse-stream-event.ts';
import { FrameReader } from '../messages-api/read-events.ts';
import type { ApiMessage, ContentBlock, StreamEvent } from '../messages-api/types.ts';
import { ChunkReader, type StreamChunk } from './stream-chunk.ts';

export type StreamParserOptions = {
  /** Told each event that is whole, in order, from within `addChunk`. What it throws comes out there. */
  onChunk?: ((chunk: StreamChunk) => void) | undefined;
};

/**
 * Reads a streamed answer of the Messages API from whoever has it: the body of a response piece by piece, as bytes or text that may be
 * cut anywhere, or events that somebody else has parsed. Held to the same rules as an answer of the clients.
 */
export class StreamParser {
  readonly #frames = new FrameReader(undefined);
  readonly #reader = new ChunkReader(undefined);
  readonly #onChunk: (chunk: StreamChunk) => void;
  readonly #texts: string[] = [];
  #failure: Error | undefined;

  constructor({ onChunk = () => {} }: StreamParserOptions = {}) {
    this.#onChunk = onChunk;
  }

  /**
   * Takes the next piece: bytes, text, an event, or a chunk of `stream()`. What comes after the end of the answer is passed over.
   * @throws APIError of type `invalid_stream` if the answer breaks the protocol, or of the type that an `error` event names; the events
   * before it are told first, and every later call throws it again.
   */
  addChunk(chunk: string | Uint8Array | ArrayBuffer | StreamEvent | StreamChunk): this {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      for (const event of this.#eventsOf(chunk)) this.#take(event);
      if (this.#frames.failure !== undefined && !this.done) throw this.#frames.failure;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(messageOf(error), { cause: error });
      throw error;
    }
    return this;
  }

  /** Whether the answer is whole. */
  get done(): boolean {
    return this.#reader.done;
  }

  /** The text so far, of all text blocks. */
  get text(): string {
    return this.#texts.join('');
  }

  /** The blocks so far; of the one being received only its text. Calls are to be taken from `toMessage()`. */
  get blocks(): ContentBlock[] {
    return this.#reader.blocks;
  }

  /** The whole message. @throws APIError of type `invalid_stream` when it is not whole, or what `addChunk` has thrown */
  toMessage(): ApiMessage {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#reader.message();
  }

  #take(event: StreamEvent): void {
    if (this.done) return;
    const chunk = this.#reader.read(event);
    if (chunk.textDelta !== undefined) this.#texts.push(chunk.textDelta);
    this.#onChunk(chunk);
  }

  #eventsOf(chunk: string | Uint8Array | ArrayBuffer | StreamEvent | StreamChunk): readonly StreamEvent[] {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) return this.#frames.read(chunk);
    if (chunk instanceof ArrayBuffer) return this.#frames.read(new Uint8Array(chunk));
    return [checkStreamEvent(isRecord(chunk) && 'eventType' in chunk ? chunk['data'] : chunk, undefined)];
  }
}
