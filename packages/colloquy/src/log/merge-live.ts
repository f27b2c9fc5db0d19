import type { Entry, Json, Seq } from './entries.ts';
import type { FragmentWindow, HeldFragment } from './fragment-window.ts';
import { type Live, toCursor } from './live.ts';
import type { OpenBlocks } from './open-blocks.ts';

/** Most of what a reader is told at once: what waits for a slow one is held by the feed, for all together, and within its bounds. */
const MAX_READY = 1_024;

/** What a feed holds. */
export type FeedState = {
  readonly epoch: number;
  head: Seq;
  /** Entries up to here are durable. */
  durable: Seq;
  /** The number of the newest fragment. */
  frag: number;
  /** The newest entries, as far as some reader still needs them. */
  readonly recent: Entry[];
  readonly fragments: FragmentWindow;
  readonly open: OpenBlocks;
};

/** How far a reader has come. */
export type ReaderState = {
  nextSeq: Seq;
  /** It has been told the fragments up to this number, or has lost them. */
  frag: number;
  /** It came with a cursor, and may come back with one: it is told only entries that are durable. */
  readonly durableOnly: boolean;
  readonly wantsFragments: boolean;
  /** It has lost fragments of what is still open, and must be told the texts so far before it is told more of them. */
  gapDue: boolean;
  /** It may be showing something of fragments that are lost now. */
  readonly mayShowOld: boolean;
  /** Entries read from the store for it. */
  backlog: readonly Entry[];
  signals: HeldSignal[];
};

export type HeldSignal = { readonly head: Seq; readonly frag: number; readonly signal: Json };

/** The newest entry that a reader may be told now. */
export function lastFor(feed: FeedState, reader: ReaderState): Seq {
  return reader.durableOnly ? feed.durable : feed.head;
}

/** The reader's next entry, if it is in memory. */
export function entryInMemory(feed: FeedState, reader: ReaderState): Entry | undefined {
  return bySeq(feed.recent, reader.nextSeq) ?? bySeq(reader.backlog, reader.nextSeq);
}

/**
 * What the reader can be told now, at most 1,024 of it, in the order in which it was published, and moves the reader on. Only what waits
 * for an entry to become durable is overtaken: by fragments, though never by those of an answer whose request is not told yet.
 */
export function takeReady(feed: FeedState, reader: ReaderState): Live[] {
  const ready: Live[] = [];
  const last = lastFor(feed, reader);
  if (reader.wantsFragments && reader.durableOnly && feed.open.hasLostAfter(reader.frag)) reader.gapDue = true;
  let index = reader.wantsFragments && !reader.gapDue ? feed.fragments.indexAfter(reader.frag) : undefined;
  while (ready.length < MAX_READY) {
    const entry = reader.nextSeq <= last ? entryInMemory(feed, reader) : undefined;
    // The next entry has to come from the store first.
    if (entry === undefined && reader.nextSeq <= last) break;
    const fragment = index === undefined ? undefined : feed.fragments.at(index);
    const signal = reader.signals[0];
    if (signal !== undefined && comesBefore(signal, entry, fragment)) {
      reader.signals.shift();
      ready.push({ type: 'signal', signal: signal.signal });
    } else if (entry !== undefined && (fragment === undefined || entry.seq <= fragment.head)) {
      reader.nextSeq += 1;
      ready.push({ type: 'entry', cursor: toCursor(feed.epoch, entry.seq, reader.frag), entry });
    } else if (fragment !== undefined && index !== undefined && fragment.owner.since < reader.nextSeq) {
      reader.frag = fragment.frag;
      index += 1;
      ready.push(toLive(feed, reader, fragment));
    } else if (reader.gapDue && feed.open.since() < reader.nextSeq) {
      fillGap(feed, reader, ready);
    } else {
      break;
    }
  }
  if (bySeq(reader.backlog, reader.nextSeq) === undefined) reader.backlog = [];
  return ready;
}

function comesBefore(signal: HeldSignal, entry: Entry | undefined, fragment: HeldFragment | undefined): boolean {
  return (entry === undefined || signal.head < entry.seq) && (fragment === undefined || signal.frag < fragment.frag);
}

function toLive(feed: FeedState, reader: ReaderState, fragment: HeldFragment): Live {
  if (!reader.durableOnly) return fragment;
  // A reader that waits for entries to become durable may be behind the entries that this fragment was told after.
  const { epoch, frag, thread, request, event } = fragment;
  return {
    type: 'fragment',
    cursor: toCursor(feed.epoch, reader.nextSeq - 1, frag),
    epoch,
    frag,
    thread,
    request,
    event,
  };
}

function fillGap(feed: FeedState, reader: ReaderState, ready: Live[]): void {
  const open = feed.open.list();
  reader.gapDue = false;
  reader.frag = feed.frag;
  if (open.length === 0 && !reader.mayShowOld) return;
  ready.push({ type: 'gap', cursor: toCursor(feed.epoch, reader.nextSeq - 1, reader.frag), open });
}

/** The entry with a number, of entries without a gap. */
function bySeq(entries: readonly Entry[], seq: Seq): Entry | undefined {
  const first = entries[0];
  return first === undefined ? undefined : entries[seq - first.seq];
}
