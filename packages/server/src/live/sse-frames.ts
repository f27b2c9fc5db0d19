import type { PlacedMessage } from 'colloquy/internal';
import { formatPlace, type Place } from './cursor.ts';

/** A comment that keeps proxies from taking a quiet stream for a dead one. */
export const HEARTBEAT_FRAME = ': hb\n\n';
/** How soon a browser's own reader comes back after a broken connection. */
export const OPENING_FRAME = 'retry: 1000\n\n';

/**
 * Turns batches of a session's messages into SSE frames, each with the place to come back to.
 * Holds what it needs between batches: the place behind the last whole entry, and how many messages are still to be skipped.
 */
export class SseFrames {
  #place: Place['after'];
  #toSkip: number;

  constructor(from: Place) {
    this.#place = from.after;
    this.#toSkip = from.skip;
  }

  /** The frames of a batch, to be written in one piece. Messages of one entry never come in two batches. */
  write(batch: readonly PlacedMessage[]): string {
    let frames = '';
    let told = 0;
    for (const [index, item] of batch.entries()) {
      if ('live' in item) {
        frames += liveFrame(item.live);
        if (item.live.type === 'gap') this.#place = item.live.cursor;
        continue;
      }
      told += 1;
      const isLastOfEntry = cursorOf(batch[index + 1]) !== item.cursor;
      const id = isLastOfEntry ? item.cursor : formatPlace({ after: this.#place, skip: told });
      if (this.#toSkip > 0) this.#toSkip -= 1;
      else frames += `id: ${id}\ndata: ${JSON.stringify(item.message)}\n\n`;
      if (!isLastOfEntry) continue;
      this.#place = item.cursor;
      // A place behind an entry's last message is the next place itself, so skipping ends with the entry.
      this.#toSkip = 0;
      told = 0;
    }
    return frames;
  }
}

function liveFrame(live: Extract<PlacedMessage, { live: unknown }>['live']): string {
  const id = live.type === 'gap' ? `id: ${live.cursor}\n` : '';
  return `${id}event: ${live.type}\ndata: ${JSON.stringify(live)}\n\n`;
}

function cursorOf(item: PlacedMessage | undefined): string | undefined {
  return item !== undefined && 'cursor' in item ? item.cursor : undefined;
}
