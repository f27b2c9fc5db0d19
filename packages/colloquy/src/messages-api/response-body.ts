import type { IncomingMessage } from 'node:http';
import { APIConnectionError } from '../errors.ts';

/** What may lie here unread before the server is held back. */
const HIGH_WATER_BYTES = 64 * 1024;

type Result = IteratorResult<Uint8Array, undefined>;
type Waiting = { resolve: (result: Result) => void; reject: (error: unknown) => void };

/**
 * The body of a response of `node:http`, read once, by one reader, as fast as it is asked for. Whatever is buffered comes as one chunk.
 * A connection that breaks before the body is whole rejects with APIConnectionError, an abort with the signal's reason.
 * Written by hand on the response's events: its own iterator costs several asynchronous hops a chunk, and the pieces of an answer come
 * one by one.
 */
export class ResponseBody implements AsyncIterableIterator<Uint8Array> {
  readonly #response: IncomingMessage;
  readonly #url: URL;
  readonly #signal: AbortSignal | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isReading = false;
  #waiting: Waiting | undefined;
  /** How it has ended; an error is the connection's. */
  #end: { error?: Error | undefined } | undefined;

  constructor(response: IncomingMessage, url: URL, signal: AbortSignal | undefined) {
    this.#response = response;
    this.#url = url;
    this.#signal = signal;
    // A body that is never read, or is left before it breaks, must not end the process by an error nobody hears.
    response.on('error', (error) => this.#ended({ error }));
  }

  next(): Promise<Result> {
    if (this.#signal?.aborted === true) {
      this.#leave();
      return Promise.reject(this.#signal.reason);
    }
    if (this.#chunks.length > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#end !== undefined) return this.#atEnd(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (!this.#isReading) this.#begin();
      else if (this.#response.isPaused()) this.#response.resume();
    });
  }

  /** Leaves the body; a connection in the middle of it is of no further use. */
  return(): Promise<Result> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #begin(): void {
    this.#isReading = true;
    const response = this.#response;
    response.on('end', () => this.#ended({}));
    response.on('close', () => {
      // An error takes 16 µs to make, and nearly every body has come to its end by then.
      if (this.#end === undefined) this.#ended({ error: new Error('The connection was closed') });
    });
    // It may have come to its end before anybody read.
    if (response.destroyed) this.#ended(response.errored === null ? {} : { error: response.errored });
    // The chunks of a response without an encoding are buffers.
    else response.on('data', (chunk: Buffer) => this.#put(chunk));
  }

  #put(chunk: Buffer): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: chunk });
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= HIGH_WATER_BYTES) this.#response.pause();
  }

  #take(): Buffer {
    const [first, ...others] = this.#chunks;
    const taken = first !== undefined && others.length === 0 ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#chunks = [];
    this.#bytes = 0;
    return taken;
  }

  #ended(end: { error?: Error }): void {
    this.#end ??= end;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#atEnd(this.#end).then(waiting.resolve, waiting.reject);
  }

  async #atEnd({ error }: { error?: Error | undefined }): Promise<Result> {
    if (this.#signal?.aborted === true) throw this.#signal.reason;
    const { origin } = this.#url;
    if (error !== undefined) {
      throw new APIConnectionError(`The connection to ${origin} broke before the answer was whole`, { cause: error });
    }
    if (!this.#response.complete) throw new APIConnectionError(`The answer of ${origin} is not whole`);
    return { done: true, value: undefined };
  }

  #leave(): void {
    this.#end ??= {};
    this.#chunks = [];
    this.#bytes = 0;
    if (!this.#response.readableEnded) this.#response.destroy();
  }
}
