import type { IncomingMessage } from 'node:http';
import { APIConnectionError } from '../errors.ts';

/**
 * The body of a response of `node:http`, read once, as fast as it is asked for. Whatever is buffered comes as one chunk.
 * A connection that breaks before the body is whole rejects with APIConnectionError, an abort with the signal's reason.
 */
export class ResponseBody implements AsyncIterable<Uint8Array> {
  readonly #response: IncomingMessage;
  readonly #url: URL;
  readonly #signal: AbortSignal | undefined;

  constructor(response: IncomingMessage, url: URL, signal: AbortSignal | undefined) {
    this.#response = response;
    this.#url = url;
    this.#signal = signal;
    // A body that is never read, or is left before it breaks, must not end the process by an error nobody hears.
    response.on('error', () => undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      // The chunks of a response without an encoding are buffers.
      for await (const chunk of this.#response as AsyncIterable<Uint8Array>) {
        if (this.#signal?.aborted) break;
        yield chunk;
      }
    } catch (cause) {
      if (this.#signal?.aborted) throw this.#signal.reason;
      throw new APIConnectionError(`The connection to ${this.#url.origin} broke before the answer was whole`, {
        cause,
      });
    }
    if (this.#signal?.aborted) throw this.#signal.reason;
    if (!this.#response.complete) throw new APIConnectionError(`The answer of ${this.#url.origin} is not whole`);
  }
}
