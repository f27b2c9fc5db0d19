import { ColloquyError, SessionNotFoundError } from '../errors.ts';
import type { Entry, Json, Seq, Thread } from './entries.ts';
import { FeedReader, type ReaderHost } from './feed-reader.ts';
import { FragmentWindow, HeldFragment } from './fragment-window.ts';
import type { Cursor } from './live.ts';
import type { FeedState, ReaderState } from './merge-live.ts';
import { OpenBlocks } from './open-blocks.ts';
import type { Store } from './store.ts';

/** Entries kept for readers who have not fetched them yet; a slower one gets them from the store. */
const MAX_RECENT = 256;
/** Entries read from the store at a time. */
const MAX_LOADED = 500;

/** The place a reader asks to go on from does not exist: it is malformed, or lies in the future. */
export class InvalidCursorError extends ColloquyError {
  override readonly name = 'InvalidCursorError';
  readonly code = 'invalid_cursor';
  readonly cursor: string;
  constructor(cursor: string, what: string) {
    super(
      `The cursor ${JSON.stringify(cursor)} ${what}; use one that came with a message of this session, or 0.0.0 for all`,
    );
    this.cursor = cursor;
  }
}

export type FeedReadOptions = {
  /** Go on after this place; without it, the reader starts now. */
  after?: Cursor | undefined;
  /** With what the model is saying right now, piece by piece. */
  fragments?: boolean | undefined;
  /** Without `after` too, each entry is told only once it is durable. */
  durable?: boolean | undefined;
  /** Fragments are told in batches, this far apart at least. The first after a pause is told at once, and so is all else, with those before it. */
  coalesceMs?: number | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * Hands what happens in one session to any number of readers, each at its own pace. Nobody who publishes ever waits for a
 * reader: a slow one loses fragments and signals, never an entry.
 */
export class SessionFeed {
  readonly #store: Store;
  readonly #id: string;
  readonly #state: FeedState;
  readonly #readers = new Set<FeedReader>();
  readonly #host: ReaderHost;

  /** Called when a reader waits for entries that are not durable yet; again only after more was published or made durable. */
  onWantDurable: (() => void) | undefined;

  /** A feed for the time of one lease: the log stands at `head`, and all of it is durable. */
  constructor(store: Store, id: string, o: { epoch: number; head: Seq }) {
    this.#store = store;
    this.#id = id;
    this.#state = {
      epoch: o.epoch,
      head: o.head,
      durable: o.head,
      frag: 0,
      recent: [],
      fragments: new FragmentWindow(),
      open: new OpenBlocks(),
    };
    this.#host = this.#hostReaders();
  }

  /** Entries up to this one are known to be durable. */
  get durable(): Seq {
    return this.#state.durable;
  }

  /** Tells entries that are in the store by now, which follow the last one told without a gap. */
  publish(entries: readonly Entry[], durable: boolean): void {
    const state = this.#state;
    for (const entry of entries) {
      if (entry.seq !== state.head + 1) throw new RangeError(`Entry ${entry.seq} cannot follow entry ${state.head}`);
      state.head = entry.seq;
      state.open.published(entry);
      if (this.#readers.size > 0) state.recent.push(entry);
    }
    if (state.recent.length > MAX_RECENT) state.recent.splice(0, state.recent.length - MAX_RECENT);
    if (durable) this.#makeDurable(state.head);
    this.#wake();
  }

  /** The entries up to this one are durable: readers with a cursor may be told them. */
  markDurable(upTo: Seq): void {
    if (upTo <= this.#state.durable) return;
    this.#makeDurable(Math.min(upTo, this.#state.head));
    this.#wake();
  }

  /** Tells a stream event of the answer to a model request. */
  fragment(thread: Thread, request: string, event: Json): void {
    const state = this.#state;
    state.frag += 1;
    const owner = state.open.add(thread, request, event, state.head);
    state.fragments.push(new HeldFragment(state, thread, request, event, owner));
    for (const reader of this.#readers) reader.wakeForFragment();
  }

  /** Tells something to those who read right now. */
  signal(signal: Json): void {
    const held = { head: this.#state.head, frag: this.#state.frag, signal };
    for (const reader of this.#readers) reader.tell(held);
  }

  /**
   * A new reader. Without `after` it starts now, and sees entries at once. With `after` it sees what came since, and each
   * entry once it is durable; where fragments are lost, it is told a `gap` with the texts so far. It ends when the feed is
   * closed, after everything published by then, or with the signal.
   * @throws InvalidCursorError
   */
  read(o: FeedReadOptions = {}): FeedReader {
    const reader = new FeedReader(this.#host, this.#startAt(o), o);
    if (!reader.ended) this.#readers.add(reader);
    return reader;
  }

  /** Ends those who read right now with an error, after what is ready: the store failed in the background. */
  fail(error: unknown): void {
    for (const reader of this.#readers) reader.fail(error);
  }

  /** Ends all readers once they have been told what is published, and durable where they ask for that. */
  close(): void {
    this.#host.closed = true;
    this.#wake();
  }

  #makeDurable(upTo: Seq): void {
    this.#state.durable = upTo;
    this.#state.open.durable(upTo);
    this.#trim();
  }

  #wake(): void {
    for (const reader of this.#readers) reader.wake();
  }

  #startAt(o: FeedReadOptions): ReaderState {
    const { epoch, head, frag } = this.#state;
    const common = { wantsFragments: o.fragments === true, backlog: [], signals: [] };
    if (o.after === undefined) {
      return { ...common, nextSeq: head + 1, frag, durableOnly: o.durable === true, gapDue: false, mayShowOld: false };
    }
    const after = parseCursor(o.after);
    if (after.epoch > epoch || after.seq > head || (after.epoch === epoch && after.frag > frag)) {
      throw new InvalidCursorError(o.after, 'lies in the future');
    }
    const isSame = after.epoch === epoch;
    return {
      ...common,
      nextSeq: after.seq + 1,
      frag: isSame ? after.frag : 0,
      durableOnly: true,
      gapDue: common.wantsFragments && !isSame,
      mayShowOld: after.frag > 0,
    };
  }

  /** Drops what no reader needs any longer. */
  #trim(): void {
    const { recent, fragments } = this.#state;
    // At every delta: what is still being said is dropped by nobody.
    if (recent.length === 0 && fragments.at(0)?.owner.released !== true) return;
    let nextSeq = Infinity;
    let frag = Infinity;
    for (const { state } of this.#readers) {
      nextSeq = Math.min(nextSeq, state.nextSeq);
      if (state.wantsFragments) frag = Math.min(frag, state.frag);
    }
    fragments.trim(frag);
    const first = recent[0];
    if (first === undefined || nextSeq <= first.seq) return;
    recent.splice(0, nextSeq - first.seq);
  }

  #hostReaders(): ReaderHost {
    return {
      state: this.#state,
      closed: false,
      load: async (after, upTo) => {
        const entries = await this.#store.read(this.#id, { after, upTo, limit: MAX_LOADED });
        if (entries.length === 0) throw new SessionNotFoundError(this.#id);
        return entries;
      },
      moved: () => this.#trim(),
      wantDurable: () => this.onWantDurable?.(),
      detach: (reader) => {
        this.#readers.delete(reader);
        this.#trim();
      },
    };
  }
}

function parseCursor(cursor: string): { epoch: number; seq: Seq; frag: number } {
  const parts = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(cursor);
  if (parts === null) throw new InvalidCursorError(cursor, 'is not one of ours');
  return { epoch: Number(parts[1]), seq: Number(parts[2]), frag: Number(parts[3]) };
}
