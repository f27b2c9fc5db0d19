import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorBody } from '../exchange/answers.ts';
import { maxBodyBytes } from '../exchange/routes.ts';
import type { HttpSend } from '../http-send.ts';
import { BrokenConnectionError } from '../wire/stream-body.ts';
import { readBody } from './read-body.ts';

/** Carries one HTTP request to `send` and its answer back, with backpressure; the client's leaving aborts the exchange. */
export async function serveExchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  send: HttpSend,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort(new Error('The client went away')));
  outgoing.once('error', (error) => gone.abort(error));
  const flushed = new FlushCounter();
  let requestId = 'req_unknown';
  try {
    const { method = 'GET', url = '/' } = incoming;
    const body = await readBody(incoming, maxBodyBytes(method, url));
    const answer = await send({
      method,
      url,
      headers: flatHeaders(incoming),
      body: body.byteLength === 0 ? undefined : body,
      signal: gone.signal,
    });
    requestId = answer.headers['request-id'] ?? requestId;
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.flushHeaders();
    for await (const chunk of answer.body) {
      if (!outgoing.write(chunk, flushed.count())) await drained(outgoing, gone.signal);
    }
    outgoing.end();
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof BrokenConnectionError)) {
      fail(outgoing, { error, requestId });
      return;
    }
    if (error.isReset) {
      outgoing.socket?.resetAndDestroy();
      return;
    }
    // What came before the break is to arrive: destroying at once would drop what still waits in the socket.
    await flushed.all(gone.signal);
    outgoing.destroy();
  }
}

/** An answer that cannot be sent as it is, such as one with a header that HTTP does not allow; one half sent can only be cut off. */
function fail(outgoing: ServerResponse, { error, requestId }: { error: unknown; requestId: string }): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  const message = `emulator: the answer could not be sent: ${String(error)}`;
  outgoing.writeHead(500, { 'content-type': 'application/json', 'request-id': requestId });
  outgoing.end(JSON.stringify(errorBody({ type: 'api_error', message }, requestId)));
}

function flatHeaders(incoming: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** Resolves when what was written has left; rejects with `signal.reason` when the reader has gone. */
export function drained(outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = (): void => {
      outgoing.off('drain', drain);
      reject(signal.reason);
    };
    const drain = (): void => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    outgoing.once('drain', drain);
    signal.addEventListener('abort', abort, { once: true });
  });
}

/** Counts writes that have not reached the operating system yet. */
class FlushCounter {
  #open = 0;
  #onEmpty: (() => void) | undefined;

  /** The callback for one write. */
  count(): () => void {
    this.#open += 1;
    return this.#flushed;
  }

  all(signal: AbortSignal): Promise<void> {
    if (this.#open === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  readonly #flushed = (): void => {
    this.#open -= 1;
    if (this.#open === 0) this.#onEmpty?.();
  };
}
