import { TimeoutError } from '../errors.ts';
import { Deadline } from '../helpers/deadline.ts';
import { isRecord } from '../helpers/is-record.ts';
import { VERSION } from '../helpers/version.ts';
import { MessageAccumulator } from './accumulate-message.ts';
import { errorFromResponse, errorInStream, excerpt, invalidStream } from './api-error.ts';
import { type Endpoint, endpointHeaders, messagesUrl } from './endpoint.ts';
import type { HttpResponse, HttpSend } from './http-send.ts';
import { messageToEvents } from './message-to-events.ts';
import { blockFlaw, messageFlaw } from './parse-stream-event.ts';
import { exchangeError, readEvents } from './read-events.ts';
import type { ApiMessage, StreamEvent } from './types.ts';

const DEFAULT_IDLE_TIMEOUT_MS = 90_000;
const USER_AGENT = `colloquy/${VERSION}`;

// A stream is quiet only until its headers, which wait for the prompt to be read and for a place in the queue.
const STREAM_HEADERS_TIMEOUT_MS = 300_000;

// Without a stream nothing is sent until the last token is made.
const CREATE_TIMEOUT_MS = 600_000;
const COUNT_TIMEOUT_MS = 60_000;

const ERROR_BODY_TIMEOUT_MS = 30_000;
const MAX_ERROR_BODY_BYTES = 1_000_000;
const MAX_ANSWER_BYTES = 64_000_000;

export type CallOptions = {
  /** Abandons the call, its stream included: it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Added to the client's own, which they replace; names in `anthropic-beta` are added to its own. */
  headers?: Record<string, string> | undefined;
};

/**
 * The Messages API. Every call is one attempt; `retry-policy.ts` says which errors may pass. Bodies are JSON as it goes over the wire.
 * Calls reject with `APIError`, `APIConnectionError`, `TimeoutError` or the reason of their signal.
 */
export type MessagesClient = {
  /**
   * Sends a request whose body says `"stream": true`; resolves when the answer begins. `events` can be read once, and should be at
   * once: it holds the connection, at most for the idle time-out. It yields the events of a chunk together, ends normally only after
   * `message_stop`, and takes up to 100 ms after that for the end of the body. Leaving the loop earlier drops the connection.
   */
  stream(
    body: string | Uint8Array,
    o?: CallOptions,
  ): Promise<{ requestId: string | undefined; events: AsyncIterable<readonly StreamEvent[]> }>;
  /** Sends a request without `stream`; resolves with the whole message, checked as strictly as a stream. At most 10 minutes. */
  create(body: string | Uint8Array, o?: CallOptions): Promise<ApiMessage>;
  /** Input tokens that a request would have, as the API estimates them. The body is that of a message without `max_tokens`. */
  countTokens(body: string | Uint8Array, o?: CallOptions): Promise<number>;
};

export type MessagesClientOptions = {
  send: HttpSend;
  endpoint: Endpoint;
  /** Default: `colloquy/<version>`. */
  userAgent?: string | undefined;
  /** A stream that sends no byte for so long, not even a ping, is given up. Milliseconds; default 90 s. */
  idleTimeoutMs?: number | undefined;
};

/** @throws ConfigurationError if the endpoint's URL or credential cannot be used */
export function createMessagesClient(o: MessagesClientOptions): MessagesClient {
  return new HttpMessagesClient(o);
}

class HttpMessagesClient implements MessagesClient {
  readonly #send: HttpSend;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #idleTimeoutMs: number;

