import { APIConnectionError, TimeoutError } from '../../errors.ts';
import { Deadline } from '../../helpers/deadline.ts';
import { isRecord } from '../../helpers/is-record.ts';
import { Wakeup } from '../../log/wakeup.ts';
import { type Frame, MAX_FRAME_CHARS, SILENCE_MS, silent } from './read-frames.ts';

/** For the handshake and the server's first word, after which the socket stands. */
const OPEN_WITHIN_MS = 10_000;
/** Characters that wait for a reader, besides those of one message. A socket cannot be held back: of a slower one it is closed. */
const MAX_WAITING_CHARS = 8 * 1024 * 1024;
/** Before a message that goes on in the next one. */
const GOES_ON = '+';

/** The frames that a server tells over a socket, those of a message together. Leaving the loop closes it; a closed one just ends. */
export class SocketFrames implements AsyncIterableIterator<readonly Frame[], undefined> {
  readonly #socket: WebSocket;
  readonly #deadline: Deadline;
  readonly #wakeup = new Wakeup();
  #isStanding = false;
  #parts = '';
  #ready: Frame[] = [];
  #readyChars = 0;
  #over: { failure?: { error: unknown } } | undefined;

  /** Begins to open it. @throws whatever a browser has against the address */
  constructor(url: string, signal: AbortSignal) {
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#onMessage(data);
    this.#socket.onclose = () => this.#end({});
    this.#deadline = new Deadline(signal);
    const { signal: lost } = this.#deadline;
    if (lost.aborted) this.#fail(lost.reason);
    else lost.addEventListener('abort', () => this.#fail(lost.reason), { once: true });
    this.#deadline.start(OPEN_WITHIN_MS, () => new TimeoutError(`No socket opened within ${OPEN_WITHIN_MS} ms`));
  }

  /** Resolves once the server has said its first word, or there will be none. Why not, no page is told. */
  async opened(): Promise<'standing' | 'refused' | 'late'> {
    while (!this.#isStanding && this.#over === undefined) await this.#wakeup.wait();
    if (this.#isStanding) return 'standing';
    return this.#over?.failure?.error instanceof TimeoutError ? 'late' : 'refused';
  }

  async next(): Promise<IteratorResult<readonly Frame[], undefined>> {
    for (;;) {
      if (this.#ready.length > 0) {
        const frames = this.#ready;
        this.#ready = [];
        this.#readyChars = 0;
        return { done: false, value: frames };
      }
      if (this.#over !== undefined) {
        const { failure } = this.#over;
        this.#over = {};
        if (failure !== undefined) throw failure.error;
        return { done: true, value: undefined };
      }
      await this.#wakeup.wait();
    }
  }

  async return(): Promise<IteratorResult<readonly Frame[], undefined>> {
    this.#end({});
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #onMessage(data: unknown): void {
    if (typeof data !== 'string') return;
    this.#deadline.start(SILENCE_MS, silent);
    try {
      this.#take(data);
    } catch (error) {
      this.#fail(error);
    }
    this.#wakeup.wake();
  }

  #take(data: string): void {
    if (this.#parts.length + data.length > MAX_FRAME_CHARS)
      throw new APIConnectionError('The server sent a frame that is too large');
    if (data.startsWith(GOES_ON)) {
      this.#parts += data.slice(GOES_ON.length);
      return;
    }
    const text = this.#parts + data;
    this.#parts = '';
    this.#isStanding = true;
    if (this.#readyChars > MAX_WAITING_CHARS)
      throw new APIConnectionError('What the server tells is not read as fast as it comes');
    this.#ready.push(...toFrames(text));
    this.#readyChars += text.length;
  }

  #fail(error: unknown): void {
    this.#end({ failure: { error } });
  }

  #end(over: { failure?: { error: unknown } }): void {
    if (this.#over !== undefined) return;
    this.#over = over;
    this.#deadline.close();
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#wakeup.wake();
  }
}

/** What a message tells. Each frame counts as its share of the characters. */
function toFrames(text: string): Frame[] {
  const frames = parse(text);
  const chars = Math.ceil(text.length / Math.max(frames.length, 1));
  return frames.filter(isRecord).map(({ id, event, data }) => ({
    id: typeof id === 'string' ? id : undefined,
    event: typeof event === 'string' ? event : 'message',
    chars,
    data,
  }));
}

function parse(text: string): unknown[] {
  try {
    const frames: unknown = JSON.parse(text);
    if (Array.isArray(frames)) return frames;
  } catch (cause) {
    throw new APIConnectionError('The server sent a message that is not JSON', { cause });
  }
  throw new APIConnectionError('The server sent a message that is no list of frames');
}
