import type { PlacedMessage } from 'colloquy/internal';

/** A comment that keeps proxies from taking a quiet stream for a dead one. */
export const HEARTBEAT_FRAME = ': hb\n\n';
/** How soon a browser's own reader comes back after a broken connection. */
export const OPENING_FRAME = 'retry: 1000\n\n';

/** A chunk ends with the frame that passes this. */
const MAX_CHUNK_CHARS = 128 * 1024;

/**
 * Messages on their way to one client, made into frames only as fast as it takes them. Each frame has its place to come back to;
 * signals have none: they are told once.
 */
export class WaitingFrames {
  #waiting: readonly PlacedMessage[] = [];
  #next = 0;

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
      const frame = toFrame(item);
      frames.push(frame);
      chars += frame.length;
    }
    if (this.isEmpty) this.put([]);
    return frames.join('');
  }
}

function toFrame(item: PlacedMessage): string {
  if ('message' in item) return `id: ${item.cursor}\ndata: ${JSON.stringify(item.message)}\n\n`;
  const { live } = item;
  const id = live.type === 'gap' ? `id: ${live.cursor}\n` : '';
  return `${id}event: ${live.type}\ndata: ${JSON.stringify(live)}\n\n`;
}
