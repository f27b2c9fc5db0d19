import type { Pacer } from '../clock/pacer.ts';
import type { Step } from './stream-steps.ts';

const CHUNK_CHARS = 64 * 1024;
const PIECE_GAP_MS = 1;

/** The emulated connection broke: what a client sees when a server dies in the middle of an answer. */
export class BrokenConnectionError extends Error {
  override readonly name = 'BrokenConnectionError';
  readonly code = 'ECONNRESET';
  /** Reset at once, rather than ended after what came before it. */
  readonly isReset: boolean;
  constructor(o: { isReset: boolean }) {
    super('The connection broke before the answer was whole (emulated)');
    this.isReset = o.isReset;
  }
}

export type StreamBodyOptions = {
  gapMs: number;
  /** Cuts a chunk into pieces, which are sent apart. */
  split: ((bytes: Uint8Array) => Uint8Array[]) | undefined;
  pacer: Pacer;
  /** The client's; aborted, the iteration rejects with its reason. */
  signal: AbortSignal | undefined;
  /** Once, before the first chunk is handed over. */
  onBegin?: (() => void) | undefined;
  /** Once, when the body has ended in whatever way; `aborted` when the client went away before all was sent. */
  onEnd(o: { aborted: boolean }): void;
};

/**
 * The body of an answer, pulled chunk by chunk. All that is due goes into one chunk of at most 64 KB, so an unpaced stream
 * costs a few chunks, and a reader who is late gets the missed deltas together.
 */
export class StreamBody implements AsyncIterableIterator<Uint8Array> {
  readonly #steps: Iterator<Step, void, void>;
  readonly #o: StreamBodyOptions;
  readonly #gone = new AbortController();
  #held: Step | undefined;
  #pieces: Uint8Array[] = [];
  #startMs: number | undefined;
  #nowMs = 0;
  #pacedFrames = 0;
  #begun = false;
  #ended = false;
  #delivered = false;

  constructor(steps: Iterator<Step, void, void>, o: StreamBodyOptions) {
    this.#steps = steps;
    this.#o = o;
    if (o.signal?.aborted) this.#abort();
    else o.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#o.signal?.aborted && !this.#delivered) throw this.#o.signal.reason;
    if (this.#ended) return { done: true, value: undefined };
    try {
      const value = await this.#pull();
      if (value !== undefined) {
        if (!this.#begun) this.#o.onBegin?.();
        this.#begun = true;
        return { done: false, value };
      }
      this.#end(false);
      return { done: true, value: undefined };
    } catch (error) {
      this.#end(!(error instanceof BrokenConnectionError));
      // A reader who left while the next chunk was awaited gets an end, not an error.
      if (error === LEFT) return { done: true, value: undefined };
      throw error;
    }
  }

  /** The client leaves. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#ended) {
      this.#gone.abort(LEFT);
      this.#end(!this.#delivered);
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  readonly #abort = (): void => {
    this.#gone.abort(this.#o.signal?.reason);
    this.#end(!this.#delivered);
  };

  #end(aborted: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#o.signal?.removeEventListener('abort', this.#abort);
    this.#o.onEnd({ aborted });
  }

  async #pull(): Promise<Uint8Array | undefined> {
    const { pacer } = this.#o;
    const piece = this.#pieces.shift();
    if (piece) {
      // Readers join what comes at once, so the halves of a character are sent apart.
      await pacer.until(pacer.clock.now() + PIECE_GAP_MS, this.#gone.signal);
      return piece;
    }
    this.#nowMs = pacer.clock.now();
    this.#startMs ??= this.#nowMs;
    let text = '';
    for (;;) {
      const step = this.#held ?? this.#steps.next().value;
      this.#held = undefined;
      if (step === undefined) {
        this.#delivered = true;
        return text === '' ? undefined : this.#encode(text);
      }
      // What has been gathered goes out before the stream waits, breaks, or sends part of an event.
      if (text !== '' && (step.type !== 'frame' || !this.#isDue(step))) {
        this.#held = step;
        return this.#encode(text);
      }
      switch (step.type) {
        case 'frame':
          if (!this.#isDue(step)) await this.#untilDue();
          if (step.paced) this.#pacedFrames += 1;
          text += step.text;
          if (text.length >= CHUNK_CHARS) return this.#encode(text);
          break;
        case 'bytes':
          return step.bytes;
        case 'stall':
          await forever(this.#gone.signal);
          break;
        case 'wait':
          await pacer.until(this.#nowMs + step.ms, this.#gone.signal);
          this.#nowMs = Math.max(this.#nowMs + step.ms, pacer.clock.now());
          // The deltas after it keep their distance to each other.
          this.#startMs += step.ms;
          break;
        case 'cut':
        case 'reset':
          throw new BrokenConnectionError({ isReset: step.type === 'reset' });
        default:
          step satisfies never;
      }
    }
  }

  get #dueMs(): number {
    return (this.#startMs ?? 0) + this.#pacedFrames * this.#o.gapMs;
  }

  #isDue(step: { paced: boolean }): boolean {
    return !step.paced || this.#o.gapMs === 0 || this.#dueMs <= this.#nowMs;
  }

  async #untilDue(): Promise<void> {
    const due = this.#dueMs;
    await this.#o.pacer.until(due, this.#gone.signal);
    this.#nowMs = Math.max(due, this.#o.pacer.clock.now());
  }

  #encode(text: string): Uint8Array {
    const bytes = Buffer.from(text);
    if (this.#o.split === undefined) return bytes;
    const [first = bytes, ...rest] = this.#o.split(bytes);
    this.#pieces = rest;
    return first;
  }
}

const LEFT = Symbol('the reader left');

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
