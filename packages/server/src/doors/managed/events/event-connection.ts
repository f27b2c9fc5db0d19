import { giveWay, type Seq } from 'colloquy/internal';
import { COALESCE_MS } from '../../../live/message-stream.ts';
import { SseBody } from '../../../live/sse-body.ts';
import type { ManagedEvent } from './event-types.ts';
import type { Preview } from './previews.ts';

/** Told at once, so that whoever waits for the first byte knows that it stands. */
const OPENING_FRAME = ': open\n\n';
/** Past this, a slow client gets no further deltas of the message, whose event comes all the same. */
const MAX_WAITING_DELTAS = 256 * 1024;
/** Past this it is let go. */
const MAX_WAITING = 16 * 1024 * 1024;
const MAX_CHUNK = 128 * 1024;

type Waiting = { frame: string } | { frame: undefined; id: string; index: number; text: string };

export type PreviewType = 'agent.message' | 'agent.thinking';

/** One client's stream of one session's events: what waits for it, and the bytes it takes. */
export class EventConnection {
  /** It is told what comes after this entry. */
  readonly after: Seq;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #wants: ReadonlySet<PreviewType>;
  readonly #signal: AbortSignal;
  readonly #onEnd: () => void;
  #waiting: Waiting[] = [];
  #size = 0;
  /** The message of which it was told too little to be told more. */
  #lost: string | undefined;
  readonly #close: () => void;
  /** Something else than deltas waits. */
  #isUrgent = false;
  #isEnding = false;
  #isOver = false;
  #wake: () => void = () => {};
  #lastChunkAtMs = -Infinity;

  constructor(o: {
    after: Seq;
    previews: readonly PreviewType[];
    signal: AbortSignal;
    /** Called once, however it ends. */
    onEnd: () => void;
  }) {
    this.after = o.after;
    this.#wants = new Set(o.previews);
    this.#signal = o.signal;
    this.#onEnd = o.onEnd;
    const body = new SseBody({ opening: OPENING_FRAME, next: () => this.#next(), onEnd: () => this.#finish() });
    this.body = body.stream;
    this.#close = () => body.end();
    this.#signal.addEventListener('abort', this.#close, { once: true });
  }

  /** Tells an event, as `eventFrame` has made it. */
  event(frame: string): void {
    this.#isUrgent = true;
    this.#put({ frame });
    if (this.#size > MAX_WAITING) this.#close();
  }

  /** Tells a preview, if it is wanted and there is room. */
  preview(preview: Preview): void {
    const isDelta = preview.type === 'event_delta';
    const id = isDelta ? preview.event_id : preview.event.id;
    if (!this.#wants.has(isDelta ? 'agent.message' : preview.event.type) || this.#lost === id) return;
    if (this.#size > MAX_WAITING_DELTAS) {
      this.#lost = id;
      return;
    }
    if (!isDelta) return this.#put({ frame: toFrame(preview.type, preview) });
    const { index, content } = preview.delta;
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.frame === undefined && last.id === id && last.index === index) {
      last.text += content.text;
      this.#size += content.text.length;
      return;
    }
    this.#put({ frame: undefined, id, index, text: content.text });
  }

  /** Ends it once the client has taken what waits. */
  end(): void {
    this.#isEnding = true;
    this.#isUrgent = true;
    this.#wake();
  }

  #put(item: Waiting): void {
    if (this.#isOver || this.#isEnding) return;
    this.#waiting.push(item);
    this.#size += sizeOf(item);
    this.#wake();
  }

  /** The next chunk, or undefined at the end. */
  async #next(): Promise<string | undefined> {
    while (this.#waiting.length === 0) {
      if (this.#isEnding || this.#isOver) return undefined;
      await this.#change();
    }
    while (!this.#isUrgent && !this.#isOver) {
      const ms = this.#lastChunkAtMs + COALESCE_MS - performance.now();
      if (ms <= 0) break;
      await this.#change(ms);
    }
    const pause = giveWay();
    if (pause !== undefined) await pause;
    this.#lastChunkAtMs = performance.now();
    return this.#take();
  }

  #take(): string {
    let chunk = '';
    let taken = 0;
    for (const item of this.#waiting) {
      chunk += item.frame ?? deltaFrame(item);
      taken += 1;
      this.#size -= sizeOf(item);
      if (chunk.length > MAX_CHUNK) break;
    }
    this.#waiting = this.#waiting.slice(taken);
    this.#isUrgent = this.#isEnding || this.#waiting.length > 0;
    return chunk;
  }

  /** Resolves when there is more, when it ends, or after a while. */
  #change(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
    });
  }

  /** Whatever waits. */
  #finish(): void {
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#close);
    this.#waiting = [];
    this.#wake();
    this.#onEnd();
  }
}

/** An event as all connections take it. */
export function eventFrame(event: ManagedEvent): string {
  // A client of the vendor drops items of the name session.usage; by the name message, both read the type in the data.
  return toFrame(event.type === 'session.usage' ? 'message' : event.type, event);
}

function deltaFrame({ id, index, text }: { id: string; index: number; text: string }): string {
  const delta = { type: 'content_delta' as const, index, content: { type: 'text' as const, text } };
  return toFrame('event_delta', { type: 'event_delta', event_id: id, delta });
}

function toFrame(name: string, data: ManagedEvent | Preview): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

const sizeOf = (item: Waiting): number => (item.frame ?? ('text' in item ? item.text : '')).length;
