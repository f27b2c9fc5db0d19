import type { PlacedMessage } from 'colloquy/internal';
import { FrameIds, type FramePlace } from './frame-ids.ts';

/** A chunk ends with the frame that passes this. */
const MAX_CHUNK_CHARS = 128 * 1024;

/**
 * Messages on their way to one client, made into frames only as fast as it takes them. Each frame has its place to come back to;
 * signals have none: they are told once.
 */
export class WaitingFrames {
  readonly #ids: FrameIds;
  #waiting: readonly PlacedMessage[] = [];
  #next = 0;

  /** @param place where the reader begins. */
  constructor(place: FramePlace = { after: '0.0.0', told: 0 }) {
    this.#ids = new FrameIds(place);
  }

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length;
  }

  /** Takes a batch, once nothing of the one before waits. */
  put(batch: readonly PlacedMessage[]): void {
    this.#waiting = batch;
    this.#next = 0;
  }

  /** The next frames, to be written in one piece; empty when none wait. */
  take(): string {
    const frames: string[] = [];
    let chars = 0;
    while (chars <= MAX_CHUNK_CHARS) {
      const item = this.#waiting[this.#next];
      if (item === undefined) break;
      this.#next += 1;
      const frame = this.#toFrame(item, this.#waiting[this.#next]);
      if (frame === undefined) continue;
      frames.push(frame);
      chars += frame.length;
    }
    if (this.isEmpty) this.put([]);
    return frames.join('');
  }

  /** Undefined for a message that the reader has had. */
  #toFrame(item: PlacedMessage, next: PlacedMessage | undefined): string | undefined {
    if ('message' in item) {
      const id = this.#ids.next(item, next);
      return id === undefined ? undefined : `id: ${id}\ndata: ${JSON.stringify(item.message)}\n\n`;
    }
    const { live } = item;
    const id = live.type === 'gap' ? `id: ${this.#ids.at(live.cursor)}\n` : '';
    return `${id}event: ${live.type}\ndata: ${JSON.stringify(live)}\n\n`;
  }
}
