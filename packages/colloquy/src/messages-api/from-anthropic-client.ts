import { APIConnectionError, APIError, ColloquyError, ConfigurationError, TimeoutError } from '../errors.ts';
import { Deadline } from '../helpers/deadline.ts';
import { isRecord } from '../helpers/is-record.ts';
import { untilAborted } from '../helpers/until-aborted.ts';
import { within } from '../helpers/within.ts';
import { MessageAccumulator } from './accumulate-message.ts';
import { errorFacts, invalidStream, retryHints, typeOfStatus } from './api-error.ts';
import type { CallOptions, MessagesClient } from './messages-client.ts';
import { checkStreamEvent } from './parse-stream-event.ts';
import type { StreamEvent } from './types.ts';

// The official client passes over pings, so that a model that thinks for minutes looks as if it were gone.
const IDLE_TIMEOUT_MS = 600_000;

// For the client to end its stream after message_stop, or when it is left.
const END_MS = 100;

type ClientCallOptions = {
  signal?: AbortSignal | undefined;
  headers?: Record<string, string> | undefined;
  /** Always 0: retries are made, and told, by Colloquy. Typed as in the official client, which takes no `undefined` here. */
  maxRetries?: number;
};

/** The part of `@anthropic-ai/sdk`'s client that Colloquy uses. */
export type MessagesCreator = {
  messages: {
    create(body: never, options?: ClientCallOptions): PromiseLike<AsyncIterable<unknown>>;
    countTokens?(body: never, options?: ClientCallOptions): PromiseLike<{ input_tokens: number }>;
  };
};

/**
 * A MessagesClient over a client of somebody else: Bedrock, Vertex, a gateway. Credential, endpoint and API version are the client's.
 * It is held to the same rules: a stream that ends before `message_stop` is an error, errors come as ours, and an abort does not wait for the client to heed it.
 * `create` reads a stream as well, as that is all such a client must have; `countTokens` rejects if the client has none.
 */
export function fromAnthropicClient(client: MessagesCreator): MessagesClient {
  const { messages } = client;

  const stream: MessagesClient['stream'] = async (body, call = {}) => {
    call.signal?.throwIfAborted();
    const deadline = new Deadline(call.signal);
    deadline.start(IDLE_TIMEOUT_MS, stalled);
    const params = { ...parseBody(body), stream: true };
    try {
      // The parameters are typed by a version of the SDK that we do not know; the body is what its caller made of them.
      const pending = messages.create(params as never, optionsOf(call, deadline.signal));
      const { data, requestId } = await untilAborted(withRequestId(pending), deadline.signal);
      return { requestId, events: readClientEvents(data, requestId, deadline) };
    } catch (error) {
      deadline.close();
      throw clientError(error, deadline.signal, 'request');
    }
  };

  return {
    stream,
    async create(body, call) {
      const { requestId, events } = await stream(body, call);
      const accumulator = new MessageAccumulator({ requestId });
      for await (const batch of events) for (const event of batch) accumulator.add(event);
      return accumulator.message();
    },
    async countTokens(body, call = {}) {
      if (messages.countTokens === undefined) {
        throw new ConfigurationError('The client given as `client` has no messages.countTokens; pass one that has');
      }
      call.signal?.throwIfAborted();
      const deadline = new Deadline(call.signal);
      deadline.start(IDLE_TIMEOUT_MS, stalled);
      try {
        // As above.
        const pending = messages.countTokens(parseBody(body) as never, optionsOf(call, deadline.signal));
        const counted = await untilAborted(pending, deadline.signal);
        return counted.input_tokens;
      } catch (error) {
        throw clientError(error, deadline.signal, 'request');
      } finally {
        deadline.close();
      }
    },
  };
}

function optionsOf(call: CallOptions, signal: AbortSignal): ClientCallOptions {
  return { signal, maxRetries: 0, ...(call.headers === undefined ? {} : { headers: call.headers }) };
}

function parseBody(body: string | Uint8Array): object {
  const params: unknown = JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
  if (isRecord(params)) return params;
  throw new TypeError('The body of a request must be a JSON object');
}

function stalled(): TimeoutError {
  return new TimeoutError(
    `The client given as \`client\` sent no event for ${IDLE_TIMEOUT_MS} ms; its answer is taken as lost`,
  );
}

type WithResponse<T> = { withResponse(): PromiseLike<{ data: T; request_id?: string | null | undefined }> };

