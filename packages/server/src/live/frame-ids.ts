import type { Cursor, PlacedMessage } from 'colloquy/internal';

/**
 * Where a reader stands: at a cursor, with the first `told` messages of the entry after it told already. Its id is the cursor, followed
 * by that number where it is not 0.
 */
export type FramePlace = { after: Cursor; told: number };

/** The place that the id of a frame stands for. */
export function toPlace(id: string): FramePlace {
  const [epoch = 0, seq = 0, frag = 0, told = 0] = id.split('.').map(Number);
  return { after: `${epoch}.${seq}.${frag}`, told };
}

/**
 * The ids of the frames of one reader. An entry may be told by several messages: only the last of them has the entry's cursor as its id,
 * so that a connection that breaks between two of them hides none and repeats none.
 */
export class FrameIds {
  #after: Cursor;
  /** Messages of the next entry that the reader has had over the connection before this one. */
  #had: number;
  #inEntry = 0;

  constructor({ after, told }: FramePlace) {
    this.#after = after;
    this.#had = told;
  }

  /** The id for a message, or undefined when the reader has had it. `next` comes after it in the same batch. */
  next(
    { cursor, message }: Extract<PlacedMessage, { message: unknown }>,
    next: PlacedMessage | undefined,
  ): string | undefined {
    if (message.type === 'stream_event') return this.at(cursor);
    this.#inEntry += 1;
    const isHad = this.#inEntry <= this.#had;
    const isLast = next === undefined || !('message' in next) || next.cursor !== cursor;
    if (!isLast) return isHad ? undefined : `${this.#after}.${this.#inEntry}`;
    this.#after = cursor;
    this.#inEntry = 0;
    this.#had = 0;
    return isHad ? undefined : cursor;
  }

  /** The id of a frame that belongs to no entry: what was told of the next one stays told. */
  at(cursor: Cursor): string {
    this.#after = cursor;
    return this.#had === 0 ? cursor : `${cursor}.${this.#had}`;
  }
}
