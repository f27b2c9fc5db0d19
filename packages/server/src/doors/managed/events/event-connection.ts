import type { Seq } from 'colloquy/internal';
import type { ManagedEvent } from './event-types.ts';
import type { Preview } from './previews.ts';

const HEARTBEAT_MS = 15_000;
const HEARTBEAT_FRAME = ': hb\n\n';
/** Told at once, so that whoever waits for the first byte knows that it stands. */
const OPENING_FRAME = ': open\n\n';
/** Chunks follow each other no faster, so that fast deltas share one. The first after a pause goes at once. */
const COALESCE_MS = 20;
/** A client that has not taken a chunk for so long is let go; it comes back, and reads the list. */
const STALLED_MS = 120_000;
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
  #isEnding = false;
  #isOver = false;
  #wake: () => void = () => {};
  #lastChunkAt = 0;
  #stalled: ReturnType<typeof setTimeout> | undefined;

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
    this.#signal.addEventListener('abort', this.#abort, { once: true });
    this.body = this.#open();
  }

  /** Tells an event, as `eventFrame` has made it. */
  event(frame: string): void {
    this.#put({ frame });
    if (this.#size > MAX_WAITING) this.#finish();
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
    this.#wake();
  }

  #put(item: Waiting): void {
    if (this.#isOver || this.#isEnding) return;
    this.#waiting.push(item);
    this.#size += sizeOf(item);
    this.#wake();
  }

  #open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const encoder = new TextEncoder();
    return new ReadableStream(
      {
        start: (controller) => controller.enqueue(encoder.encode(OPENING_FRAME)),
        pull: async (controller) => {
          clearTimeout(this.#stalled);
          const chunk = await this.#nextChunk();
          if (chunk === undefined) {
            this.#finish();
            controller.close();
            return;
          }
          controller.enqueue(encoder.encode(chunk));
          this.#lastChunkAt = Date.now();
          this.#stalled = setTimeout(() => {
            this.#finish();
            controller.close();
          }, STALLED_MS);
        },
        cancel: () => this.#finish(),
      },
      { highWaterMark: 1 },
    );
  }

  /** The next chunk, a heartbeat when there is none in time, or undefined at the end. */
  async #nextChunk(): Promise<string | undefined> {
    if (this.#waiting.length === 0) await this.#change(HEARTBEAT_MS);
    // What comes at the same time shares a chunk.
    else if (!this.#isEnding) await this.#pause(this.#lastChunkAt + COALESCE_MS - Date.now());
    if (this.#isOver) return undefined;
    if (this.#waiting.length === 0) return this.#isEnding ? undefined : HEARTBEAT_FRAME;
    if (!this.#isEnding) await this.#pause(this.#lastChunkAt + COALESCE_MS - Date.now());
    return this.#isOver ? undefined : this.#take();
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
    return chunk;
  }

  /** Resolves when something waits, when it ends, or after a while. */
  #change(ms: number): Promise<void> {
    if (this.#isOver || this.#isEnding) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
    });
  }

  /** Waits, but not for one that is over. */
  #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#signal.addEventListener('abort', done, { once: true });
    });
  }

  readonly #abort = (): void => this.#finish();

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#stalled);
    this.#signal.removeEventListener('abort', this.#abort);
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