/** The official client's promise knows the request id; a plain promise does not. */
async function withRequestId<T>(pending: PromiseLike<T>): Promise<{ data: T; requestId: string | undefined }> {
  if (!knowsResponse(pending)) return { data: await pending, requestId: undefined };
  const { data, request_id } = await pending.withResponse();
  return { data, requestId: request_id ?? undefined };
}

function knowsResponse<T>(pending: PromiseLike<T>): pending is PromiseLike<T> & WithResponse<T> {
  return 'withResponse' in pending && typeof pending.withResponse === 'function';
}

async function* readClientEvents(
  events: AsyncIterable<unknown>,
  requestId: string | undefined,
  deadline: Deadline,
): AsyncGenerator<readonly StreamEvent[], void, void> {
  const iterator = events[Symbol.asyncIterator]();
  let ended = false;
  try {
    while (!ended) {
      const value = await nextValue(iterator, deadline);
      if (value === undefined) throw invalidStream('it ended before message_stop', { requestId });
      const event = checkStreamEvent(value, requestId);
      ended = event.type === 'message_stop';
      yield [event];
    }
    await seeEnd(iterator, deadline);
  } finally {
    // A client that does not heed its signal would not come back from being left either.
    if (deadline.signal.aborted) void leave(iterator);
    else await within(END_MS, leave(iterator));
    deadline.close();
  }
}

/** One more step lets the client see the end of its stream, and keep the connection. */
async function seeEnd(iterator: AsyncIterator<unknown>, deadline: Deadline): Promise<void> {
  deadline.start(END_MS, () => new TimeoutError('The stream of the client went on after message_stop'));
  try {
    await untilAborted(iterator.next(), deadline.signal);
  } catch {
    // The answer is whole: how its stream ends is nobody's concern, an abort included.
  } finally {
    deadline.pause();
  }
}

async function leave(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // Whoever leaves has what there was, or knows why there is no more.
  }
}

async function nextValue(iterator: AsyncIterator<unknown>, deadline: Deadline): Promise<unknown> {
  deadline.start(IDLE_TIMEOUT_MS, stalled);
  try {
    const next = await untilAborted(iterator.next(), deadline.signal);
    // The official iterator ends quietly when its signal is aborted.
    deadline.signal.throwIfAborted();
    return next.done === true ? undefined : next.value;
  } catch (error) {
    throw clientError(error, deadline.signal, 'stream');
  } finally {
    deadline.pause();
  }
}

/** An error of the client as one of ours, by its shape: there may be several copies and versions of its classes. */
function clientError(error: unknown, signal: AbortSignal, phase: 'request' | 'stream'): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ColloquyError || !(error instanceof Error) || !isRecord(error)) return error;
  const options = { cause: error };
  const { status, type } = error;
  const facts = errorFacts(error['error']);
  const errorType = facts.type ?? (typeof type === 'string' ? type : undefined);
  if (typeof status === 'number') {
    const header = (name: string): string | undefined => headerOf(error['headers'], name);
    const requestId = header('request-id') ?? facts.requestId;
    const told = {
      status,
      type: errorType ?? typeOfStatus(status),
      errorCode: facts.errorCode,
      requestId,
      ...retryHints(header),
    };
    const message = `The Messages API answered ${status} ${told.type}: ${facts.message ?? error.message}`;
    return new APIError(message, told, options);
  }
  if (errorType !== undefined) {
    const message = `The Messages API broke off its answer with ${errorType}: ${facts.message ?? error.message}`;
    return new APIError(message, { type: errorType, errorCode: facts.errorCode, requestId: facts.requestId }, options);
  }
  if (/Timeout/.test(error.name + error.constructor.name)) return new TimeoutError(error.message, options);
  if (error instanceof SyntaxError) return invalidStream('an event is not JSON', {}, options);
  // Whatever breaks a stream that had begun is the connection; before it, only what says so: the rest is a mistake to be seen as it is.
  if (
    phase === 'stream' ||
    /Connection/.test(error.name + error.constructor.name) ||
    'cause' in error ||
    'code' in error
  ) {
    return new APIConnectionError(`The client given as \`client\` lost its connection: ${error.message}`, options);
  }
  return error;
}

function headerOf(headers: unknown, name: string): string | undefined {
  if (!isRecord(headers)) return undefined;
  const value: unknown = typeof headers['get'] === 'function' ? headers['get'](name) : headers[name];
  return typeof value === 'string' ? value : undefined;
}
