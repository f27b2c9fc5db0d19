import { systemClock, type Clock } from '../clock/clock.ts';
import type { HttpRequest } from '../http-send.ts';
import type { PlannedMessage, PlannedUsage } from '../replies/plan-message.ts';
import type { RequestMessage } from '../request/messages-request.ts';

/** Older requests are forgotten when the bodies of all weigh more than this. */
const MAX_RECORDED_BYTES = 64 * 1024 * 1024;
/** What a request weighs besides its body. */
const BYTES_BESIDES = 1024;
const BYTES_PER_OUTPUT_TOKEN = 4;
const DEFAULT_WAIT_MS = 10_000;

/** A request as it came, and what became of it. */
export type RecordedRequest = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON; `{ messages: [] }` when there was none. */
  readonly body: RecordedBody;
  /** `body.messages`. */
  readonly messages: readonly RequestMessage[];
  /** By the emulator's clock. */
  readonly receivedAtMs: number;
  readonly requestId: string;
  /** HTTP status of the answer; undefined until it is decided. */
  status: number | undefined;
  /** `answering` until the last byte is handed over, the client went away, or the emulator broke the connection. */
  state: 'answering' | 'answered' | 'aborted';
  /** The client went away before the answer was whole. */
  aborted: boolean;
  /** What the answer bills; undefined until it is decided, and for all that is not a message. */
  usage: RecordedUsage | undefined;
};

/** The fields of `usage` that make up the bill, as at the end of the answer. */
export type RecordedUsage = {
  /** Input that was neither read from the cache nor written to it. */
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly output_tokens: number;
};

/** What became of a request, for those who watch; a client or a test sees it in the answer. */
export type Outcome = {
  /** As it was planned; a fault may have broken its stream. */
  message?: PlannedMessage;
  /** Of an error answer. */
  error?: { type: string; message: string };
  /** When `state` left `answering`, by the emulator's clock. */
  endedAtMs?: number;
};

/** Typed as a client should have sent it; what it did send may differ. */
export type RecordedBody = {
  readonly model?: string | undefined;
  readonly max_tokens?: number | undefined;
  readonly messages: readonly RequestMessage[];
  readonly [field: string]: unknown;
};

export type WaitOptions = {
  /** Default 10 seconds, by the real clock's `setTimeout`. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
};

/** Keeps the requests, and lets tests wait for what happens to them instead of sleeping. */
export class Recorder {
  readonly requests: RecordedRequest[] = [];
  readonly #sizes: number[] = [];
  readonly #outcomes = new WeakMap<RecordedRequest, Outcome>();
  readonly #watchers = new Set<(request: RecordedRequest) => void>();
  readonly #clock: Pick<Clock, 'now'>;
  #bytes = 0;
  #dropped = 0;
  #taken = 0;

  constructor(clock: Pick<Clock, 'now'> = systemClock) {
    this.#clock = clock;
  }

  record(
    request: HttpRequest,
    o: { path: string; query: string; parsed: unknown; bytes: number; requestId: string; nowMs: number },
  ): RecordedRequest {
    // Typed as a well-behaved client's, for the convenience of tests; nothing in the emulator relies on it.
    const body = (typeof o.parsed === 'object' && o.parsed !== null ? o.parsed : { messages: [] }) as RecordedBody;
    const recorded: RecordedRequest = {
      method: request.method,
      path: o.path,
      query: o.query,
      headers: request.headers,
      body,
      messages: Array.isArray(body.messages) ? body.messages : [],
      receivedAtMs: o.nowMs,
      requestId: o.requestId,
      status: undefined,
      state: 'answering',
      aborted: false,
      usage: undefined,
    };
    this.requests.push(recorded);
    this.#sizes.push(o.bytes + BYTES_BESIDES);
    this.#bytes += o.bytes + BYTES_BESIDES;
    while (this.#bytes > MAX_RECORDED_BYTES && this.requests.length > 1) this.#forgetOldest();
    this.#changed(recorded);
    return recorded;
  }

  /** Keeps what is answered; a message weighs what its text weighs. */
  answered(request: RecordedRequest, answer: Pick<Outcome, 'message' | 'error'>): void {
    this.#outcomes.set(request, { ...this.#outcomes.get(request), ...answer });
    if (answer.message !== undefined) request.usage = billOf(answer.message.usage);
    const at = this.requests.lastIndexOf(request);
    const bytes = (answer.message?.usage.outputTokens ?? 0) * BYTES_PER_OUTPUT_TOKEN;
    if (this.#sizes[at] !== undefined) {
      this.#sizes[at] += bytes;
      this.#bytes += bytes;
    }
    this.#changed(request);
  }

  end(request: RecordedRequest, o: { aborted: boolean }): void {
    if (request.state !== 'answering') return;
    request.state = o.aborted ? 'aborted' : 'answered';
    request.aborted = o.aborted;
    this.#outcomes.set(request, { ...this.#outcomes.get(request), endedAtMs: this.#clock.now() });
    this.#changed(request);
  }

  outcomeOf(request: RecordedRequest): Outcome {
    return this.#outcomes.get(request) ?? {};
  }

  /** Calls the listener, which must not throw, when a request comes, is answered, and has ended; returns how to stop that. */
  watch(listener: (request: RecordedRequest) => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  /** The oldest request that no earlier call has returned, as soon as it is there. @throws Error after `timeoutMs`. */
  async nextRequest(o: WaitOptions = {}): Promise<RecordedRequest> {
    const number = this.#taken;
    this.#taken += 1;
    await this.#until(() => this.#dropped + this.requests.length > number, `request ${number + 1}`, o);
    const request = this.requests[number - this.#dropped];
    if (request === undefined)
      throw new Error(`Request ${number + 1} has been forgotten; the emulator keeps the newest 64 MB`);
    return request;
  }

  /** Resolves when no answer is under way. @throws Error after `timeoutMs`. */
  async idle(o: WaitOptions = {}): Promise<void> {
    await this.#until(
      () => this.requests.every((request) => request.state !== 'answering'),
      'the answers under way to end',
      o,
    );
  }

  #forgetOldest(): void {
    this.requests.shift();
    this.#bytes -= this.#sizes.shift() ?? 0;
    this.#dropped += 1;
  }

  #changed(request: RecordedRequest): void {
    for (const watcher of this.#watchers) watcher(request);
  }

  #until(isSo: () => boolean, what: string, { timeoutMs = DEFAULT_WAIT_MS, signal }: WaitOptions): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (isSo()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (error?: { reason: unknown }): void => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        signal?.removeEventListener('abort', abort);
        if (error) reject(error.reason);
        else resolve();
      };
      const watch = (): void => {
        if (isSo()) settle();
      };
      const abort = (): void => settle({ reason: signal?.reason });
      const timer = setTimeout(
        () => settle({ reason: new Error(`The emulator waited ${timeoutMs} ms for ${what}`) }),
        timeoutMs,
      );
      this.#watchers.add(watch);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

/** Path and query of a URL, or of the request line's target; nothing a client can write there throws. */
export function placeOf(url: string): { path: string; query: string } {
  const target = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  const at = target.indexOf('?');
  return at === -1 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

function billOf({ input, outputTokens }: PlannedUsage): RecordedUsage {
  return {
    input_tokens: input.input,
    cache_creation_input_tokens: input.written5m + input.written1h,
    cache_read_input_tokens: input.read,
    output_tokens: outputTokens,
  };
}
