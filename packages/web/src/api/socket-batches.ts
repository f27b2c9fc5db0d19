import { isRecord } from '../is-record.ts';
import { UnreachableError } from './http-error.ts';
import { type Batch, MAX_EVENT_CHARS, SILENCE_MS, toFrame } from './read-frames.ts';

/** For the handshake and the server's first word, after which the socket stands. */
const OPEN_WITHIN_MS = 10_000;
/** A socket cannot be held back: if more than this waits to be read, besides one message, it is closed. */
const MAX_WAITING_CHARS = 8 * 1024 * 1024;
/** Before a message that goes on in the next one. */
const GOES_ON = '+';

/** What the server tells over a socket, a batch for each message. Leaving the loop closes it; a closed one just ends. */
export class SocketBatches implements AsyncIterableIterator<Batch, undefined> {
  readonly #socket: WebSocket;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#end({ failure: this.#signal.reason });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLate = false;
  #isStanding = false;
  #parts = '';
  #ready: Batch[] = [];
  #readyChars = 0;
  #over: { failure?: unknown } | undefined;
  #wake = (): void => {};

  /** Begins to open it. @throws whatever the browser has against the address */
  constructor(url: string, signal: AbortSignal) {
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#onMessage(data);
    this.#socket.onclose = () => this.#end({});
    this.#signal = signal;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort);
    this.#waitAtMost(OPEN_WITHIN_MS);
  }

  /** Resolves once the server has said its first word, or there will be none. Why not, no page is told. */
  async opened(): Promise<'standing' | 'refused' | 'late'> {
    while (!this.#isStanding && this.#over === undefined) await this.#news();
    if (this.#isStanding) return 'standing';
    return this.#isLate ? 'late' : 'refused';
  }

  async next(): Promise<IteratorResult<Batch, undefined>> {
    for (;;) {
      const batch = this.#ready.shift();
      if (batch !== undefined) {
        if (this.#ready.length === 0) this.#readyChars = 0;
        return { done: false, value: batch };
      }
      if (this.#over !== undefined) {
        const { failure } = this.#over;
        this.#over = {};
        if (failure instanceof Error) throw failure;
        return { done: true, value: undefined };
      }
      await this.#news();
    }
  }

  async return(): Promise<IteratorResult<Batch, undefined>> {
    this.#end({});
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #onMessage(data: unknown): void {
    if (typeof data !== 'string') return;
    this.#waitAtMost(SILENCE_MS);
    try {
      this.#take(data);
    } catch (failure) {
      this.#end({ failure });
    }
    this.#wake();
  }

  #take(data: string): void {
    if (this.#parts.length + data.length > MAX_EVENT_CHARS)
      throw new UnreachableError('The server says more than can be taken.');
    if (data.startsWith(GOES_ON)) {
      this.#parts += data.slice(GOES_ON.length);
      return;
    }
    if (this.#readyChars > MAX_WAITING_CHARS) throw new UnreachableError('The server says more than is read.');
    const text = this.#parts + data;
    this.#parts = '';
    this.#ready.push(toBatch(text));
    this.#readyChars += text.length;
    this.#isStanding = true;
  }

  #waitAtMost(ms: number): void {
    if (this.#over !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      this.#end({ failure: new UnreachableError('The server has gone silent.') });
    }, ms);
  }

  #end(over: { failure?: unknown }): void {
    if (this.#over !== undefined) return;
    this.#over = over;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#wake();
  }
}

function toBatch(text: string): Batch {
  // What is no list of frames breaks the connection, as broken JSON does.
  const events = (JSON.parse(text) as unknown[]).filter(isRecord);
  const cursor = events.findLast(({ id }) => typeof id === 'string')?.['id'];
  return { frames: events.flatMap(toFrame), cursor: typeof cursor === 'string' ? cursor : undefined };
}
