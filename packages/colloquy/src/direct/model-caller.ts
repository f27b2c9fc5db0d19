import { processEnvironment } from '#surroundings';
import { AbortError, TimeoutError } from '../errors.ts';
import { atBorder } from '../helpers/abort-error.ts';
import { Deadline } from '../helpers/deadline.ts';
import { delay } from '../helpers/delay.ts';
import { isRetryable, retryDelayMs } from '../messages-api/retry-policy.ts';
import type { ApiMessage } from '../messages-api/types.ts';
import { usageSoFar } from '../turn/usage-so-far.ts';
import { type Connection, type ConnectionOptions, openConnection } from './connection.ts';
import type { CallOptions } from './request-options.ts';
import { ChunkReader, eventsOf, type StreamChunk } from './stream-chunk.ts';
import { addUsage, type DirectUsage, NO_USAGE } from './usage.ts';

const DEFAULT_MAX_RETRIES = 4;

export type ModelRequest = {
  model: string;
  /** The request's JSON, with `"stream": true` for a stream. */
  body: (stream: boolean) => string;
  call: CallOptions;
  /** Chunks are wanted. What has been told of an answer cannot be taken back, so from then on it is not asked for again. */
  tells: boolean;
  /** Aborts when nobody wants the answer any more. */
  left?: AbortSignal | undefined;
};

export type WholeMessage = { message: ApiMessage; requestId: string | undefined };

/** What both direct clients do: call the model, again if that may help, and count what it costs. */
export class ModelCaller {
  usage: DirectUsage = NO_USAGE;
  readonly env: Record<string, string | undefined>;
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /** @throws ConfigurationError like `openConnection` */
  constructor(options: ConnectionOptions) {
    this.env = options.env ?? processEnvironment();
    this.#connection = openConnection(options);
  }

  get apiVersion(): Connection['apiVersion'] {
    return this.#connection.apiVersion;
  }

  /** Yields the chunks of an answer, if they are wanted, and returns the whole. */
  async *read(request: ModelRequest): AsyncGenerator<readonly StreamChunk[], WholeMessage, void> {
    const { call } = request;
    const deadline = this.#deadline(call, request.left);
    try {
      for (let attempt = 1; ; attempt += 1) {
        const told = { any: false };
        try {
          return yield* this.#attempt(request, deadline.signal, told);
        } catch (error) {
          if (told.any) throw error;
          await waitBefore(attempt + 1, error, call, deadline.signal);
        }
      }
    } catch (error) {
      throw atBorder(error, call.signal);
    } finally {
      deadline.close();
    }
  }

  /** Input tokens of a request, as the API estimates them; asked again like any other call. */
  async count(body: string, call: CallOptions): Promise<number> {
    return this.within(call, async (signal) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.#connection.client.countTokens(body, { signal, headers: this.#connection.headers });
        } catch (error) {
          await waitBefore(attempt + 1, error, call, signal);
        }
      }
    });
  }

  /** Does something that ends with the call's signal, with its time, and with the client. */
  async within<T>(call: CallOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = this.#deadline(call);
    try {
      return await work(deadline.signal);
    } catch (error) {
      throw atBorder(error, call.signal);
    } finally {
      deadline.close();
    }
  }

  /** Calls under way reject with AbortError. Safe to call twice. */
  close(): Promise<void> {
    this.#closing.abort(new AbortError('The client is closed'));
    return (this.#closed ??= this.#connection.close());
  }

  #deadline({ signal, timeoutMs }: CallOptions, left?: AbortSignal): Deadline {
    const signals = [this.#closing.signal, signal, left].filter((item) => item !== undefined);
    const deadline = new Deadline(AbortSignal.any(signals));
    if (timeoutMs !== undefined) {
      deadline.start(timeoutMs, () => new TimeoutError(`The call was not done within ${timeoutMs} ms (timeoutMs)`));
    }
    return deadline;
  }

  async *#attempt(
    { model, body, call, tells }: ModelRequest,
    signal: AbortSignal,
    told: { any: boolean },
  ): AsyncGenerator<readonly StreamChunk[], WholeMessage, void> {
    const answer = new Attempt(this.#connection, { signal, stream: call.stream !== false });
    try {
      let held: StreamChunk[] = [];
      for await (const batch of answer.chunks(body(call.stream !== false))) {
        if (!tells) continue;
        held.push(...batch);
        // Until something is said an answer can still be asked for again, and most of those that break do so here.
        if (
          !told.any &&
          !held.some(({ eventType }) => eventType === 'content_block_start' || eventType === 'message_stop')
        )
          continue;
        told.any = true;
        const chunks = held;
        held = [];
        if (call.onText !== undefined) for (const { textDelta } of chunks) if (textDelta) call.onText(textDelta);
        yield chunks;
      }
      return { message: answer.reader.message(), requestId: answer.requestId };
    } finally {
      // What broke off is billed like any other answer.
      const { reader } = answer;
      if (reader.begun) {
        const usage = reader.done ? reader.usage : usageSoFar(reader.usage, reader.blocks);
        this.usage = addUsage(this.usage, model, usage);
      }
    }
  }
}

/** Waits as long as it takes for another attempt to make sense after an error; throws the error if none does. */
async function waitBefore(attempt: number, error: unknown, call: CallOptions, signal: AbortSignal): Promise<void> {
  const { maxRetries = DEFAULT_MAX_RETRIES } = call;
  const failed = attempt - 1;
  if (signal.aborted || !isRetryable(error) || failed > maxRetries) throw error;
  const delayMs = retryDelayMs(error, failed);
  call.onRetry?.({ attempt: failed, delayMs, error });
  await delay(delayMs, { signal });
}

/** One request, and what came of its answer. */
class Attempt {
  reader = new ChunkReader(undefined);
  requestId: string | undefined;
  readonly #connection: Connection;
  readonly #signal: AbortSignal;
  readonly #stream: boolean;

  constructor(connection: Connection, o: { signal: AbortSignal; stream: boolean }) {
    this.#connection = connection;
    this.#signal = o.signal;
    this.#stream = o.stream;
  }

  async *chunks(body: string): AsyncGenerator<readonly StreamChunk[], void, void> {
    const { client, headers } = this.#connection;
    const o = { signal: this.#signal, headers };
    if (!this.#stream) {
      const events = eventsOf(await client.create(body, o));
      return yield events.map((event) => this.reader.read(event));
    }
    const { requestId, events } = await client.stream(body, o);
    this.requestId = requestId;
    this.reader = new ChunkReader(requestId);
    for await (const batch of events) yield batch.map((event) => this.reader.read(event));
  }
}