  constructor({ send, endpoint, userAgent, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS }: MessagesClientOptions) {
    this.#send = send;
    this.#url = messagesUrl(endpoint.baseUrl);
    this.#headers = endpointHeaders(endpoint, userAgent ?? USER_AGENT);
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  stream(
    body: string | Uint8Array,
    call: CallOptions = {},
  ): Promise<{ requestId: string | undefined; events: AsyncIterable<readonly StreamEvent[]> }> {
    return this.#exchange('', body, call, STREAM_HEADERS_TIMEOUT_MS, async (response, deadline) => {
      const requestId = response.headers['request-id'];
      if (!/^text\/event-stream\b/i.test(response.headers['content-type'] ?? '')) throw await notAStream(response);
      const idleTimeoutMs = this.#idleTimeoutMs;
      // Until somebody reads, the same bound holds: a stream that is opened and forgotten does not hold its connection for ever.
      deadline.start(idleTimeoutMs, () => new TimeoutError(`Nobody read the answer within ${idleTimeoutMs} ms`));
      return { requestId, events: readEvents(response.body, { requestId, deadline, idleTimeoutMs }) };
    });
  }

  create(body: string | Uint8Array, call: CallOptions = {}): Promise<ApiMessage> {
    return this.#exchange('', body, call, CREATE_TIMEOUT_MS, async (response, deadline) => {
      const message = wholeMessage(await readJson(response), response.headers['request-id']);
      deadline.close();
      return message;
    });
  }

  countTokens(body: string | Uint8Array, call: CallOptions = {}): Promise<number> {
    return this.#exchange('/count_tokens', body, call, COUNT_TIMEOUT_MS, async (response, deadline) => {
      const counted = await readJson(response);
      deadline.close();
      const tokens = isRecord(counted) ? counted['input_tokens'] : undefined;
      if (typeof tokens === 'number') return tokens;
      throw invalidStream('a token count without input_tokens', factsOf(response));
    });
  }

  /** Runs `read` on a response with status 200; `read` takes over the deadline if it returns something that is still open. */
  async #exchange<T>(
    path: string,
    body: string | Uint8Array,
    call: CallOptions,
    timeoutMs: number,
    read: (response: HttpResponse, deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    call.signal?.throwIfAborted();
    const url = this.#url + path;
    const deadline = new Deadline(call.signal);
    deadline.start(timeoutMs, () => new TimeoutError(`${new URL(url).origin} did not answer within ${timeoutMs} ms`));
    try {
      const headers = mergedHeaders(this.#headers, call.headers);
      const response = await this.#send({ method: 'POST', url, headers, body, signal: deadline.signal });
      if (response.status !== 200) throw await readError(response, deadline, call.signal);
      return await read(response, deadline);
    } catch (error) {
      deadline.close();
      throw exchangeError(error, deadline.signal);
    }
  }
}

/** A whole message, by the rules of a stream. @throws APIError of type `invalid_stream` */
function wholeMessage(value: unknown, requestId: string | undefined): ApiMessage {
  const flaw = messageFlaw(value);
  if (flaw !== undefined) throw invalidStream(`the answer ${flaw}`, { requestId });
  // Just checked, but for its blocks, which come next.
  const message = value as ApiMessage;
  for (const block of message.content) {
    const wrong = blockFlaw(block);
    if (wrong !== undefined) throw invalidStream(`the answer ${wrong}`, { requestId });
  }
  const accumulator = new MessageAccumulator({ requestId });
  for (const event of messageToEvents(message)) accumulator.add(event);
  return accumulator.message();
}

async function readJson(response: HttpResponse): Promise<unknown> {
  const text = await readText(response, MAX_ANSWER_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalidStream(`it is not JSON, and begins: ${excerpt(text)}`, factsOf(response), { cause });
  }
  const error = errorInStream(value, response.headers['request-id']);
  if (error !== undefined) throw error;
  return value;
}

async function notAStream(response: HttpResponse): Promise<Error> {
  const type = response.headers['content-type'] ?? 'no content type';
  const text = await readText(response, MAX_ERROR_BODY_BYTES);
  return (
    jsonError(text, response.headers['request-id']) ??
    invalidStream(`it is ${type} instead of a stream of events, and begins: ${excerpt(text)}`, factsOf(response))
  );
}

/** The error that a gateway reports in a JSON body with status 200. */
function jsonError(text: string, requestId: string | undefined): Error | undefined {
  try {
    return errorInStream(JSON.parse(text), requestId);
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

async function readError(response: HttpResponse, deadline: Deadline, signal: AbortSignal | undefined): Promise<Error> {
  deadline.start(ERROR_BODY_TIMEOUT_MS, () => new TimeoutError('The body of an error did not end'));
  const parts: string[] = [];
  try {
    await readText(response, MAX_ERROR_BODY_BYTES, parts);
  } catch (cause) {
    // A body that breaks off, stalls or is too long still has its status, which says more than how it ended.
    if (signal?.aborted) throw cause;
  }
  deadline.close();
  return errorFromResponse(response.status, response.headers, parts.join(''));
}

/** The body as text; what came before an error is left in `parts`. @throws APIError if it is longer than `maxBytes` */
async function readText(response: HttpResponse, maxBytes: number, parts: string[] = []): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw invalidStream(`its body is longer than ${maxBytes} bytes`, factsOf(response));
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  return parts.join('');
}

function factsOf(response: HttpResponse): { status: number; requestId: string | undefined } {
  return { status: response.status, requestId: response.headers['request-id'] };
}

function mergedHeaders(own: Record<string, string>, added: Record<string, string> | undefined): Record<string, string> {
  if (added === undefined) return own;
  const merged = { ...own };
  for (const [name, value] of Object.entries(added)) {
    const key = name.toLowerCase();
    const betas = key === 'anthropic-beta' ? merged[key] : undefined;
    merged[key] = betas === undefined ? value : `${betas},${value}`;
  }
  return merged;
}
