import type { Json, Seq, Thread } from './entries.ts';
import { type Cursor, toCursor } from './live.ts';
import type { FragmentOwner } from './open-blocks.ts';

/** How much a session holds of what the model is saying, for readers who come back or are slow. */
const MAX_FRAGMENTS = 8_192;
const MAX_CHARS = 4_000_000;
/** What a fragment takes besides its text, roughly. */
const OVERHEAD_CHARS = 250;
const COMPACT_AFTER = 1_024;

/** A fragment as it is held, and as readers without a cursor of their own are told it: 20,000 of them are felt. */
export class HeldFragment {
  readonly type = 'fragment';
  readonly epoch: number;
  readonly frag: number;
  /** The newest entry when it was told: it stands between this and the next. */
  readonly head: Seq;
  readonly thread: Thread;
  readonly request: string;
  readonly event: Json;
  readonly owner: FragmentOwner;

  constructor(
    place: { epoch: number; frag: number; head: Seq },
    thread: Thread,
    request: string,
    event: Json,
    owner: FragmentOwner,
  ) {
    this.epoch = place.epoch;
    this.frag = place.frag;
    this.head = place.head;
    this.thread = thread;
    this.request = request;
    this.event = event;
    this.owner = owner;
  }

  get cursor(): Cursor {
    return toCursor(this.epoch, this.head, this.frag);
  }
}

/** The newest fragments of a session, within bounds: the oldest go first. */
export class FragmentWindow {
  #held: (HeldFragment | undefined)[] = [];
  #start = 0;
  #chars = 0;

  get length(): number {
    return this.#held.length - this.#start;
  }

  push(fragment: HeldFragment): void {
    this.#held.push(fragment);
    this.#chars += charsOf(fragment.event);
    while (this.length > MAX_FRAGMENTS || (this.#chars > MAX_CHARS && this.length > 1)) {
      const lost = this.#dropFirst();
      if (lost !== undefined) lost.owner.lostUpTo = lost.frag;
    }
  }

  at(index: number): HeldFragment | undefined {
    return this.#held[this.#start + index];
  }

  /** The index of the first fragment after `frag`. */
  indexAfter(frag: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.at(middle)?.frag ?? 0) > frag) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Drops the oldest ones that are released, and that every reader up to `frag` has been told. */
  trim(frag: number): void {
    for (;;) {
      const first = this.at(0);
      if (first === undefined || !first.owner.released || first.frag > frag) return;
      this.#dropFirst();
    }
  }

  clear(): void {
    this.#held = [];
    this.#start = 0;
    this.#chars = 0;
  }

  #dropFirst(): HeldFragment | undefined {
    const first = this.#held[this.#start];
    this.#held[this.#start] = undefined;
    this.#start += 1;
    if (first !== undefined) this.#chars -= charsOf(first.event);
    if (this.#start === this.#held.length) {
      this.clear();
    } else if (this.#start >= COMPACT_AFTER) {
      // Not at every drop, which would move thousands each time.
      this.#held = this.#held.slice(this.#start);
      this.#start = 0;
    }
    return first;
  }
}

type MaybeDelta = { delta?: { text?: unknown; thinking?: unknown; partial_json?: unknown } | null } | null;

function charsOf(event: Json): number {
  // Fields are read one by one below; a value without fields has none.
  const delta = (event as MaybeDelta)?.delta;
  const text = delta?.text ?? delta?.thinking ?? delta?.partial_json;
  return OVERHEAD_CHARS + (typeof text === 'string' ? text.length : 0);
}
